"""The registration api: the routes in one application, started and stopped with its clients."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from services.registration.commands import Commands
from services.registration.handlers import missing, view_of
from services.registration.imports import Importer
from services.registration.jobs import Jobs
from services.registration.personal import Sealer
from services.registration.routes import (
    enrolments,
    imports,
    programmes,
    rule_changes,
    walk_ins,
    webinars,
)
from services.registration.routes.common import Parts
from services.registration.settings import RegistrationApiSettings
from services.registration.stores import Store
from services.registration.writer import Ends, Writers
from shared.http import build_app
from shared.publish import AsyncPublisher

TITLE = "registration"
DESCRIPTION = (
    "Programmes with regional quotas, webinars, participants and their enrolments. Edits take "
    "`If-Match`; POSTs that create take `Idempotency-Key`; errors are RFC 9457 problems."
)


def build(settings: RegistrationApiSettings) -> FastAPI:
    """The application; it connects when it is started."""
    view = view_of(settings)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.parts = await parts_of(settings, Store(settings, view), stack)
            yield

    app = build_app(TITLE, settings, lambda: missing(view), lifespan=life, description=DESCRIPTION)
    for routes in (programmes, webinars, imports, enrolments, walk_ins, rule_changes):
        app.include_router(routes.router)
    app.add_middleware(walk_ins.FromDoorPages, origins=settings.door_origins)
    return app


async def parts_of(settings: RegistrationApiSettings, store: Store, stack: AsyncExitStack) -> Parts:
    """Everything that the routes work with, connected; the stack disconnects it."""
    publisher, ends = AsyncPublisher(settings), Ends(settings)
    stack.push_async_callback(store.close)
    await publisher.start()
    stack.push_async_callback(publisher.stop)
    await ends.start()
    stack.push_async_callback(ends.stop)
    writers = Writers(store, publisher, ends)
    sealer = Sealer(settings.kek)
    importer = Importer(publisher, writers, sealer, settings.identity_key)
    jobs = Jobs(store, importer)
    stack.push_async_callback(jobs.stop)
    return Parts(settings, store, Commands(writers), importer, jobs, sealer)
