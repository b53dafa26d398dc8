"""`hadir reconcile`: have Zoom's reports of a webinar read now, and show what differs."""

import time
from typing import Annotated, Any

import typer

from deploy.cli.console import console, print_json
from deploy.cli.errors import CannotDo, Failed


def command(
    webinar: Annotated[str, typer.Option(help="Id of the webinar.")],
    meeting: Annotated[str, typer.Option(help="Only this meeting uuid of it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "hadir reconcile",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait; 0 = ask only.")] = 300.0,
    attendance: Annotated[str, typer.Option(help="Base URL; default: what runs here.")] = "",
    token: Annotated[str, typer.Option(envvar="HADIR_TOKEN", help="Bearer token.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Ask for a reading of Zoom's reports now, wait until they are complete, show the differences.

    Exit code 1 when they are not complete in time.
    """
    import httpx

    from deploy.cli.target import running

    here = {} if attendance and token else running()
    base = f"{attendance or here['attendance']}/v1/webinars/{webinar}"
    headers = {"authorization": f"Bearer {token or here['token']}"}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as http:
        asked = _call(http, "POST", f"{base}/reconciliation",
                      {"reason": reason, "meeting_uuid": meeting or None})["asked_ms"]  # fmt: skip
        if not wait:
            console().print("Asked; the reconciler reads as soon as it may.")
            return
        state = _wait(http, f"{base}/reconciliation", asked, wait, meeting)
        found = _call(http, "GET", f"{base}/differences?limit=10000")
    if as_json:
        print_json({**state, "differences": found["items"], "more": found["more"]})
    else:
        _table(state, found)


def _call(http: Any, method: str, url: str, body: Any = None) -> dict[str, Any]:
    answer = http.request(method, url, json=body)
    if answer.is_error:
        title = answer.json().get("title", "") if "json" in answer.headers.get("content-type", "") else ""  # fmt: skip
        raise CannotDo(f"The attendance interface answers {answer.status_code}. {title}".strip())
    found: dict[str, Any] = answer.json()
    return found


def _wait(http: Any, url: str, asked_ms: int, seconds: float, meeting: str) -> dict[str, Any]:
    """Until every known report is complete and was read since we asked."""
    until = time.monotonic() + seconds
    while True:
        state = _call(http, "GET", url)
        mine = [m for m in state["meetings"] if not meeting or m["meeting_uuid"] == meeting]
        if mine and all(m["settled"] and m["reads"][-1]["read"] >= asked_ms for m in mine):
            return state
        if time.monotonic() > until:
            raise Failed(f"Not complete within {seconds:.0f} s: {_told(mine)}")
        time.sleep(0.5)


def _told(meetings: list[dict[str, Any]]) -> str:
    if not meetings:
        return "no report was read. Does a reconciler run (HADIR_ZOOM_ACCOUNT_ID …)?"
    last = [(m["meeting_uuid"], m["reads"][-1]) for m in meetings]
    return "; ".join(f"{uuid}: {r['rows']} of {r['total_records']} rows {r['problem']}".strip()
                     for uuid, r in last)  # fmt: skip


def _table(state: dict[str, Any], found: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("meeting", "rows", "reads", "complete", box=None)
    for m in state["meetings"]:
        table.add_row(m["meeting_uuid"], str(m["rows"]), str(len(m["reads"])), str(m["complete"]))
    lines = Table("external id", "kind", "webhooks", "report", box=None)
    for line in found["items"]:
        webhook = f"{line['webhook_join'] or '–'} … {line['webhook_leave'] or '–'}"
        report = f"{line['report_join'] or '–'} … {line['report_leave'] or '–'}"
        lines.add_row(line["external_id"] or "–", line["kind"], webhook, report)
    out = console()
    out.print(table)
    out.print(lines if found["items"] else "Webhooks and reports say the same.")
