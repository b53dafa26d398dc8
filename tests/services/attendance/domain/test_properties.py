"""What holds for any evidence: L1 (order and repetition say nothing), I14, and the order of trust."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.attendance.domain.codes import ClockKind
from services.attendance.domain.connections import Known, seen
from services.attendance.domain.eligibility import decide
from services.attendance.domain.facts import Connection, Correction, ProctorList, Scan
from services.attendance.domain.meetings import merge
from services.attendance.domain.presence import Evidence, measure
from services.attendance.domain.webhook import Participant
from tests.services.attendance.domain.builders import (
    NUMBER,
    T,
    meeting,
    session,
    standing,
    the_plan,
    webinar,
)

AT = st.integers(-10, 40).map(lambda minutes: T + 180 * minutes)
FACT = st.tuples(st.sampled_from("jl"), st.sampled_from("123"), AT)
FACTS = st.lists(FACT, max_size=7).map(tuple)
UUIDS = ("m1", "m2", "m3")
CONNECTION = st.builds(
    lambda n, uuid, facts: Connection(f"{uuid}|{n}", uuid, NUMBER, facts),
    st.integers(0, 3), st.sampled_from(UUIDS), FACTS,
)  # fmt: skip
SCAN = st.builds(
    lambda kind, gate, at: Scan(f"{kind}{gate}{at}", "s1", kind, gate, at),
    st.sampled_from(["in", "out"]), st.sampled_from("AB"), AT,
)  # fmt: skip
CORRECTION = st.builds(
    lambda at, n, s, kind, start, end, gone: Correction(f"k{at}{n}{kind}{start}{end}{s}", at, s, kind, start, end, gone),
    st.integers(1, 3), st.integers(0, 1), st.sampled_from([None, "s1", "s2"]),
    st.sampled_from(["add", "remove"]), AT, AT, st.booleans(),
)  # fmt: skip
LISTED = st.builds(
    lambda version, named, start, end, room: ProctorList("l", "s1", version, named, start, end, room),
    st.integers(1, 2), st.booleans(), st.none() | AT, st.none() | AT,
    st.none() | st.lists(CONNECTION, max_size=2).map(tuple),
)  # fmt: skip
TIME = st.none() | AT
MEETINGS = st.tuples(
    *(
        st.builds(
            lambda started, ended, practice, seen, uuid=uuid: meeting(uuid)._replace(
                started=started, ended=ended, practice_ended=practice, last_start=started,
                first_seen=seen,
            ),
            TIME, TIME, st.none() | st.none() | AT, TIME,
        )
        for uuid in UUIDS
    )
)  # fmt: skip
RULE = st.fixed_dictionaries(
    {
        "minimum_share": st.sampled_from([0, 3000, 8000, 10000]),
        "scope": st.sampled_from(["all", "each_session"]),
        "minimum_sessions": st.none() | st.integers(1, 2),
        "latest_join": st.none() | st.sampled_from([0, 900]),
    }
)
WEBINAR = st.builds(
    lambda rule, expected, down, reconciled: webinar(
        session(breaks=((1200, 1500),), hall=True), session("s2", 4500, 6000),
        rule=rule, check_out_expected=expected, host_down=down, reconciliation=reconciled),
    RULE, st.booleans(), st.sampled_from(["exclude", "include"]), st.booleans(),
)  # fmt: skip
EVIDENCE = st.builds(
    Evidence,
    st.lists(CONNECTION, max_size=4, unique_by=lambda c: c.connection_id).map(tuple),
    st.lists(SCAN, max_size=4).map(tuple),
    st.lists(CORRECTION, max_size=3).map(tuple),
    st.lists(LISTED, max_size=2).map(tuple),
    st.lists(CONNECTION, max_size=2, unique_by=lambda c: c.connection_id).map(tuple),
)
KINDS = st.lists(st.sampled_from(list(ClockKind)), max_size=5)


def shuffled(evidence, seed):
    """The same facts in another order, each up to three times."""
    rng = random.Random(seed)

    def again(things):
        more = [*things, *rng.choices(things, k=2)] if things else []
        rng.shuffle(more)
        return tuple(more)

    def connections(known):
        return again(tuple(c._replace(facts=again(c.facts)) for c in known))

    return Evidence(
        connections(evidence.connections), again(evidence.scans), again(evidence.corrections),
        again(evidence.lists), connections(evidence.candidates),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE, KINDS, st.integers(0, 9))
def test_L1_any_order_and_repetition_of_facts_gives_the_same(
    the_webinar, meetings, evidence, kinds, seed
):
    one = the_plan(the_webinar, *meetings)
    other = the_plan(the_webinar, *meetings[::-1])
    again = shuffled(evidence, seed)
    assert measure(one, evidence) == measure(other, again)
    person = standing(one, ClockKind.GRACE, *kinds)
    assert decide(one, measure(one, evidence), person) == decide(
        other, measure(other, again), person
    )


@settings(max_examples=150, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE)
def test_I14_nobody_exceeds_the_base(the_webinar, meetings, evidence):
    plan = the_plan(the_webinar, *meetings)
    for planned, found in zip(plan.sessions, measure(plan, evidence).sessions, strict=True):
        assert 0 <= found.closed <= found.firm <= found.present <= found.possible
        assert found.possible <= planned.base_seconds <= planned.end - planned.start
        assert found.firm <= found.possible_firm <= found.possible


@settings(max_examples=100, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE, CONNECTION)
def test_I14_more_connections_never_take_seconds_away(the_webinar, meetings, evidence, more):
    plan = the_plan(the_webinar, *meetings)
    evidence = evidence._replace(corrections=())
    added = evidence._replace(
        connections=(*evidence.connections, more._replace(connection_id="more"))
    )
    before, after = measure(plan, evidence), measure(plan, added)
    for one, other in zip(before.sessions, after.sessions, strict=True):
        assert one.closed <= other.closed
        assert one.present <= other.present


@settings(max_examples=100, deadline=None)
@given(WEBINAR, MEETINGS, EVIDENCE)
def test_L4_what_is_counted_lies_in_the_base_and_covers_the_present_seconds(
    the_webinar, meetings, evidence
):
    plan = the_plan(the_webinar, *meetings)
    found = measure(plan, evidence)
    seconds = [set() for _ in plan.sessions]
    for index, start, end, _, _ in found.counted:
        assert any(a <= start < end <= b for a, b in plan.sessions[index].base)
        seconds[index].update(range(start, end))
    assert [len(s) for s in seconds] == [s.present for s in found.sessions]


PARTICIPANT = st.builds(
    lambda kind, user, at, registrant, email: Participant(
        kind, "meeting", "m1", NUMBER, "h", user, "p", at, registrant, email, "", "", "", False, "", 0),
    st.sampled_from(["joined", "left"]), st.sampled_from("12"), AT,
    st.sampled_from(["", "r1", "r2"]), st.sampled_from(["", "a", "b"]),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(PARTICIPANT, max_size=8), st.integers(0, 9))
def test_L1_a_connection_is_the_set_of_its_events_and_its_revision_never_falls(events, seed):
    known, again = Known("m1", "p"), Known("m1", "p")
    revisions = []
    for event in events:
        known.add(seen(event, str))
        revisions.append(known.revision)
    for event in random.Random(seed).sample(events * 2, len(events) * 2):
        again.add(seen(event, str))
    assert revisions == sorted(revisions)
    assert (known.snapshot(), known.identifiers, known.revision) == (
        again.snapshot(), again.identifiers, again.revision,
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(MEETINGS, st.permutations([0, 1, 2, 0]))
def test_F1_what_is_known_of_a_meeting_is_the_same_in_any_order(meetings, order):
    copies = [times._replace(uuid="m1") for times in meetings]
    one, other = copies[0], copies[order[0]]
    for times in copies[1:]:
        one = merge(one, times)
    for index in order[1:]:
        other = merge(other, copies[index])
    assert one == other
