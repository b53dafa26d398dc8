"""The shape of the code: importing does nothing, services stand alone, functions are short."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

import shared

ROOT = Path(shared.__file__).parents[1]
BIN = Path(sys.executable).parent
SERVICES = ("attendance", "certificates", "registration", "reporting")
LONGEST = 40
TYPICAL = 8


def modules(*packages: str) -> list[str]:
    """Dotted names of all modules; a `__main__` only runs when it is run."""
    paths = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    names = (path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names if not name.endswith("__main__"))


# Runs before anything of ours is imported. What a library does on its own account is not ours: what
# counts is what our code does, also through the standard library.
WATCH = """
import importlib, sys
ROOT, NAMES = sys.argv[1], sys.argv[2:]
EVENTS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system",
          "os.mkdir", "os.remove", "os.rename", "shutil.", "os.putenv")
found, loading = [], []

def whose():
    frame = sys._getframe(2)
    while frame:
        name = frame.f_code.co_filename
        if "site-packages" in name:
            return None
        if name.startswith(ROOT) and "/.venv/" not in name:
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back

def hook(event, args):
    if event.startswith(EVENTS) or event == "open" and writes(args):
        where = whose()
        if where:
            found.append(f"{where} does {event} {args!r}")

def writes(args):
    path, mode, flags = args
    if "__pycache__" in str(path):
        return False
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))

import os, threading
class Environment(dict):
    def __getitem__(self, name):
        note(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        note(name)
        return super().get(name, default)
    def __contains__(self, name):
        note(name)
        return super().__contains__(name)

def note(name):
    where = whose()
    if where:
        found.append(f"{where} reads the environment: {name!r}")

os.environ = Environment()
sys.addaudithook(hook)
for name in NAMES:
    importlib.import_module(name)
if threading.active_count() != 1:
    found.append(f"threads run: {threading.enumerate()}")
print("\\n".join(found))
"""


def watched(root: Path, names: list[str]) -> list[str]:
    """What importing these modules did that no import should."""
    run = subprocess.run(
        [sys.executable, "-c", WATCH, str(root), *names],
        cwd=root, env={"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines() if run.stdout.strip() else []


def test_importing_any_module_opens_nothing_and_reads_no_environment() -> None:
    assert watched(ROOT, modules("shared", "services")) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 1))", "socket.connect"),
        ("import socket; socket.socket().bind(('127.0.0.1', 0))", "socket.bind"),
        ("open('written', 'w').close()", "open"),
        ("import pathlib; pathlib.Path('made').mkdir()", "os.mkdir"),
        ("import os; os.environ.get('HADIR_KAFKA')", "reads the environment: 'HADIR_KAFKA'"),
        ("import os; 'HOME' in os.environ", "reads the environment: 'HOME'"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import threading; threading.Timer(0.2, print).start()", "threads run"),
    ],
)  # fmt: skip
def test_a_module_that_does_something_when_it_is_imported_is_found_out(
    tmp_path: Path, line: str, told: str
) -> None:
    (tmp_path / "guilty.py").write_text(line + "\n")
    assert any(told in each for each in watched(tmp_path, ["guilty"]))


def test_the_import_contracts_hold() -> None:
    """Services do not know each other, shared knows no service, domain does no I/O."""
    run = subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken", run.stdout)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_its_card(service: str) -> None:
    tree = ast.parse((ROOT / "services" / service / "__init__.py").read_text())
    card = ast.get_docstring(tree) or ""
    for word in ("reads", "writes", "owns", "runs"):
        assert re.search(rf"^{word}\b", card, re.IGNORECASE | re.MULTILINE), word
    assert len(tree.body) == 1, "a card and nothing else"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_same_names_at_its_door(service: str) -> None:
    there = {path.name for path in (ROOT / "services" / service).iterdir()}
    assert {
        "__init__.py",
        "__main__.py",
        "settings.py",
        "wiring.py",
        "stores.py",
        "domain",
    } <= there


def test_there_are_no_other_services() -> None:
    found = {path.parent.name for path in (ROOT / "services").glob("*/__init__.py")}
    assert found == set(SERVICES)


def functions(*packages: str) -> list[tuple[str, int]]:
    """(where, lines of its body without the docstring) of every function."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length(node))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the last."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_function_is_long_and_most_are_short() -> None:
    found = functions("shared", "services", "deploy")
    assert [where for where, lines in found if lines > LONGEST] == []
    assert median(lines for _, lines in found) <= TYPICAL


def test_nothing_prints_but_commands() -> None:
    """Logs are structured; only what a person runs (`python -m …`) writes to the terminal."""
    commands = {"shared/provision.py"}
    found = set()
    for package in ("services", "shared"):
        for path in (ROOT / package).rglob("*.py"):
            calls = (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call))
            if any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls):
                found.add(path.relative_to(ROOT).as_posix())
    assert found <= commands


def test_the_linter_holds_the_limits() -> None:
    run = subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "C901,PLR0915,T201", "shared", "services"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_below_tests_there_is_no_package() -> None:
    """An `__init__.py` there would shadow the real packages."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
