#!/bin/sh
# Makes the secrets that compose.yaml mounts, in deploy/secrets/. Keeps every one that is there.
#   deploy/secrets.sh [local|production]       production: the development token stays empty
set -eu
kind=${1:-local}
case $kind in local | production) ;; *) echo "usage: $0 [local|production]" >&2; exit 2 ;; esac
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets
# The folder keeps other users of this machine out; the files are readable inside the containers,
# whose users have other numbers.
mkdir -p "$folder/signing"
chmod 700 "$folder"
chmod 755 "$folder/signing"
printf '*\n' > "$folder/.gitignore"

random() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
word() { head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }
keep_or_write() {
  if [ -e "$folder/$1" ]; then echo "kept  $1"; return; fi
  printf '%s' "$2" > "$folder/$1"
  chmod 444 "$folder/$1"
  echo "made  $1"
}

for key in kek identity-key code-key; do keep_or_write "$key" "$(random)"; done
for secret in zoom-secrets zoom-client-secret redis-password grafana-password; do keep_or_write "$secret" "$(word)"; done
keep_or_write redis-url "redis://:$(cat "$folder/redis-password")@valkey:6379/0"
if [ "$kind" = local ]; then keep_or_write dev-token "$(word)"; else keep_or_write dev-token ""; fi
echo "zoom-client-secret is a random word, too: write your Server-to-Server OAuth app's into it."
echo "zoom-secrets holds a random word: write your Zoom app's secret token into it (newest first)."
