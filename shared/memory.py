"""Python's search for cyclic garbage, tuned for processes that handle many small objects."""

import gc


def collect_rarely(allocations: int = 200_000) -> None:
    """Search once per so many new objects, and never again through what is there now.

    By default each 700 new objects are searched, in vain: nothing on the hot paths is cyclic.
    Call it once, when everything is imported.
    """
    gc.freeze()
    gc.set_threshold(allocations, 10, 10)
