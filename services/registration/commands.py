"""What people can change about programmes, webinars and single enrolments; each leaves an audit line.

Every change reads the present version under the resource's lock, compares it with `If-Match`,
lets the domain make the next one, publishes it, and waits until it can be read.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import structlog

from services.registration.domain import enrolment as rules
from services.registration.domain.webinar import next_webinar
from services.registration.imports import now_ms, people_of
from services.registration.writer import Writer, Writers
from shared.events import Event
from shared.events.registration import EnrolledV1, ProgrammeSetV1, WebinarSetV1
from shared.http import Caller, Problem
from shared.keys import person_key
from shared.topics import ENROLMENTS, PROGRAMMES, WEBINARS, Topic

log = structlog.get_logger()
E = TypeVar("E", ProgrammeSetV1, WebinarSetV1, EnrolledV1)


class Change(NamedTuple):
    """The outcome of a write; `visible` False = written, and readable in a moment."""

    event: Any
    created: bool = False
    visible: bool = True


def audit(
    caller: Caller, what: str, of: str, before: int | None, after: int | None, **more: Any
) -> None:
    """One line for every write by a person: who, what, of which resource, from and to which version."""
    log.info("audit", who=caller.subject, what=what, id=of, before=before, after=after, **more)


def check_match(if_match: str | None, version: int) -> None:
    """412 unless `If-Match` (if given) names the present version."""
    if if_match is None or if_match.strip() == "*":
        return
    given = {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}
    if str(version) not in given:
        detail = f"It stands at version {version}; read it again before you change it."
        raise Problem(412, "changed-meanwhile", "It was changed meanwhile", detail, version=version)


class Commands:
    """The single writes."""

    def __init__(self, writers: Writers) -> None:
        self._writers = writers

    async def create_programme(self, caller: Caller, wanted: ProgrammeSetV1) -> Change:
        """A new programme; said again under the same id, the one that is there."""
        return await self._create(caller, PROGRAMMES, "programmes", wanted.programme_id, wanted)

    async def create_webinar(self, caller: Caller, wanted: WebinarSetV1) -> Change:
        """A new webinar; said again under the same id, the one that is there."""
        return await self._create(caller, WEBINARS, "webinars", wanted.webinar_id, wanted)

    async def edit_programme(self, caller: Caller, programme_id: str, if_match: str | None,
                             change: Callable[[ProgrammeSetV1], ProgrammeSetV1]) -> Change:  # fmt: skip
        """The next version of a programme."""
        return await self._edit(caller, PROGRAMMES, "programmes", programme_id, ProgrammeSetV1,
                                if_match, change)  # fmt: skip

    async def edit_webinar(self, caller: Caller, webinar_id: str, if_match: str | None,
                           wanted: Callable[[WebinarSetV1], WebinarSetV1]) -> Change:  # fmt: skip
        """The next version of a webinar."""
        return await self._edit(caller, WEBINARS, "webinars", webinar_id, WebinarSetV1, if_match,
                                lambda before: next_webinar(before, wanted(before)))  # fmt: skip

    async def cancel(self, caller: Caller, webinar_id: str, participant_id: str,
                     if_match: str | None) -> Change:  # fmt: skip
        """A person's enrolment, cancelled."""
        async with self._writers.writer(people_of(webinar_id)) as writer:
            before = await _existing(writer, f"enrolments:{webinar_id}", participant_id, EnrolledV1)
            check_match(if_match, before.version)
            after = rules.cancelled(before, now_ms())
            if after is None:
                return Change(before)
            visible = await writer.publish(
                ENROLMENTS, person_key(webinar_id, participant_id), after
            )
        audit(caller, "enrolment-cancelled", person_key(webinar_id, participant_id),
              before.version, after.version)  # fmt: skip
        return Change(after, visible=visible)

    async def _create(
        self, caller: Caller, topic: Topic, kind: str, name: str, wanted: E
    ) -> Change:
        async with self._writers.writer(f"{kind}:{name}") as writer:
            there = await writer.one(kind, name, type(wanted))
            if there is not None:
                _same_request(there, wanted)
                return Change(there)
            visible = await writer.publish(topic, name, wanted)
        audit(caller, f"{kind}-created", name, None, wanted.version)
        return Change(wanted, created=True, visible=visible)

    async def _edit(self, caller: Caller, topic: Topic, kind: str, name: str, of: type[E],
                    if_match: str | None, change: Callable[[E], E]) -> Change:  # fmt: skip
        async with self._writers.writer(f"{kind}:{name}") as writer:
            before: E = await _existing(writer, kind, name, of)
            check_match(if_match, before.version)
            after = change(before)
            if after == before:
                return Change(before)
            visible = await writer.publish(topic, name, after)
        audit(caller, f"{kind}-changed", name, before.version, after.version)
        return Change(after, visible=visible)


async def _existing(writer: Writer, kind: str, name: str, of: type[Event]) -> Any:
    found = await writer.one(kind, name, of)
    if found is None:
        raise unknown(kind)
    return found


def _same_request(there: Event, wanted: Event) -> None:
    """An Idempotency-Key stands for one request. Later versions cannot be compared with it."""
    if getattr(there, "version", 1) == 1 and there != wanted:
        detail = "This Idempotency-Key was used for another request."
        raise Problem(422, "idempotency-key-reused", "The key was used before", detail)


def unknown(kind: str) -> Problem:
    """404 for a kind of resource."""
    one = {"programmes": "programme", "webinars": "webinar"}.get(kind, "enrolment")
    return Problem(404, f"{one}-unknown", f"There is no such {one}")
