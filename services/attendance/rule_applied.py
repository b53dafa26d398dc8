"""What was applied of a previewed rule: as registration wrote it to the audit trail."""

import asyncio
import time
from typing import Any

from fastapi.concurrency import run_in_threadpool

from services.attendance.pages.render import Language, sentence
from services.attendance.pages.rule_texts import TEXTS
from services.attendance.stores import AttendanceView

ACTION = "rule-applied"
WAIT_SECONDS, LOOKED_AT = 3.0, 50
"""How long the page waits for the view; audit records in which the change is looked for."""


async def applied(view: AttendanceView, webinar_id: str, version: int, lang: Language) -> str:
    """A sentence on the change that made this version of the webinar; '' when none is asked for."""
    if not version:
        return ""
    until = time.monotonic() + WAIT_SECONDS
    while (record := await run_in_threadpool(_record, view, webinar_id, version)) is None:
        if time.monotonic() > until:
            return sentence(TEXTS, lang, "applied_soon")
        await asyncio.sleep(0.05)
    after = record["after"]
    told = {name: after["previewed"][name] for name in ("falls", "rises")}
    return sentence(TEXTS, lang, "applied", version=after["rule_version"], who=record["who"],
                    reason=record["reason"], **told)  # fmt: skip


def _record(view: AttendanceView, webinar_id: str, version: int) -> dict[str, Any] | None:
    """The audit record, once the webinar itself can be read, too."""
    webinar = view.webinar(webinar_id)
    if webinar is None or webinar["version"] < version:
        return None
    for one in view.rulings.audit(webinar_id, "", LOOKED_AT).items:
        if one["action"] == ACTION and one["after"]["version"] == version:
            return one
    return None
