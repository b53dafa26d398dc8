"""Our rules as somebody would call them from another framework: pure functions of the domain.

`told`: a webhook → whose it is. `fold`: one more fact into a person's state. `decided`: the decision
on a person, once all of their connections have ended; None while one is open or nothing changed.
Less than our own step does: identifiers of several events of one connection are not joined, nothing
is taken back, no review cases, no versions' history, no lifecycle events, no operators' words.
"""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from kafka import KafkaConsumer, TopicPartition

from services.attendance.domain.codes import Enrolment
from services.attendance.domain.connections import seen
from services.attendance.domain.eligibility import Decision, Standing, decide
from services.attendance.domain.evidence import Evidence
from services.attendance.domain.facts import Connection, Session, Webinar
from services.attendance.domain.identity import Holder, resolve
from services.attendance.domain.plan import plan
from services.attendance.domain.presence import measure
from services.attendance.domain.reasons import sentences
from services.attendance.domain.webhook import Participant, parse
from shared import crypto
from shared.batch import decode

KAFKA, PREFIX = os.environ.get("BENCH_KAFKA", ""), os.environ.get("BENCH_PREFIX", "")
PARTITIONS = int(os.environ.get("BENCH_PARTITIONS", "12"))
KEY = b"k" * 32
State = dict[str, Any]


class Told(NamedTuple):
    """A fact with its person; no personal data is left in it."""

    person: str
    connection: str
    uuid: str
    number: str
    fact: tuple[str, str, int]
    ip_tag: str


class Roster:
    """The enrolments, in dicts."""

    def __init__(self) -> None:
        self.links: dict[tuple[str, str, str], list[Holder]] = {}
        self.emails: dict[tuple[str, str], list[Holder]] = {}

    def put(self, enrolled: dict[str, Any]) -> None:
        """One enrolment."""
        webinar, who = enrolled["webinar_id"], (enrolled["participant_id"], Enrolment.ENROLLED)
        for link in enrolled["links"]:
            place = webinar, link["zoom_number"], link["registrant_id"]
            self.links.setdefault(place, []).append(who)
        self.emails.setdefault((webinar, enrolled["email_hmac"]), []).append(who)

    def by_registrant(self, webinar_id: str, number: str, registrant_id: str) -> list[Holder]:
        """Whose link it is."""
        return self.links.get((webinar_id, number, registrant_id), [])

    def by_email(self, webinar_id: str, email: str) -> list[Holder]:
        """Whose e-mail it is."""
        return self.emails.get((webinar_id, email), [])

    def by_customer_key(self, webinar_id: str, customer_key: str) -> list[Holder]:
        """No enrolment here has one."""
        return []

    ever_by_registrant = ever_by_email = ever_by_customer_key = None


class Rules:
    """One webinar's plan and roster."""

    def __init__(self, said: dict[str, Any], enrolments: Iterator[dict[str, Any]]) -> None:
        self.webinar = _webinar(said)
        self.plan = plan(self.webinar, [])
        passed = frozenset({self.plan.grace, *self.plan.retry_windows})
        self.standing = Standing(Enrolment.ENROLLED, passed)
        self.roster = Roster()
        for enrolled in enrolments:
            self.roster.put(enrolled)

    def told(self, value: bytes) -> Iterator[Told]:
        """Every webhook of a record that is somebody's."""
        for _, body in decode(value):
            event = parse(orjson.loads(body))
            if isinstance(event, Participant):
                one = seen(event, self._tag)
                found = resolve(one.identifiers, self.roster, self.webinar.id, one.number)
                if found.owner is not None:
                    name = f"{one.meeting_uuid}|{one.participant_uuid}"
                    yield Told(f"{self.webinar.id}|{found.owner}", name, one.meeting_uuid,
                               one.number, one.fact, one.ip_tag)  # fmt: skip

    def _tag(self, value: str) -> str:
        return crypto.identity_hmac(KEY, value)

    def fold(self, state: State | None, told: Told) -> State:
        """A person's state with one more fact; a fact that is known changes nothing."""
        state = state or {"connections": {}, "version": 0, "says": []}
        _, name, uuid, number, fact, tag = told
        known = state["connections"].setdefault(name, [uuid, number, [], [tag]])
        if list(fact) not in known[2]:
            known[2].append(list(fact))
        return state

    def decided(self, person: str, state: State) -> dict[str, Any] | None:
        """The decision to publish; the state takes its version in."""
        connections = state["connections"].items()
        if any(len(facts) % 2 for _, (_, _, facts, _) in connections):
            return None
        evidence = Evidence(tuple(
            Connection(name, uuid, number, tuple(map(tuple, facts)), tuple(tags))
            for name, (uuid, number, facts, tags) in connections
        ))  # fmt: skip
        decision = decide(self.plan, measure(self.plan, evidence), self.standing)
        if decision is None or state["says"] == (says := _says(decision)):
            return None
        state["version"], state["says"] = state["version"] + 1, says
        return _event(person, state["version"], decision)


def _says(decision: Decision) -> list[Any]:
    """What makes a new version when it changes (rule D5)."""
    codes = sorted({reason.code for reason in decision.reasons})
    return [*decision[:5], codes, decision.rule_version, decision.digest]


def _event(person: str, version: int, decision: Decision) -> dict[str, Any]:
    webinar_id, participant_id = person.split("|")
    return {
        "webinar_id": webinar_id, "participant_id": participant_id, "version": version,
        "verdict": decision.verdict, "provisional": decision.provisional,
        "present_seconds": decision.present_seconds, "base_seconds": decision.base_seconds,
        "required_seconds": decision.required_seconds,
        "sessions": [session._asdict() for session in decision.sessions],
        "reasons": [{"code": r.code, "figures": r.figures, "text": sentences(r.code, r.figures)}
                    for r in decision.reasons],
        "rule_version": decision.rule_version, "digest": decision.digest,
    }  # fmt: skip


def _webinar(said: dict[str, Any]) -> Webinar:
    from datetime import datetime

    def second(text: str) -> int:
        return int(datetime.fromisoformat(text).timestamp())

    sessions = tuple(
        Session(s["id"], second(s["start"]), second(s["end"]), number=s["zoom"]["number"])
        for s in said["sessions"]
    )
    return Webinar(said["webinar_id"], said["version"], sessions, rule_version=said["rule_version"])


def preloaded() -> Rules:
    """The rules with the whole roster, read from its topics before anything is measured."""
    (said, *_) = _whole("registration.webinars.v1")
    return Rules(said, _whole("registration.enrolments.v1"))


def _whole(name: str) -> Iterator[dict[str, Any]]:
    consumer = KafkaConsumer(bootstrap_servers=KAFKA, auto_offset_reset="earliest",
                             max_poll_records=5_000)  # fmt: skip
    places = [TopicPartition(PREFIX + name, p) for p in range(PARTITIONS)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    while any(consumer.position(place) < end for place, end in ends.items()):
        for records in consumer.poll(200).values():
            yield from (orjson.loads(record.value) for record in records)
    consumer.close()
