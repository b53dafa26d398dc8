"""Operators' words (rules F, F2): what a person said about attendance, with the reason. All are kept.

`made_at` is in epoch milliseconds. Words apply in the order (made_at, ruling_id); the last stands, and
one that is withdrawn is as if it had never been said.
"""

from typing import ClassVar, Literal

from pydantic import Field

from shared.events import Event, Model
from shared.events.attendance import Verdict


class Ruling(Event):
    """What every word has. `made_by` is the caller's subject."""

    type: ClassVar[str] = ""
    ruling_id: str
    webinar_id: str
    made_at: int
    made_by: str
    reason: str


class Share(Model):
    """A part of a connection and whose it is (None: nobody's); epoch seconds, None = from the first
    or up to the last."""

    participant_id: str | None
    start: int | None = None
    end: int | None = None


class ConnectionAssignedV1(Ruling):
    """This connection is these people's, whatever the evidence says (rule F2). One share without
    bounds gives all of it to one person, or to nobody; several split it. What no share covers is
    nobody's. The connection is named by participant_uuid or any of its user_ids (rule W6).
    """

    type: ClassVar[str] = "hadir.attendance.connection-assigned.v1"
    meeting_uuid: str
    participant_uuid: str = ""
    user_id: str = ""
    shares: tuple[Share, ...] = Field(min_length=1)


class TimeCorrectedV1(Ruling):
    """A person's time is added or removed; epoch seconds. Without session_id it holds in all."""

    type: ClassVar[str] = "hadir.attendance.time-corrected.v1"
    participant_id: str
    session_id: str | None = None
    kind: Literal["add", "remove"]
    start: int
    end: int


class VerdictSettledV1(Ruling):
    """A verdict on exactly the evidence that `digest` names; on other evidence it does not act."""

    type: ClassVar[str] = "hadir.attendance.verdict-settled.v1"
    participant_id: str
    digest: str
    verdict: Verdict


class BaseSettledV1(Ruling):
    """A session's host gaps: those that leave its base and those that stay in it (rule I13)."""

    type: ClassVar[str] = "hadir.attendance.base-settled.v1"
    session_id: str
    leaving: tuple[tuple[int, int], ...] = ()
    staying: tuple[tuple[int, int], ...] = ()


class CasesClosedV1(Ruling):
    """The webinar's open review cases hold nobody's decision up any more (rule D6)."""

    type: ClassVar[str] = "hadir.attendance.cases-closed.v1"


class CertificatesReleasedV1(Ruling):
    """The people whose certificates an operator released (rule D8); at most 10,000 a record."""

    type: ClassVar[str] = "hadir.attendance.certificates-released.v1"
    participant_ids: tuple[str, ...] = Field(max_length=10_000)


class PeopleListedV1(Ruling):
    """One version of a proctor's list of people before one screen (rule I11): the highest holds.

    `start` and `end` are the named hours; `zoom_number` and `registrant_id` the room's own link.
    """

    type: ClassVar[str] = "hadir.attendance.people-listed.v1"
    list_id: str
    version: int
    session_id: str
    participant_ids: tuple[str, ...] = Field(max_length=10_000)
    start: int | None = None
    end: int | None = None
    zoom_number: str | None = None
    registrant_id: str | None = None


class RulingWithdrawnV1(Ruling):
    """The word `withdraws` is taken back. A withdrawal itself cannot be: say the word anew."""

    type: ClassVar[str] = "hadir.attendance.ruling-withdrawn.v1"
    withdraws: str
