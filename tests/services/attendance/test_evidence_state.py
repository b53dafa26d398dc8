"""The fold of facts: what acts when, and what a repeated or older fact does."""

from typing import Any

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.facts import ClockPassed
from services.attendance.evidence_state import EvidenceState


def clock(source: int, end: int = 100) -> dict[str, Any]:
    """A clock as one webhooks partition says it."""
    return {"webinar_id": "w", "session_id": "s1", "official_end": end, "clock": "grace",
            "source": source, "sources": 3}  # fmt: skip


def test_L2_a_clock_acts_only_when_every_partition_was_read_past_it() -> None:
    state = EvidenceState()
    assert [state.clock(clock(source)) for source in (0, 2, 2, 0)] == [False] * 4
    assert not state.passed["w"]
    assert state.clock(clock(1))
    assert state.passed["w"] == {ClockPassed("w", "s1", 100, ClockKind.GRACE)}


def test_L2_once_it_acts_saying_it_again_changes_nothing() -> None:
    state = EvidenceState()
    for source in (0, 1, 2):
        state.clock(clock(source))
    assert not state.clock(clock(2))


def test_L2_a_moved_session_has_clocks_of_its_own() -> None:
    state = EvidenceState()
    for source, end in ((0, 100), (1, 100), (2, 200)):
        assert not state.clock(clock(source, end))


def connection(revision: tuple[int, int], at: int) -> dict[str, Any]:
    """A snapshot of one connection."""
    return {
        "webinar_id": "w", "participant_id": "p", "connection_id": "m|c", "meeting_uuid": "m",
        "zoom_number": "9", "revision": list(revision), "role": "owner",
        "facts": [["j", "11", at]], "ip_tags": [], "candidates": [], "problem": None,
    }  # fmt: skip


def test_L1_the_highest_revision_holds_in_any_order() -> None:
    one, other = EvidenceState(), EvidenceState()
    old, new = connection((3, 1), 10), connection((3, 2), 20)
    assert (one.connection(old), one.connection(new)) == (True, True)
    assert (other.connection(new), other.connection(old)) == (True, False)
    seen = [state.people["w"]["p"].seen["m|c"].connection.facts for state in (one, other)]
    assert seen[0] == seen[1] == (("j", "11", 20),)
