"""THE list of what is compiled: what the attendance worker spends its time in, and nothing else.

The rules of the domain, all of them; the two stages that call them for every webhook and every person;
what they read and write bytes with. Left out is what is not on that way, and what mypyc would change:
models of pydantic (the event classes), what is mostly awaiting (Kafka, Redis, HTTP), settings, pages.
A module that is not listed runs as it always did, beside those that are.
"""

from pathlib import Path

PACKAGES = ("services", "shared")
"""What is copied to a compiled tree: all modules of the running processes."""

DOMAIN = "services/attendance/domain"
STAGES = (
    "applied_reports", "cases", "causes", "connection_book", "decide", "decisions", "differing",
    "enrolments", "evidence_state", "frames", "identify", "knowledge", "live_state", "meeting_book",
    "outcomes", "packed_map", "packing", "person", "published", "report_desk", "roster",
    "rulings", "telling", "token_index", "undecided", "untold",
)  # fmt: skip
SHARED = ("batch", "bulk", "checkpoints", "crypto", "envelope", "keys")


def modules(root: Path) -> list[str]:
    """Their paths below `root`, in order; a new module of the domain is one of them by itself."""
    domain = (p for p in sorted((root / DOMAIN).glob("*.py")) if p.name != "__init__.py")
    return [
        *(path.relative_to(root).as_posix() for path in domain),
        *(f"services/attendance/{name}.py" for name in STAGES),
        *(f"shared/{name}.py" for name in SHARED),
    ]
