"""Required items (a post-test, a form) as rows of a CSV file: every row is judged by itself."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.keys import participant_id_of

COLUMNS = ("external_id", "item", "passed_at")
LONGEST = 200
DAY = 86_400


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the text says why, in both languages."""


class Fault(NamedTuple):
    """What is wrong with one cell; a stable code, and a sentence in both languages."""

    row: int
    column: str
    code: str
    message: str


class Passed(NamedTuple):
    """One good row."""

    row: int
    participant_id: str
    item: str
    at: int


Enrolled = Callable[[Sequence[str]], Any]
"""Which of these participants have an enrolment (a container of ids)."""


def rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number as in a spreadsheet, cells by column), the header being row 1.

    Raises:
        UnreadableFile: not UTF-8, broken quoting, or a column is missing.
    """
    head = data.split(b"\n", 1)[0]
    delimiter = ";" if head.count(b";") > head.count(b",") else ","
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    try:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        names = [cell.strip().lower() for cell in next(reader, [])]
        _known(names)
        for number, cells in enumerate(reader, 2):
            if any(cell.strip() for cell in cells):
                yield number, {n: c.strip() for n, c in zip(names, cells, strict=False)}
    except UnicodeDecodeError as wrong:
        raise UnreadableFile("Berkas bukan UTF-8. / The file is not UTF-8.") from wrong
    except csv.Error as wrong:
        raise UnreadableFile("Tanda kutip tidak benar. / Broken quoting.") from wrong


def _known(names: Sequence[str]) -> None:
    missing = ", ".join(c for c in COLUMNS[:2] if c not in names)
    if missing:
        raise UnreadableFile(f"Kolom tidak ada: {missing}. / Missing columns: {missing}.")


def judged(
    chunk: Sequence[tuple[int, dict[str, str]]],
    enrolled: Enrolled,
    required: Sequence[str],
    now: int,
) -> tuple[list[Passed], list[Fault]]:
    """The good rows of a chunk, and what is wrong with the others. `required`: the rule's items."""
    ids = [participant_id_of(cells.get("external_id", "")) for _, cells in chunk]
    known = enrolled(ids)
    good: list[Passed] = []
    faults: list[Fault] = []
    for (row, cells), participant_id in zip(chunk, ids, strict=True):
        found = _fault(row, cells, participant_id in known, required, now)
        if found is not None:
            faults.append(found)
        else:
            at = _second(cells.get("passed_at", "")) or now
            good.append(Passed(row, participant_id, cells["item"], at))
    return good, faults


def _fault(row: int, cells: dict[str, str], is_enrolled: bool, required: Sequence[str],
           now: int) -> Fault | None:  # fmt: skip
    item, passed_at = cells.get("item", ""), cells.get("passed_at", "")
    if not cells.get("external_id"):
        return Fault(row, "external_id", "missing", "Kolom ini kosong. / This cell is empty.")
    if not is_enrolled:
        text = "Orang ini tidak terdaftar di webinar ini. / Not enrolled in this webinar."
        return Fault(row, "external_id", "participant-unknown", text)
    if not item or len(item) > LONGEST:
        return Fault(row, "item", "missing", "Nama syarat kosong atau terlalu panjang. / "
                     "The item's name is empty or too long.")  # fmt: skip
    if item not in required:
        return Fault(row, "item", "item-unknown", _unknown(required))
    at = _second(passed_at)
    if passed_at and at is None:
        text = "Waktu harus RFC 3339 dengan zona. / The time must be RFC 3339 with an offset."
        return Fault(row, "passed_at", "time", text)
    if at is not None and at > now + DAY:
        return Fault(row, "passed_at", "future", "Waktu di masa depan. / In the future.")
    return None


def _unknown(required: Sequence[str]) -> str:
    if not required:
        return ("Aturan webinar ini tidak menuntut syarat apa pun. / "
                "This webinar's rule requires no items.")  # fmt: skip
    known = ", ".join(required)
    return (f"Aturan webinar ini tidak mengenal syarat itu; yang dikenal: {known}. / "
            f"This webinar's rule knows no such item; it knows: {known}.")  # fmt: skip


def _second(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo is not None else None
