"""Batches: what goes in comes out, and a record that was cut is noticed wherever it was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.batch import CONTENT_TYPE, TornBatch, decode, encode, frame

pairs = st.tuples(st.binary(max_size=40), st.binary(max_size=80))
batches = st.lists(pairs, max_size=6)


@given(batches)
def test_what_goes_in_comes_out_in_order(frames: list[tuple[bytes, bytes]]) -> None:
    assert list(decode(encode(frames))) == frames


@given(st.lists(pairs, min_size=1, max_size=4))
def test_a_batch_cut_at_any_byte_is_torn_or_ends_with_a_whole_frame(
    frames: list[tuple[bytes, bytes]],
) -> None:
    whole = encode(frames)
    ends = [len(encode(frames[:n])) for n in range(len(frames) + 1)]
    for cut in range(len(whole)):
        if cut in ends:
            assert list(decode(whole[:cut])) == frames[: ends.index(cut)]
        else:
            assert_torn(whole[:cut], frames)


def assert_torn(value: bytes, frames: list[tuple[bytes, bytes]]) -> None:
    """Only whole frames come out before it is noticed, never a part of one."""
    seen: list[tuple[bytes, bytes]] = []
    with pytest.raises(TornBatch):
        seen.extend(decode(value))
    assert seen == frames[: len(seen)]


@given(batches, st.binary(min_size=1, max_size=7))
def test_bytes_too_few_for_a_frame_after_the_last_are_torn(
    frames: list[tuple[bytes, bytes]], rest: bytes
) -> None:
    with pytest.raises(TornBatch):
        list(decode(encode(frames) + rest))


def test_a_length_beyond_the_end_is_torn() -> None:
    for value in (b"\xff\xff\xff\xff", b"\xff\xff\xff\xffabcdefgh", b"\0\0\0\0\xff\xff\xff\xffabc"):
        with pytest.raises(TornBatch, match="at byte 0"):
            list(decode(value))


def test_an_empty_record_holds_nothing() -> None:
    assert list(decode(b"")) == []


def test_a_frame_is_laid_out_as_promised_to_readers_in_other_languages() -> None:
    assert frame(b"{}", b"abc") == b"\0\0\0\x02{}\0\0\0\x03abc"
    assert CONTENT_TYPE == "application/vnd.hadir.batch.v1"
