"""Operators' commands: a word is checked, published with its audit record, and waited for.

A word's id is derived from route, caller and Idempotency-Key, so that a command that is said again is
the same word: it is answered with what stands there already.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka.errors import KafkaError
from fastapi.concurrency import run_in_threadpool
from redis.exceptions import RedisError

from services.attendance.stores import AttendanceView
from shared.audit import audited
from shared.events.rulings import Ruling
from shared.http import Caller, Problem, not_ready
from shared.keys import derived_id, participant_id_of
from shared.publish import AsyncPublisher, Outgoing
from shared.topics import ATTENDANCE_AUDIT, RULINGS, Topic

VISIBLE_SECONDS = 2.0
"""Seconds to wait until a word can be read; then it is answered all the same (202)."""
_COMMAND = ("made_at", "withdrawn_by")


class Said(NamedTuple):
    """Words that are on the broker. `new` False: they stood there before. `visible` False: they can
    be read in a moment."""

    words: list[dict[str, Any]]
    new: bool = True
    visible: bool = True


class Deed(NamedTuple):
    """What the audit trail says of a command."""

    action: str
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


class Operators:
    """Says words."""

    def __init__(self, view: AttendanceView, publisher: AsyncPublisher) -> None:
        self.view, self._publisher = view, publisher

    async def say(self, caller: Caller, words: Sequence[Ruling], deed: Deed) -> Said:
        """Publish words of one command with one audit record.

        Raises:
            Problem: 422 when the Idempotency-Key was used for something else; 503.
        """
        there = [word for word in await run_in_threadpool(self._known, words) if word is not None]
        if len(there) == len(words):
            return Said(there, new=False)
        out = [Outgoing(RULINGS, word.webinar_id, word) for word in words]
        visible = await self.publish([*out, _record(caller, words[0], deed)])
        return Said([_shown(word) for word in words], visible=visible)

    async def say_each(self, caller: Caller, commands: Sequence[tuple[Ruling, Deed]]) -> None:
        """Many commands of one word each, written at once; those that stand there are left out.

        Raises:
            Problem: as `say` does; nothing is written then.
        """
        known = await run_in_threadpool(self._known, [word for word, _ in commands])
        new = [one for one, there in zip(commands, known, strict=True) if there is None]
        out = [Outgoing(RULINGS, word.webinar_id, word) for word, _ in new]
        if new:
            await self.publish([*out, *(_record(caller, word, deed) for word, deed in new)])

    async def publish(self, out: Sequence[Outgoing]) -> bool:
        """Write all and wait for the view; whether it has them already.

        Raises:
            Problem: 503 when the broker did not take it.
        """
        try:
            written = await self._publisher.publish(out)
        except KafkaError as away:
            raise not_ready("Kafka did not take it; it can be repeated.") from away
        places = {(o.topic, w.partition): w.offset + 1 for o, w in zip(out, written, strict=True)}
        return await self._visible(places)

    async def _visible(self, places: Mapping[tuple[Topic, int], int]) -> bool:
        until = time.monotonic() + VISIBLE_SECONDS
        while time.monotonic() < until:
            with suppress(RedisError):
                if await run_in_threadpool(self._applied, places):
                    return True
            await asyncio.sleep(0.01)
        return False

    def _applied(self, places: Mapping[tuple[Topic, int], int]) -> bool:
        stored = self.view.view.stored
        return all((stored(t.name, p) or 0) >= end for (t, p), end in places.items())

    def _known(self, words: Sequence[Ruling]) -> list[dict[str, Any] | None]:
        """The same words as they were said before."""
        known = [self.view.rulings.ruling(word.ruling_id) for word in words]
        for word, before in zip(words, known, strict=True):
            if before is not None and _meant(before) != _meant(_shown(word)):
                raise Problem(422, "idempotency-key-reused", "The key was used before",
                              "This Idempotency-Key was used for another request.")  # fmt: skip
        return known


def _record(caller: Caller, word: Ruling, deed: Deed) -> Outgoing:
    return audited(
        ATTENDANCE_AUDIT, caller, deed.action, deed.subject, webinar_id=word.webinar_id,
        reason=word.reason, before=deed.before, after=deed.after,
        audit_id=derived_id("audit", word.ruling_id),
    )  # fmt: skip


def common(caller: Caller, webinar_id: str, ruling_id: str, reason: str) -> dict[str, Any]:
    """What every word has."""
    return {
        "ruling_id": ruling_id, "webinar_id": webinar_id, "reason": reason,
        "made_by": caller.subject, "made_at": time.time_ns() // 1_000_000,
    }  # fmt: skip


def _shown(word: Ruling) -> dict[str, Any]:
    kind = word.type.removeprefix("hadir.attendance.").removesuffix(".v1")
    return {"type": kind, **word.model_dump(mode="json"), "withdrawn_by": None}


def _meant(word: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in word.items() if name not in _COMMAND}


def figures(decision: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the audit trail and a correction's answer keep of a decision."""
    if not decision or "verdict" not in decision:
        return None
    names = ("version", "verdict", "provisional", "present_seconds", "required_seconds", "digest")
    return {name: decision[name] for name in names if name in decision}


def who_is(participant_id: str | None, external_id: str | None) -> str:
    """The person that a body names by either id.

    Raises:
        Problem: 422 when it names none, or two.
    """
    named = {participant_id} if participant_id else set()
    named |= {participant_id_of(external_id)} if external_id else set()
    if len(named) != 1:
        raise Problem(422, "participant-not-named", "Name one person",
                      "Give participant_id or external_id of one person.")  # fmt: skip
    return named.pop()
