"""What a certificate prints, frozen at issue (contract invariant 6).

`Content` is sealed into the claim of a number, before number and time exist; `Printed` adds these
two, which come from the claim's place in the log. Its SHA-256 is the certificate's fingerprint.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

import orjson

from services.certificates.domain import words
from services.certificates.domain.text import masked, printable
from shared.events import Model
from shared.events.registration import PersonalData, SessionV1, WebinarSetV1

TEMPLATE = "a4-landscape-1"
PLACE_ZONE = "Asia/Jakarta"
"""The date under a certificate is the day in this zone."""


class Policy(Model):
    """The installation's choices about what is printed."""

    organiser: str = ""
    place: str = "Jakarta"
    nip: Literal["full", "masked", "none"] = "full"
    sample: bool = False


class SessionLine(Model):
    """One session as printed."""

    when: str
    where: str


class Content(Model):
    """Everything printed except what the claim's place in the log decides."""

    template: str = TEMPLATE
    certificate_id: str
    organiser: str
    programme: str
    title: str
    name: str
    nip: str
    agency: str
    held: str
    sessions: tuple[SessionLine, ...]
    jp: int
    lesson_hours: str
    signatory_name: str
    signatory_title: str
    place: str
    verify_url: str
    sample: bool


class Printed(Content):
    """Everything printed."""

    number: str
    issued_at: str
    issued_on: str


Frozen = Mapping[str, Any]
"""A `Content` as the plain values of its JSON: a hundred thousand are made within a minute."""


def plain(content: Content) -> Frozen:
    """Its plain values."""
    values: Frozen = orjson.loads(content.to_bytes())
    return values


def canonical(values: Frozen) -> bytes:
    """Canonical JSON, as `Content.to_bytes` of these values."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def sheet(*, webinar: WebinarSetV1, programme: str, policy: Policy) -> Content:
    """What everybody's certificate of one webinar prints: all but the person's own lines."""
    signatory = webinar.signatory
    return Content(
        certificate_id="",
        organiser=printable(policy.organiser),
        programme=printable(programme),
        title=printable(webinar.title, 240),
        name="",
        nip="",
        agency="",
        held=_held(webinar.sessions),
        sessions=tuple(_line(s) for s in webinar.sessions),
        jp=webinar.jp,
        lesson_hours=words.lesson_hours(webinar.jp),
        signatory_name=printable(signatory.name) if signatory else "",
        signatory_title=printable(signatory.title) if signatory else "",
        place=printable(policy.place),
        verify_url="",
        sample=policy.sample,
    )


def freeze(
    common: Frozen, *, certificate_id: str, verify_url: str, person: PersonalData, policy: Policy
) -> Frozen:
    """The printed content of one person's certificate, on their webinar's sheet."""
    return {
        **common,
        "certificate_id": certificate_id,
        "verify_url": verify_url,
        "name": printable(person.name),
        "nip": _identity(person.nip, policy.nip),
        "agency": printable(person.agency),
    }


def complete(content: Content, *, number: str, issued_at: str) -> Printed:
    """The content with the two things that the log decided."""
    return Printed(**dict(content), **_decided(content.place, number, issued_at))


def fingerprint(content: Frozen, *, number: str, issued_at: str) -> str:
    """SHA-256, hex, of the canonical JSON of all that is printed (`complete`)."""
    whole = {**content, **_decided(content["place"], number, issued_at)}
    return sha256(canonical(whole)).hexdigest()


def _decided(place: str, number: str, issued_at: str) -> dict[str, str]:
    day = _day(issued_at)
    issued_on = f"{place}, {day}" if place else day
    return {"number": number, "issued_at": issued_at, "issued_on": issued_on}


@lru_cache(maxsize=1_024)
def _day(issued_at: str) -> str:
    return words.date(words.parse_utc(issued_at).astimezone(words.zone(PLACE_ZONE)[0]))


def _identity(nip: str, policy: str) -> str:
    shown = printable(nip, 40)
    if policy == "none":
        return ""
    return masked(shown) if policy == "masked" else shown


def _line(session: SessionV1) -> SessionLine:
    places = [session.hall.name] if session.hall else []
    places += ["Zoom"] if session.zoom else []
    return SessionLine(
        when=words.span(session.start, session.end, session.time_zone),
        where=printable(" / ".join(places), 80),
    )


def _held(sessions: tuple[SessionV1, ...]) -> str:
    return words.days([m for s in sessions for m in _local_ends(s)]) if sessions else ""


def _local_ends(session: SessionV1) -> tuple[datetime, datetime]:
    offset = words.zone(session.time_zone)[0]
    start, end = (words.parse_utc(t).astimezone(offset) for t in (session.start, session.end))
    return start, end
