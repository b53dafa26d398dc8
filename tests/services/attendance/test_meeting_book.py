"""What joins and leaves say of a meeting: the short way says what merging them would."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.attendance.domain.facts import MeetingTimes
from services.attendance.domain.meetings import merge, of_participant
from services.attendance.domain.webhook import Participant
from services.attendance.meeting_book import MeetingBook

UUID = "uuid-1=="
SAID = st.one_of(
    st.builds(lambda at: MeetingTimes(UUID, "91", practice_ended=at), st.integers(1, 5)),
    st.builds(
        lambda kind, number, at: Participant(
            kind, "meeting", UUID, number, *[""] * 3, at, *[""] * 5, False, "", 0
        ),
        st.sampled_from(("joined", "left")), st.sampled_from(("91", "91", "90", "")), st.integers(1, 5),
    ),
)  # fmt: skip


@given(st.lists(SAID, min_size=2))
def test_L1_what_is_noticed_is_what_merging_says_and_a_rehearsal_is_told_when_it_changes(
    events: list[Any],
) -> None:
    book, known = MeetingBook(), MeetingTimes(UUID, "")
    for event in events:
        practice = isinstance(event, MeetingTimes)
        told = book.take(event) if practice else book.noticed(event)
        after = merge(known, event if practice else of_participant(event))
        assert book.of[UUID] == after
        assert told == (after.practice_ended is not None and after != known)
        known = after
