"""Forms that browsers post: fields as text, times in a session's zone, refusals as a sentence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.attendance.desk.texts import TEXTS
from services.attendance.pages.render import Language, sentence
from shared.http import Problem

LARGEST = 256 * 1024
"""Bytes of a form: some dozen short fields, or one with a thousand people's numbers."""


class Form:
    """Fields by name; what is missing is ''."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """A field without blanks around it."""
        return self._fields.get(name, [""])[0].strip()

    def or_none(self, name: str) -> str | None:
        """None where it is empty."""
        return self.text(name) or None

    def instant(self, name: str, zone: str) -> datetime | None:
        """A `datetime-local` field in that zone; None where it is empty.

        Raises:
            Problem: 422, it is no time.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            raise incomplete() from None


def incomplete() -> Problem:
    """A form that was not filled in."""
    return Problem(422, "incomplete", "Something is missing")


async def form_of(request: Request) -> Form:
    """The posted form.

    Raises:
        Problem: 413, it is far larger than any of ours.
    """
    body = await request.body()
    if len(body) > LARGEST:
        raise Problem(413, "too-large", "The form is too large")
    return Form(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True))


def refusal(wrong: Problem | ValidationError, language: Language) -> tuple[int, str]:
    """(status, sentence) of what could not be done."""
    if isinstance(wrong, ValidationError):
        wrong = incomplete()
    return wrong.status, refusal_text(wrong.body, language)


def refusal_text(problem: Mapping[str, Any], language: Language) -> str:
    """The sentence of a problem, by its code."""
    code = str(problem["type"]).rpartition(":")[2]
    key = f"refused_{code}" if f"refused_{code}" in TEXTS else "refused_other"
    return sentence(TEXTS, language, key, code=code)


def done_text(done: str, count: str, language: Language) -> str:
    """What was done, as the address after a redirect says it, and that the page below may not show it
    yet; '' for anything else."""
    key = f"done_{done}"
    if key not in TEXTS:
        return ""
    said = sentence(TEXTS, language, key, count=int(count) if count.isdigit() else 0)
    return f"{said} {sentence(TEXTS, language, 'follows')}"


def back_to(path: str, **query: Any) -> Response:
    """After a form that was carried out: the page again, so that a reload repeats nothing."""
    return RedirectResponse(f"{path}?{urlencode(query)}", 303)
