"""Keys: one hash for every client, ids that are derived."""

from uuid import UUID

import pytest
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from shared import keys

SIGN = 0x7FFFFFFF
texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="|\x1f")
)  # what the parts are joined with
# What the Java client computes (org.apache.kafka.common.utils.UtilsTest).
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("data", JAVA)
def test_the_hash_is_the_java_client_s(data: bytes) -> None:
    assert keys.murmur2(data) == JAVA[data] & 0xFFFFFFFF


@given(st.binary(max_size=200))
def test_the_hash_is_kafka_python_s_and_aiokafka_s(data: bytes) -> None:
    hashed = keys.murmur2(data)
    assert hashed & SIGN == murmur2_of_kafka_python(data) & SIGN
    assert hashed & SIGN == murmur2_of_aiokafka(data) & SIGN


@pytest.mark.parametrize(
    ("data", "partition"), [(b"21", 0), (b"foobar", 6), (b"abc", 3), (b"", 9)]
)  # fmt: skip
def test_the_partition_of_a_known_key_never_moves(data: bytes, partition: int) -> None:
    assert keys.partition_of(data, 12) == partition


@given(st.binary(max_size=60), st.integers(1, 96))
def test_every_key_has_a_partition_and_always_the_same(data: bytes, partitions: int) -> None:
    found = keys.partition_of(data, partitions)
    assert 0 <= found < partitions
    assert found == (keys.murmur2(data) & SIGN) % partitions


@given(texts, texts)
def test_a_person_key_is_taken_apart_again(webinar: str, participant: str) -> None:
    assert keys.split_person_key(keys.person_key(webinar, participant)) == (webinar, participant)


def test_derived_ids_are_the_same_for_ever() -> None:
    assert keys.derived_id("a", "b") == "cdb3e24e-d5f4-5474-98c1-dda204c0d7d9"
    assert keys.participant_id_of("example-0001") == "d9f4e3a7-0263-5ac2-ab12-e45c03975123"


@given(st.lists(texts, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=3))
def test_other_parts_give_another_id(one: list[str], other: list[str]) -> None:
    assert (keys.derived_id(*one) == keys.derived_id(*other)) == (one == other)


def test_a_person_has_one_certificate_in_a_webinar_and_another_in_the_next() -> None:
    first, second = keys.derived_id("w", "1"), keys.derived_id("w", "2")
    person = keys.participant_id_of("x")
    assert keys.certificate_id_of(first, person) == keys.certificate_id_of(first, person)
    assert keys.certificate_id_of(first, person) != keys.certificate_id_of(second, person)
    assert UUID(keys.certificate_id_of(first, person)).version == 5
