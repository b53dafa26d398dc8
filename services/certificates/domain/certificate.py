"""When a certificate is issued, what it is called, and which of its revisions holds."""

from collections.abc import Iterable

from shared.crypto import code
from shared.events.attendance import EligibilityDecidedV1, Verdict
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import WebinarSetV1


def earned(decision: EligibilityDecidedV1) -> bool:
    """Rule D8: final, eligible, and let out by the webinar's policy, as attendance says it.

    What is provisional may still change, so it earns nothing.
    """
    final = decision.verdict is Verdict.ELIGIBLE and not decision.provisional
    return final and decision.goes_out


def may_issue(webinar: WebinarSetV1) -> bool:
    """A cancelled webinar gives none, also before attendance has said so of everybody."""
    return webinar.state != "cancelled"


def verify_url(public_url: str, code_key: bytes, certificate_id: str) -> str:
    """The address in the QR code; its code cannot be guessed from the id or the number."""
    return f"{public_url.rstrip('/')}/v/{code(code_key, certificate_id)}"


def holding(revisions: Iterable[CertificateIssuedV1]) -> CertificateIssuedV1 | None:
    """The revision that counts: the highest, whatever order they were read in."""
    return max(revisions, key=lambda r: r.revision, default=None)
