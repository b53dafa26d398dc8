"""From texts to libraries: mypyc writes C, a compiler compiles it, on all cores.

A library beside its text takes the text's place when the module is imported.
"""

import os
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from typing import Any

from deploy.local.compiler import Compiler, compiler
from deploy.native.modules import PACKAGES, modules

SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
FLAGS = ("-fPIC", "-fwrapv", "-DNDEBUG")
QUIET = "-w"  # nobody reads warnings of C that a program wrote, and none may end the build
GROUP = "hadir"
"""All modules are one library, which calls within itself directly; beside each text lies a small one
that only hands its module out."""


def copied(source: Path, to: Path) -> None:
    """The packages of `source`, without what Python has cached."""
    for name in PACKAGES:
        shutil.copytree(source / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))


def build(source: Path, to: Path) -> None:
    """Compile the listed modules of `source`; the libraries go beside the texts that are in `to`.

    Raises:
        NoCompiler: there is none, Python's headers are missing, or it refuses.
        SystemExit: mypyc refuses; it has printed why.
    """
    to = to.resolve()
    with tempfile.TemporaryDirectory() as folder:
        copied(source, Path(folder))
        with chdir(folder), compiler() as cc:
            for made in _libraries(cc, _extensions(modules(Path()))):
                shutil.move(made, to / made)


def _extensions(paths: Sequence[str]) -> list[Any]:
    """What to compile, as setuptools puts it; the C files are written into ./build."""
    import setuptools  # noqa: F401 - mypyc looks whether somebody has imported it
    from mypyc.build import mypycify

    # no configuration of the project: what it forbids is the linter's matter
    options = ["--config-file=", "--ignore-missing-imports", "--cache-dir", os.devnull]
    found: list[Any] = mypycify([*options, *paths], opt_level="2", debug_level="0",
                                multi_file=True, group_name=GROUP)  # fmt: skip
    return found


def _libraries(cc: Compiler, extensions: Sequence[Any]) -> Iterator[Path]:
    """Compiled and linked, in the folders that they belong in."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        waiting = [[pool.submit(_object, cc, c, one) for c in one.sources] for one in extensions]
        for one, objects in zip(extensions, waiting, strict=True):
            made = Path(one.name.replace(".", "/") + SUFFIX)
            cc.run("-shared", "-o", str(made), *(each.result() for each in objects))
            yield made


def _object(cc: Compiler, source: str, extension: Any) -> str:
    headers = [*extension.include_dirs, sysconfig.get_path("include")]
    cc.run(*FLAGS, *extension.extra_compile_args, QUIET, *(f"-I{path}" for path in headers),
           "-c", source, "-o", f"{source}.o")  # fmt: skip
    return f"{source}.o"
