"""Rows to people: every cell is checked, several rows of one person become several links."""

import pytest

from services.registration.domain.people import Webinar, people
from services.registration.domain.table import COLUMNS, outline
from shared.events.registration import Link

ONE = Webinar(frozenset({"93201235621"}), 2026)
TWO = Webinar(frozenset({"111111111", "222222222"}), 2026)
NONE = Webinar(frozenset(), 2026)
GOOD = {"external_id": "p1", "name": "Nama", "category": "asn", "region_code": "15.71"}


def read(*given, webinar=ONE, columns=COLUMNS):
    lines = [",".join(columns), *(",".join(row.get(c, "") for c in columns) for row in given)]
    data = "\n".join(lines).encode()
    return list(people(data, outline(data, webinar.only_number), webinar))


def problems(*given, webinar=ONE):
    return [(p.row, p.column, p.code) for c in read(*given, webinar=webinar) for p in c.rejected]


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("external_id", "", "missing"),
        ("name", "", "missing"),
        ("name", "x" * 201, "too_long"),
        ("name", "a\tb", "characters"),
        ("category", "pns", "category"),
        ("region_code", "97", "region_code"),
        ("region_code", "15.7", "region_code"),
        ("mode", "daring", "mode"),
        ("email", "siti@", "email"),
        ("email", "siti example.id", "email"),
        ("nip", "123", "nip_digits"),
        ("zoom_number", "abc", "zoom_number"),
        ("zoom_number", "999", "zoom_number_unknown"),
        ("registrant_id", "a|b", "characters"),
    ],
)
def test_a_wrong_cell_is_reported_with_row_column_and_code(cell, value, code):
    assert problems(GOOD | {"external_id": "p0"}, GOOD | {cell: value}) == [(3, cell, code)]


def test_every_problem_of_a_row_is_reported_at_once():
    found = problems({"external_id": "p1", "name": "x", "category": "y", "region_code": "z"})
    assert [column for _, column, _ in found] == ["category", "region_code"]


def test_spaces_in_nip_and_zoom_number_are_cut_and_case_of_words_does_not_matter():
    row = GOOD | {
        "nip": "19900101 201501 1 001", "zoom_number": "932 0123-5621", "registrant_id": "r",
        "category": "ASN", "mode": "Online",
    }  # fmt: skip
    (checked,) = read(row)
    person = checked.person
    assert (person.nip, person.category, person.mode) == ("199001012015011001", "asn", "online")
    assert person.links == (Link(zoom_number="93201235621", registrant_id="r"),)


@pytest.mark.parametrize("category", ["tni", "polri", "public", "prosecutor", "legislator"])
def test_only_civil_servants_have_numbers_of_that_form(category):
    assert problems(GOOD | {"category": category, "nip": "31990012345"}) == []


def test_a_strange_but_possible_nip_is_kept_with_a_warning():
    (checked,) = read(GOOD | {"nip": "199001012015151001"})
    assert checked.person is not None
    assert [w.code for w in checked.warnings] == ["nip_kind"]


def test_rows_of_one_person_far_apart_become_one_person_with_all_links():
    first = GOOD | {"zoom_number": "111111111", "registrant_id": "a"}
    other = GOOD | {"external_id": "p2"}
    last = GOOD | {"zoom_number": "222222222", "registrant_id": "b"}
    found = read(first, other, last, webinar=TWO)
    assert [c.person.external_id for c in found] == ["p2", "p1"]
    assert [link.registrant_id for link in found[1].person.links] == ["a", "b"]


def test_a_row_that_contradicts_the_first_is_rejected_and_gives_no_link():
    found = read(GOOD | {"registrant_id": "a"}, GOOD | {"region_code": "15", "registrant_id": "b"})
    assert [(p.row, p.column, p.code) for p in found[0].rejected] == [
        (3, "region_code", "conflict")
    ]
    assert [link.registrant_id for link in found[0].person.links] == ["a"]


def test_a_good_row_counts_although_another_row_of_the_person_is_wrong():
    (checked,) = read(
        GOOD | {"region_code": "x", "registrant_id": "a"}, GOOD | {"registrant_id": "b"}
    )
    assert [link.registrant_id for link in checked.person.links] == ["b"]
    assert [p.row for p in checked.rejected] == [2]


def test_a_link_that_an_earlier_row_gave_to_somebody_else_is_rejected():
    found = problems(
        GOOD | {"registrant_id": "a"}, GOOD | {"external_id": "p2", "registrant_id": "a"}
    )
    assert found == [(3, "registrant_id", "link_claimed")]


def test_a_link_without_number_needs_a_webinar_with_exactly_one():
    row = GOOD | {"registrant_id": "a"}
    assert problems(row) == []
    assert problems(row, webinar=TWO) == [(2, "zoom_number", "zoom_number_missing")]
    assert problems(row, webinar=NONE) == [(2, "zoom_number", "zoom_number_none")]


def test_too_many_cells_are_noticed():
    data = b"external_id,name,category,region_code\np1,A,asn,15,surplus\n"
    (checked,) = people(data, outline(data), ONE)
    assert [p.code for p in checked.rejected] == ["cells"]


def test_columns_that_are_not_there_say_nothing_and_empty_ones_say_empty():
    (absent,) = read(GOOD, columns=tuple(GOOD))
    (empty,) = read(GOOD)
    assert (absent.person.email, absent.person.nip) == (None, None)
    assert (empty.person.email, empty.person.nip) == ("", "")


def test_problems_never_repeat_what_stands_in_the_cell():
    (checked,) = read(GOOD | {"email": "rahasia", "nip": "12345"})
    said = str([p.as_dict() for p in checked.rejected])
    assert "rahasia" not in said
    assert "12345" not in said
