"""What a worker answers about the state that it holds, on its operator port, to the api alone.

State belongs to the worker's event loop: a question is carried into it, in slices, and its answer
out of it. Nothing here writes.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import orjson
import structlog

from services.attendance.decide import DecideStage
from services.attendance.decisions import evidence_of, measured_of, reasons_of, standing_of
from services.attendance.domain.codes import Enrolment
from services.attendance.domain.eligibility import Decision, project
from services.attendance.domain.timeline import Bar, SessionLine, timeline
from shared.crypto import hmac_sha256
from shared.operator_routes import Answer, refusal

log = structlog.get_logger()
PATH = "/state"
PATIENCE = 60.0
Query = Callable[[Mapping[int, DecideStage], dict[str, Any]], Awaitable[dict[str, Any]]]


class NotHere(Exception):
    """The partition is not (or not yet) on this worker."""


class Runner(Protocol):
    """A partition as `shared.stream` runs it."""

    ready: asyncio.Event
    stage: Any
    partition: int


def token_of(identity_key: bytes) -> str:
    """What the api shows to a worker: both have the key, nobody else does."""
    return hmac_sha256(identity_key, b"hadir attendance state").hex()


class StateQueries:
    """The questions, by name. `runners` are the worker's at this moment."""

    def __init__(self, identity_key: bytes, runners: Callable[[], list[Runner]],
                 queries: Mapping[str, Query]) -> None:  # fmt: skip
        self._token = f"Bearer {token_of(identity_key)}".encode()
        self._runners, self._queries = runners, queries
        self._loop = asyncio.get_running_loop()

    def asked(self, authorization: str, body: bytes) -> Answer:
        """Called by a thread of the operator's server."""
        if not hmac.compare_digest(authorization.encode("utf-8", "replace"), self._token):
            return refusal(401, "unauthorised", "Not for you")
        try:
            question = orjson.loads(body)
            query = self._queries[question["query"]]
            places = [int(p) for p in question["partitions"]]
        except (KeyError, TypeError, ValueError):
            return refusal(400, "question-unknown", "No such question")
        waiting = asyncio.run_coroutine_threadsafe(self._find(query, places, question), self._loop)
        try:
            return 200, "application/json", orjson.dumps(waiting.result(PATIENCE))
        except NotHere:
            return refusal(409, "not-here", "Another worker holds this partition")
        except TimeoutError:
            waiting.cancel()
            return refusal(503, "too-slow", "The state could not be read in time")

    async def _find(
        self, query: Query, places: list[int], question: dict[str, Any]
    ) -> dict[str, Any]:
        held = {
            runner.partition: runner.stage
            for runner in self._runners()
            if runner.ready.is_set() and isinstance(runner.stage, DecideStage)
        }
        if not held.keys() >= set(places):
            raise NotHere
        return await query({p: held[p] for p in places}, question)


async def person(stages: Mapping[int, DecideStage], question: dict[str, Any]) -> dict[str, Any]:
    """One person's evidence as a timeline, and what is decided on it now (rule D3: a projection
    before the grace has passed)."""
    (stage,) = stages.values()
    webinar_id, participant_id = question["webinar_id"], question["participant_id"]
    the_plan = stage.plans.get(webinar_id)
    if the_plan is None:
        raise NotHere  # the webinar is not read yet
    known = stage.state.person(webinar_id, participant_id)
    passed = stage.state.passed.get(webinar_id, frozenset())
    knowledge = stage.knowledge
    standing = standing_of(knowledge, webinar_id, participant_id, passed, known,
                           stage.state.reports)  # fmt: skip
    measured = measured_of(the_plan, knowledge, participant_id, known, standing)
    lines = timeline(
        the_plan, evidence_of(knowledge, webinar_id, participant_id, known),
        enrolled=standing.enrolment is Enrolment.ENROLLED,
    )  # fmt: skip
    return {
        "enrolment": standing.enrolment.value,
        "rule": the_plan.webinar.rule._asdict(),
        "rule_version": the_plan.webinar.rule_version,
        "host_down": the_plan.webinar.host_down,
        "grace_passed": the_plan.grace in passed,
        "sessions": [_session(line) for line in lines],
        "now": _decision(project(the_plan, measured, standing)),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        **decision._asdict(),
        "sessions": [session._asdict() for session in decision.sessions],
        "reasons": reasons_of(decision),
    }


def _session(line: SessionLine) -> dict[str, Any]:
    own = line.measured
    return {
        "id": line.plan.id, "start": line.plan.start, "end": line.plan.end,
        "breaks": line.breaks, "host_down": line.host_down, "counted": line.counted,
        "bars": [_bar(bar) for bar in line.bars],
        "present_seconds": own.present, "closed_seconds": own.closed,
        "base_seconds": line.plan.base_seconds, "required_seconds": line.plan.required_seconds,
        "late_seconds": own.late_seconds,
    }  # fmt: skip


def _bar(bar: Bar) -> dict[str, Any]:
    return bar._asdict()


QUERIES: Mapping[str, Query] = {"person": person}
