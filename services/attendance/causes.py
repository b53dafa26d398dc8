"""What had a decision made anew: a kind of fact, and a mark by which a page finds the very one."""

from enum import StrEnum
from hashlib import blake2b


class Cause(StrEnum):
    """Kinds of facts. `grace` … `report_deadline` are clocks (rule L2)."""

    CONNECTION = "connection"
    SCAN = "scan"
    MEETING = "meeting"
    WEBINAR = "webinar"
    ENROLMENT = "enrolment"
    CERTIFICATE = "certificate"
    CASE = "case"
    RULING = "ruling"
    LIST = "list"
    ITEM = "item"
    REPORT = "report"
    OTHER_WORKER = "other_worker"
    GRACE = "grace"
    RETRY_WINDOW = "retry_window"
    REPORT_DEADLINE = "report_deadline"
    ARCHIVED = "archived"
    IDENTITY_FROZEN = "identity_frozen"


Why = tuple[Cause, str]
"""A kind, and the id of the very fact ('' where none is meant)."""


def because(kind: Cause, what: str = "") -> str:
    """`connection|1f0c22ab`: ids stay out of decisions, a mark of 32 bits tells one from another."""
    return f"{kind.value}|{mark(what)}" if what else kind.value


def mark(what: str) -> str:
    """The mark of one fact among those of a person."""
    return blake2b(what.encode(), digest_size=4).hexdigest()
