"""One synthetic example of every event: no person, no real address, no key that opens anything.

They stand in shared/schemas/ beside the schemas, in shared/asyncapi.json, and in tests.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.events import (
    Event,
    attendance,
    audit,
    certificates,
    registration,
    reporting,
    reports,
    rulings,
)
from shared.keys import certificate_id_of, derived_id, participant_id_of
from shared.topics import EVENT_TYPES

PROGRAMME = derived_id("example", "programme")
WEBINAR = derived_id("example", "webinar")
PERSON = participant_id_of("example-0001")
CERTIFICATE = certificate_id_of(WEBINAR, PERSON)
MEETING = "ZXhhbXBsZS1tZWV0aW5nLQ=="
NUMBER = "90000000001"
CONNECTION = derived_id("example", "connection")
SEALED = "ZXhhbXBsZTogc2VhbGVkIGJ5dGVzIG9mIG5vYm9keQ=="
OFFICIAL_END = 1_767_931_200  # 2026-01-09T04:00:00Z
READ = (OFFICIAL_END + 300) * 1000
DIGEST = "sha256:" + "0" * 64
PLACE: dict[str, Any] = {"webinar_id": WEBINAR, "participant_id": PERSON}


def _programme() -> Event:
    quota = {"region_code": "15", "category": "asn", "quota": 20_000}
    return registration.ProgrammeSetV1(
        programme_id=PROGRAMME, version=1, year=2026, name="Contoh program 2026",
        targets={"asn": 1_000_000, "public": 250_000},
        quotas=(registration.RegionQuota.model_validate(quota),),
    )  # fmt: skip


def _webinar() -> Event:
    session = registration.SessionV1(
        id="s1", start="2026-01-09T01:00:00Z", end="2026-01-09T04:00:00Z",
        breaks=(registration.Break(start="2026-01-09T02:30:00Z", end="2026-01-09T02:45:00Z"),),
        zoom=registration.ZoomRoom(number=NUMBER), hall=registration.Hall(name="Aula", capacity=1000),
    )  # fmt: skip
    return registration.WebinarSetV1(
        webinar_id=WEBINAR, version=1, programme_id=PROGRAMME, year=2026, title="Contoh webinar",
        sessions=(session,), jp=4,
        signatory=registration.Signatory(name="Nama Pejabat", title="Jabatan"),
    )  # fmt: skip


def _enrolled() -> Event:
    return registration.EnrolledV1(
        **PLACE, external_id="example-0001", version=1_767_830_400_000, year=2026,
        region_code="15.72", category=registration.Category.ASN,
        links=(registration.Link(zoom_number=NUMBER, registrant_id="example-registrant"),),
        email_hmac="0" * 32,
    )  # fmt: skip


def _connection() -> Event:
    return attendance.ConnectionSeenV1(
        **PLACE, connection_id=CONNECTION, meeting_uuid=MEETING, zoom_number=NUMBER,
        revision=(2, 17), role="owner",
        facts=(("j", "16778240", OFFICIAL_END - 10_000), ("l", "16778240", OFFICIAL_END)),
        ip_tags=("0" * 16,),
    )  # fmt: skip


def _decision() -> Event:
    figures = {"present_seconds": 9000, "base_seconds": 9900, "required_seconds": 7920}
    reason = attendance.Reason(
        code="share_reached", figures={"present_seconds": 9000, "required_seconds": 7920},
        text={"id": "Waktu hadir tercapai.", "en": "The required time was reached."},
    )  # fmt: skip
    return attendance.EligibilityDecidedV1(
        **PLACE, version=1, verdict=attendance.Verdict.ELIGIBLE, provisional=False, **figures,
        sessions=(attendance.SessionFigures(id="s1", **figures),), reasons=(reason,),
        rule_version=1, digest=DIGEST, decided_at="2026-01-09T05:35:00Z", cause="grace",
    )  # fmt: skip


def _certificate(kind: type[certificates.CertificateIssuedV1], revision: int) -> Event:
    return kind(
        **PLACE, certificate_id=CERTIFICATE, number="000001/CONTOH/2026", revision=revision,
        sha256="0" * 64, verify_url="https://hadir.example/v/aaaaaaaaaaaaaaaaaaaa",
        issued_at="2026-01-09T05:36:00Z", year=2026, region_code="15.72", category="asn",
        sealed=SEALED,
    )  # fmt: skip


def _said(what: str) -> dict[str, Any]:
    """What every operator's word has."""
    return {
        "ruling_id": derived_id("example", what), "webinar_id": WEBINAR, "reason": "Contoh alasan",
        "made_at": (OFFICIAL_END + 3600) * 1000, "made_by": "example-operator",
    }  # fmt: skip


