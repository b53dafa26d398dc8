"""The people of a scenario, each from (population seed, index) alone: nothing is kept in memory.

Names come from a list of plants and colours and end in "Contoh": they are nobody's. NIPs have the
form of contract numbers of 1990, which there were none of; addresses end in `.example`.
"""

import csv
import random
from base64 import urlsafe_b64encode
from bisect import bisect
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from io import StringIO
from itertools import accumulate
from typing import NamedTuple

from deploy.simulator.scenario import Scenario
from shared.regions import example_quotas, regions

CATEGORIES = ("asn", "tni", "polri", "prosecutor", "legislator", "public")
_WEIGHTS = (0.78, 0.04, 0.04, 0.02, 0.02, 0.10)
_COLUMNS = [
    "external_id",
    "name",
    "email",
    "nip",
    "category",
    "region_code",
    "agency",
    "zoom_number",
    "registrant_id",
    "mode",
]
_FIRST = [
    "Melati",
    "Kenanga",
    "Cempaka",
    "Anggrek",
    "Teratai",
    "Flamboyan",
    "Kamboja",
    "Seruni",
    "Dahlia",
    "Mawar",
    "Cendana",
    "Meranti",
    "Jati",
    "Beringin",
    "Trembesi",
    "Gaharu",
    "Bidara",
    "Ketapang",
    "Mahoni",
    "Sawo",
    "Rambutan",
    "Manggis",
    "Duku",
    "Salak",
]
_SECOND = [
    "Jingga",
    "Lembayung",
    "Nila",
    "Biru",
    "Hijau",
    "Kuning",
    "Putih",
    "Ungu",
    "Merah",
    "Perak",
    "Emas",
    "Kelabu",
    "Cokelat",
    "Gading",
    "Toska",
    "Zamrud",
]
_NON_ASCII = ("Sékar", "Añgrek", "Cempåka", "O’Mawar", "Łintang", "Kamboja–Ü", "茉莉")
_AGENCIES = (
    "Dinas Contoh Kesehatan",
    "Dinas Contoh Pendidikan",
    "Badan Contoh Kepegawaian",
    "Kantor Contoh Wilayah",
)


class Person(NamedTuple):
    """One row (or several, one per link) of participants.csv."""

    order: int
    external_id: str
    name: str
    email: str
    nip: str
    category: str
    region_code: str
    agency: str
    mode: str
    links: tuple[tuple[str, str], ...]
    """(zoom_number, registrant_id) pairs."""


def digest(*parts: object, size: int = 16) -> bytes:
    """Bytes that depend on the parts alone."""
    text = "\x1f".join(map(str, parts))
    return blake2b(text.encode(), digest_size=size).digest()


def numbers(scenario: Scenario) -> tuple[str, ...]:
    """The Zoom number of each session: one per kind."""
    return tuple(
        str(90_000_000_000 + int.from_bytes(digest("number", scenario.seed, kind, size=4), "big"))
        for kind in scenario.kinds
    )


def host_id(scenario: Scenario) -> str:
    """Zoom's id of the account that hosts."""
    return "h" + urlsafe_b64encode(digest("host", scenario.seed, size=12)).decode()


def staff_emails(scenario: Scenario) -> tuple[str, ...]:
    """The webinar's staff (rule W6), who are nobody's participants."""
    return tuple(f"panitia{n}.s{scenario.seed}@panitia.example" for n in (1, 2))


@cache
def _regencies() -> tuple[list[str], list[float]]:
    """Regency codes and running weights: the province's quota shared out by population."""
    found = [r for r in regions().values() if r.level == "regency"]
    people: dict[str, int] = {}
    for region in found:
        people[region.province_code] = people.get(region.province_code, 0) + region.population
    weights = [
        example_quotas()[r.province_code] * r.population / people[r.province_code] for r in found
    ]
    return [r.code for r in found], list(accumulate(weights))


def _region(rng: random.Random) -> str:
    codes, running = _regencies()
    return codes[bisect(running, rng.random() * running[-1], hi=len(codes) - 1)]


def _name(rng: random.Random, index: int, non_ascii: float) -> str:
    first = rng.choice(_NON_ASCII if rng.random() < non_ascii else _FIRST)
    return f"{first} {rng.choice(_SECOND)} Contoh {index}"


def _nip(rng: random.Random, index: int) -> str:
    """18 digits that a check of NIPs accepts and nobody has: contract code 99, decades too early."""
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    return f"1970{month:02d}{day:02d}199099{1 + index % 2}{1 + index % 999:03d}"


def _mode(rng: random.Random, hall_share: float) -> str:
    draw = rng.random()
    if draw < hall_share:
        return "onsite"
    return "either" if draw < hall_share + 0.1 else "online"


def population_of(scenario: Scenario) -> int:
    """The seed of the people."""
    return scenario.seed if scenario.population is None else scenario.population


def _links(scenario: Scenario, index: int, twice: bool) -> tuple[tuple[str, str], ...]:
    found = []
    for number in dict.fromkeys(numbers(scenario)):
        for copy in range(2 if twice else 1):
            raw = digest("registrant", scenario.seed, number, index, copy)
            found.append((number, "_" + urlsafe_b64encode(raw).decode().rstrip("=")[:21]))
    return tuple(found)


def person(scenario: Scenario, index: int) -> Person:
    """The person with this index; the same in every webinar of a population, but for the links."""
    seed = population_of(scenario)
    rng = random.Random(seed * 0x9E3779B97F4A7C15 + index)
    rates = scenario.rates
    category = CATEGORIES[bisect(list(accumulate(_WEIGHTS)), rng.random(), hi=5)]
    return Person(
        order=index,
        external_id=f"P{seed}-{index:07d}",
        region_code=_region(rng),
        name=_name(rng, index, rates.non_ascii),
        email=f"peserta{index}.p{seed}@contoh.example",
        nip=_nip(rng, index) if category in {"asn", "prosecutor"} else "",
        category=category,
        agency=rng.choice(_AGENCIES) if category == "asn" else "",
        mode=_mode(rng, scenario.hall_share),
        links=_links(scenario, index, rng.random() < rates.two_links),
    )


def index_of(external_id: str) -> int:
    """The index of a person from the external id that the system gives back."""
    return int(external_id.rpartition("-")[2])


def csv_rows(scenario: Scenario, first: int = 0, last: int | None = None) -> Iterator[list[str]]:
    """participants.csv without its header: a row for each link of each person."""
    for index in range(first, scenario.participants if last is None else last):
        one = person(scenario, index)
        for number, registrant in one.links:
            yield [
                one.external_id,
                one.name,
                one.email,
                one.nip,
                one.category,
                one.region_code,
                one.agency,
                number,
                registrant,
                one.mode,
            ]


def csv_text(scenario: Scenario, first: int = 0, last: int | None = None) -> str:
    """participants.csv (contract: Import) for the people from `first` up to `last`."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(csv_rows(scenario, first, last))
    return out.getvalue()
