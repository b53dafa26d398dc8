"""What people can change about programmes, webinars and single enrolments; each is audited.

Every change reads the present version under the resource's lock, compares it with `If-Match`,
lets the domain make the next one, publishes it, and waits until it can be read.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from services.registration.domain import enrolment as rules
from services.registration.domain.webinar import next_webinar
from services.registration.imports import now_ms, people_of
from services.registration.writer import Writers
from shared.audit import audited
from shared.events import Event
from shared.events.registration import EnrolledV1, ProgrammeSetV1, WebinarSetV1
from shared.http import Caller, Problem
from shared.keys import person_key
from shared.publish import Outgoing
from shared.topics import ENROLMENTS, PROGRAMMES, REGISTRATION_AUDIT, WEBINARS, Topic

Told = Callable[[Any, Any], tuple[str, dict[str, Any]]]
"""Of an edit, from its versions before and after: the action, and what else `audit` takes."""
E = TypeVar("E", ProgrammeSetV1, WebinarSetV1, EnrolledV1)


class Change(NamedTuple):
    """The outcome of a write; `visible` False = written, and readable in a moment."""

    event: Any
    created: bool = False
    visible: bool = True


def audit(
    caller: Caller, what: str, of: str, before: int | None, after: int | None,
    webinar_id: str | None = None, reason: str = "", was: Mapping[str, Any] | None = None,
    **more: Any,
) -> Outgoing:  # fmt: skip
    """The record of a write by a person: who, what, of which resource, from and to which version;
    where it matters why, from what (`was`) and to what (`more`)."""
    return audited(
        REGISTRATION_AUDIT, caller, what, of, webinar_id=webinar_id, reason=reason,
        before=None if before is None else {"version": before, **(was or {})},
        after={"version": after, **more} if after is not None else (more or None),
    )  # fmt: skip


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

    async def note(self, record: Outgoing) -> None:
        """Keep an audit record of what was done elsewhere."""
        await self._writers.note(record)

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
                           wanted: Callable[[WebinarSetV1], WebinarSetV1],
                           told: Told | None = None) -> Change:  # fmt: skip
        """The next version of a webinar."""
        return await self._edit(caller, WEBINARS, "webinars", webinar_id, WebinarSetV1, if_match,
                                lambda before: next_webinar(before, wanted(before)), told)  # fmt: skip

    async def cancel(self, caller: Caller, webinar_id: str, participant_id: str,
                     if_match: str | None) -> Change:  # fmt: skip
        """A person's enrolment, cancelled."""
        async with self._writers.writer(people_of(webinar_id)) as writer:
            found = await writer.one(f"enrolments:{webinar_id}", participant_id, EnrolledV1)
            before = existing(found, "enrolments")
            check_match(if_match, before.version)
            after = rules.cancelled(before, now_ms())
            if after is None:
                return Change(before)
            key = person_key(webinar_id, participant_id)
            record = audit(caller, "enrolment-cancelled", participant_id, before.version,
                           after.version, webinar_id)  # fmt: skip
            visible = await writer.publish(ENROLMENTS, key, after, record)
        return Change(after, visible=visible)

    async def _create(
        self, caller: Caller, topic: Topic, kind: str, name: str, wanted: E
    ) -> Change:
        async with self._writers.writer(f"{kind}:{name}") as writer:
            there = await writer.one(kind, name, type(wanted))
            if there is not None:
                _same_request(there, wanted)
                return Change(there)
            record = audit(caller, f"{kind}-created", name, None, wanted.version,
                           _webinar(kind, name))  # fmt: skip
            visible = await writer.publish(topic, name, wanted, record)
        return Change(wanted, created=True, visible=visible)

    async def _edit(self, caller: Caller, topic: Topic, kind: str, name: str, of: type[E],
                    if_match: str | None, change: Callable[[E], E],
                    told: Told | None = None) -> Change:  # fmt: skip
        async with self._writers.writer(f"{kind}:{name}") as writer:
            before = existing(await writer.one(kind, name, of), kind)
            check_match(if_match, before.version)
            after = change(before)
            if after == before:
                return Change(before)
            what, more = told(before, after) if told else (f"{kind}-changed", {})
            record = audit(caller, what, name, before.version, after.version,
                           _webinar(kind, name), **more)  # fmt: skip
            visible = await writer.publish(topic, name, after, record)
        return Change(after, visible=visible)


def _webinar(kind: str, name: str) -> str | None:
    return name if kind == "webinars" else None


def existing(found: E | None, kind: str) -> E:
    """What was found of a kind of resource; 404 when there is no such one."""
    if found is None:
        one = kind.removesuffix("s")
        raise Problem(404, f"{one}-unknown", f"There is no such {one}")
    return found


def _same_request(there: Event, wanted: Event) -> None:
    """An Idempotency-Key stands for one request. Later versions cannot be compared with it."""
    if getattr(there, "version", 1) == 1 and there != wanted:
        detail = "This Idempotency-Key was used for another request."
        raise Problem(422, "idempotency-key-reused", "The key was used before", detail)
