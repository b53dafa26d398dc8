#!/bin/sh
# Installs the Go tools that check the manifests into .tools/bin (once; later runs change nothing).
# Needs Go 1.25 or newer. Without these tools their tests are skipped, or fail when
# HADIR_REQUIRE_TOOLS=1.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
bin=$root/.tools/bin
mkdir -p "$bin"
printf '*\n' > "$root/.tools/.gitignore"

# name, package, version, build tags
install_tool() {
  stamp=$root/.tools/$1-$3
  [ -x "$bin/$1" ] && [ -e "$stamp" ] && return
  echo "installing $1 $3"
  module=$(mktemp -d)
  # A module of its own: `go install` refuses modules that exclude or replace others.
  (cd "$module" && printf 'module tools\n\ngo 1.25\n' > go.mod \
    && go get "$2@$3" > go.log 2>&1 && go build -tags "${4:-}" -o "$bin/$1" "$2") \
    || { tail -n 5 "$module/go.log" >&2; rm -rf "$module"; exit 1; }
  rm -rf "$module"
  touch "$stamp"
}

install_tool kustomize sigs.k8s.io/kustomize/kustomize/v5 v5.8.0
install_tool kube-score github.com/zegl/kube-score/cmd/kube-score v1.20.0
# Reads a compose file as Docker Compose does.
install_tool compose-go github.com/compose-spec/compose-go/v2/cmd v2.9.1
# Runs the alerts' tests; built without the service discoveries, which it does not need.
install_tool promtool github.com/prometheus/prometheus/cmd/promtool v0.313.1 remove_all_sd
