"""Rules C1–C4: what is known of a person, and in which counters the person therefore stands.

Each thing known has a version and the highest holds (`max` of tuples), so a person is a join of
facts: any order and any number of copies give the same. Counters move by the difference between
what a person counted before and counts now, so nobody can be counted twice.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.regions import province_of


class Enrolment(NamedTuple):
    """The highest version holds; the default says that nothing is known (year 0)."""

    version: int = 0
    cancelled: bool = False
    year: int = 0
    region_code: str = ""
    category: str = ""


class Decision(NamedTuple):
    """The highest version holds. `eligible`: provisional too, `needs_review` not (rule C1)."""

    version: int = 0
    attended: bool = False
    eligible: bool = False


class Certificate(NamedTuple):
    """The highest revision holds. `void`: revoked or superseded away."""

    revision: int = 0
    void: bool = False


class Part(NamedTuple):
    """All that is known of a person in one webinar."""

    enrolment: Enrolment = Enrolment()
    decision: Decision = Decision()
    certificate: Certificate = Certificate()


Fact = Enrolment | Decision | Certificate
Person = Mapping[str, Part]
"""A person's parts by webinar id."""


class Counts(NamedTuple):
    """The four counters: of a cell in people, of one person 0 or 1 each."""

    registered: int = 0
    attended: int = 0
    eligible: int = 0
    certified: int = 0

    def plus(self, other: "Counts", sign: int = 1) -> "Counts":
        """The sum, or with sign -1 the difference."""
        return Counts(*(a + sign * b for a, b in zip(self, other, strict=True)))


class Cell(NamedTuple):
    """A quota cell; the region is a province (`15`) or a regency (`15.72`)."""

    year: int
    region_code: str
    category: str


class Webinar(NamedTuple):
    """The counter of one webinar's people."""

    webinar_id: str


Counter = Cell | Webinar
NOTHING = Counts()


def learnt(part: Part, fact: Fact) -> Part:
    """The part with one more fact: of each kind the highest version holds."""
    if isinstance(fact, Enrolment):
        return part._replace(enrolment=max(part.enrolment, fact))
    if isinstance(fact, Decision):
        return part._replace(decision=max(part.decision, fact))
    return part._replace(certificate=max(part.certificate, fact))


def forgotten(part: Part, kind: type[Fact]) -> Part:
    """The part without what one topic said, after a tombstone: a rebuild will not see it either."""
    if kind is Enrolment:
        return part._replace(enrolment=Enrolment())
    if kind is Decision:
        return part._replace(decision=Decision())
    return part._replace(certificate=Certificate())


def counted(part: Part) -> Counts:
    """What one part counts; a cancelled enrolment counts nothing, also not as certified."""
    enrolment, decision, certificate = part
    if not enrolment.year or enrolment.cancelled:
        return NOTHING
    certified = certificate.revision > 0 and not certificate.void
    return Counts(1, int(decision.attended), int(decision.eligible), int(certified))


def standing(person: Person) -> dict[Counter, Counts]:
    """Every counter in which the person stands, with 0 or 1 for each of the four."""
    stands: dict[Counter, Counts] = {}
    for webinar_id, part in person.items():
        own = counted(part)
        if own.registered:
            stands[Webinar(webinar_id)] = own
    for year in {part.enrolment.year for part in person.values()} - {0}:
        for cell, counts in _in_year(person, year):
            stands[cell] = counts
    return stands


def _in_year(person: Person, year: int) -> Iterable[tuple[Cell, Counts]]:
    parts = [(p.enrolment, w, p) for w, p in person.items() if p.enrolment.year == year]
    counts = Counts(*map(max, zip(*(counted(part) for *_, part in parts), strict=True)))
    if not counts.registered:
        return []
    newest, *_ = max(parts, key=lambda p: (p[0].version, p[1]))  # rule C2
    return [(Cell(year, code, newest.category), counts) for code in levels(newest.region_code)]


def levels(region_code: str) -> tuple[str, ...]:
    """Rule C3: a regency counts in its own cell and in its province's."""
    province = province_of(region_code)
    return (province,) if province == region_code else (province, region_code)


def moved(before: Person, after: Person) -> dict[Counter, Counts]:
    """By how much each counter moves when a person changes."""
    old, new = standing(before), standing(after)
    moves = {c: new.get(c, NOTHING).plus(old.get(c, NOTHING), -1) for c in old.keys() | new.keys()}
    return {counter: by for counter, by in moves.items() if any(by)}


def tally(people: Iterable[Person]) -> dict[Counter, Counts]:
    """All counters, counted anew from everybody (rule C4)."""
    totals: dict[Counter, Counts] = {}
    for person in people:
        for counter, counts in standing(person).items():
            totals[counter] = totals.get(counter, NOTHING).plus(counts)
    return totals
