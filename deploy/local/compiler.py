"""A C compiler: the machine's own, else one from a wheel, pinned by hash, used and removed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

LOCK = Path(__file__).with_name("compiler.lock")
COMPILERS = ("cc", "gcc", "clang")
WHEEL = "ziglang"
OF_WHEEL = (sys.executable, "-m", WHEEL, "cc", "-mcpu=baseline")
"""What it makes runs on every machine of this kind, as other compilers' work does."""
WITHIN = 600  # seconds for one command; a wheel of 100 MB may have to be fetched


class NoCompiler(Exception):
    """There is none and none can be fetched, or it cannot compile what it got; the text says what to do."""


class Compiler:
    """Its command line, and what it needs in its environment."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._command, self._env = command, env

    def run(self, *arguments: str) -> None:
        """Compile.

        Raises:
            NoCompiler: it could not.
        """
        _run([*self._command, *arguments], self._env)


@contextmanager
def compiler(compilers: Sequence[str] = COMPILERS) -> Iterator[Compiler]:
    """The first of these that is there; else that of an installed wheel; else a fetched one, which is
    gone afterwards.

    Raises:
        NoCompiler: neither is to be had.
    """
    if found := next(filter(shutil.which, compilers), None):
        yield Compiler([found], {})
        return
    if find_spec(WHEEL):
        yield Compiler(OF_WHEEL, {})
        return
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
              "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", folder,
              "-r", str(LOCK)], {})  # fmt: skip
        yield Compiler(OF_WHEEL, {"PYTHONPATH": folder, "ZIG_GLOBAL_CACHE_DIR": folder})


def _run(command: Sequence[str], env: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, timeout=WITHIN
    )
    if done.returncode:
        raise NoCompiler(
            "A C compiler is needed (Debian: apt-get install gcc libc6-dev), or the network to fetch "
            f"one: {(done.stderr or done.stdout).strip()[-300:]}"
        )
