"""When a certificate is issued, what it is called, and which of its revisions holds."""

from collections.abc import Iterable

from services.certificates.domain.words import parse_utc
from shared.crypto import code
from shared.events.attendance import EligibilityDecidedV1, Verdict
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import WebinarSetV1


def earned(decision: EligibilityDecidedV1) -> bool:
    """Rule D8: final and eligible. What is provisional may still change, so it earns nothing."""
    return decision.verdict is Verdict.ELIGIBLE and not decision.provisional


def may_issue(webinar: WebinarSetV1, now: int) -> bool:
    """Rule D8: whether the webinar's policy lets certificates go out at `now` (epoch seconds).

    `after_reconciliation` waits for the last moment until which the report is waited for (D6), since
    eligible people are final before that. `on_release` waits until an operator sets the policy to
    `at_once`. A cancelled webinar gives none.
    """
    if webinar.state == "cancelled":
        return False
    if webinar.certificates == "after_reconciliation":
        return now >= reconciled_by(webinar)
    return webinar.certificates == "at_once"


def reconciled_by(webinar: WebinarSetV1) -> int:
    """Epoch second after which no report is waited for any more."""
    last = max((int(parse_utc(s.end).timestamp()) for s in webinar.sessions), default=0)
    return last + webinar.report_deadline_seconds


def verify_url(public_url: str, code_key: bytes, certificate_id: str) -> str:
    """The address in the QR code; its code cannot be guessed from the id or the number."""
    return f"{public_url.rstrip('/')}/v/{code(code_key, certificate_id)}"


def holding(revisions: Iterable[CertificateIssuedV1]) -> CertificateIssuedV1 | None:
    """The revision that counts: the highest, whatever order they were read in."""
    return max(revisions, key=lambda r: r.revision, default=None)
