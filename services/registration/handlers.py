"""The view: which writes one record of each topic makes in it. The last record of a key wins."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis.client import Pipeline

from shared.consume import Record
from shared.keys import split_person_key
from shared.settings import Settings
from shared.topics import ENROLMENTS, KEYS, PARTICIPANTS, PROGRAMMES, WEBINARS, Topic
from shared.views import Project, View, connect

NAME = "registration"
TOPICS = (PROGRAMMES, WEBINARS, KEYS, PARTICIPANTS, ENROLMENTS)


class Writes:
    """A batch's writes, gathered per Redis key: a hundredth of the commands, the same outcome."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, bytes | str | None]] = defaultdict(dict)
        self._members: dict[str, dict[str, bool]] = defaultdict(dict)

    def field(self, key: str, name: str, value: bytes | str | None) -> None:
        """Set a hash field; None deletes it."""
        self._fields[key][name] = value

    def member(self, key: str, name: str, present: bool) -> None:
        """Put into, or take out of, a set that is ordered by its members."""
        self._members[key][name] = present

    def onto(self, pipe: Pipeline) -> None:
        """Queue all of it."""
        for key, fields in self._fields.items():
            there, gone = _split(fields)
            if there:
                pipe.hset(key, mapping=there)
            if gone:
                pipe.hdel(key, *gone)
        for key, members in self._members.items():
            there, gone = _split({name: 0 if put else None for name, put in members.items()})
            if there:
                pipe.zadd(key, there)
            if gone:
                pipe.zrem(key, *gone)


def _split(values: Mapping[str, Any]) -> tuple[dict[Any, Any], list[str]]:
    there = {name: value for name, value in values.items() if value is not None}
    return there, [name for name in values if name not in there]


class RegistrationView(View):
    """The view's names, and an advance that gathers a batch's writes."""

    def advance(self, records: Sequence[Record], project: Project, expected: int) -> int:
        """See `View.advance`; `project` takes `Writes` in the place of a pipeline."""
        writes: Any = Writes()
        for record in records:
            project(writes, record)

        def at_the_last(pipe: Pipeline, record: Record) -> None:
            if record is records[-1]:
                writes.onto(pipe)

        return super().advance(records, at_the_last, expected)


def view_of(settings: Settings) -> RegistrationView:
    """The view of this installation; no I/O yet."""
    return RegistrationView(settings, NAME, connect(settings))


def projection(view: View) -> Project:
    """Topic → what its records write."""

    def project(writes: Any, record: Record) -> None:
        PROJECTIONS[record.topic](view, writes, record)

    return project


def _programme(view: View, writes: Writes, record: Record) -> None:
    writes.field(view.key("programmes"), record.key, record.value)
    writes.member(view.key("programmes", "order"), record.key, record.value is not None)


def _webinar(view: View, writes: Writes, record: Record) -> None:
    writes.field(view.key("webinars"), record.key, record.value)
    writes.member(view.key("webinars", "order"), record.key, record.value is not None)


def _key(view: View, writes: Writes, record: Record) -> None:
    writes.field(view.key("keys"), record.key, record.event.wrapped if record.event else None)
    writes.field(view.key("reserved"), record.key, None)


def _person(view: View, writes: Writes, record: Record) -> None:
    writes.field(view.key("people"), record.key, record.value)


def _enrolment(view: View, writes: Writes, record: Record) -> None:
    webinar_id, participant_id = split_person_key(record.key)
    writes.field(view.key("enrolments", webinar_id), participant_id, record.value)
    writes.member(view.key("order", webinar_id), participant_id, record.value is not None)
    if record.event:
        # Also who had a link once: who is given it later must say from whom it came.
        for link in (*record.event.links, *record.event.former_links):
            writes.member(view.key("links", webinar_id), link_prefix(link) + participant_id, True)


def link_prefix(link: Any) -> str:
    """What the members of the index of links begin with; ids of people follow."""
    return f"{link.zoom_number}|{link.registrant_id}|"


PROJECTIONS: dict[Topic, Callable[[View, Writes, Record], None]] = {
    PROGRAMMES: _programme,
    WEBINARS: _webinar,
    KEYS: _key,
    PARTICIPANTS: _person,
    ENROLMENTS: _enrolment,
}