def _audit(action: str) -> dict[str, Any]:
    return {
        "audit_id": derived_id("example", action), "at": "2026-01-09T05:00:00Z",
        "who": "example-operator", "action": action, "subject": PERSON, "webinar_id": WEBINAR,
        "reason": "Contoh alasan", "before": {"present_seconds": 7000, "verdict": "not_eligible"},
        "after": {"kind": "add", "seconds": 600},
    }  # fmt: skip


BUILDERS: Mapping[type[Event], Callable[[], Event]] = {
    registration.ProgrammeSetV1: _programme,
    registration.WebinarSetV1: _webinar,
    registration.KeyWrappedV1: lambda: registration.KeyWrappedV1(
        participant_id=PERSON, wrapped=SEALED
    ),
    registration.ParticipantRegisteredV1: lambda: registration.ParticipantRegisteredV1(
        participant_id=PERSON, version=1, sealed=SEALED
    ),
    registration.EnrolledV1: _enrolled,
    attendance.ConnectionSeenV1: _connection,
    attendance.LegSeenV1: lambda: attendance.LegSeenV1(
        meeting_uuid=MEETING, connection_id=f"{MEETING}|example-connection",
        participant_uuid="example-connection", zoom_number=NUMBER, phone=False, host=False,
        facts=(("j", "16778240", OFFICIAL_END - 10_000),),
        identifiers=(("example-registrant",), (), (), ()),
    ),
    attendance.MeetingSeenV1: lambda: attendance.MeetingSeenV1(
        meeting_uuid=MEETING, zoom_number=NUMBER, started=OFFICIAL_END - 10_800,
        ended=OFFICIAL_END, source=0,
    ),
    attendance.ClockPassedV1: lambda: attendance.ClockPassedV1(
        webinar_id=WEBINAR, session_id="s1", official_end=OFFICIAL_END, clock="grace", source=0,
        sources=12,
    ),
    attendance.CheckedInV1: lambda: attendance.CheckedInV1(
        **PLACE, scan_id=derived_id("example", "scan"), session_id="s1", kind="in", gate="A",
        scanner_id="scanner-1", at=OFFICIAL_END - 10_700, skew=2,
    ),
    attendance.ScanTakenV1: lambda: attendance.ScanTakenV1(
        **PLACE, scan_id=derived_id("example", "scan"), session_id="s1", kind="in", gate="A",
        scanner_id="scanner-1", at=OFFICIAL_END - 10_700,
    ),
    attendance.ItemPassedV1: lambda: attendance.ItemPassedV1(
        **PLACE, item="post-test", at=OFFICIAL_END, by="example-operator"
    ),
    reports.ReportPageV1: lambda: reports.ReportPageV1(
        meeting_uuid=MEETING, zoom_number=NUMBER, read=READ, page=0,
        rows=(("16778240", OFFICIAL_END - 10_000, OFFICIAL_END, "in_meeting",
               "example-registrant", "", ""),),
    ),
    reports.ReportReadV1: lambda: reports.ReportReadV1(
        meeting_uuid=MEETING, zoom_number=NUMBER, read=READ, at=OFFICIAL_END + 301,
        total_records=1, rows=1, digest="rows:1:" + "0" * 32,
    ),
    reports.ReportAskedV1: lambda: reports.ReportAskedV1(
        asked_ms=READ, asked_by="example-operator", reason="Contoh alasan", webinar_id=WEBINAR,
    ),
    reports.ReportClaimsV1: lambda: reports.ReportClaimsV1(
        meeting_uuid=MEETING, digest="rows:1:" + "0" * 32, source=0, sources=12,
        users=("16778240",), told=1,
    ),
    reports.ReportAppliedV1: lambda: reports.ReportAppliedV1(
        meeting_uuid=MEETING, zoom_number=NUMBER, digest="rows:1:" + "0" * 32, confirmed=True,
        source=0, sources=12,
    ),
    reports.ReportDifferedV1: lambda: reports.ReportDifferedV1(
        **PLACE, connection_id=CONNECTION, meeting_uuid=MEETING,
        differences=(reports.ReportDifference(
            user_id="16778240", kind="closed", webhook=(OFFICIAL_END - 10_000, None),
            report=(OFFICIAL_END - 10_000, OFFICIAL_END)),),
    ),
    rulings.ConnectionAssignedV1: lambda: rulings.ConnectionAssignedV1(
        **_said("assigned"), meeting_uuid=MEETING, participant_uuid="example-connection",
        shares=(rulings.Share(participant_id=PERSON),),
    ),
    rulings.TimeCorrectedV1: lambda: rulings.TimeCorrectedV1(
        **_said("corrected"), participant_id=PERSON, session_id="s1", kind="add",
        start=OFFICIAL_END - 600, end=OFFICIAL_END,
    ),
    rulings.VerdictSettledV1: lambda: rulings.VerdictSettledV1(
        **_said("settled"), participant_id=PERSON, digest=DIGEST,
        verdict=attendance.Verdict.ELIGIBLE,
    ),
    rulings.BaseSettledV1: lambda: rulings.BaseSettledV1(
        **_said("base"), session_id="s1", leaving=((OFFICIAL_END - 3600, OFFICIAL_END - 1200),)
    ),
    rulings.CasesClosedV1: lambda: rulings.CasesClosedV1(**_said("closed")),
    rulings.CertificatesReleasedV1: lambda: rulings.CertificatesReleasedV1(
        **_said("released"), participant_ids=(PERSON,)
    ),
    rulings.PeopleListedV1: lambda: rulings.PeopleListedV1(
        **_said("listed"), list_id="aula-1", version=1, session_id="s1", participant_ids=(PERSON,),
        zoom_number=NUMBER, registrant_id="example-room",
    ),
    rulings.RulingWithdrawnV1: lambda: rulings.RulingWithdrawnV1(
        **_said("withdrawn"), withdraws=derived_id("example", "corrected")
    ),
    audit.AttendanceAuditedV1: lambda: audit.AttendanceAuditedV1(**_audit("correction-made")),
    audit.RegistrationAuditedV1: lambda: audit.RegistrationAuditedV1(**_audit("webinars-changed")),
    attendance.ReviewCaseV1: lambda: attendance.ReviewCaseV1(
        case_id=derived_id("example", "case"), webinar_id=WEBINAR, connection_id=CONNECTION,
        meeting_uuid=MEETING, problem="nobody_matches", status="open", seconds=1800,
    ),
    attendance.EligibilityDecidedV1: _decision,
    certificates.NumberTakenV1: lambda: certificates.NumberTakenV1(
        **PLACE, series="2026", sealed=SEALED, region_code="15.72", category="asn", year=2026
    ),
    certificates.CertificateIssuedV1: lambda: _certificate(certificates.CertificateIssuedV1, 1),
    certificates.CertificateSupersededV1: lambda: _certificate(
        certificates.CertificateSupersededV1, 2
    ),
    certificates.CertificateRevokedV1: lambda: _certificate(certificates.CertificateRevokedV1, 2),
    reporting.QuotaCellCountedV1: lambda: reporting.QuotaCellCountedV1(
        year=2026, level="province", region_code="15", category=registration.Category.ASN,
        quota=20_000, registered=1200, attended=1100, eligible=1000, certified=990, version=7,
        as_of="2026-01-09T05:40:00Z",
    ),
}  # fmt: skip


def example(event_type: str) -> Event:
    """The example of an event type.

    Raises:
        KeyError: no such type, or nobody wrote an example of it.
    """
    kind = EVENT_TYPES[event_type]
    if kind not in BUILDERS:
        raise KeyError(f"{kind.__name__} has no example in shared/examples.py")
    return BUILDERS[kind]()
