"""What a partition knows of its connections is the set of their events, however it was kept meanwhile."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attendance.connection_book import ConnectionBook
from services.attendance.domain import floating
from services.attendance.domain.connections import Known, seen
from services.attendance.domain.webhook import Participant
from tests.support.builds import compiled

EVENTS = st.lists(st.tuples(st.builds(
    Participant, st.sampled_from(["joined", "left"]), st.just("webinar"), st.just("m1"),
    st.sampled_from(["", "9", "8"]), st.sampled_from(["h", "z1"]), st.sampled_from("12"),
    st.sampled_from("pq"), st.integers(1, 3), st.sampled_from(["", "r1", "r2"]),
    st.sampled_from(["", "a", "b"]), st.sampled_from(["", "k1"]), st.sampled_from(["", "z1"]),
    st.sampled_from(["", "z2"]), st.booleans(), st.sampled_from(["", "ip"]), st.just(0),
), st.booleans()), max_size=12)  # fmt: skip

BLANK = Participant(
    "joined", "webinar", "m1", "9", "h", "1", "", 1, "", "", "", "", "", False, "", 0
)


def tag(value: str) -> str:
    return f"#{value}" if value else ""


@given(EVENTS)
def test_L1_a_connection_in_the_book_is_what_its_events_say(
    events: Sequence[tuple[Participant, bool]],
) -> None:
    book, plain = ConnectionBook(0, 1), dict[str, Known]()
    for event, rests in events:
        key = f"m1|{event.participant_uuid}"
        known = plain.setdefault(key, Known("m1", event.participant_uuid))
        assert (book.add(event, tag) is not None) == known.add(seen(event, tag))
        if rests:
            book.own.close()
    for key, known in plain.items():
        found = book.own[key]
        assert (found.snapshot(), found.identifiers) == (known.snapshot(), known.identifiers)
    for token in {token for known in plain.values() for token in known.identifiers.tokens()}:
        holders = {key for key, known in plain.items() if token in known.identifiers.tokens()}
        assert sorted(book.with_token(token)) == sorted(holders)


@pytest.mark.skipif(compiled(floating), reason="a compiled class keeps its methods")
def test_whoever_no_bind_names_costs_no_look_at_strays(monkeypatch: pytest.MonkeyPatch) -> None:
    book = ConnectionBook(0, 1)
    for user in range(5):
        book.float("m1", seen(BLANK._replace(user_id=str(user)), tag))
    book.add(BLANK._replace(user_id="9", participant_uuid="p9"), tag)

    def look(_: object) -> list[Known]:
        raise AssertionError("strays were gone through")

    monkeypatch.setattr(floating.Floating, "legs", look)
    assert book.bound(book.own["m1|p9"]) == []
