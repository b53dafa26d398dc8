"""The compiled load generator: load.c, built once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from deploy.local.cache import cache_dir, locked
from deploy.local.compiler import COMPILERS, compiler

SOURCE = Path(__file__).with_name("load.c")
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE")


def program(cache: Path | None = None, compilers: Sequence[str] = COMPILERS) -> Path:
    """The path of the built generator.

    Raises:
        NoCompiler: there is no compiler and none can be fetched, or it cannot compile this.
    """
    folder = (cache or cache_dir()) / "load"
    built = folder / hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    new = built.with_suffix(".new")
    with locked(folder):
        if not built.exists():
            with compiler(compilers) as found:
                found.run(*FLAGS, "-o", str(new), str(SOURCE))
            new.replace(built)
    return built
