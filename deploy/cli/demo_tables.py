"""What the demo says at its end: one JSON object, and the same as tables for people."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.simulator.delivery import World
from deploy.simulator.run import Ran
from deploy.simulator.system import Addresses, System


def endpoints_of(card: dict[str, Any], ran: Ran) -> dict[str, str]:
    """Addresses to look at; one certificate's PDF and verify page among them."""
    names = ("gateway", "registration", "attendance", "certificates", "reporting", "kafka", "redis")
    found = {name: card[name] for name in names}
    found["dashboard"] = f"{card['reporting']}/"
    with System(Addresses.of(card)) as system:
        first = next(system.certificates(ran.webinar_id), None)
    if first is not None:
        base = f"{card['certificates']}/v1/certificates/{first['certificate_id']}"
        found["certificate_pdf"] = f"{base}.pdf"
        found["verify"] = first["verify_url"]
    return found


def result_of(world: World, ran: Ran, seconds: float, endpoints: dict[str, str]) -> dict[str, Any]:
    """The object of `--json`."""
    return {
        "participants": world.scenario.participants,
        "webhooks_sent": ran.report.webhooks_sent,
        "webhooks_accepted": ran.report.webhooks_accepted,
        "duplicates_sent": ran.report.duplicates_sent,
        "decisions": ran.findings.decisions,
        "eligible_expected": ran.totals.eligible,
        "eligible": ran.findings.eligible,
        "certificates": ran.findings.certificates,
        "certificate_numbers_distinct": len(ran.findings.numbers),
        "quota_certified_total": ran.nation.certified,
        "mismatches": ran.findings.mismatches,
        "seconds": round(seconds, 1),
        "endpoints": endpoints,
    }


def tell(result: dict[str, Any], ran: Ran, data: Path, once: bool) -> None:
    """The tables, the addresses, and what to try next."""
    out = Console(highlight=False)
    out.print(_sent(ran), _decided(result, ran))
    if ran.findings.listed:
        out.print(_differences(ran))
    verdict = "nothing differs from the truth" if ran.right else "[bold red]IT DIFFERS[/]"
    out.print(f"{result['seconds']} s; {verdict}.\n")
    for name in ("dashboard", "certificate_pdf", "verify"):
        if name in result["endpoints"] and not once:  # then nobody answers there any more
            out.print(f"{name:16} {result['endpoints'][name]}")
    out.print("\nTry next:")
    for line in _next_commands(data, once):
        out.print(f"  {line}", soft_wrap=True)
    if not once:
        out.print("\nIt stays up until Ctrl-C.")


def _next_commands(data: Path, once: bool) -> list[str]:
    if once:
        return ["hadir demo", "hadir up", "hadir simulate --setup   (while `hadir up` runs)"]
    here = f"HADIR_DATA_DIR={data} hadir"
    return [f"{here} status", f"{here} audit", f"{here} simulate --participants 100 --setup"]


def _sent(ran: Ran) -> Table:
    report = ran.report
    table = Table("sent", "", box=None, title_justify="left")
    rate = report.webhooks_sent / max(report.seconds, 1e-9)
    table.add_row("webhooks", f"{report.webhooks_sent} ({rate:.0f}/s)")
    table.add_row("accepted", str(report.webhooks_accepted))
    table.add_row("of them repeated deliveries", str(report.duplicates_sent))
    table.add_row("sent again after 5xx", str(report.retries))
    table.add_row("answer time p50 / p95 / p99", f"{report.p50} / {report.p95} / {report.p99} ms")
    table.add_row("QR scans accepted", f"{report.scans_accepted} of {report.scans_sent}")
    for status, count in (*report.refused.items(), *report.scans_otherwise.items()):
        table.add_row(f"otherwise: {status}", str(count))
    return table


def _decided(result: dict[str, Any], ran: Ran) -> Table:
    verdicts, nation = ran.totals.verdicts, ran.nation
    table = Table("decided", "truth", "system", box=None)
    rows = [
        ("people", result["participants"], result["decisions"]),
        ("eligible", ran.totals.eligible, result["eligible"]),
        ("needs review (no certificate)", verdicts.get("needs_review", 0), ""),
        ("not eligible", verdicts.get("not_eligible", 0), ""),
        ("certificates", ran.totals.eligible, result["certificates"]),
        ("distinct numbers", ran.totals.eligible, result["certificate_numbers_distinct"]),
        ("quota cells: registered", result["participants"], nation.registered),
        ("quota cells: certified", ran.totals.eligible, nation.certified),
        ("connections without an owner", ran.totals.unresolved, ran.progress["open_reviews"]),
        ("people or cells that differ", 0, result["mismatches"]),
    ]
    for name, truth, found in rows:
        style = "" if found in ("", truth) else "bold red"
        table.add_row(name, str(truth), str(found), style=style)
    return table


def _differences(ran: Ran) -> Table:
    table = Table("who", "what", "truth", "system", box=None)
    for mismatch in ran.findings.listed[:20]:
        table.add_row(*(str(part) for part in mismatch))
    return table
