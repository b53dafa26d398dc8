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


def ready_for_crowds() -> None:
    """As `collect_rarely`, after more objects than a crowd has open. And freed memory is kept for the next
    batch of records: the kernel would take its pages, and clear new ones for each.

    By default what is kept follows the largest block that was freed. A C library without mallopt does
    as it likes.
    """
    collect_rarely(5_000_000)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, 64 << 20)  # bytes
        mallopt(_MMAP_THRESHOLD, 16 << 20)  # such blocks are given back at once
