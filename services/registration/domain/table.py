"""A CSV file as rows of cells, read twice so that memory does not grow with its width.

The first reading finds what only the whole file tells: where each person's last row is, and which
rows give a Zoom link that an earlier row gave to somebody else. Nothing is written before it is
through, so a file that cannot be read to its end changes nothing.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.registration.domain.problems import UnreadableFile

COLUMNS = (
    "external_id", "name", "email", "nip", "category", "region_code", "agency",
    "zoom_number", "registrant_id", "mode",
)  # fmt: skip
REQUIRED = ("external_id", "name", "category", "region_code")
NOT_UTF8 = (
    'Berkas bukan UTF-8 (mungkin Windows-1252): simpan sebagai "CSV UTF-8". / '
    'The file is not UTF-8 (perhaps Windows-1252): save it as "CSV UTF-8".'
)

Cells = list[str]


def rows(data: bytes) -> Iterator[tuple[int, Cells]]:
    """(row number as in a spreadsheet, cells) of every row that is not blank, header included.

    Raises:
        UnreadableFile: not UTF-8, or broken quoting.
    """
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(text, delimiter=_delimiter(data), strict=True), 1
        ):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except UnicodeDecodeError as wrong:
        raise UnreadableFile("not-utf8", NOT_UTF8) from wrong
    except csv.Error as wrong:
        place = f"Baris {number + 1}: tanda kutip tidak benar. / Row {number + 1}: broken quoting."
        raise UnreadableFile("csv", place) from wrong


def _delimiter(data: bytes) -> str:
    header = data.split(b"\n", 1)[0]
    return ";" if header.count(b";") > header.count(b",") else ","


@dataclass(slots=True)
class Outline:
    """What the first reading finds. `places` maps a column to its index."""

    places: dict[str, int]
    width: int
    ignored: tuple[str, ...]
    rows: int = 0
    last_row: dict[str, int] = field(default_factory=dict)
    claimed_twice: set[int] = field(default_factory=set)

    def cell(self, cells: Cells, column: str) -> str:
        """The trimmed cell; '' where the row or the file has none. Excel's leading ' is cut."""
        place = self.places.get(column)
        return "" if place is None or place >= len(cells) else trimmed(cells[place])

    def said(self, cells: Cells) -> dict[str, str]:
        """All trimmed cells by column, of the columns that the file has."""
        padded = cells if len(cells) >= self.width else cells + [""] * (self.width - len(cells))
        return {column: trimmed(padded[place]) for column, place in self.places.items()}


def trimmed(cell: str) -> str:
    """Without blanks around it, and without the ' that keeps Excel from counting."""
    return cell.strip().removeprefix("'")


def outline(data: bytes, only_number: str = "") -> Outline:
    """Read the file once. `only_number` is the Zoom number that an empty cell means.

    Raises:
        UnreadableFile: not UTF-8, broken quoting, or columns that are missing or named twice.
    """
    reading = rows(data)
    found = _header(next(reading, (1, []))[1])
    owners: dict[tuple[str, str], str] = {}
    for number, cells in reading:
        found.rows += 1
        who = found.cell(cells, "external_id")
        found.last_row[who] = number
        zoom_number = digits(found.cell(cells, "zoom_number")) or only_number
        link = (zoom_number, found.cell(cells, "registrant_id"))
        if link[1] and owners.setdefault(link, who) != who:
            found.claimed_twice.add(number)
    return found


def digits(text: str) -> str:
    """A number as people write it (`932 0123 5621`, `932-0123-5621`) without the separators."""
    return text.replace(" ", "").replace("-", "")


def _header(cells: Cells) -> Outline:
    names = [cell.strip().lower() for cell in cells]
    known = [name for name in names if name in COLUMNS]
    missing = [name for name in REQUIRED if name not in known]
    if missing:
        wanted = ", ".join(missing)
        raise UnreadableFile("columns", f"Kolom tidak ada: {wanted}. / Missing columns: {wanted}.")
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        doubled = ", ".join(twice)
        raise UnreadableFile(
            "columns", f"Kolom ganda: {doubled}. / Columns named twice: {doubled}."
        )
    ignored = tuple(name for name in names if name and name not in COLUMNS)
    return Outline({name: names.index(name) for name in known}, len(names), ignored)
