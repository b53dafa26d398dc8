"""When a certificate is issued and what it says."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.certificate import earned, holding, may_issue, verify_url
from services.certificates.domain.content import (
    Content,
    Policy,
    complete,
    fingerprint,
    freeze,
    plain,
    sheet,
)
from services.certificates.domain.ledger import Numbered
from services.certificates.issuing import encoded
from shared.events.attendance import EligibilityDecidedV1
from shared.events.certificates import (
    CertificateIssuedV1,
    CertificateRevokedV1,
    NumberTakenV1,
)
from shared.events.registration import (
    Hall,
    PersonalData,
    SessionV1,
    Signatory,
    WebinarSetV1,
    ZoomRoom,
)
from shared.examples import example

SESSION = SessionV1(
    id="s1", start="2026-11-12T02:00:00Z", end="2026-11-12T04:30:00Z",
    zoom=ZoomRoom(number="93201235621"), hall=Hall(name="Aula"),
)  # fmt: skip


def webinar(**changes: Any) -> WebinarSetV1:
    fields = {
        "webinar_id": "00000000-0000-0000-0000-000000000001", "version": 1, "year": 2026,
        "programme_id": "00000000-0000-0000-0000-000000000002", "title": "Hak *asasi*",
        "sessions": (SESSION,), "jp": 4, "signatory": Signatory(name="Contoh", title="Direktur"),
    }  # fmt: skip
    return WebinarSetV1(**{**fields, **changes})


def decision(verdict: str, provisional: bool, goes_out: bool = True) -> EligibilityDecidedV1:
    return EligibilityDecidedV1(
        webinar_id="w", participant_id="p", version=1, verdict=verdict, provisional=provisional,
        present_seconds=1, base_seconds=1, required_seconds=1, sessions=(), reasons=(),
        rule_version=1, digest="d", decided_at="2026-11-12T05:00:00Z", goes_out=goes_out,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "provisional", "expected"),
    [
        ("eligible", False, True), ("eligible", True, False), ("not_eligible", False, False),
        ("needs_review", False, False),
    ],
)  # fmt: skip
def test_only_what_is_final_and_eligible_earns_a_certificate(
    verdict, provisional, expected
) -> None:
    assert earned(decision(verdict, provisional)) is expected


def test_D8_nothing_is_earned_before_attendance_lets_it_out() -> None:
    assert not earned(decision("eligible", False, goes_out=False))
    assert not earned(decision("needs_review", False, goes_out=True))


@pytest.mark.parametrize("policy", ["at_once", "after_reconciliation", "on_release"])
def test_D8_the_policy_is_attendance_s_to_apply(policy: str) -> None:
    assert may_issue(webinar(certificates=policy, reconciliation=True))


def test_a_cancelled_webinar_gives_no_certificate() -> None:
    assert not may_issue(webinar(state="cancelled"))


def frozen(**policy: Any) -> Any:
    person = PersonalData(
        external_id="x", name="Siti\u200b #1", nip="198612122010122001", agency="Dinas"
    )
    chosen = Policy(**{"organiser": "Kantor", **policy})
    common = plain(sheet(webinar=webinar(), programme="Program", policy=chosen))
    return Content(**freeze(
        common, certificate_id="c", verify_url="http://h/v/c", person=person, policy=chosen
    ))  # fmt: skip


def test_the_content_freezes_every_printed_word() -> None:
    content = frozen()
    assert (content.name, content.nip, content.title) == (
        "Siti #1",
        "198612122010122001",
        "Hak *asasi*",
    )
    assert content.lesson_hours == "4 (empat) Jam Pelajaran"
    assert content.sessions[0].when == "Kamis, 12 November 2026, 09.00–11.30 WIB"
    assert content.sessions[0].where == "Aula / Zoom"
    assert (content.signatory_name, content.signatory_title) == ("Contoh", "Direktur")


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("full", "198612122010122001"), ("masked", "1986************01"), ("none", "")],
)
def test_the_nip_is_printed_as_the_policy_says(policy: str, shown: str) -> None:
    assert frozen(nip=policy).nip == shown


def test_the_day_of_issue_is_the_day_in_the_place_of_issue() -> None:
    printed = complete(frozen(), number="1", issued_at="2026-11-12T18:00:00Z")
    assert printed.issued_on == "Jakarta, 13 November 2026"


def test_the_fingerprint_covers_every_field() -> None:
    place = {"number": "1", "issued_at": "2026-11-12T18:00:00Z"}
    content = plain(frozen())
    seen = {fingerprint(content, **place)}
    for field, value in content.items():
        changed = not value if isinstance(value, bool) else value * 2
        seen.add(fingerprint({**content, field: changed}, **place))
    seen.add(fingerprint(content, **{**place, "number": "2"}))
    seen.add(fingerprint(content, **{**place, "issued_at": "2026-11-12T18:00:01Z"}))
    assert len(seen) == 3 + len(content)


def test_the_fingerprint_is_that_of_all_that_is_printed() -> None:
    place = {"number": "1", "issued_at": "2026-11-12T18:00:00Z"}
    whole = complete(frozen(), **place)
    assert fingerprint(plain(frozen()), **place) == sha256(whole.to_bytes()).hexdigest()


def test_a_certificate_written_without_its_model_is_what_the_model_writes() -> None:
    claim = example(NumberTakenV1.type)
    numbered = Numbered("c", claim, "1/HAM", "2026-11-12T18:00:00Z")
    for kind in (CertificateIssuedV1, CertificateRevokedV1):
        made = encoded(kind, numbered, sealed="s", sha256="f", verify_url="u")
        model = kind.parse(made.body)
        assert model.to_bytes() == made.body
        assert (made.type, model.status) == (kind.type, kind.model_fields["status"].default)


def test_a_verify_code_needs_the_key() -> None:
    one, other = (verify_url("http://h/", key * 32, "c") for key in (b"a", b"b"))
    assert one != other
    assert one.startswith("http://h/v/")
    assert len(one.rsplit("/", 1)[1]) == 20


@given(st.permutations([1, 2, 3, 4]))
def test_the_highest_revision_holds_in_any_order(order: list[int]) -> None:
    revisions = [
        CertificateIssuedV1(
            certificate_id="c", webinar_id="w", participant_id="p", number="1", revision=n,
            sha256="", verify_url="", issued_at="2026-11-12T18:00:00Z", year=2026,
            region_code="15", category="asn", sealed="", status="revoked" if n == 4 else "issued",
        )
        for n in order
    ]  # fmt: skip
    assert holding(revisions) == next(r for r in revisions if r.revision == 4)
    assert holding([]) is None
