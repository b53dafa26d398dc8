"""The compiled load generator: load.c, built once by the compiler that is there.

Where there is none (a fresh machine has Python and make only), a wheel that carries one is fetched,
pinned by hash, used and removed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.local.cache import cache_dir, locked

SOURCE = Path(__file__).with_name("load.c")
LOCK = Path(__file__).with_name("compiler.lock")
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE")


class NoGenerator(Exception):
    """It cannot be built; the text says what to do."""


def program(cache: Path | None = None, compilers: Sequence[str] = ("cc", "gcc", "clang")) -> Path:
    """The path of the built generator.

    Raises:
        NoGenerator: there is no compiler and none can be fetched, or it cannot compile this.
    """
    folder = (cache or cache_dir()) / "load"
    built = folder / hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    with locked(folder):
        if not built.exists():
            _build(built.with_suffix(".new"), next(filter(shutil.which, compilers), None))
            built.with_suffix(".new").replace(built)
    return built


def _build(to: Path, compiler: str | None) -> None:
    if compiler:
        _run([compiler, *FLAGS, "-o", str(to), str(SOURCE)])
        return
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
              "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", folder,
              "-r", str(LOCK)])  # fmt: skip
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(to), str(SOURCE)]
        _run(command, {"PYTHONPATH": folder, "ZIG_GLOBAL_CACHE_DIR": folder})


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise NoGenerator(
            "The load generator needs a C compiler (Debian: apt-get install gcc libc6-dev), or the "
            f"network to fetch one; it could not be built: {done.stderr.strip()[-300:]}"
        )
