"""The public verify page: what the certificate says, the NIP masked, and whether it still holds."""

import base64
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from services.certificates.domain.content import Printed
from services.certificates.domain.text import masked
from shared.events.certificates import CertificateIssuedV1
from shared.regions import province_of, regions

FOLDER = Path(__file__).parent / "templates"


class Status(NamedTuple):
    """A status in both languages."""

    good: bool
    id: str
    en: str


class Message(NamedTuple):
    """A page without a certificate."""

    id: str
    en: str
    more_id: str
    more_en: str


STATUSES = {
    "issued": Status(True, "Sah", "Valid"),
    "superseded": Status(False, "Diganti dengan sertifikat yang diperbaiki", "Superseded"),
    "revoked": Status(False, "Dicabut", "Revoked"),
}
UNKNOWN = Message(
    "Sertifikat tidak ditemukan", "Certificate not found",
    "Kode ini tidak dikenal. Periksa kembali tautan atau pindai ulang kode QR pada sertifikat.",
    "This code is not known. Check the link, or scan the QR code on the certificate again.",
)  # fmt: skip
LATER = Message(
    "Pemeriksaan belum dapat dilakukan", "Cannot be checked right now",
    "Data sedang disiapkan. Silakan coba lagi dalam beberapa menit.",
    "The data is being prepared. Please try again in a few minutes.",
)  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True)


@cache
def _css() -> str:
    return (FOLDER / "verify.css").read_text(encoding="utf-8")


@cache
def _headers() -> Mapping[str, str]:
    digest = base64.b64encode(sha256(_css().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }


def certificate_page(certificate: CertificateIssuedV1, printed: Printed | None) -> HTMLResponse:
    """The page of a certificate; `printed` None = the person was erased."""
    shown = printed.model_dump() if printed else {}
    values = {
        **shown,
        "nip": masked(printed.nip) if printed else "",
        "number": certificate.number,
        "issued_on": printed.issued_on if printed else certificate.issued_at[:10],
        "region": region_name(certificate.region_code),
        "status": STATUSES[certificate.status],
        "erased": printed is None,
    }
    html = _environment().get_template("verify.html").render(values, css=_css())
    return HTMLResponse(html, headers=_headers())


def message_page(
    message: Message, status: int, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page that says only this."""
    html = _environment().get_template("message.html").render(message=message, css=_css())
    return HTMLResponse(html, status, headers={**_headers(), **(headers or {})})


def region_name(code: str) -> str:
    """`Kota Jambi, Jambi`; an unknown code is shown as it is."""
    region, province = regions().get(code), regions().get(province_of(code))
    if region is None or province is None:
        return code
    return region.name if region is province else f"{region.name}, {province.name}"
