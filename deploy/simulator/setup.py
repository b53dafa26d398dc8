"""The bodies (contract: Interfaces in detail) with which a scenario's webinar is set up."""

from datetime import UTC, datetime
from typing import Any

from deploy.simulator.delivery import World
from deploy.simulator.people import staff_emails
from deploy.simulator.scenario import Scenario
from deploy.simulator.timetable import Session
from deploy.simulator.zoom import iso
from shared.regions import example_quotas

TARGETS = {"asn": 1_000_000, "public": 250_000}


CLOCKS_HELD = {"grace_seconds": 10**9, "retry_window_seconds": 10**9}
"""Lengths with which no clock of rule L2 passes, however long ago the webinar was (31 years)."""


def clocks(scenario: Scenario) -> dict[str, int]:
    """The lengths of the scenario's clocks (rule L2)."""
    return {
        "grace_seconds": scenario.grace_seconds,
        "retry_window_seconds": scenario.retry_window_seconds,
    }


def programme_body(world: World) -> dict[str, Any]:
    """The programme of the scenario's year."""
    year = datetime.fromtimestamp(world.scenario.start, UTC).year
    return {"year": year, "name": f"Pengarusutamaan HAM {year} (contoh)", "targets": TARGETS}


def quotas_body() -> list[dict[str, Any]]:
    """Example quotas of the 38 provinces, for ASN and for the public."""
    share = TARGETS["public"] / TARGETS["asn"]
    rows = [("asn", code, quota) for code, quota in example_quotas().items()]
    rows += [("public", code, int(quota * share)) for code, quota in example_quotas().items()]
    return [{"region_code": c, "category": kind, "quota": quota} for kind, c, quota in rows]


def webinar_body(world: World, programme_id: str) -> dict[str, Any]:
    """The webinar with its sessions and its rule; clocks as the scenario says."""
    scenario = world.scenario
    return {
        "programme_id": programme_id,
        "title": scenario.topic,
        "sessions": [_session(world, session) for session in world.timetable.sessions],
        "rule": {
            "minimum_share": scenario.minimum_share,
            "scope": scenario.scope,
            "minimum_sessions": scenario.minimum_sessions,
            "latest_join": scenario.latest_join,
            "required_items": [],
        },
        "host_down": scenario.host_down,
        "check_out_expected": scenario.check_out_expected,
        "reconciliation": False,
        "certificates": "at_once",
        **clocks(scenario),
        "staff": list(staff_emails(scenario)),
        "jp": 4,
        "signatory": {"name": "Kenanga Contoh", "title": "Kepala Pusat Pelatihan (contoh)"},
        "state": "open",
    }


def _session(world: World, session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "start": iso(session.start),
        "end": iso(session.end),
        "breaks": [{"start": iso(begin), "end": iso(end)} for begin, end in session.breaks],
        "time_zone": "Asia/Jakarta",
        "zoom": {"number": session.number, "kind": session.kind},
        "hall": {"name": "Aula Contoh", "capacity": world.scenario.hall_capacity},
    }
