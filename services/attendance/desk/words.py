"""Operators' words as lines that can be told apart: what was said, of whom, of which hours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.attendance.desk.texts import TEXTS
from services.attendance.pages.render import Language, sentence
from services.attendance.why.naming import clock, day

Word = Mapping[str, Any]
Times = Sequence[Sequence[int]]


class Known(NamedTuple):
    """What lines are told with: sessions (`sheets.sessions_of`), external ids by participant, times of
    connections by (meeting_uuid, name), and all words by id."""

    language: Language
    sessions: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]
    connections: Mapping[tuple[str, str], Times]
    words: Mapping[str, Word]

    @property
    def zone(self) -> str:
        """Of the webinar's first session."""
        return str(self.sessions[0]["zone"])

    def text(self, key: str, **values: object) -> str:
        """One of the desk's sentences."""
        return sentence(TEXTS, self.language, key, **values)


def people_in(words: Iterable[Word]) -> set[str]:
    """Participant ids that words are about, each by name."""
    shares = [share for word in words for share in word.get("shares", ())]
    found = {one.get("participant_id") for one in (*words, *shares)}
    return {who for who in found if who}


def connections_of(cases: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Times]:
    """Times of each case's connection, by any name that a word may call it (rule W6)."""
    return {
        (case["meeting_uuid"], name): case["times"]
        for case in cases
        for name in (case["connection_id"][len(case["meeting_uuid"]) + 1 :], *case["user_ids"])
    }


def word_rows(words: Iterable[Word], known: Known) -> list[dict[str, Any]]:
    """Words, the newest first."""
    return [_row(word, known) for word in words][::-1]


def _row(word: Word, known: Known) -> dict[str, Any]:
    at = int(word["made_at"]) // 1000
    return {
        "id": word["ruling_id"], "reason": word["reason"], "by": word["made_by"],
        "what": _what(word, known), "gone": word.get("withdrawn_by") is not None,
        "when": f"{day(at, known.zone)} {clock(at, known.zone, seconds=False)}",
        "final": word["type"] == "ruling-withdrawn",
    }  # fmt: skip


def _what(word: Word, known: Known) -> str:
    key = f"word_{word['type']}"
    said = known.text(key if key in TEXTS else "word_other")
    about = ", ".join(part for part in _ABOUT.get(word["type"], _nothing)(word, known) if part)
    return f"{said}: {about}" if about else said


def _nothing(word: Word, known: Known) -> list[str]:
    return []


def _name(who: str | None, known: Known) -> str:
    return known.names.get(who, "–") if who else known.text("about_nobody")


def _hours(start: int | None, end: int | None, known: Known, session_id: str | None = None) -> str:
    """`4-3-2008 09.00.00–09.01.00`; an open end is left out, '' without any."""
    zone = next((s["zone"] for s in known.sessions if s["id"] == session_id), known.zone)
    some = next((at for at in (start, end) if at is not None), None)
    if some is None:
        return ""
    first, last = ("" if at is None else clock(at, zone) for at in (start, end))
    return f"{day(some, zone)} {first}–{last}"


def _assigned(word: Word, known: Known) -> list[str]:
    who = [
        f"{_name(s['participant_id'], known)} {_hours(s['start'], s['end'], known)}".strip()
        for s in word["shares"]
    ]
    names = (word["participant_uuid"], word["user_id"], f"~{word['user_id']}")
    keys = [(word["meeting_uuid"], name) for name in names if name]
    times = next((known.connections[key] for key in keys if known.connections.get(key)), ())
    if not times:
        return [" / ".join(who)]
    start, end = times[0][0], times[-1][1]
    inside = [s["id"] for s in known.sessions if start < s["end"] and s["start"] < end]
    zone_of = inside[0] if inside else None
    return [" / ".join(who), "+".join(inside), _hours(start, end, known, zone_of)]


def _corrected(word: Word, known: Known) -> list[str]:
    session_id = word["session_id"]
    return [_name(word["participant_id"], known), known.text(word["kind"]),
            session_id or known.text("every_session"),
            _hours(word["start"], word["end"], known, session_id)]  # fmt: skip


def _verdict(word: Word, known: Known) -> list[str]:
    return [_name(word["participant_id"], known), known.text(f"verdict_{word['verdict']}")]


def _base(word: Word, known: Known) -> list[str]:
    session_id = word["session_id"]
    return [
        session_id,
        *(
            f"{_hours(start, end, known, session_id)} {known.text(effect)}"
            for name, effect in (("leaving", "gap_leaves"), ("staying", "gap_stays"))
            for start, end in word[name]
        ),
    ]


def _released(word: Word, known: Known) -> list[str]:
    return [known.text("about_people", count=len(word["participant_ids"]))]


def _listed(word: Word, known: Known) -> list[str]:
    session_id = word["session_id"]
    return [word["list_id"], session_id, _hours(word["start"], word["end"], known, session_id),
            *_released(word, known)]  # fmt: skip


def _withdrawn(word: Word, known: Known) -> list[str]:
    other = known.words.get(word["withdraws"])
    return [_what(other, known)] if other else []


_ABOUT: Mapping[str, Callable[[Word, Known], list[str]]] = {
    "connection-assigned": _assigned, "time-corrected": _corrected, "verdict-settled": _verdict,
    "base-settled": _base, "certificates-released": _released, "people-listed": _listed,
    "ruling-withdrawn": _withdrawn,
}  # fmt: skip
