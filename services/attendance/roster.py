"""The roster: who is, or ever was, enrolled with which identifier (domain.identity.Roster), and who
holds a certificate.

Of a million people, so a person is a row: a JSON text of some 200 bytes, a byte of marks, and an entry
of the index per identifier. What the index finds is compared with the row.
"""

from array import array
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

import orjson

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.identity import Holder, Identifiers
from services.attendance.enrolments import Enrolled
from services.attendance.packing import dumps
from services.attendance.token_index import TokenIndex

T = TypeVar("T")
_STANDINGS = (Enrolment.NEVER, Enrolment.ENROLLED, Enrolment.CANCELLED)
_STANDING, _CERTIFIED = 3, 4
"""Bits of a row's marks."""
UNPLACED = 0xFFFF
"""Stands for no partition."""
RECENT = 1_000
"""Looks that are remembered: the same is asked several times for one connection or one decision."""


class Roster:
    """Look-ups over all webinars, in memory."""

    def __init__(self, partitions: int) -> None:
        self._webinars: dict[str, int] = {}
        self._rows: list[bytes] = []
        """[number of the webinar, participant, version, region, tokens it has, tokens it had]"""
        self._marks = bytearray()
        self._index = TokenIndex()
        self._members: list[dict[int, array[int]]] = [{} for _ in range(partitions)]
        self._partitions = array("H")
        """Of each row the partition in which its person is decided."""
        self._recent: dict[str, tuple[list[Holder], list[str]]] = {}
        """Who has, and who ever had, a token."""
        self._recent_rows: dict[str, int] = {}
        self._last: tuple[bytes, list[Any]] = b"", []

    # --- what is read ---

    def put(self, said: Enrolled, partition: int) -> bool:
        """Takes an enrolment in; False when a higher version is known. `partition`: in which what
        concerns the person is decided."""
        number = self._number(said.webinar_id)
        row = self._known(number, said.participant_id)
        if row is None:
            row = self._new(number, said.participant_id)
        self._partitions[row] = partition
        ever: set[str] = set()
        if self._marks[row] & _STANDING:
            _, _, version, _, held, had = orjson.loads(self._rows[row])
            if version > said.version:
                return False
            ever.update(held, had)
        else:
            self._member(partition, number, row)
        self._write(row, number, said, ever)
        return True

    def _member(self, partition: int, number: int, row: int) -> None:
        rows = self._members[partition].get(number)
        if rows is None:
            rows = self._members[partition][number] = array("I")
        rows.append(row)

    def _write(self, row: int, number: int, said: Enrolled, ever: set[str]) -> None:
        """`ever`: the tokens that the index knows of the row."""
        held, had, new = said.held, said.had, {*said.held}
        if ever or had:
            had = tuple(sorted(ever.union(had) - new))
            new.update(had)
            new -= ever
        self._rows[row] = dumps((number, said.participant_id, said.version, said.region, held, had))
        self._marks[row] = self._marks[row] & _CERTIFIED | _STANDINGS.index(said.standing)
        self._index.add([f"{number}|{token}" for token in new], row)
        if self._recent:
            self._recent.clear()

    def certify(self, webinar_id: str, participant_id: str, *, holds: bool) -> None:
        """Whether the person holds a certificate, enrolled or not."""
        number = self._number(webinar_id)
        row = self._known(number, participant_id)
        if row is None:
            row = self._new(number, participant_id)
            self._rows[row] = dumps((number, participant_id, 0, "", (), ()))
        self._marks[row] = self._marks[row] & _STANDING | holds * _CERTIFIED

    def _number(self, webinar_id: str) -> int:
        return self._webinars.setdefault(webinar_id, len(self._webinars))

    def _new(self, number: int, participant_id: str) -> int:
        row = len(self._rows)
        self._rows.append(b"")
        self._marks.append(0)
        self._partitions.append(UNPLACED)
        self._index.add((f"{number}|p{participant_id}",), row)
        return row

    def _known(self, number: int, participant_id: str) -> int | None:
        text = f"{number}|p{participant_id}"
        found = self._recent_rows.get(text)
        if found is None:
            for row in self._index.find(text):
                if self._rows[row].startswith(orjson.dumps((number, participant_id))[:-1]):
                    found = _remember(self._recent_rows, text, row)
        return found

    # --- what is asked ---

    def standing(self, webinar_id: str, participant_id: str) -> Enrolment:
        """How the person stands to the webinar."""
        return _STANDINGS[self._marks_of(webinar_id, participant_id) & _STANDING]

    def stands(self, webinar_id: str, participant_id: str) -> tuple[Enrolment, bool]:
        """How the person stands to the webinar, and whether they hold a certificate of it (rule D9)."""
        marks = self._marks_of(webinar_id, participant_id)
        return _STANDINGS[marks & _STANDING], bool(marks & _CERTIFIED)

    def _marks_of(self, webinar_id: str, participant_id: str) -> int:
        row = self._known(self._webinars.get(webinar_id, -1), participant_id)
        return 0 if row is None else self._marks[row]

    def partition(self, webinar_id: str, participant_id: str) -> int | None:
        """In which partition the person is decided; None for somebody without an enrolment."""
        row = self._known(self._webinars.get(webinar_id, -1), participant_id)
        found = UNPLACED if row is None else self._partitions[row]
        return None if found == UNPLACED else found

    def region(self, webinar_id: str, participant_id: str) -> str:
        """The region of their enrolment; '' for somebody who has none."""
        row = self._known(self._webinars.get(webinar_id, -1), participant_id)
        return "" if row is None else str(orjson.loads(self._rows[row])[3])

    def everybody(self, webinar_id: str, partition: int) -> list[str]:
        """Whoever is or was enrolled, of those who are decided in a partition."""
        rows = self._members[partition].get(self._webinars.get(webinar_id, -1), ())
        return [_participant(self._rows[row]) for row in rows]

    def by_registrant(self, webinar_id: str, number: str, registrant_id: str) -> Collection[Holder]:
        """Whose current link it is."""
        return self._of(webinar_id, f"r{number}|{registrant_id}")[0]

    def by_email(self, webinar_id: str, email: str) -> Collection[Holder]:
        """Whose current e-mail it is (pseudonyms)."""
        return self._of(webinar_id, "e" + email)[0]

    def by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[Holder]:
        """Whose current customer key it is (pseudonyms)."""
        return self._of(webinar_id, "k" + customer_key)[0]

    def ever_by_registrant(
        self, webinar_id: str, number: str, registrant_id: str
    ) -> Collection[str]:
        """Everybody whose enrolment in any version had the link."""
        return self._of(webinar_id, f"r{number}|{registrant_id}")[1]

    def ever_by_email(self, webinar_id: str, email: str) -> Collection[str]:
        """Everybody whose enrolment in any version had the e-mail."""
        return self._of(webinar_id, "e" + email)[1]

    def ever_by_customer_key(self, webinar_id: str, customer_key: str) -> Collection[str]:
        """Everybody whose enrolment in any version had the customer key."""
        return self._of(webinar_id, "k" + customer_key)[1]

    def alone(self, webinar_id: str, number: str, who: Identifiers) -> str | None:
        """The enrolled person whom all of these identifiers name that anybody ever had, where nobody
        else ever had one of them: whom `resolve` and `possible_owners` find, for less. Else None."""
        webinar, row, theirs = self._webinars.get(webinar_id, -1), -1, list[str]()
        for token in who.tokens(number):
            rows = self._index.find(f"{webinar}|{token}", 2)
            if not rows:
                continue
            if len(rows) > 1:
                return None
            row = rows[0]
            theirs.append(token)
        if row < 0 or self._marks[row] & _STANDING != _STANDINGS.index(Enrolment.ENROLLED):
            return None
        of, participant_id, _, _, held, _ = self._read(row)
        if of != webinar or not all(token in held for token in theirs):
            return None  # one of them is, or was, somebody else's
        _remember(self._recent_rows, f"{webinar}|p{participant_id}", row)  # for `partition`
        return str(participant_id)

    def _of(self, webinar_id: str, token: str) -> tuple[list[Holder], list[str]]:
        number = self._webinars.get(webinar_id, -1)
        text = f"{number}|{token}"
        return self._recent.get(text) or _remember(
            self._recent, text, self._look(number, token, self._index.find(text))
        )

    def _read(self, row: int) -> list[Any]:
        """What a row says. The last one is at hand: it is asked for by link, then by e-mail address."""
        raw = self._rows[row]
        if raw is not self._last[0]:
            self._last = raw, orjson.loads(raw)
        return self._last[1]

    def _look(self, number: int, token: str, rows: Iterable[int]) -> tuple[list[Holder], list[str]]:
        holders, ever = [], []
        for row in rows:
            of, participant_id, _, _, held, had = self._read(row)
            if of == number and token in held:
                holders.append((participant_id, _STANDINGS[self._marks[row] & _STANDING]))
                ever.append(participant_id)
                _remember(self._recent_rows, f"{number}|p{participant_id}", row)
            elif of == number and token in had:
                ever.append(participant_id)
        return holders, ever


def _participant(raw: bytes) -> str:
    """Whose row it is: the first text in it."""
    begins = raw.index(b'"') + 1
    text = raw[begins : raw.index(b'"', begins)]
    return str(orjson.loads(raw)[1]) if b"\\" in text else text.decode()


def _remember(recent: dict[str, T], text: str, found: T) -> T:
    if len(recent) >= RECENT:
        recent.clear()
    recent[text] = found
    return found
