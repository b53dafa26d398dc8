"""What a piece of evidence, a cause and a time are called: (Indonesian, English), never an id."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.attendance.causes import Cause, mark
from services.attendance.domain.reasons import duration
from services.attendance.pages.render import Language

Pair = tuple[str, str]
ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA",
         "Asia/Jayapura": "WIT"}  # fmt: skip
BASES: tuple[Pair, ...] = (
    ("teramati", "observed"),
    ("akhir disimpulkan", "end inferred"),
    ("awal disimpulkan", "start inferred"),
    ("awal tidak diketahui", "start unknown"),
)
"""By the mark of a stretch: observed, inferred end, inferred start, possible."""
BASIS_CODES = ("observed", "inferred_end", "inferred_start", "unknown_start")
CAUSES: Mapping[str, Pair] = {
    Cause.CONNECTION: ("Bukti baru dari sambungan Zoom", "New evidence of a Zoom connection"),
    Cause.SCAN: ("Pindaian di pintu", "A scan at the door"),
    Cause.MEETING: ("Awal atau akhir rapat Zoom", "A start or end of the Zoom meeting"),
    Cause.WEBINAR: ("Jadwal, aturan atau pengaturan webinar", "The webinar's times, rule or settings"),
    Cause.ENROLMENT: ("Pendaftaran", "The enrolment"),
    Cause.CERTIFICATE: ("Sertifikat terbit atau dicabut", "A certificate issued or revoked"),
    Cause.CASE: ("Kasus tinjauan", "A review case"),
    Cause.RULING: ("Keputusan petugas", "An operator's word"),
    Cause.LIST: ("Daftar pengawas", "A proctor's list"),
    Cause.ITEM: ("Syarat tambahan terpenuhi", "A required item was passed"),
    Cause.REPORT: ("Laporan Zoom", "Zoom's report"),
    Cause.OTHER_WORKER: ("Penghitungan ulang", "Computed again"),
    Cause.GRACE: ("Webinar selesai", "The webinar was over"),
    Cause.RETRY_WINDOW: ("Kiriman ulang Zoom tidak ditunggu lagi",
                         "Zoom's late deliveries are no longer waited for"),
    Cause.REPORT_DEADLINE: ("Laporan Zoom tidak ditunggu lagi",
                            "Zoom's report is no longer waited for"),
    Cause.ARCHIVED: ("Webinar diarsipkan", "The webinar was archived"),
    Cause.IDENTITY_FROZEN: ("Data mentah Zoom sudah dihapus", "Zoom's raw data was deleted"),
}  # fmt: skip
CONNECTIONS = ("connection", "phone")
NAMELESS: Pair = ("Penghitungan", "Computed")


def rfc3339(second: int) -> str:
    """Epoch second → UTC, as in all of our interfaces."""
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def second(text: str) -> int:
    """Epoch second of an RFC 3339 time."""
    return int(datetime.fromisoformat(text).timestamp())


def clock(second: int, zone: str, *, seconds: bool = True) -> str:
    """The time of day in the session's zone: `09.41.07`."""
    local = datetime.fromtimestamp(second, ZoneInfo(zone))
    return local.strftime("%H.%M.%S" if seconds else "%H.%M")


def day(second: int, zone: str) -> str:
    """`3-2-2026`, the day in that zone."""
    local = datetime.fromtimestamp(second, ZoneInfo(zone))
    return f"{local.day}-{local.month}-{local.year}"


def zone_name(zone: str) -> str:
    """Indonesia's own names of its zones."""
    return ZONES.get(zone, zone)


def lasted(seconds: int, language: Language) -> str:
    """`1 jam 20 menit`."""
    return duration(seconds, language)


def names(sessions: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Pair]:
    """{(kind, source): what it is called}: connections are numbered as they come."""
    found: dict[tuple[str, str], Pair] = {}
    numbers: dict[tuple[str, bool], int] = {}
    for bar in (bar for session in sessions for bar in session["bars"]):
        place = (bar["kind"], bar["source"])
        if place in found:
            continue
        if bar["kind"] in CONNECTIONS:
            group = (bar["kind"], bar["theirs"])
            numbers[group] = numbers.get(group, 0) + 1
            found[place] = _connection(*group, numbers[group])
        else:
            found[place] = _other(bar["kind"], bar["source"])
    return found


def _connection(kind: str, theirs: bool, number: int) -> Pair:
    if kind == "phone":
        return (f"Telepon {number}", f"Phone {number}") if theirs else (
            f"Telepon dalam tinjauan {number}", f"Phone under review {number}")  # fmt: skip
    if theirs:
        return f"Sambungan Zoom {number}", f"Zoom connection {number}"
    return f"Sambungan dalam tinjauan {number}", f"Connection under review {number}"


def _other(kind: str, source: str) -> Pair:
    if kind == "room":
        gate = (f", gerbang {source}", f", gate {source}") if source else ("", "")
        return f"Ruangan{gate[0]}", f"Hall{gate[1]}"
    return {
        "list": ("Daftar pengawas", "Proctor's list"),
        "added": ("Koreksi petugas: ditambah", "Operator's correction: added"),
        "removed": ("Koreksi petugas: dihapus", "Operator's correction: removed"),
    }[kind]


def cause(said: str, known: Mapping[tuple[str, str], Pair]) -> Pair:
    """What made a version; a connection by the number that it has on the same page."""
    kind, _, which = said.partition("|")
    pair = CAUSES.get(kind, NAMELESS)
    for (of, source), name in known.items():
        same = of == kind or (kind == Cause.CONNECTION and of in CONNECTIONS)
        if which and same and mark(source) == which:
            return f"{pair[0]}: {name[0]}", f"{pair[1]}: {name[1]}"
    return pair
