"""/v1/webinars/{id}/participants:import: people from a spreadsheet."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.registration.commands import audit
from services.registration.domain.problems import UnreadableFile
from services.registration.domain.table import COLUMNS, REQUIRED, outline
from services.registration.domain.webinar import zoom_numbers
from services.registration.imports import Result
from services.registration.routes.answers import ImportJob, ImportResult
from services.registration.routes.common import IdempotencyKey, Organiser, Work, new_id
from services.registration.routes.enrolments import existing_webinar
from services.registration.routes.examples import FILE
from shared.http import Problem

router = APIRouter(prefix="/v1/webinars/{webinar_id}", tags=["enrolments"])
CSV = "text/csv"
REQUEST = {
    "requestBody": {
        "required": True,
        "description": f"CSV in UTF-8, `,` or `;`. Columns: {', '.join(COLUMNS)}; "
        f"required: {', '.join(REQUIRED)}. Several links = several rows with one external_id.",
        "content": {
            CSV: {"schema": {"type": "string"}, "example": FILE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
TOO_MANY = "More rows than are imported at once: follow `Location`."


@router.post(
    "/participants:import", response_model=ImportResult, openapi_extra=REQUEST,
    responses={202: {"model": ImportJob, "description": TOO_MANY}}, summary="Import participants",
)  # fmt: skip
async def import_participants(
    webinar_id: str, request: Request, response: Response, work: Work, caller: Organiser,
    idempotency_key: IdempotencyKey = None,
) -> Any:  # fmt: skip
    """Good rows go through, the others are listed. The same file again changes nothing and
    completes an import that was interrupted. Only personal links that are named are replaced."""
    webinar = await existing_webinar(work, webinar_id)
    numbers = zoom_numbers(webinar)
    only = next(iter(numbers)) if len(numbers) == 1 else ""
    data = await _file(request, work.settings.import_max_bytes)
    try:
        found = await run_in_threadpool(outline, data, only)
    except UnreadableFile as wrong:
        raise Problem(422, wrong.code, "The file cannot be imported", str(wrong)) from wrong
    record = audit(caller, "participants-imported", webinar_id, None, None, webinar_id,
                   rows=found.rows)  # fmt: skip
    await work.commands.note(record)
    if found.rows > work.settings.import_rows_at_once:
        job_id = new_id(f"imports/{webinar_id}", caller, idempotency_key)
        job = await work.jobs.submit(webinar, job_id, data, found)
        location = f"/v1/webinars/{webinar_id}/imports/{job_id}"
        return JSONResponse(job, 202, {"Location": location, "Retry-After": "2"})
    result = Result()
    await work.importer.run(webinar, data, found, result)
    response.status_code = 200 if result.visible else 202
    return result.as_dict()


@router.get(
    "/imports/{import_id}", response_model=ImportJob, summary="What has become of a large import"
)
async def get_import(webinar_id: str, import_id: str, work: Work, caller: Organiser,
                     response: Response) -> Any:  # fmt: skip
    """202 while it runs, 200 when it is done or interrupted. Kept for a day."""
    job = await work.jobs.find(webinar_id, import_id)
    if job is None:
        raise Problem(404, "import-unknown", "There is no such import (any more)")
    if job["state"] == "running":
        response.status_code = 202
        response.headers["Retry-After"] = "2"
    return job


async def _file(request: Request, limit: int) -> bytes:
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() == "multipart/form-data":
        return await _form_file(request, limit)
    if kind.strip().lower() != CSV:
        detail = "Send text/csv, or multipart/form-data with the part `file`."
        raise Problem(415, "not-csv", "Not a CSV file", detail)
    return b"".join([part async for part in _limited(request, limit)])


async def _limited(request: Request, limit: int) -> Any:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            detail = f"At most {limit} bytes at once: split the file."
            raise Problem(413, "too-large", "The file is too large", detail)
        yield part


async def _form_file(request: Request, limit: int) -> bytes:
    parser = MultiPartParser(request.headers, _limited(request, limit), max_files=1)
    parser.spool_max_size = limit + 1  # personal data must not be spooled to a file on disk
    try:
        form = await parser.parse()
    except MultiPartException as wrong:
        raise Problem(400, "form", "The form cannot be read", wrong.message) from wrong
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Problem(422, "no-file", "The form has no part `file`")
    try:
        return await file.read()
    finally:
        await file.close()
