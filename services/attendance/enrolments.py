"""Enrolments and certificates as attendance needs them, read in a third of the time.

A worker reads all of them before it is ready, a million and more, through `shared.tail`. What the
quick reading does not take goes to the event's own model, which says what is wrong with it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from services.attendance.domain.codes import Enrolment
from shared.events.registration import EnrolledV1
from shared.records import parse
from shared.topics import CERTIFICATES, ENROLMENTS, Topic

_STANDING = {"enrolled": Enrolment.ENROLLED, "cancelled": Enrolment.CANCELLED}
_OF_CERTIFICATE = ("webinar_id", "participant_id", "certificate_id", "number", "status", "sealed")


class Enrolled:
    """One version of an enrolment. `held` and `had` are its present and its former identifiers, as
    tokens: `r{zoom_number}|{registrant_id}`, `e{email}`, `k{customer_key}` (pseudonyms).

    A plain class: compiled, one is made in a tenth of a named tuple's time."""

    __slots__ = ("had", "held", "participant_id", "region", "standing", "version", "webinar_id")

    def __init__(self, webinar_id: str, participant_id: str, version: int, standing: Enrolment,
                 region: str, held: tuple[str, ...], had: tuple[str, ...]) -> None:  # fmt: skip
        self.webinar_id, self.participant_id, self.version = webinar_id, participant_id, version
        self.standing, self.region, self.held, self.had = standing, region, held, had


class Certified(NamedTuple):
    """What a certificate's record says of it: `status` as in `CertificateIssuedV1`."""

    status: str


def enrolled(event: EnrolledV1 | Enrolled) -> Enrolled:
    """The event in short."""
    return event if isinstance(event, Enrolled) else _enrolled(event.model_dump(mode="json"))


def parse_known(topic: Topic, headers: Sequence[tuple[str, bytes]], value: bytes) -> Any:
    """`shared.records.parse`, but that enrolments are `Enrolled`, and certificates `Certified`.

    Raises:
        shared.records.Poison: as that does.
    """
    read = None
    for name, kind in headers:
        if name == "ce_type":
            read = _READERS[topic.name].get(kind) if topic.name in _READERS else None
            break
    if read is not None:
        try:
            return read(orjson.loads(value))
        except (KeyError, TypeError, ValueError):
            pass  # the event's own model says what is wrong
    event = parse(topic, headers, value)
    return enrolled(event) if isinstance(event, EnrolledV1) else event


def _enrolled(body: dict[str, Any]) -> Enrolled:
    """Raises KeyError, TypeError or ValueError for what is not quite such an event's JSON."""
    webinar_id, participant_id = _text(body, "webinar_id"), _text(body, "participant_id")
    region, _ = _text(body, "region_code"), _text(body, "external_id")
    version, _ = _whole(body, "version"), _whole(body, "year")
    held, had = _links(body["links"]), _links(body["former_links"])
    if body["email_hmac"]:
        held.append("e" + body["email_hmac"])
    for email in body["former_email_hmacs"]:
        if email:
            had.append("e" + email)
    if body["customer_key_hmac"]:
        held.append("k" + body["customer_key_hmac"])
    standing = _STANDING[body["status"]]
    return Enrolled(webinar_id, participant_id, version, standing, region, tuple(held), tuple(had))


def _links(links: list[dict[str, str]]) -> list[str]:
    return ["r" + link["zoom_number"] + "|" + link["registrant_id"] for link in links]


def _certified(body: dict[str, Any]) -> Certified:
    return Certified([_text(body, name) for name in _OF_CERTIFICATE][4])


def _text(body: dict[str, Any], name: str) -> str:
    found = body[name]
    if type(found) is not str:
        raise TypeError("not a text")
    return found


def _whole(body: dict[str, Any], name: str) -> int:
    found = body[name]
    if type(found) is not int:
        raise TypeError("not a number")
    return found


_READERS: dict[str, dict[bytes, Callable[[dict[str, Any]], Any]]] = {
    ENROLMENTS.name: {kind.type.encode(): _enrolled for kind in ENROLMENTS.events},
    CERTIFICATES.name: {kind.type.encode(): _certified for kind in CERTIFICATES.events},
}
