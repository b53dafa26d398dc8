"""The view: which writes one record of each topic makes in it. The last record of a key wins."""

from collections.abc import Callable
from typing import Any

from redis import RedisError

from services.registration.shrunk import ENROLMENT
from shared.keys import split_person_key
from shared.needed import parser_of
from shared.records import Record
from shared.settings import Settings
from shared.topics import ENROLMENTS, KEYS, PARTICIPANTS, PROGRAMMES, WEBINARS, Topic
from shared.views import View, connect
from shared.writes import Project, Writes

Projection = Callable[[View, Writes, Record], None]
NAME = "registration"
TOPICS = (PROGRAMMES, WEBINARS, KEYS, PARTICIPANTS, ENROLMENTS)
parse_needed = parser_of({
    KEYS: ("wrapped",), PARTICIPANTS: ("version",), ENROLMENTS: ("links", "former_links"),
})  # fmt: skip


def view_of(settings: Settings) -> View:
    """The view of this installation; no I/O yet."""
    return View(settings, NAME, connect(settings))


def missing(view: View) -> list[str]:
    """What whoever reads the view waits for, in plain sentences."""
    try:
        return [] if view.ready() else ["The registration view is being built from the topics."]
    except RedisError:
        return ["The store does not answer."]


def projection(view: View) -> Project:
    """Topic → what its records write."""

    def project(writes: Writes, record: Record) -> None:
        PROJECTIONS[record.topic](view, writes, record)

    return project


def _field(writes: Writes, key: str, name: str, value: bytes | str | None) -> None:
    if value is None:
        writes.hdel(key, name)
    else:
        writes.hset(key, name, value)


def _member(writes: Writes, key: str, name: str, present: bool) -> None:
    if present:
        writes.zadd(key, {name: 0})
    else:
        writes.zrem(key, name)


def _listed(kind: str) -> Projection:
    """Records as they came, and their ids in order."""

    def project(view: View, writes: Writes, record: Record) -> None:
        _field(writes, view.key(kind), record.key, record.value)
        _member(writes, view.key(kind, "order"), record.key, record.value is not None)

    return project


def _key(view: View, writes: Writes, record: Record) -> None:
    wrapped = record.event.wrapped if record.event else None
    _field(writes, view.key("keys"), record.key, wrapped)
    writes.hdel(view.key("reserved"), record.key)


def _person(view: View, writes: Writes, record: Record) -> None:
    _field(writes, view.key("people"), record.key, record.value)


def _enrolment(view: View, writes: Writes, record: Record) -> None:
    webinar_id, participant_id = split_person_key(record.key)
    kept = None if record.value is None else ENROLMENT.pack(record.value)
    _field(writes, view.key("enrolments", webinar_id), participant_id, kept)
    _member(writes, view.key("order", webinar_id), participant_id, record.value is not None)
    if record.event:
        # Also who had a link once: who is given it later must say from whom it came.
        for link in (*record.event.links, *record.event.former_links):
            links = view.key("links", webinar_id)
            writes.zadd(links, {link_prefix(link) + participant_id: 0})


def link_prefix(link: Any) -> str:
    """What the members of the index of links begin with; ids of people follow."""
    return f"{link.zoom_number}|{link.registrant_id}|"


PROJECTIONS: dict[Topic, Projection] = {
    PROGRAMMES: _listed("programmes"),
    WEBINARS: _listed("webinars"),
    KEYS: _key,
    PARTICIPANTS: _person,
    ENROLMENTS: _enrolment,
}
