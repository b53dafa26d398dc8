"""A copy of the packages with the compiled modules beside their texts, in the cache.

Never in the source tree: a library there would go on running after its text was changed.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from deploy.local.cache import cache_dir, locked
from deploy.local.say import Say
from deploy.native.build import copied
from deploy.native.modules import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
KEPT_SECONDS = 7 * 86_400
"""A tree that nobody asked for in so long is removed when another one is made."""


class NotCompiled(Exception):
    """It cannot be built here; the text says what is missing."""


def compiled(say: Say) -> Path:
    """The compiled tree of the sources as they are now; made when there is none yet (a minute or two).

    Raises:
        NotCompiled: mypyc or a compiler is missing, or one of them refuses.
    """
    folder = cache_dir() / "native"
    tree = folder / key()
    with locked(folder):
        if not tree.exists():
            say("Compiling the attendance worker's hot modules (only once for these sources) …")
            _forget(folder)
            _make(tree)
    os.utime(tree)
    return tree


def use(say: Say) -> None:
    """Let every Python process that is started from now on run the compiled modules.

    Raises:
        NotCompiled: see `compiled`.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join((str(compiled(say)), str(ROOT)))
    os.environ["PYTHONSAFEPATH"] = "1"  # else the folder that it is started in comes first


def _make(tree: Path) -> None:
    new = tree.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    copied(ROOT, new)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.native", str(new)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise NotCompiled(f"The compiled build cannot be made here: {' '.join(said)}")
    new.rename(tree)


def _forget(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path.stat().st_mtime < time.time() - KEPT_SECONDS:
            shutil.rmtree(path)


def key() -> str:
    """Of all that the libraries are made of and by."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {_version('mypy')}".encode())
    for path in sorted(_texts()):
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _texts() -> Iterator[Path]:
    folders = [*(ROOT / name for name in PACKAGES), Path(__file__).parent]
    for folder in folders:
        yield from (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
