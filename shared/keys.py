"""Keys and partitions: one hash for every client, so that joined topics stay co-partitioned."""

import struct
import zlib
from functools import lru_cache
from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6f2d1c8e-6a51-5e0c-9f0e-0a3d1b7c4e55")
"""Namespace of every derived id of this product; changing it changes every id."""

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Kafka's default partitioner hash (32 bits), as the Java client computes it."""
    length = len(data)
    h = (0x9747B28C ^ length) & _MASK
    words = length >> 2
    for k in struct.unpack_from(f"<{words}I", data):
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ (((k ^ (k >> 24)) * _M) & _MASK)
    tail = data[words << 2 :]
    if tail:
        h = ((h ^ int.from_bytes(tail, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition on which a key lives: murmur2(key) mod partitions, sign bit cut."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def home_of(key: bytes, partitions: int) -> int:
    """The webhooks partition where a connection or a meeting is at home: its CRC-32, mod partitions.

    Records there are batches without a key of their own, placed by us alone, so this need not be
    what Kafka's clients compute, and can be several times cheaper.
    """
    return zlib.crc32(key) % partitions


def person_key(webinar_id: str, participant_id: str) -> str:
    """Key of everything about one person in one webinar."""
    return f"{webinar_id}|{participant_id}"


def split_person_key(key: str) -> tuple[str, str]:
    """(webinar_id, participant_id) of a `person_key`."""
    webinar_id, _, participant_id = key.partition("|")
    return webinar_id, participant_id


def derived_id(*parts: str) -> str:
    """A UUIDv5 over the parts; the same parts give the same id for ever."""
    return _uuid5(NAMESPACE.bytes, "\x1f".join(parts))


@lru_cache(maxsize=1_024)
def _bytes_of(uuid: str) -> bytes:
    return UUID(uuid).bytes


def _uuid5(namespace: bytes, name: str) -> str:
    """`str(uuid.uuid5(namespace, name))` in a third of the time: every id of a person is one."""
    raw = bytearray(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x50, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def participant_id_of(external_id: str) -> str:
    """A person's id from the caller's own opaque id: the same person in every webinar."""
    return derived_id("participant", external_id)


@lru_cache(maxsize=8_192)  # each step of issuing asks again, a chunk of people at a time
def certificate_id_of(webinar_id: str, participant_id: str) -> str:
    """The one certificate id that (webinar, participant) can ever have."""
    return _uuid5(_bytes_of(webinar_id), participant_id)
