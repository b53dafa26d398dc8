"""Indonesian words for what a certificate prints: numbers, Roman months, dates, time zones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

_UNITS = (
    "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan",
    "sepuluh", "sebelas",
)  # fmt: skip
_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
)  # fmt: skip
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
# Keppres 41/1987: three zones, no summer time; so no time zone database is needed.
_ZONES = {
    "Asia/Jakarta": (7, "WIB"),
    "Asia/Pontianak": (7, "WIB"),
    "Asia/Makassar": (8, "WITA"),
    "Asia/Ujung_Pandang": (8, "WITA"),
    "Asia/Jayapura": (9, "WIT"),
}


def in_words(number: int) -> str:
    """A whole number in Indonesian words, 0 to 999,999.

    Raises:
        ValueError: outside that range.
    """
    if not 0 <= number < 1_000_000:
        raise ValueError(f"no words for {number}")
    return _UNITS[0] if number == 0 else " ".join(_words(number))


def _words(n: int) -> list[str]:
    if n == 0:
        return []
    if n < 12:
        return [_UNITS[n]]
    if n < 20:
        return [_UNITS[n - 10], "belas"]
    if n < 100:
        return [_UNITS[n // 10], "puluh", *_words(n % 10)]
    if n < 200:
        return ["seratus", *_words(n - 100)]
    if n < 1000:
        return [_UNITS[n // 100], "ratus", *_words(n % 100)]
    if n < 2000:
        return ["seribu", *_words(n - 1000)]
    return [*_words(n // 1000), "ribu", *_words(n % 1000)]


def lesson_hours(jp: int) -> str:
    """`4 (empat) Jam Pelajaran`; empty when the webinar carries none."""
    return f"{jp} ({in_words(jp)}) Jam Pelajaran" if jp else ""


def roman_month(month: int) -> str:
    """1..12 in Roman numerals, as Indonesian registers number letters."""
    return _ROMAN[month - 1]


def parse_utc(text: str) -> datetime:
    """An RFC 3339 time with Z as an aware datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def zone(name: str) -> tuple[timezone, str]:
    """Offset and abbreviation of an Indonesian zone; a zone of another country is shown in UTC."""
    hours, short = _ZONES.get(name, (0, "UTC"))
    return timezone(timedelta(hours=hours)), short


def date(moment: datetime) -> str:
    """`12 November 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def long_date(moment: datetime) -> str:
    """`Kamis, 12 November 2026`."""
    return f"{_DAYS[moment.weekday()]}, {date(moment)}"


def clock(moment: datetime) -> str:
    """`09.30`: Indonesian writes a full stop between hours and minutes."""
    return f"{moment.hour:02d}.{moment.minute:02d}"


def span(start: str, end: str, zone_name: str) -> str:
    """`Kamis, 12 November 2026, 09.00–11.30 WIB`; over midnight both dates are named."""
    offset, short = zone(zone_name)
    first, last = parse_utc(start).astimezone(offset), parse_utc(end).astimezone(offset)
    if first.date() == last.date():
        return f"{long_date(first)}, {clock(first)}–{clock(last)} {short}"
    return f"{long_date(first)}, {clock(first)} – {long_date(last)}, {clock(last)} {short}"


def days(moments: Sequence[datetime]) -> str:
    """The date, or the range of dates, on which something was held."""
    first, last = min(moments), max(moments)
    if first.date() == last.date():
        return date(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{date(last)}"
    return f"{date(first)} – {date(last)}"
