"""Large imports run in the background; what has become of them is kept in the store for a day.

A job does not survive its process: it is then reported as interrupted, and the same file again
completes it. What is kept holds row numbers and counts, no personal data.
"""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import orjson
import structlog
from redis import RedisError

from services.registration.domain.table import Outline
from services.registration.imports import Importer, Result
from services.registration.stores import Store
from shared.events.registration import WebinarSetV1
from shared.http import Problem, not_ready

log = structlog.get_logger()
KEPT_SECONDS = 86_400
BEAT_SECONDS = 2.0
SILENT_SECONDS = 10.0
WAITING = 4
"""So many imports may be in the memory of one process, one of them at work."""
NOTE = (
    "Impor terputus: unggah berkas yang sama sekali lagi. / "
    "The import was interrupted: upload the same file again."
)


class Jobs:
    """The background imports of one process, and the last word on those of all processes."""

    def __init__(self, store: Store, importer: Importer) -> None:
        self._store, self._importer = store, importer
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(1)

    async def submit(
        self, webinar: WebinarSetV1, job_id: str, data: bytes, found: Outline
    ) -> dict[str, Any]:
        """Begin an import, or find it begun; the job.

        Raises:
            Problem: 503, too many are waiting.
        """
        before = await self.find(webinar.webinar_id, job_id)
        if before and before["state"] in ("running", "done"):
            return before
        if len(self._tasks) >= WAITING:
            raise Problem(
                503, "busy", "Busy", "Too many imports are waiting.", {"Retry-After": "30"}
            )
        job = Job(self._store, webinar.webinar_id, job_id)
        job.result.rows = found.rows
        await job.save("running")
        self._keep(self._work(job, webinar, data, found))
        return job.as_dict("running")

    async def find(self, webinar_id: str, job_id: str) -> dict[str, Any] | None:
        """The job as it was last heard of; None = unknown, or of more than a day ago."""
        try:
            raw = await self._store.redis.get(_key(self._store, webinar_id, job_id))
        except RedisError as away:
            raise not_ready("The store does not answer.") from away
        if raw is None:
            return None
        job: dict[str, Any] = orjson.loads(raw)
        beat = job.pop("beat")
        if job["state"] == "running" and time.time() - beat > SILENT_SECONDS:
            job |= {"state": "interrupted", "note": NOTE}
        return job

    async def stop(self) -> None:
        """Interrupt what is still running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, job: "Job", webinar: WebinarSetV1, data: bytes, found: Outline) -> None:
        beating = asyncio.create_task(job.beat())
        state = "interrupted"
        try:
            async with self._turn:
                await self._importer.run(webinar, data, found, job.result)
            state = "done"
        except Problem as problem:
            log.info("import_interrupted", job=job.id, because=problem.body.get("detail"))
        except Exception:
            log.exception("import_failed", job=job.id)
        finally:
            beating.cancel()
            await job.save(state)
        log.info("import_ended", job=job.id, webinar=webinar.webinar_id, state=state,
                 rows=job.result.rows, created=job.result.created, updated=job.result.updated,
                 unchanged=job.result.unchanged, rejected_rows=job.result.rejected_rows)  # fmt: skip


class Job:
    """One import under way."""

    def __init__(self, store: Store, webinar_id: str, job_id: str) -> None:
        self._store, self.webinar_id, self.id = store, webinar_id, job_id
        self.result = Result()

    def as_dict(self, state: str) -> dict[str, Any]:
        """The resource."""
        done = self.result.created + self.result.updated + self.result.unchanged
        return {
            "id": self.id, "webinar_id": self.webinar_id, "state": state,
            "people_done": done, **self.result.as_dict(),
            "note": NOTE if state == "interrupted" else None,
        }  # fmt: skip

    async def beat(self) -> None:
        """Say every few seconds how far it is."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self.save("running")

    async def save(self, state: str) -> None:
        """Keep it; without a store nobody can ask for it anyway."""
        value = orjson.dumps({**self.as_dict(state), "beat": time.time()})
        key = _key(self._store, self.webinar_id, self.id)
        with suppress(RedisError):
            await self._store.redis.set(key, value, ex=KEPT_SECONDS)


def _key(store: Store, webinar_id: str, job_id: str) -> str:
    return store.view.key("import", webinar_id, job_id)
