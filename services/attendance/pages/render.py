"""Pages rendered on the server: complete without scripts, Indonesian first, English second."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from shared import pages

Language = Literal["id", "en"]
Texts = Mapping[str, tuple[str, str]]
"""Sentences by key: (Indonesian, English), with {names} for what is put in."""

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers send our own forms with the origin "null", and they are refused.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
COMMON: Texts = {
    "tagline": ("Kehadiran pelatihan", "Training attendance"),
    "nav_webinar": ("Halaman webinar ini", "Pages of this webinar"),
    "nav_live": ("Siapa yang hadir", "Who is in"),
    "nav_rule": ("Coba aturan", "Try a rule"),
    "nav_differences": ("Selisih dengan Zoom", "Differences with Zoom"),
    "nav_desk": ("Meja petugas", "Operators' desk"),
    "reason": ("Alasan", "Reason"),
    "reason_hint": (
        "Tercatat selamanya; jangan tulis nama orang.",
        "It is kept for good; name nobody in it.",
    ),
    "flag_line": ("{session}: {first} dan {second}", "{session}: {first} and {second}"),
    "skip": ("Langsung ke isi", "Skip to content"),
    "other_language": ("English", "Bahasa Indonesia"),
    "sign_in": ("Masuk", "Sign in"),
    "sign_out": ("Keluar", "Sign out"),
    "token": ("Token akses", "Access token"),
    "token_hint": (
        "Token diberikan oleh penyedia identitas instansi; pada sistem lokal lihat `hadir status --json`.",
        "Your organisation's identity provider issues it; of a local system, see `hadir status --json`.",
    ),
    "token_wrong": ("Token ini tidak berlaku.", "This token is not valid."),
}


def policy_with(directive: str, url: str) -> Mapping[str, str]:
    """The headers of a page on which `directive` ("connect-src", …) also allows another origin of ours;
    with an empty `url`, the usual ones."""
    parts = urlsplit(url)
    if not parts.netloc:
        return HEADERS
    policy = HEADERS["Content-Security-Policy"]
    more = f"{directive} 'self' {parts.scheme}://{parts.netloc}"
    return {**HEADERS, "Content-Security-Policy": policy.replace(f"{directive} 'self'", more)}


@cache
def _environment() -> Environment:
    return pages.templates(FOLDER / "templates")


def sentence(texts: Texts, language: Language, key: str, **values: object) -> str:
    """One sentence in one language; KeyError for a key that nobody wrote."""
    pair = texts.get(key) or COMMON[key]
    return pair[0 if language == "id" else 1].format(**values)


def page(
    template: str, language: Language, texts: Texts, *, status: int = 200,
    headers: Mapping[str, str] | None = None, **context: Any,
) -> HTMLResponse:  # fmt: skip
    """A page. The template has `lang`, `t(key, **values)` and the context."""

    def t(key: str, **values: object) -> str:
        return sentence(texts, language, key, **values)

    html = _environment().get_template(template).render(lang=language, t=t, **context)
    return HTMLResponse(html, status, {**HEADERS, **(headers or {})})


def serve_static(app: FastAPI) -> None:
    """Styles, scripts and icons under /static."""
    pages.serve_static(app, FOLDER / "static")
