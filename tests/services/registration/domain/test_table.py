"""A CSV as people save it: separators, byte order marks, quotes, wrong encodings."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.problems import UnreadableFile
from services.registration.domain.table import outline, rows

HEAD = "external_id,name,category,region_code"


def test_bom_and_semicolons_of_excel_are_read():
    data = "\ufeffexternal_id;name;category;region_code\np1;Siti, S.H.;asn;15\n".encode()
    found = outline(data)
    assert found.rows == 1
    (_, cells) = list(rows(data))[1]
    assert [found.cell(cells, c) for c in ("external_id", "name")] == ["p1", "Siti, S.H."]


def test_windows_1252_is_refused_with_a_hint_before_anything_is_written():
    data = f"{HEAD}\np1,Andr\u00e9,asn,15\n".encode("cp1252")
    with pytest.raises(UnreadableFile, match="CSV UTF-8") as refused:
        outline(data)
    assert refused.value.code == "not-utf8"


def test_a_wrong_byte_in_the_last_row_refuses_the_whole_file():
    data = (HEAD + "\n" + "p,Nama,asn,15\n" * 5000).encode() + b"q,\xe9,asn,15\n"
    with pytest.raises(UnreadableFile):
        outline(data)


def test_missing_columns_are_named():
    with pytest.raises(UnreadableFile, match="category, region_code"):
        outline(b"external_id,name\np1,x\n")


def test_a_column_named_twice_is_refused():
    with pytest.raises(UnreadableFile, match="name"):
        outline(f"{HEAD},name\n".encode())


def test_an_empty_file_lacks_its_columns():
    with pytest.raises(UnreadableFile):
        outline(b"")


def test_an_open_quote_is_reported_with_its_row():
    with pytest.raises(UnreadableFile, match="Baris 3"):
        outline(f'{HEAD}\np1,x,asn,15\np2,"x,asn,15\n'.encode())


def test_unknown_columns_are_ignored_and_told():
    assert outline(f"{HEAD},keterangan\n".encode()).ignored == ("keterangan",)


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    data = f'{HEAD}\n\np1,"two\nlines",asn,15\np2,x,asn,15\n'.encode()
    assert [number for number, _ in rows(data)] == [1, 3, 4]


def test_the_apostrophe_that_keeps_excel_from_counting_is_cut():
    found = outline(f"{HEAD}\n".encode())
    assert found.cell(["'00123"], "external_id") == "00123"


def test_one_link_for_two_people_is_found():
    data = f"{HEAD},zoom_number,registrant_id\na,A,asn,15,9,r\nb,B,asn,15,,r\na,A,asn,15,9 ,r\n"
    assert outline(data.encode(), only_number="9").claimed_twice == {3}


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=20))
def test_whatever_a_csv_writer_writes_is_read_back(people):
    people = [(a, b) for a, b in people if (a + b).strip() and "\x00" not in a + b]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD.split(","))
    writer.writerows([(a, b, "asn", "15") for a, b in people])
    try:
        data = out.getvalue().encode()
    except UnicodeEncodeError:
        return
    assert [tuple(cells[:2]) for _, cells in list(rows(data))[1:]] == people
    assert outline(data).rows == len(people)
