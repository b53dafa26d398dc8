"""/webinars/{id}/codes: a sheet of QR codes to print, for the organiser."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from services.attendance.door_codes import code_of
from services.attendance.pages.qr import qr_svg
from services.attendance.pages.render import Language, Texts, page
from services.attendance.pages.sign_in import visitor
from services.attendance.routes.common import some_enrolled, view_of, webinar_of
from shared.http import Caller, Role

router = APIRouter(include_in_schema=False)
TEXTS: Texts = {
    "codes": ("Kode masuk", "Check-in codes"),
    "hint": (
        "Setiap kode bersifat pribadi dan hanya berlaku untuk webinar ini. Berikan hanya kepada orangnya.",
        "Each code is personal and valid for this webinar only. Give it to its person alone.",
    ),
    "code_of": ("Kode QR {person}", "QR code of {person}"),
    "more": ("Halaman berikutnya", "Next page"),
    "none": ("Belum ada yang terdaftar.", "Nobody is enrolled yet."),
}


@router.get("/webinars/{webinar_id}/codes")
def sheet(
    webinar_id: str, request: Request,
    caller: Annotated[Caller, visitor(Role.ORGANISER, Role.OPERATOR)],
    lang: Language = "id", cursor: str = "", limit: Annotated[int, Query(ge=1, le=240)] = 60,
) -> Response:  # fmt: skip
    """Some people's codes with their external ids; whose enrolment was cancelled is left out."""
    view = view_of(request)
    webinar = webinar_of(view, webinar_id)
    key: bytes = request.app.state.settings.code_key
    enrolled, after = some_enrolled(view, webinar_id, cursor, limit)
    codes = [
        (enrolment[0], Markup(qr_svg(code_of(key, webinar_id, person))))  # noqa: S704 - our own SVG
        for person, enrolment in enrolled.items()
        if enrolment[1] == "enrolled"
    ]
    return page("codes.html", lang, TEXTS, title=webinar["title"], codes=codes, limit=limit,
                next=after)  # fmt: skip
