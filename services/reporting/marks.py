"""Every changing figure of the dashboard by name, ready to be shown: the page is rendered from
these, and the live stream sends the ones that changed. One source, so the two cannot differ."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from services.reporting.board import Board
from services.reporting.domain.quota import Counts
from services.reporting.domain.summary import (
    Pace,
    Progress,
    aimed,
    by_category,
    by_province,
    pace,
    quotas_of,
)
from services.reporting.texts import Language, text
from shared.regions import provinces

Marks = dict[str, str | int]
ZONE = ZoneInfo("Asia/Jakarta")
"""The programme's days are cut in Western Indonesian Time."""
STEPS = Counts._fields


class Shown(NamedTuple):
    """Which page: `category` None is all of them."""

    year: int
    language: Language
    category: str | None


def number(language: Language, value: int | None) -> str:
    """1.250.000 or 1,250,000; a dash when there is none."""
    return "–" if value is None else format_decimal(value, locale=language)


def percent(language: Language, share: float | None, digits: int = 1) -> str:
    """45,7% or 45.7%; cut, never rounded up to a goal that is not reached."""
    if share is None:
        return "–"
    cut = int(share * 100 * 10**digits + 1e-9) / (100 * 10**digits)
    pattern = "#,##0%" if digits == 0 else "#,##0.0%"
    return format_percent(cut, pattern, locale=language)


def clock(language: Language, moment: str | None) -> str:
    """22 November 2026 08.30 WIB."""
    if moment is None:
        return text(language, "never")
    at = datetime.fromisoformat(moment).astimezone(ZONE)
    pattern = "d MMMM y HH.mm 'WIB'" if language == "id" else "d MMMM y HH:mm 'WIB'"
    return text(language, "as_of", time=format_datetime(at, pattern, locale=language))


def width(share: float | None) -> int:
    """Of a bar, in thousandths of its length."""
    return max(0, min(1000, int(1000 * (share or 0))))


def marks(board: Board, shown: Shown, today: date, *, recounting: bool) -> Marks:
    """All figures of a page."""
    year, language, category = shown
    rows = [r for r in board.rows(year) if category in (None, r.cell.category)]
    targets = {
        name: target
        for name, target in board.programmes.targets(year).items()
        if category in (None, name)
    }
    by_code = by_province(rows, (region.code for region in provinces()))
    categories = by_category(rows, targets)
    quotas = quotas_of(by_code.values())
    nation = aimed(categories.values()) or quotas
    return {
        "as_of": clock(language, board.as_of(year)),
        "recounting": int(recounting),
        "quota.total": number(language, quotas.quota),
        "quota.share": percent(language, quotas.share),
        **_funnel(language, quotas.counts),
        **_progress(language, nation),
        **_pace(language, pace(nation, year, today)),
        **_categories(language, categories),
        **_provinces(language, by_code),
    }


def _funnel(language: Language, counts: Counts) -> Marks:
    found: Marks = {}
    for step, value in zip(STEPS, counts, strict=True):
        share = value / counts.registered if counts.registered else None
        found[f"n.{step}"] = number(language, value)
        found[f"s.{step}"] = percent(language, share)
        found[f"w.{step}"] = width(share)
    return found


def _progress(language: Language, nation: Progress) -> Marks:
    people = nation.counted if nation.quota else nation.counts.certified
    counted, share = number(language, people), percent(language, nation.share)
    target, announced = (
        text(language, "no_target"),
        text(language, "announce_plain", certified=counted),
    )
    if nation.quota:
        target = text(language, "of_target", target=number(language, nation.quota))
        announced = text(language, "announce", certified=counted, share=share)
    return {
        "progress.counted": counted,
        "progress.share": share,
        "progress.width": width(nation.share),
        "progress.target": target,
        "announce": announced,
    }


def _pace(language: Language, needed: Pace | None) -> Marks:
    if needed is None:
        return {}
    return {
        "pace.needed": number(language, needed.needed),
        "pace.so_far": number(language, needed.so_far),
        "pace.remaining": number(language, needed.remaining),
        "pace.days": number(language, needed.days),
    }


def _categories(language: Language, categories: Mapping[str, Progress]) -> Marks:
    found: Marks = {}
    for name, each in categories.items():
        found[f"c.{name}.certified"] = number(language, each.counts.certified)
        found[f"c.{name}.target"] = number(language, each.quota)
        found[f"c.{name}.share"] = percent(language, each.share)
        found[f"c.{name}.width"] = width(each.share)
    return found


def _provinces(language: Language, by_code: Mapping[str, Progress]) -> Marks:
    found: Marks = {}
    for region in provinces():
        each, at = by_code[region.code], f"p.{region.code}"
        certified, quota = number(language, each.counts.certified), number(language, each.quota)
        for step, value in zip(STEPS, each.counts, strict=True):
            found[f"{at}.{step}"] = number(language, value)
        found[f"{at}.quota"] = quota
        found[f"{at}.share"] = percent(language, each.share)
        found[f"{at}.level"] = each.level
        found[f"{at}.short"] = (
            percent(language, each.share, 0)
            if each.quota
            else format_compact_decimal(each.counts.certified, locale=language)
        )
        key = "tile" if each.quota else "tile_no_quota"
        found[f"{at}.title"] = text(
            language, key, name=region.name, certified=number(language, each.counted)
            if each.quota else certified, quota=quota,
        )  # fmt: skip
    return found
