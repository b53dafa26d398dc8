"""What the manifests' tests share: the list of processes, and the manifests as data."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
K8S = DEPLOY / "k8s"
PROCESSES = {
    f"{service}-{process}": (service, process)
    for service, processes in {
        "registration": ("api", "worker"),
        "attendance": ("gateway", "api", "worker", "reconciler"),
        "certificates": ("api", "worker"),
        "reporting": ("api", "worker"),
    }.items()
    for process in processes
}
"""Every process of every service: the one list that compose, Kubernetes and Prometheus are held to."""

CAPTURE = """
import json, runpy, sys
import shared.settings

class Captured(BaseException):
    pass

def capture(kind, environ=None):
    raise Captured(kind.__module__, kind.__qualname__)

def started(service, process):
    sys.argv[1:] = [process]
    try:
        runpy.run_module(f"services.{service}", run_name="__main__")
    except Captured as captured:
        return captured.args
    raise SystemExit(f"services.{service} {process} loads no settings")

shared.settings.load = capture
print(json.dumps({label: started(*names) for label, names in json.loads(sys.argv[1]).items()}))
"""
"""Starts each process up to where it loads its settings, and says by which class."""


def tool(name: str) -> str:
    """The path of a command: .tools/bin, then PATH; without it the test is skipped, or fails."""
    beside_python = Path(sys.executable).parent / name
    places = [ROOT / ".tools" / "bin" / name, beside_python]
    found = next((str(p) for p in places if p.exists()), None) or shutil.which(name)
    if found is None:
        missing(f"{name} is not installed (deploy/tools.sh, or the dependency group deploy-lint)")
    return str(found)


def missing(why: str) -> None:
    """Skip; where every tool must be there, fail."""
    if os.environ.get("HADIR_REQUIRE_TOOLS") == "1":
        pytest.fail(why)
    pytest.skip(why)


def run(*command: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run a linter and keep what it says."""
    return subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)


@cache
def build(folder: str) -> tuple[dict[str, Any], ...]:
    """The objects that kustomize makes of a folder below deploy/k8s."""
    done = run(tool("kustomize"), "build", str(K8S / folder))
    assert done.returncode == 0, done.stderr
    return tuple(d for d in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if d)


def of_kind(objects: tuple[dict[str, Any], ...], *kinds: str) -> dict[str, dict[str, Any]]:
    """Objects by name."""
    return {o["metadata"]["name"]: o for o in objects if o["kind"] in kinds}


def workloads(objects: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    """What runs pods, by name."""
    return of_kind(objects, "Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob")


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    """The pod's specification."""
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def container(workload: dict[str, Any]) -> dict[str, Any]:
    """The one container of a workload."""
    (only,) = pod(workload)["containers"]
    found: dict[str, Any] = only
    return found


def env_file(path: Path, *, with_comments: bool = False) -> dict[str, str]:
    """NAME=value lines; `with_comments` also those that are commented out."""
    pattern = r"^#?([A-Z][A-Z0-9_]*)=(.*)$" if with_comments else r"^([A-Z][A-Z0-9_]*)=(.*)$"
    return dict(re.findall(pattern, path.read_text(), re.MULTILINE))


def interpolate(text: str, values: dict[str, str]) -> str:
    """Compose's ${NAME}, ${NAME:-default} and ${NAME:?message}; $$ is a plain dollar."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match["name"], match["operator"], match["rest"] or ""
        if values.get(name):
            return values[name]
        assert operator != ":?", f"{name} is needed: {rest}"
        return rest

    pattern = r"\$\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<rest>[^}]*))?\}"
    return re.sub(pattern, value, text).replace("$$", "$")


@cache
def compose() -> dict[str, Any]:
    """The compose file with the values of .env.example, as a newcomer gets it."""
    text = (DEPLOY / "compose.yaml").read_text()
    parsed: dict[str, Any] = yaml.safe_load(interpolate(text, env_file(DEPLOY / ".env.example")))
    return parsed


@cache
def settings_classes() -> dict[str, list[str]] | str:
    """Module and name of each process's settings class; or why they cannot be found."""
    done = run(sys.executable, "-c", CAPTURE, json.dumps(PROCESSES), cwd=ROOT)
    if done.returncode:
        return f"a process does not start: {done.stderr[-2000:]}"
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@cache
def settings_of(name: str) -> Any:
    """The settings class that a process loads."""
    classes = settings_classes()
    assert not isinstance(classes, str), classes
    module, kind = classes[name]
    return getattr(importlib.import_module(module), kind)


def known_settings() -> set[str]:
    """HADIR_* names that some process reads."""
    fields = {f for name in PROCESSES for f in settings_of(name).model_fields}
    return {f"HADIR_{field.upper()}" for field in fields}


def without_file(name: str) -> str:
    """HADIR_X_FILE gives the setting HADIR_X."""
    return name.removesuffix("_FILE")


def strings(value: Any) -> Iterator[str]:
    """Every string anywhere in a JSON-like value, keys too."""
    yield from re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(value, ensure_ascii=False))
