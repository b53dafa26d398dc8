"""The index of identifiers finds what plain sets would find, and is the same in every process."""

import pytest

from services.attendance import token_index
from services.attendance.token_index import FILL, LONG, TokenIndex


@pytest.mark.parametrize("many", [1, FILL, FILL * 2 + 1, FILL * 300])
def test_the_index_finds_every_row_of_a_text_in_order(many: int) -> None:
    index = TokenIndex()
    for row in range(many):
        index.add((f"own {row}", f"of three {row // 3}"), row)
    for row in range(many):
        assert list(index.find(f"own {row}")) == [row]
        three = range(row // 3 * 3, min(row // 3 * 3 + 3, many))
        assert list(index.find(f"of three {row // 3}")) == list(three)
    assert not index.find("never said")
    assert many < FILL or len(index._buckets) == -(-2 * many // FILL)


MANY = 3 * LONG // 8


def shared_by_many() -> TokenIndex:
    """Every third row has a text that is all of theirs."""
    index = TokenIndex()
    for row in range(MANY * 3):
        index.add((f"own {row}", *["shared"] * (row % 3 == 0)), row)
    return index


def test_a_text_that_very_many_rows_have_is_found_in_all_and_hides_nobody() -> None:
    index = shared_by_many()
    assert list(index.find("shared")) == list(range(0, MANY * 3, 3))
    assert all(list(index.find(f"own {row}")) == [row] for row in range(MANY * 3))


@pytest.mark.parametrize("most", [1, 2, 3, MANY - 1, MANY, MANY + 1])
def test_the_first_rows_alone_may_be_asked_for(most: int) -> None:
    index = shared_by_many()
    assert list(index.find("shared", most)) == list(range(0, MANY * 3, 3))[:most]
    assert list(index.find("own 7", most)) == [7]
    assert not index.find("never said", most)


def test_what_was_kept_stays_as_it_was_while_a_long_bucket_grows() -> None:
    index = shared_by_many()
    kept = index.buckets()
    index.add(["shared"], MANY * 3)
    again = TokenIndex(kept)
    assert {type(bucket) for bucket in kept} == {bytes}
    assert len(again.find("shared")) == MANY
    again.add(["shared"], MANY * 3)
    assert again.buckets() == index.buckets() != kept


@pytest.mark.parametrize("many", [0, 1, FILL, FILL + 1, FILL * 2 + 1, FILL * 4, FILL * 37])
def test_the_index_goes_on_from_its_buckets_as_if_it_had_never_stopped(many: int) -> None:
    index = TokenIndex()
    for row in range(many):
        index.add((f"own {row}",), row)
    again = TokenIndex(index.buckets())
    for row in range(many, 3 * many + 9):
        index.add((f"own {row}",), row)
        again.add((f"own {row}",), row)
    assert again.buckets() == index.buckets()


def test_the_index_is_the_same_in_every_process() -> None:
    index = TokenIndex()
    index.add(["123456789"], 7)
    assert index.buckets() == [bytes.fromhex("2639f4cb 07000000")]  # the check value of CRC-32


def test_bytes_that_look_like_a_hash_across_two_entries_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_index, "crc32", {b"one": 1, b"zero": 0}.__getitem__)
    index = TokenIndex()
    index.add(["one"], 0)
    assert not index.find("zero")


def test_the_highest_row_is_kept_whole() -> None:
    index = TokenIndex()
    index.add(["last"], (1 << 32) - 1)
    assert list(index.find("last")) == [(1 << 32) - 1]
