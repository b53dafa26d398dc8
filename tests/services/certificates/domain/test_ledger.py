"""What is numbered, what still awaits its certificate, and from where decisions are read again."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.ledger import BadClaim, Ledger
from services.certificates.domain.waiting import Place, Waiting, Who
from shared.events.certificates import NumberTakenV1
from shared.keys import certificate_id_of

WEBINAR = str(UUID(int=1))
AT = "2026-11-12T18:00:00Z"


def claim(person: int, **changes: object) -> NumberTakenV1:
    fields = {
        "series": "{seq}/{roman}/{region}/2026", "webinar_id": WEBINAR, "year": 2026,
        "participant_id": str(UUID(int=100 + person)), "sealed": "x", "region_code": "15",
        "category": "asn",
    }  # fmt: skip
    return NumberTakenV1.model_validate({**fields, **changes})


def id_of(person: int) -> str:
    return certificate_id_of(WEBINAR, claim(person).participant_id)


steps = st.lists(st.tuples(st.sampled_from(["claim", "issue"]), st.integers(0, 9)), max_size=60)


@given(steps)
def test_pending_is_what_was_claimed_and_not_issued_in_any_order_of_the_two_logs(log) -> None:
    ledger = Ledger("Asia/Jakarta")
    for kind, person in log:
        if kind == "claim":
            ledger.claimed(claim(person), AT)
        else:
            ledger.issued(id_of(person))
    claimed = dict.fromkeys(p for kind, p in log if kind == "claim")
    issued = {p for kind, p in log if kind == "issue"}
    assert [n.certificate_id for n in ledger.pending()] == [
        id_of(p) for p in claimed if p not in issued
    ]
    numbers = {p: f"{rank}/XI/15/2026" for rank, p in enumerate(claimed, start=1)}
    assert all(n.number in numbers.values() for n in ledger.pending())
    assert all(ledger.has(id_of(p)) for p in set(claimed) | issued)


def test_the_month_of_a_number_is_the_month_in_the_place_of_issue() -> None:
    numbered = Ledger("Asia/Jakarta").claimed(claim(1), "2026-11-30T17:30:00Z")
    assert numbered is not None
    assert numbered.number == "1/XII/15/2026"


@pytest.mark.parametrize("changes", [{"webinar_id": "w"}, {"series": "{x}"}, {"series": "{seq:z}"}])
def test_a_claim_that_can_never_be_one_takes_no_rank(changes) -> None:
    ledger = Ledger("Asia/Jakarta")
    with pytest.raises(BadClaim):
        ledger.claimed(claim(1, **changes), AT)
    numbered = ledger.claimed(claim(2), AT)
    assert numbered is not None
    assert numbered.number.startswith("1/")


def test_the_floor_never_passes_a_decision_that_waits() -> None:
    waiting = Waiting()
    early, late = Who(WEBINAR, "p1"), Who(WEBINAR, "p2")
    waiting.earned(early, Place(0, 5))
    waiting.earned(late, Place(0, 7))
    assert waiting.floors({0: 10, 1: 3}) == {0: 5, 1: 3}
    waiting.drop(early)
    assert waiting.floors({0: 10, 1: 3}) == {0: 7, 1: 3}
    waiting.drop(late)
    assert waiting.floors({0: 10, 1: 3}) == {0: 10, 1: 3}


def test_a_later_version_of_a_decision_waits_at_its_own_place() -> None:
    waiting = Waiting()
    waiting.earned(Who(WEBINAR, "p1"), Place(0, 5))
    waiting.earned(Who(WEBINAR, "p1"), Place(0, 9))
    assert (len(waiting), waiting.floors({0: 10})) == (1, {0: 9})


def test_a_partition_that_was_taken_away_is_forgotten() -> None:
    waiting = Waiting()
    waiting.earned(Who(WEBINAR, "p1"), Place(0, 5))
    waiting.earned(Who(WEBINAR, "p2"), Place(1, 5))
    waiting.forget([0])
    assert list(waiting.of(WEBINAR)) == [Who(WEBINAR, "p2")]
    assert waiting.webinars() == (WEBINAR,)
