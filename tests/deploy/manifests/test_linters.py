"""The linters of the field find nothing: they run without a cluster, a daemon or a network."""

import re
from pathlib import Path

import pytest

from tests.deploy.manifests.support import DEPLOY, K8S, ROOT, env_file, interpolate, run, tool

OVERLAYS = ("base", "overlays/dev", "overlays/prod", "overlays/national")
OLDEST, NEWEST = "1.32", "1.37"
"""Kubernetes versions that the manifests are held to."""
BY_OPERATORS = r"find schema for kind \w+ with api version (kafka\.strimzi\.io|keda\.sh|monitoring\.coreos\.com)/"
"""Kinds that Kubernetes itself does not know: test_custom_resources.py checks these."""


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("manifests") / "all.yaml"
    done = run(tool("kustomize"), "build", str(K8S / request.param), "-o", str(target))
    assert done.returncode == 0, done.stderr
    return target


def test_hadolint_accepts_the_dockerfile() -> None:
    done = run(tool("hadolint"), "--failure-threshold", "info", str(DEPLOY / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def test_compose_lint_accepts_the_compose_file() -> None:
    """Medium findings left: no digest (see the file's head), no share of processors."""
    done = run(tool("compose-lint"), "check", "--no-env", "-q", str(DEPLOY / "compose.yaml"))
    assert done.returncode == 0, done.stdout
    left = {word for word in done.stdout.split() if word.startswith("CL-")}
    assert left <= {"CL-0007", "CL-0019", "CL-0026"}, done.stdout


def test_compose_reads_the_compose_file(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text().replace("$$", "DOLLAR")
    file = tmp_path / "compose.yaml"
    file.write_text(interpolate(text, env_file(DEPLOY / ".env.example")))
    done = run(tool("compose-go"), "-format", "json", str(file))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(manifests: Path, version: str) -> None:
    done = run(tool("kubernetes-validate"), "--strict", "-k", version, str(manifests))
    said = (done.stdout + done.stderr).splitlines()
    assert any(s.startswith("INFO") for s in said)
    left = [s for s in said if not s.startswith("INFO") and not re.search(BY_OPERATORS, s)]
    assert left == []


def test_kube_score_finds_nothing_critical(manifests: Path) -> None:
    """But for: no processor limit (throttling delays heartbeats), and a node's copy of an image is
    as good as the registry's, since tags are never moved."""
    done = run(
        tool("kube-score"), "score", "--output-format", "ci", "--ignore-container-cpu-limit",
        "--ignore-test", "container-image-pull-policy", str(manifests),
    )  # fmt: skip
    critical = [s for s in done.stdout.splitlines() if s.startswith("[CRITICAL]")]
    assert critical == []
    assert "[OK]" in done.stdout


def test_shell_scripts_are_valid() -> None:
    for script in DEPLOY.glob("*.sh"):
        assert run("sh", "-n", str(script), cwd=ROOT).returncode == 0
