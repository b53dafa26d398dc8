"""The audit trail: what people did, in registration and in attendance."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.attendance.routes.common import Auditor, view_of

router = APIRouter(tags=["audit"])


@router.get("/v1/audit", summary="Who did what, when and why, newest first")
def trail(
    request: Request, response: Response, caller: Auditor, webinar_id: str = "", cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Of one webinar, or of everything. `before` and `after` are figures, states and versions."""
    page = view_of(request).rulings.audit(webinar_id, cursor, limit)
    if page.cursor:
        url = request.url.include_query_params(cursor=page.cursor, limit=limit)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return {"items": page.items, "next": page.cursor}
