"""HTTP of certificates: JSON and PDF for signed-in people, the verify page for everybody."""

import asyncio
import re
import time
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from services.certificates.models import Certificate, CertificatePage, problems
from services.certificates.reading import Reader
from services.certificates.settings import CertificatesApiSettings
from services.certificates.verify_page import LATER, UNKNOWN, certificate_page, message_page
from shared.http import Problem, Role, allowed, build_app

VERIFY_SECONDS = 0.06
"""Every answer of the verify page takes at least this long, so that its time does not tell whether
a code exists; reading and opening a certificate takes a few milliseconds."""
CODE = re.compile(r"[a-z2-7]{20}")
READERS = allowed(Role.VIEWER, Role.ORGANISER, Role.OPERATOR, Role.AUDITOR)
router = APIRouter(prefix="/v1", dependencies=[READERS], tags=["certificates"])
public = APIRouter(tags=["verify"])


def build(settings: CertificatesApiSettings, reader: Reader) -> FastAPI:
    """The application around a reader."""
    app = build_app("certificates", settings, reader.missing)
    app.state.reader = reader
    app.include_router(router)
    app.include_router(public)
    return app


def _reader(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


@router.get(
    "/certificates/{certificate_id}.pdf",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}},
        304: {},
        **problems(401, 403, 404, 410, 503),
    },
)
def certificate_pdf(
    request: Request, certificate_id: UUID, if_none_match: Annotated[str, Header()] = ""
) -> Response:
    """The signed document (PDF/A-2a, PDF/UA-1, PAdES); always the same bytes."""
    reader = _reader(request)
    pdf = reader.document(reader.certificate(str(certificate_id)))
    tag = f'"{sha256(pdf).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="sertifikat-{certificate_id}.pdf"',
    }
    if tag in (part.strip() for part in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/certificates/{certificate_id}", responses=problems(401, 403, 404, 503))
def certificate(request: Request, certificate_id: UUID) -> Certificate:
    """A certificate as it stands."""
    return Certificate.of(_reader(request).certificate(str(certificate_id)))


@router.get("/webinars/{webinar_id}/certificates", responses=problems(401, 403, 503))
def certificates(
    request: Request,
    response: Response,
    webinar_id: UUID,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=64, description="`next` of the page before")] = "",
) -> CertificatePage:
    """The certificates of a webinar, page by page; `next` is null on the last one."""
    reader = _reader(request)
    if missing := reader.missing():
        raise Problem(503, "not-ready", "Not ready yet", missing[0], {"Retry-After": "2"})
    found = reader.certificates.of_webinar(str(webinar_id), cursor, limit + 1)
    after = found[limit - 1].participant_id if len(found) > limit else None
    if after:
        query = urlencode({"limit": limit, "cursor": after})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return CertificatePage(items=[Certificate.of(c) for c in found[:limit]], next=after)


@public.get("/v/{code}", response_class=HTMLResponse, responses={404: {}, 503: {}})
async def verify(request: Request, code: str) -> HTMLResponse:
    """The public page behind a certificate's QR code: what it says, and whether it still holds."""
    earliest = time.monotonic() + VERIFY_SECONDS
    page = await run_in_threadpool(_verify, _reader(request), code.lower())
    await asyncio.sleep(max(0.0, earliest - time.monotonic()))
    return page


def _verify(reader: Reader, code: str) -> HTMLResponse:
    try:
        found: Any = reader.by_code(code) if CODE.fullmatch(code) else None
        if found is None:
            return message_page(UNKNOWN, 404)
        return certificate_page(found, reader.printed(found))
    except Problem as problem:
        return message_page(LATER, problem.status, problem.headers)
