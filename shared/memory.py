"""Memory, tuned for processes that handle many small objects and many large records."""

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""


def collect_rarely(allocations: int = 200_000) -> None:
    """Search once per so many new objects, and never again through what is there now.

    By default each 700 new objects are searched, in vain: nothing on the hot paths is cyclic.
    Call it once, when everything is imported.
    """
    gc.freeze()
    gc.set_threshold(allocations, 10, 10)


def keep_freed(trim: int = 64 << 20, mmap: int = 16 << 20) -> None:
    """Keep up to `trim` freed bytes for the next records, instead of having the kernel take their pages
    and clear new ones for each batch; only blocks of `mmap` bytes are given back at once.

    By default both follow the largest block that was freed. A C library without mallopt does as it likes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, trim)
        mallopt(_MMAP_THRESHOLD, mmap)
