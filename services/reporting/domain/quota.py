"""Rules C1–C4: what is known of a person, and in which counters the person therefore stands.

Each thing known has a version and the highest holds (`max` of tuples), so a person is a join of
facts: any order and any number of copies give the same. Counters move by the difference between
what a person counted before and counts now, so nobody can be counted twice.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
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

    def plus(self, other: "Counts") -> "Counts":
        """The sum."""
        a, b = self, other
        return Counts(a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


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
    enrolment, decision, certificate = part
    if isinstance(fact, Enrolment):
        return Part(max(enrolment, fact), decision, certificate)
    if isinstance(fact, Decision):
        return Part(enrolment, max(decision, fact), certificate)
    return Part(enrolment, decision, max(certificate, fact))


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
    return _ONE[decision.attended][decision.eligible][certified]


# Made once: a million people would make millions of equal ones.
_ONE = [[[Counts(1, a, e, c) for c in (0, 1)] for e in (0, 1)] for a in (0, 1)]


class Standing:
    """Every counter in which a person stands, with 0 or 1 for each of the four. Compared by
    identity: people with one webinar who stand alike share one."""

    __slots__ = ("counters",)

    def __init__(self, counters: Iterable[tuple[Counter, Counts]]) -> None:
        self.counters = dict(counters)


Crowds = dict[Standing, int]
"""How many people more (or fewer) stand so: people are added up before their counters are."""


def standing(person: Person) -> Standing:
    """In which counters the person stands."""
    if len(person) == 1:
        ((webinar_id, part),) = person.items()
        return _alone(webinar_id, *part.enrolment[2:], counted(part))
    stands: list[tuple[Counter, Counts]] = []
    years: dict[int, list[_InYear]] = {}
    for webinar_id, part in person.items():
        (version, _, year, *_), own = part.enrolment, counted(part)
        if own.registered:
            stands.append((Webinar(webinar_id), own))
        if year:
            years.setdefault(year, []).append((version, webinar_id, part.enrolment, own))
    for year, parts in years.items():
        stands += _in_year(year, parts)
    return Standing(stands)


@lru_cache(maxsize=65_536)
def _alone(webinar_id: str, year: int, region_code: str, category: str, own: Counts) -> Standing:
    if not own.registered:
        return Standing(())
    cells = [(cell, own) for cell in _cells(year, region_code, category)]
    return Standing([(Webinar(webinar_id), own), *cells])


_InYear = tuple[int, str, Enrolment, Counts]


def _in_year(year: int, parts: list[_InYear]) -> Iterable[tuple[Cell, Counts]]:
    _, _, newest, _ = max(parts)  # rule C2: the highest version, then enrolment id
    counts = Counts(*map(max, zip(*(own for *_, own in parts), strict=True)))
    if not counts.registered:
        return ()
    return [(cell, counts) for cell in _cells(year, newest.region_code, newest.category)]


@lru_cache(maxsize=65_536)
def _cells(year: int, region_code: str, category: str) -> tuple[Cell, ...]:
    """Rule C3: a regency counts in its own cell and in its province's."""
    own, province = Cell(year, region_code, category), province_of(region_code)
    return (own,) if province == region_code else (Cell(year, province, category), own)


def move(crowds: Crowds, before: Person, after: Person) -> None:
    """Move a person from one crowd to another."""
    old, new = standing(before), standing(after)
    if old is not new:
        crowds[new] = crowds.get(new, 0) + 1
        crowds[old] = crowds.get(old, 0) - 1


def summed(crowds: Crowds) -> dict[Counter, Counts]:
    """By how much the crowds move each counter; those that do not move are left out."""
    totals: dict[Counter, list[int]] = {}
    for stands, people in crowds.items():
        for counter, counts in stands.counters.items():
            total = totals.setdefault(counter, [0, 0, 0, 0])
            for i, count in enumerate(counts):
                total[i] += people * count
    return {counter: Counts(*counts) for counter, counts in totals.items() if any(counts)}


def tally(people: Iterable[Person]) -> dict[Counter, Counts]:
    """All counters, counted anew from everybody (rule C4)."""
    crowds: Crowds = {}
    for person in people:
        stands = standing(person)
        crowds[stands] = crowds.get(stands, 0) + 1
    return summed(crowds)
