"""The api's side of `state_queries`: finds the worker of a partition and asks it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import httpx
import structlog
from fastapi.concurrency import run_in_threadpool

from services.attendance.state_queries import PATH, token_of
from services.attendance.stores import WorkerProgress
from shared.events.rulings import TimeCorrectedV1
from shared.http import Problem
from shared.keys import partition_of, person_key

log = structlog.get_logger()
PERSON_SECONDS, ALL_SECONDS = 5.0, 60.0


def nobody_answers() -> Problem:
    """A worker restarts, or its partitions are on their way to another."""
    return Problem(
        503, "state-unavailable", "The evidence cannot be read at the moment",
        "The worker that holds it is starting or moving; ask again.", {"Retry-After": "2"},
    )  # fmt: skip


class WorkerStates:
    """Asks workers by their registered addresses; a Problem 503 when one of them does not answer."""

    def __init__(self, identity_key: bytes, partitions: int, progress: WorkerProgress) -> None:
        self._partitions, self._progress = partitions, progress
        self._http = httpx.AsyncClient(
            headers={"authorization": f"Bearer {token_of(identity_key)}"}, trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def person(self, webinar_id: str, participant_id: str) -> dict[str, Any]:
        """One person's timeline (`state_queries.person`)."""
        key = person_key(webinar_id, participant_id).encode()
        question = {"query": "person", "webinar_id": webinar_id, "participant_id": participant_id}
        (answer,) = await self._ask([partition_of(key, self._partitions)], question, PERSON_SECONDS)
        return answer

    async def corrected(self, words: Sequence[TimeCorrectedV1]) -> dict[str, dict[str, Any]]:
        """What corrections would change, by ruling_id (`ruling_queries.corrected`)."""
        placed = [(self._place(w), w.model_dump(mode="json")) for w in words]
        within = PERSON_SECONDS if len(words) == 1 else ALL_SECONDS
        question = {"query": "corrected", "words": placed}
        answers = await self._ask(sorted({p for p, _ in placed}), question, within)
        return {ruling_id: one for a in answers for ruling_id, one in a["found"].items()}

    def _place(self, word: TimeCorrectedV1) -> int:
        key = person_key(word.webinar_id, word.participant_id).encode()
        return partition_of(key, self._partitions)

    async def base(self, webinar_id: str) -> dict[str, Any]:
        """The sessions' bases (`state_queries.base`): the same on every partition."""
        (answer,) = await self._ask([0], {"query": "base", "webinar_id": webinar_id},
                                    PERSON_SECONDS)  # fmt: skip
        return answer

    async def shared_links(self, webinar_id: str) -> list[dict[str, Any]]:
        """Links in use from two networks at once (`ruling_queries.shared_links`), by person."""
        answers = await self.everywhere({"query": "shared_links", "webinar_id": webinar_id})
        found = [one for answer in answers for one in answer["found"]]
        return sorted(found, key=lambda one: (-one["seconds"], one["participant_id"], one["first"]))

    async def everywhere(self, question: dict[str, Any]) -> list[dict[str, Any]]:
        """A question to all partitions; one answer per worker."""
        return await self._ask(range(self._partitions), question, ALL_SECONDS)

    async def _ask(
        self, partitions: Sequence[int], question: dict[str, Any], within: float
    ) -> list[dict[str, Any]]:
        addresses = await run_in_threadpool(self._progress.addresses)
        by_worker: dict[str, list[int]] = defaultdict(list)
        for partition in partitions:
            if partition not in addresses:
                raise nobody_answers()
            by_worker[addresses[partition]].append(partition)
        asked = [self._one(at, {**question, "partitions": places}, within)
                 for at, places in by_worker.items()]  # fmt: skip
        return await asyncio.gather(*asked)

    async def _one(self, address: str, question: dict[str, Any], within: float) -> dict[str, Any]:
        try:
            answer = await self._http.post(address + PATH, json=question, timeout=within)
        except httpx.TransportError as away:
            log.info("state_not_reached", because=type(away).__name__)
            raise nobody_answers() from away
        if answer.status_code != 200:
            log.info("state_not_told", status=answer.status_code)
            raise nobody_answers()
        found: dict[str, Any] = answer.json()
        return found
