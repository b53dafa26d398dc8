"""Webinars: what makes one valid, and how its versions and its rule's versions are counted."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from services.registration.domain.programme import Fault
from shared.events.registration import SessionV1, WebinarSetV1
from shared.regions import regions

_SESSION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUMBER = re.compile(r"\d{1,20}")


def instant(text: str) -> str:
    """RFC 3339 with any offset as UTC in whole seconds (fractions are cut), ending in Z.

    Raises:
        ValueError: no such time, or one without an offset.
    """
    moment = datetime.fromisoformat(text)  # of every ISO 8601 form, RFC 3339 is what we document
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset or Z")
    if not 1970 < moment.year < 9999:
        raise ValueError("such a year cannot be meant")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def webinar_faults(webinar: WebinarSetV1) -> Iterator[Fault]:
    """Everything that is wrong with a webinar."""
    if not webinar.title.strip():
        yield Fault("/title", "Judul wajib diisi. / A title is needed.")
    if not webinar.sessions:
        yield Fault("/sessions", "Sedikitnya satu sesi. / At least one session is needed.")
    seen: set[str] = set()
    for place, session in enumerate(webinar.sessions):
        if session.id in seen:
            yield Fault(f"/sessions/{place}/id", "Id sesi ganda. / The session id came before.")
        seen.add(session.id)
        for fault in _session_faults(session):
            yield Fault(f"/sessions/{place}{fault.pointer}", fault.detail)
    yield from _rule_faults(webinar)


def _session_faults(session: SessionV1) -> Iterator[Fault]:
    if not _SESSION_ID.fullmatch(session.id):
        yield Fault(
            "/id", "Hanya huruf, angka, . _ -, sampai 64. / Letters, digits, . _ - only, up to 64."
        )
    if session.end <= session.start:
        yield Fault("/end", "Harus setelah mulai. / It must be after the start.")
    if not known_time_zone(session.time_zone):
        yield Fault("/time_zone", "Zona waktu IANA tidak dikenal. / Unknown IANA time zone.")
    if session.zoom is None and session.hall is None:
        yield Fault("", "Sesi perlu Zoom atau aula. / A session needs Zoom or a hall.")
    if session.zoom and not _NUMBER.fullmatch(session.zoom.number):
        yield Fault("/zoom/number", "Nomor Zoom berupa angka. / A Zoom number is digits.")
    if session.hall and session.hall.capacity is not None and session.hall.capacity < 0:
        yield Fault("/hall/capacity", "Tidak boleh negatif. / It must not be negative.")
    yield from _break_faults(session)


def _break_faults(session: SessionV1) -> Iterator[Fault]:
    reached = session.start
    for place, pause in sorted(enumerate(session.breaks), key=lambda pair: pair[1].start):
        inside = session.start <= pause.start < pause.end <= session.end
        if not inside:
            detail = "Jeda harus di dalam sesi. / A break must lie inside its session."
            yield Fault(f"/breaks/{place}", detail)
        elif pause.start <= reached:
            reached = max(reached, pause.end)
    if session.breaks and reached >= session.end:
        yield Fault("/breaks", "Jeda menghabiskan sesi. / The breaks leave nothing of the session.")


def _rule_faults(webinar: WebinarSetV1) -> Iterator[Fault]:
    rule, sessions = webinar.rule, len(webinar.sessions)
    if rule.minimum_sessions is not None and not 1 <= rule.minimum_sessions <= max(sessions, 1):
        detail = f"Harus 1 sampai {sessions}. / It must be 1 to {sessions}."
        yield Fault("/rule/minimum_sessions", detail)
    if rule.latest_join is not None and rule.latest_join < 0:
        yield Fault("/rule/latest_join", "Tidak boleh negatif. / It must not be negative.")
    if len(set(rule.required_items)) != len(rule.required_items) or "" in rule.required_items:
        detail = "Kosong atau ganda. / An item is empty or came before."
        yield Fault("/rule/required_items", detail)
    if webinar.certificates == "after_reconciliation" and not webinar.reconciliation:
        detail = (
            "after_reconciliation memerlukan reconciliation. / "
            "after_reconciliation needs reconciliation to be on."
        )
        yield Fault("/certificates", detail)


@cache
def known_time_zone(name: str) -> bool:
    """Whether this is an IANA time zone; Indonesia's are known without a zone database."""
    if name in {region.time_zone for region in regions().values()}:
        return True
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def zoom_numbers(webinar: WebinarSetV1) -> frozenset[str]:
    """The Zoom numbers of its sessions."""
    return frozenset(s.zoom.number for s in webinar.sessions if s.zoom)


def next_webinar(before: WebinarSetV1, wanted: WebinarSetV1) -> WebinarSetV1:
    """The next version, with a next rule version if the rule differs; `before` if nothing does."""
    kept = {"version": before.version, "rule_version": before.rule_version}
    if wanted.model_copy(update=kept) == before:
        return before
    return wanted.model_copy(
        update={
            "version": before.version + 1,
            "rule_version": before.rule_version + (wanted.rule != before.rule),
        }
    )
