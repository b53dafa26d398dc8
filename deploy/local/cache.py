"""Where downloads are kept between runs, and a lock so that two starts do not fetch twice."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """HADIR_CACHE_DIR, else `hadir` in the user's cache folder."""
    given = os.environ if environ is None else environ
    if own := given.get("HADIR_CACHE_DIR"):
        return Path(own)
    return Path(given.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hadir"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; another process waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
