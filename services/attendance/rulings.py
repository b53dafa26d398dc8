"""What operators said, as a set of words (rule F2): pure, so any order and repetition gives the same.

Words are kept by id. Of two that carry one id (a command said twice at the same time) the first by
(made_at, content) counts. A withdrawal may come before what it withdraws.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from services.attendance.domain.assignments import Assignment, Share
from services.attendance.domain.codes import Verdict
from services.attendance.domain.facts import BaseSettled, Correction, SettledVerdict
from shared.events.rulings import (
    BaseSettledV1,
    CasesClosedV1,
    CertificatesReleasedV1,
    ConnectionAssignedV1,
    PeopleListedV1,
    Ruling,
    RulingWithdrawnV1,
    TimeCorrectedV1,
    VerdictSettledV1,
)

R = TypeVar("R", bound=Ruling)
ListKey = tuple[str, str]
"""(session_id, list_id)"""


class Rulings:
    """All words of all webinars, in memory."""

    def __init__(self) -> None:
        self._said: dict[str, Ruling] = {}
        self._replaced: dict[str, list[Ruling]] = defaultdict(list)
        self._withdrawn: dict[str, set[str]] = defaultdict(set)
        self._of_webinar: dict[tuple[str, type[Ruling]], set[str]] = defaultdict(set)
        self._of_person: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._of_connection: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._spoken_of: set[tuple[str, str]] = set()
        self._of_room: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._lists: dict[str, dict[ListKey, PeopleListedV1]] = {}
        self._released: dict[str, frozenset[str]] = {}

    def put(self, said: Ruling) -> tuple[Ruling, ...]:
        """Take a word in; the words whose meaning is new or different now."""
        known = self._said.get(said.ruling_id)
        if known is not None and _first(known) <= _first(said):
            return ()
        self._said[said.ruling_id] = said
        self._index(said)
        if known is not None:
            self._replaced[said.ruling_id].append(known)
        if known is None and isinstance(said, RulingWithdrawnV1):
            return (said, *self._taken_back(said))
        return (said,) if known is None else (said, known, *self._taken_back(known))

    def _taken_back(self, said: Ruling) -> Iterator[Ruling]:
        if isinstance(said, RulingWithdrawnV1) and said.withdraws in self._said:
            yield self._said[said.withdraws]

    def touched_by(self, said: Ruling) -> list[Ruling]:
        """The words whose meaning may have changed when a word that is known now was taken in."""
        words = [said, self._said[said.ruling_id], *self._replaced.get(said.ruling_id, ())]
        return words + [taken for word in words for taken in self._taken_back(word)]

    def _index(self, said: Ruling) -> None:
        webinar_id, ruling_id = said.webinar_id, said.ruling_id
        self._of_webinar[webinar_id, type(said)].add(ruling_id)
        self._released.pop(webinar_id, None)
        self._lists.pop(webinar_id, None)
        if isinstance(said, TimeCorrectedV1 | VerdictSettledV1):
            self._of_person[webinar_id, said.participant_id].add(ruling_id)
        elif isinstance(said, PeopleListedV1):
            for person in said.participant_ids:
                self._of_person[webinar_id, person].add(ruling_id)
            room = (webinar_id, said.zoom_number or "", said.registrant_id or "")
            self._of_room[room].add(ruling_id)
        elif isinstance(said, ConnectionAssignedV1):
            for name in _names(said):
                self._of_connection[webinar_id, said.meeting_uuid, name].add(ruling_id)
                self._spoken_of.add((webinar_id, said.meeting_uuid))
        elif isinstance(said, RulingWithdrawnV1):
            self._withdrawn[said.withdraws].add(ruling_id)

    def is_withdrawn(self, said: Ruling) -> bool:
        """Whether a word was taken back, by a word on the same webinar."""
        words = (self._said[by] for by in self._withdrawn.get(said.ruling_id, ()))
        return any(
            isinstance(by, RulingWithdrawnV1)
            and by.withdraws == said.ruling_id
            and by.webinar_id == said.webinar_id
            for by in words
        )

    def _words(self, ids: Collection[str], kind: type[R], webinar_id: str) -> Iterator[R]:
        """Those of an index that still are what it says, withdrawn ones too."""
        for ruling_id in ids:
            said = self._said[ruling_id]
            if isinstance(said, kind) and said.webinar_id == webinar_id:
                yield said

    def _standing(self, ids: Collection[str], kind: type[R], webinar_id: str) -> list[R]:
        if not ids:
            return []
        found = self._words(ids, kind, webinar_id)
        return sorted((s for s in found if not self.is_withdrawn(s)), key=_order)

    # --- as the domain takes them ---

    def speak_of(self, webinar_id: str, meeting_uuid: str) -> bool:
        """Whether any word was ever said on a connection of that meeting."""
        return (webinar_id, meeting_uuid) in self._spoken_of

    def assignments(self, webinar_id: str, meeting_uuid: str, participant_uuid: str,
                    user_ids: Iterable[str]) -> tuple[Assignment, ...]:  # fmt: skip
        """All that were ever made of a connection (rule W6), withdrawn ones too: their people must
        be told."""
        names = [*([participant_uuid] if participant_uuid else ()), *(f"~{u}" for u in user_ids)]
        found = (self._of_connection.get((webinar_id, meeting_uuid, name), ()) for name in names)
        ids = {ruling_id for some in found for ruling_id in some}
        words = self._words(ids, ConnectionAssignedV1, webinar_id)
        return tuple(
            _assignment(w, withdrawn=self.is_withdrawn(w)) for w in sorted(words, key=_order)
        )

    def speak_of_person(self, webinar_id: str, participant_id: str) -> bool:
        """Whether any word was ever said on somebody themselves."""
        return (webinar_id, participant_id) in self._of_person

    def corrections(self, webinar_id: str, participant_id: str) -> tuple[Correction, ...]:
        """The standing corrections of one person's time."""
        ids = self._of_person.get((webinar_id, participant_id), ())
        return tuple(
            Correction(w.ruling_id, w.made_at, w.session_id, w.kind, w.start, w.end)
            for w in self._standing(ids, TimeCorrectedV1, webinar_id)
            if w.participant_id == participant_id
        )

    def verdicts(self, webinar_id: str, participant_id: str) -> tuple[SettledVerdict, ...]:
        """The standing verdicts that were settled on one person."""
        ids = self._of_person.get((webinar_id, participant_id), ())
        return tuple(
            SettledVerdict(w.ruling_id, w.made_at, w.digest, Verdict(w.verdict.value))
            for w in self._standing(ids, VerdictSettledV1, webinar_id)
            if w.participant_id == participant_id
        )

    def bases(self, webinar_id: str) -> tuple[BaseSettled, ...]:
        """The standing settlements of sessions' bases."""
        ids = self._of_webinar.get((webinar_id, BaseSettledV1), ())
        return tuple(
            BaseSettled(w.ruling_id, w.made_at, w.session_id, w.leaving, w.staying)
            for w in self._standing(ids, BaseSettledV1, webinar_id)
        )

    def cases_closed(self, webinar_id: str) -> bool:
        """Whether the organiser closed the webinar's cases (rule D6)."""
        ids = self._of_webinar.get((webinar_id, CasesClosedV1), ())
        return bool(self._standing(ids, CasesClosedV1, webinar_id))

    def released(self, webinar_id: str, participant_id: str) -> bool:
        """Whether a standing release names the person (rule D8)."""
        people = self._released.get(webinar_id)
        if people is None:
            ids = self._of_webinar.get((webinar_id, CertificatesReleasedV1), ())
            words = self._standing(ids, CertificatesReleasedV1, webinar_id)
            people = frozenset(p for word in words for p in word.participant_ids)
            self._released[webinar_id] = people
        return participant_id in people

    # --- proctors' lists (rule I11) ---

    def lists_of(self, webinar_id: str, participant_id: str) -> list[PeopleListedV1]:
        """The lists whose highest standing version names the person."""
        ids = self._of_person.get((webinar_id, participant_id), ())
        keys = {_list_key(w) for w in self._words(ids, PeopleListedV1, webinar_id)}
        held = self._held(webinar_id) if keys else {}
        found = [held[key] for key in sorted(keys) if key in held]
        return [one for one in found if participant_id in one.participant_ids]

    def lists(self, webinar_id: str) -> list[PeopleListedV1]:
        """The highest standing version of every list."""
        return list(self._held(webinar_id).values())

    def _held(self, webinar_id: str) -> dict[ListKey, PeopleListedV1]:
        held = self._lists.get(webinar_id)
        if held is None:
            ids = self._of_webinar.get((webinar_id, PeopleListedV1), ())
            words = self._standing(ids, PeopleListedV1, webinar_id)
            held = {_list_key(w): w for w in sorted(words, key=lambda w: (w.version, *_order(w)))}
            self._lists[webinar_id] = held
        return held

    def about(self, said: Ruling) -> Collection[str]:
        """The people whom a word names, and of a list those of all its versions."""
        if isinstance(said, TimeCorrectedV1 | VerdictSettledV1):
            return (said.participant_id,)
        if isinstance(said, CertificatesReleasedV1):
            return said.participant_ids
        return self._ever_listed(said) if isinstance(said, PeopleListedV1) else ()

    def _ever_listed(self, listed: PeopleListedV1) -> frozenset[str]:
        """Everybody whom any version of this list ever named."""
        ids = self._of_webinar.get((listed.webinar_id, PeopleListedV1), ())
        words = self._words(ids, PeopleListedV1, listed.webinar_id)
        mine = (w for w in words if _list_key(w) == _list_key(listed))
        return frozenset(p for w in mine for p in w.participant_ids)

    def rooms(
        self, webinar_id: str, number: str, registrant_ids: Collection[str]
    ) -> dict[str, frozenset[str]]:
        """Of these registrant ids those that are a list's room, each with everybody whom a list of
        any version named before it."""
        found: dict[str, frozenset[str]] = {}
        for room in registrant_ids:
            ids = self._of_room.get((webinar_id, number, room), ())
            words = [w for w in self._words(ids, PeopleListedV1, webinar_id)
                     if (w.zoom_number, w.registrant_id) == (number, room)]  # fmt: skip
            if words:
                found[room] = frozenset(p for word in words for p in word.participant_ids)
        return found


def _order(said: Ruling) -> tuple[int, str]:
    return said.made_at, said.ruling_id


def _first(said: Ruling) -> tuple[int, bytes]:
    """Of two words with one id the smaller counts."""
    return said.made_at, said.type.encode() + said.to_bytes()


def _names(said: ConnectionAssignedV1) -> Iterator[str]:
    if said.participant_uuid:
        yield said.participant_uuid
    if said.user_id:
        yield f"~{said.user_id}"


def _list_key(listed: PeopleListedV1) -> ListKey:
    return listed.session_id, listed.list_id


def _assignment(said: ConnectionAssignedV1, *, withdrawn: bool) -> Assignment:
    shares = tuple(Share(s.participant_id, s.start, s.end) for s in said.shares)
    return Assignment(said.ruling_id, said.made_at, said.meeting_uuid, said.user_id,
                      said.participant_uuid, shares, withdrawn)  # fmt: skip
