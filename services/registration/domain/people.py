"""Rows of an import, checked cell by cell and put together to people.

A person with several Zoom links has several rows. What the first of them says counts; a row that
differs is reported. A column that the file does not have says nothing; an empty cell of a column
that it has empties the value. Links are only ever replaced, never taken away by an import.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.registration.domain.nip import nip_doubt, nip_problem
from services.registration.domain.problems import Rejection
from services.registration.domain.table import Cells, Outline, digits, rows
from shared.events.registration import Category, Link
from shared.regions import regions

MODES = frozenset({"online", "onsite", "either"})
CATEGORIES = frozenset(Category)
LONGEST = {"external_id": 128, "name": 200, "email": 254, "nip": 32, "agency": 200}
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_REGISTRANT = re.compile(r"[!-{}~]{1,128}")  # printable ASCII without blank and |
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class Person(NamedTuple):
    """What a caller says of one person; None = nothing is said about it."""

    external_id: str
    name: str
    category: str
    region_code: str
    email: str | None = None
    nip: str | None = None
    agency: str | None = None
    mode: str | None = None
    links: tuple[Link, ...] | None = None


class Checked(NamedTuple):
    """The outcome of one row or one person: `person` None = rejected."""

    person: Person | None
    rejected: tuple[Rejection, ...] = ()
    warnings: tuple[Rejection, ...] = ()


class Webinar(NamedTuple):
    """What the checks must know: the webinar's Zoom numbers, and the year of today."""

    zoom_numbers: frozenset[str]
    this_year: int

    @property
    def only_number(self) -> str:
        """The number that an empty cell means; '' when there is no such one."""
        return next(iter(self.zoom_numbers)) if len(self.zoom_numbers) == 1 else ""


def people(data: bytes, found: Outline, webinar: Webinar) -> Iterator[Checked]:
    """Every person of the file, once their last row is read, with all their rows' problems."""
    reading = rows(data)
    next(reading)
    unfinished: dict[str, list[tuple[int, Checked]]] = {}
    for number, cells in reading:
        who = found.cell(cells, "external_id")
        checked = check_row(number, cells, found, webinar)
        if found.last_row[who] > number:
            unfinished.setdefault(who, []).append((number, checked))
        elif who in unfinished:
            yield _together([*unfinished.pop(who), (number, checked)])
        else:
            yield checked


def check_row(number: int, cells: Cells, found: Outline, webinar: Webinar) -> Checked:
    """One row as a person with at most one link."""
    said = found.said(cells)
    wrong = [Rejection(number, column, code) for column, code in cell_problems(said, webinar)]
    if any(cell.strip() for cell in cells[found.width :]):
        wrong.append(Rejection(number, "", "cells"))
    if number in found.claimed_twice:
        wrong.append(Rejection(number, "registrant_id", "link_claimed"))
    if wrong:
        return Checked(None, tuple(wrong))
    person = as_person(said, webinar)
    doubt = nip_doubt(person.nip) if person.nip and person.category == Category.ASN else None
    return Checked(person, (), (Rejection(number, "nip", doubt),) if doubt else ())


def cell_problems(said: dict[str, str], webinar: Webinar) -> Iterator[tuple[str, str]]:
    """(column, code) of everything that is wrong with a row's cells."""
    for column in ("external_id", "name", "category", "region_code"):
        if not said.get(column):
            yield column, "missing"
    printable = "".join(said.values()).isprintable()  # the quick answer for nearly all rows
    for column, longest in LONGEST.items():
        text = said.get(column, "")
        if len(text) > longest:
            yield column, "too_long"
        elif not printable and _CONTROL.search(text):
            yield column, "characters"
    yield from _value_problems(said, webinar)
    yield from _link_problems(said, webinar)


def _value_problems(said: dict[str, str], webinar: Webinar) -> Iterator[tuple[str, str]]:
    category = said.get("category", "").lower()
    if category and category not in CATEGORIES:
        yield "category", "category"
    if said.get("region_code") and said["region_code"] not in regions():
        yield "region_code", "region_code"
    if said.get("mode") and said["mode"].lower() not in MODES:
        yield "mode", "mode"
    if said.get("email") and not _EMAIL.fullmatch(said["email"]):
        yield "email", "email"
    nip = digits(said.get("nip", ""))
    if nip and category == Category.ASN and (code := nip_problem(nip, webinar.this_year)):
        yield "nip", code


def _link_problems(said: dict[str, str], webinar: Webinar) -> Iterator[tuple[str, str]]:
    number, registrant = digits(said.get("zoom_number", "")), said.get("registrant_id", "")
    if number and not (number.isascii() and number.isdigit()):
        yield "zoom_number", "zoom_number"
    elif number and number not in webinar.zoom_numbers:
        yield "zoom_number", "zoom_number_unknown"
    elif registrant and not number and not webinar.only_number:
        yield "zoom_number", "zoom_number_missing" if webinar.zoom_numbers else "zoom_number_none"
    if registrant and not _REGISTRANT.fullmatch(registrant):
        yield "registrant_id", "characters"


def as_person(said: dict[str, str], webinar: Webinar) -> Person:
    """A row without problems as a person."""
    nip = said.get("nip")
    mode = said.get("mode")
    return Person(
        external_id=said["external_id"],
        name=said["name"],
        category=said["category"].lower(),
        region_code=said["region_code"],
        email=said.get("email"),
        nip=None if nip is None else digits(nip),
        agency=said.get("agency"),
        mode=mode.lower() if mode else None,
        links=_links(said, webinar),
    )


def _links(said: dict[str, str], webinar: Webinar) -> tuple[Link, ...] | None:
    registrant = said.get("registrant_id")
    if not registrant:
        return None
    number = digits(said.get("zoom_number", "")) or webinar.only_number
    return (Link(zoom_number=number, registrant_id=registrant),)


def _together(parts: list[tuple[int, Checked]]) -> Checked:
    """One person of several rows: the first good row speaks, the others may only add links."""
    first: Person | None = None
    rejected: list[Rejection] = []
    for number, part in parts:
        rejected += part.rejected
        if part.person is None:
            continue
        if first is None:
            first = part.person
            continue
        differing = _differences(first, part.person)
        rejected += [Rejection(number, column, "conflict") for column in differing]
        if not differing:
            first = first._replace(links=_union(first.links, part.person.links))
    warnings = tuple(w for _, part in parts for w in part.warnings)
    return Checked(first, tuple(rejected), warnings[:1])


def _differences(one: Person, other: Person) -> list[str]:
    return [
        column
        for column, a, b in zip(Person._fields, one, other, strict=True)
        if column != "links" and a != b
    ]


def _union(one: tuple[Link, ...] | None, more: tuple[Link, ...] | None) -> tuple[Link, ...] | None:
    if one is None or more is None:
        return one or more
    return (*one, *(link for link in more if link not in one))
