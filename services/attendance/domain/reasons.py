"""The sentences of reasons: what was counted, what was missing, what would have sufficed (rule D4).

Indonesian first. Placeholders are figure names; `…_seconds` are shown as durations, `share` as a
percentage.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from services.attendance.domain.codes import ReasonCode as Code


class Template(NamedTuple):
    """One reason in both languages."""

    id: str
    en: str


TEMPLATES: Mapping[Code, Template] = {
    Code.SHARE_REACHED: Template(
        "Hadir {present_seconds} dari {base_seconds}; syaratnya {required_seconds} ({share}).",
        "Present {present_seconds} of {base_seconds}; {required_seconds} ({share}) were required.",
    ),
    Code.SHARE_NOT_REACHED: Template(
        "Hadir {present_seconds} dari {base_seconds}; syaratnya {required_seconds} ({share}). "
        "Kurang {missing_seconds}: dengan tambahan sebanyak itu syarat terpenuhi.",
        "Present {present_seconds} of {base_seconds}; {required_seconds} ({share}) were required. "
        "{missing_seconds} are missing: that much more would have sufficed.",
    ),
    Code.SESSION_REACHED: Template(
        "Sesi {session}: hadir {present_seconds} dari {base_seconds}; "
        "syaratnya {required_seconds}.",
        "Session {session}: present {present_seconds} of {base_seconds}; "
        "{required_seconds} were required.",
    ),
    Code.SESSION_NOT_REACHED: Template(
        "Sesi {session}: hadir {present_seconds} dari {base_seconds}; "
        "syaratnya {required_seconds}. Kurang {missing_seconds} untuk memenuhinya.",
        "Session {session}: present {present_seconds} of {base_seconds}; "
        "{required_seconds} were required. {missing_seconds} more would have sufficed.",
    ),
    Code.SESSIONS_REACHED: Template(
        "{attended} dari {sessions} sesi terhitung; syaratnya {needed}.",
        "{attended} of {sessions} sessions counted; {needed} were required.",
    ),
    Code.SESSIONS_NOT_REACHED: Template(
        "{attended} dari {sessions} sesi terhitung; syaratnya {needed}. Kurang {missing} sesi.",
        "{attended} of {sessions} sessions counted; {needed} were required. "
        "{missing} more would have sufficed.",
    ),
    Code.NO_PRESENCE: Template(
        "Tidak ada kehadiran yang terhitung.",
        "No presence was counted.",
    ),
    Code.JOINED_LATE: Template(
        "Sesi {session}: baru hadir {late_seconds} setelah sesi dimulai; batasnya {latest_seconds}, "
        "sehingga sesi ini tidak terhitung.",
        "Session {session}: first present {late_seconds} after its start; the limit is "
        "{latest_seconds}, so this session does not count.",
    ),
    Code.ITEM_MISSING: Template(
        "Syarat “{item}” belum dipenuhi.",
        "The required item “{item}” was not passed.",
    ),
    Code.ITEMS_PASSED: Template(
        "Semua syarat tambahan ({items}) sudah dipenuhi.",
        "All further required items ({items}) were passed.",
    ),
    Code.CANCELLED: Template(
        "Pendaftaran pada webinar ini dibatalkan.",
        "The enrolment in this webinar was cancelled.",
    ),
    Code.WEBINAR_CANCELLED: Template(
        "Webinar ini dibatalkan.",
        "This webinar was cancelled.",
    ),
    Code.INFERRED_END: Template(
        "{inferred_seconds} terhitung tanpa catatan keluar; akhirnya disimpulkan.",
        "{inferred_seconds} are counted without a record of leaving; the end was inferred.",
    ),
    Code.INFERRED_START: Template(
        "{inferred_seconds} terhitung tanpa catatan masuk; awalnya disimpulkan dan perlu ditinjau.",
        "{inferred_seconds} are counted without a record of joining; the start was inferred and "
        "needs a review.",
    ),
    Code.HOST_DOWN: Template(
        "Sesi {session}: {down_seconds} ketika tuan rumah terputus tidak dihitung bagi siapa pun.",
        "Session {session}: {down_seconds} in which the host was down count for nobody.",
    ),
    Code.HOST_GAP_UNSETTLED: Template(
        "Sesi {session}: {after_seconds} setelah dimulai, Zoom terhenti selama {gap_seconds}; "
        "penyelenggara harus menetapkan apakah waktu itu dihitung.",
        "Session {session}: {after_seconds} after its start, Zoom was down for {gap_seconds}; "
        "the organiser must settle whether that time counts.",
    ),
    Code.BASE_UNDER_HALF: Template(
        "Sesi {session}: hanya {base_seconds} dari {window_seconds} yang tersisa untuk dihitung; "
        "penyelenggara harus menetapkannya.",
        "Session {session}: only {base_seconds} of {window_seconds} are left to be counted; "
        "the organiser must settle this.",
    ),
    Code.CORRECTED: Template(
        "{corrections} koreksi oleh petugas diterapkan.",
        "Corrections by an operator that were applied: {corrections}.",
    ),
    Code.LEAVE_WITHOUT_START: Template(
        "{cases} catatan keluar dari Zoom tanpa awal yang diketahui; tidak dihitung dan diperiksa.",
        "Left Zoom without a known start, which counts nothing and is reviewed: {cases}.",
    ),
    Code.OUT_WITHOUT_IN: Template(
        "{cases} pindaian keluar tanpa pindaian masuk; tidak dihitung dan diperiksa.",
        "Scanned out without a scan in, which counts nothing and is reviewed: {cases}.",
    ),
    Code.ROOM_UNKNOWN: Template(
        "{cases} daftar kehadiran layar bersama tanpa waktu yang diketahui; "
        "tidak dihitung dan diperiksa.",
        "Listed before one screen without a known time, which counts nothing and is reviewed: "
        "{cases}.",
    ),
    Code.CERTIFICATE_ISSUED: Template(
        "Sertifikat sudah terbit, tetapi bukti sekarang tidak lagi mencukupi; "
        "petugas harus memutuskan.",
        "A certificate was issued, but the evidence no longer suffices; an operator must decide.",
    ),
    Code.SETTLED: Template(
        "Diputuskan oleh petugas atas bukti ini.",
        "Settled by an operator on this evidence.",
    ),
    Code.WAITING_RETRY_WINDOW: Template(
        "Sementara: kiriman ulang dari Zoom masih ditunggu.",
        "Provisional: late deliveries from Zoom are still waited for.",
    ),
    Code.WAITING_REPORT: Template(
        "Sementara: laporan Zoom masih ditunggu.",
        "Provisional: Zoom's report is still waited for.",
    ),
    Code.WAITING_CASES: Template(
        "Sementara: pemeriksaan yang masih terbuka dapat menambah kehadiran.",
        "Provisional: open reviews could still add presence.",
    ),
}
"""Every code in both languages."""


def sentences(code: Code, figures: Mapping[str, int | str]) -> dict[str, str]:
    """{"id": …, "en": …} of a reason.

    Raises:
        KeyError: a figure that the code's sentences name is missing.
    """
    indonesian, english = _written(code, tuple(figures.items()))
    return {"id": indonesian, "en": english}


@lru_cache(maxsize=5_000)
def _written(code: Code, figures: tuple[tuple[str, int | str], ...]) -> tuple[str, str]:
    """Of a webinar's people many have the same figures."""
    template = TEMPLATES[code]
    return (
        template.id.format_map({k: _shown(k, v, "id") for k, v in figures}),
        template.en.format_map({k: _shown(k, v, "en") for k, v in figures}),
    )


def duration(seconds: int, language: str) -> str:
    """`1 jam 20 menit 5 detik` or `1 h 20 min 5 s`; parts that are zero are left out."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    words = ("jam", "menit", "detik") if language == "id" else ("h", "min", "s")
    parts = [f"{n} {word}" for n, word in zip((hours, minutes, rest), words, strict=True) if n]
    return " ".join(parts) or f"0 {words[2]}"


def _shown(name: str, value: int | str, language: str) -> str:
    if name.endswith("_seconds") and isinstance(value, int):
        return duration(value, language)
    if name == "share" and isinstance(value, int):
        percent = f"{value / 100:g}%"
        return percent.replace(".", ",") if language == "id" else percent
    return str(value)
