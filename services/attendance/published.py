"""What this partition's decisions topic already says: the baseline of every new version (rule D5).

A decision is published only if it differs from the last one that the LOG holds, whoever wrote it.
Offsets tell: if our own writes are not contiguous, somebody else (a zombie) wrote in between, and
what they wrote is read back first.
"""

from collections.abc import Mapping
from hashlib import blake2b
from sys import intern
from typing import Any, NamedTuple

import orjson
import structlog

from services.attendance.domain.codes import Verdict
from services.attendance.packed_map import PackedMap
from services.attendance.packing import dumps, tuples
from shared.log_reader import LogReader
from shared.publish import Written

log = structlog.get_logger()
History = tuple[tuple[int, str, str, bool, int, str], ...]
KEEP_VERSIONS = 20
SAYS = 12
"""Bytes of what a decision says."""


ELIGIBLE, FINAL, GOES_OUT = 1, 2, 4
"""Bits of what is asked of many decisions at once."""


class Published(NamedTuple):
    """The last decision of one key: its version, what it says (rule D5), and what came before."""

    version: int
    says: bytes
    last: tuple[int, str, str, bool, int, str]
    history: History
    goes_out: bool = False


def mark_of(present: int, base: int, required: int, verdict: str, provisional: bool,
            codes: list[str], rule_version: int, digest: str) -> bytes:  # fmt: skip
    """The fields whose change makes a new version (rule D5), as 12 comparable bytes; `codes` in order."""
    fields = (present, base, required, verdict, provisional, codes, rule_version, digest)
    return blake2b(orjson.dumps(fields), digest_size=SAYS).digest()


def remembered(decision: dict[str, Any]) -> Published:
    """What to keep of a decision that stands on the topic."""
    last = (decision["version"], intern(decision["decided_at"]), intern(decision["verdict"]),
            decision["provisional"], decision["present_seconds"], intern(decision.get("cause", "")))  # fmt: skip
    history = tuple(
        (
            h["version"],
            h["decided_at"],
            h["verdict"],
            h["provisional"],
            h["present_seconds"],
            h["cause"],
        )
        for h in decision["history"]
    )
    says = mark_of(
        decision["present_seconds"], decision["base_seconds"], decision["required_seconds"],
        decision["verdict"], decision["provisional"], sorted({r["code"] for r in decision["reasons"]}),
        decision["rule_version"], decision["digest"],
    )  # fmt: skip
    out = bool(decision.get("goes_out", False))
    return Published(decision["version"], says, last, history, out)


def _packed(said: Published) -> bytes:
    _, _, verdict, provisional, *_ = said.last
    marks = (
        ELIGIBLE * (verdict == Verdict.ELIGIBLE)
        | FINAL * (not provisional)
        | GOES_OUT * said.goes_out
    )
    return said.says + bytes((marks,)) + dumps((said.version, said.last, said.history))


def _unpacked(_: str, raw: bytes) -> Published:
    version, last, history = orjson.loads(raw[SAYS + 1 :])
    return Published(version, raw[:SAYS], tuple(last), tuples(history), bool(raw[SAYS] & GOES_OUT))


class PublishedDecisions:
    """The baseline of one decisions partition."""

    def __init__(self, reader: LogReader, topic: str, partition: int) -> None:
        self._reader, self._place = reader, (topic, partition)
        self.by_key = PackedMap(_packed, _unpacked)
        self._end = 0

    def keep(self) -> tuple[int, dict[str, bytes]]:
        """Up to where the log was read, and a copy of what it said."""
        return self._end, self.by_key.packed()

    def restore(self, end: int, packed: dict[str, bytes]) -> None:
        """What `keep` gave."""
        self._end, self.by_key = end, PackedMap(_packed, _unpacked, packed)

    def marks(self, key: str) -> int:
        """Of the last decision; 0 where there is none."""
        raw = self.by_key.raw(key)
        return 0 if raw is None else raw[SAYS]

    async def catch_up(self) -> set[str]:
        """Read what the log holds beyond what is known; the keys that others wrote."""
        end = (await self._reader.ends([self._place]))[self._place]
        if end < self._end:  # another log: what was known is of none
            gone = set(self.by_key)
            self.restore(0, {})
            return gone | await self._read(end)
        return await self._read(end) if end > self._end else set()

    async def _read(self, end: int) -> set[str]:
        foreign: set[str] = set()
        async for records in self._reader.read(*self._place, self._end, end):
            for record in records:
                key = (record.key or b"").decode("utf-8", "replace")
                try:
                    self._keep(key, record.value)
                except (KeyError, TypeError, ValueError):
                    # no decision: its readers dead-letter it, and the next decision outdates it
                    log.warning("unreadable", topic=self._place[0], offset=record.offset)
                    continue
                foreign.add(key)
        self._end = max(self._end, end)
        return foreign

    def _keep(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.by_key.pop(key, None)
        else:
            self.by_key[key] = remembered(orjson.loads(value))

    async def wrote(self, decisions: Mapping[str, Published], written: list[Written]) -> set[str]:
        """Take our own acknowledged writes in; the keys that somebody else wrote in between."""
        offsets = sorted(w.offset for w in written)
        if offsets and offsets == list(range(self._end, self._end + len(offsets))):
            for key, said in decisions.items():
                self.by_key.put(key, _packed(said))
            self.by_key.close()
            self._end = offsets[-1] + 1
            return set()
        return await self._read(offsets[-1] + 1) if offsets else set()
