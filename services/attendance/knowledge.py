"""What every worker knows completely: webinars, the roster, operators' words, certificates, cases.

Fed by `shared.tail.Tail` from the whole topics; stages are told what changed. Nothing here is I/O.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from services.attendance.domain.facts import Rule, Session, Webinar
from services.attendance.domain.plan import Plan
from services.attendance.enrolments import Certified, Enrolled, enrolled
from services.attendance.known_reports import KnownReports
from services.attendance.roster import Roster
from services.attendance.rulings import Rulings
from shared.events.attendance import ReviewCaseV1
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import EnrolledV1, SessionV1, WebinarSetV1
from shared.events.reports import ReportDifferedV1, ReportPageV1, ReportReadV1
from shared.events.rulings import Ruling
from shared.keys import partition_of, person_key, split_person_key
from shared.topics import (
    CERTIFICATES,
    DIFFERENCES,
    ENROLMENTS,
    REPORTS,
    REVIEWS,
    RULINGS,
    WEBINARS,
    Topic,
)

TOPICS = (WEBINARS, ENROLMENTS, RULINGS, CERTIFICATES, REVIEWS, REPORTS, DIFFERENCES)
IDENTITY_TOPICS = (WEBINARS, ENROLMENTS, RULINGS)
REREAD_SECONDS = 60
"""Between two reads of a report of a number that no webinar has (yet)."""


class Listener:
    """What a stage may want to hear of; the default is not to care."""

    def is_of(self, partition: int) -> bool:
        """Whether it hears of people of this events partition."""
        return True

    def webinar_changed(self, webinar_id: str) -> None:
        """A webinar is new or different."""

    def enrolment_changed(self, said: Enrolled) -> None:
        """An enrolment is new or different."""

    def ruled(self, said: Ruling) -> None:
        """An operator's word is new, or means something else now (it was withdrawn)."""

    def case_published(self, case: ReviewCaseV1) -> None:
        """A review case stands on its topic, whoever wrote it."""

    def certificate_changed(self, webinar_id: str, participant_id: str) -> None:
        """A certificate was issued or changed its status."""

    def report_changed(self, uuid: str) -> None:
        """Another read of a meeting's report is confirmed, or a read said that there is none."""

    def report_forgotten(self, uuid: str) -> None:
        """A meeting's report is too old: nothing is told of the meeting any more."""

    def difference_published(self, webinar_id: str, participant_id: str) -> None:
        """What reports and webhooks differ on stands on its topic, whoever wrote it."""


class Knowledge:
    """The side inputs of attendance, in memory."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.webinars: dict[str, Webinar] = {}
        self.by_number: dict[str, set[str]] = defaultdict(set)
        self.roster = Roster(partitions)
        self.rulings = Rulings()
        self.cases: dict[str, ReviewCaseV1] = {}
        self.astray: dict[tuple[str, str], set[str]] = defaultdict(set)
        """Case ids of a person's own evidence that gives 0 s (rules I5, I10, I11)."""
        self.reports = KnownReports(partitions)
        self.differences: dict[tuple[str, str, str], ReportDifferedV1] = {}
        self.plans: dict[str, Plan] = {}
        """The last plan that a partition made of a webinar."""
        self.listeners: list[Listener] = []

    def apply(
        self, topic: Topic, key: str, event: object | None, partition: int | None = None
    ) -> None:
        """One record of a side topic. `partition`: where it was read."""
        if isinstance(event, Enrolled):  # a million at a restart, each by itself
            self._enrolment(key, event, partition)
        elif isinstance(event, EnrolledV1):
            self._enrolment(key, enrolled(event), partition)
        elif isinstance(event, WebinarSetV1):
            self._webinar(event)
        elif isinstance(event, Ruling):
            for said in self.rulings.put(event):
                self._tell_ruled(said)
        elif topic is CERTIFICATES:
            self._certificate(key, event, partition)
        elif isinstance(event, ReviewCaseV1):
            self.keep_case(event)
            self._tell(lambda listener: listener.case_published(event))
        else:
            self._report(event)

    def _report(self, event: object | None) -> None:
        if isinstance(event, ReportPageV1):
            self.reports.page(event)
        elif isinstance(event, ReportReadV1):
            self.reports.read(event)
            if event.meeting_uuid in self.reports.of:
                self._confirm(event.meeting_uuid)
        elif isinstance(event, ReportDifferedV1):
            self.keep_difference(event)
            who = event.webinar_id, event.participant_id
            self._tell(lambda listener: listener.difference_published(*who))

    def _confirm(self, uuid: str) -> None:
        number = self.reports.of[uuid].number
        lengths = [self.webinars[w].report_reread_seconds for w in self.by_number[number]]
        if self.reports.confirm(uuid, max(lengths, default=REREAD_SECONDS)):
            self._tell(lambda listener: listener.report_changed(uuid))

    def forget_old_reports(self, now: float) -> None:
        """Drop what Zoom's reports said of meetings whose webhooks are about to be gone. What it
        changed stands on the events topic."""
        for uuid in self.reports.old(now):
            self.forget_report(uuid)

    def forget_report(self, uuid: str) -> None:
        """Drop a meeting's report; nothing is told of that meeting any more."""
        self.reports.forget(uuid)
        for listener in self.listeners:
            listener.report_forgotten(uuid)

    def keep_difference(self, event: ReportDifferedV1) -> None:
        """What differs on a connection, as it stands on its topic."""
        place = event.webinar_id, event.participant_id, event.connection_id
        if event.differences:
            self.differences[place] = event
        else:
            self.differences.pop(place, None)

    def keep_case(self, case: ReviewCaseV1) -> None:
        """A review case as it stands on its topic."""
        self.cases[case.case_id] = case
        if case.connection_id.startswith("@"):
            self.astray[case.webinar_id, case.candidates[0]].add(case.case_id)

    def sessions_of(self, number: str, but: str) -> list[Session]:
        """The sessions that other webinars hold in a Zoom number (rule I4)."""
        return [
            session
            for webinar_id in self.by_number[number] - {but}
            for session in self.webinars[webinar_id].sessions
            if session.number == number
        ]

    def _tell_of(self, partition: int, call: Callable[[Listener], None]) -> None:
        """What concerns a person of that partition."""
        for listener in self.listeners:
            if listener.is_of(partition):
                call(listener)

    def _tell(self, call: Callable[[Listener], None]) -> None:
        for listener in self.listeners:
            call(listener)

    def _tell_ruled(self, said: Ruling) -> None:
        self._tell(lambda listener: listener.ruled(said))

    def _webinar(self, event: WebinarSetV1) -> None:
        known = self.webinars.get(event.webinar_id)
        if known is not None and known.version > event.version:
            return
        if known is not None:
            for session in known.sessions:
                self.by_number[session.number or ""].discard(event.webinar_id)
        webinar = to_webinar(event)
        self.webinars[event.webinar_id] = webinar
        for session in webinar.sessions:
            if session.number:
                self.by_number[session.number].add(event.webinar_id)
        self._tell(lambda listener: listener.webinar_changed(event.webinar_id))
        numbers = {session.number for session in webinar.sessions if session.number}
        for uuid in self.reports.of_numbers(numbers):
            self._confirm(uuid)  # the time between two reads is the webinar's setting

    def _enrolment(self, key: str, said: Enrolled, partition: int | None) -> None:
        own = person_key(said.webinar_id, said.participant_id)
        if partition is None or key != own:  # where it was read is where its key belongs
            partition = partition_of(own.encode(), self._partitions)
        if self.roster.put(said, partition) and self.listeners:
            self._tell_of(partition, lambda listener: listener.enrolment_changed(said))

    def _certificate(self, key: str, event: object | None, partition: int | None) -> None:
        who = split_person_key(key)
        holds = isinstance(event, Certified | CertificateIssuedV1) and event.status == "issued"
        self.roster.certify(*who, holds=holds)
        if partition is None:
            partition = partition_of(key.encode(), self._partitions)
        self._tell_of(partition, lambda listener: listener.certificate_changed(*who))


def second(text: str) -> int:
    """Epoch second of an RFC 3339 time, fractions cut."""
    return int(datetime.fromisoformat(text).timestamp())


def _session(session: SessionV1) -> Session:
    return Session(
        session.id,
        second(session.start),
        second(session.end),
        tuple((second(b.start), second(b.end)) for b in session.breaks),
        session.zoom.number if session.zoom else None,
        session.hall is not None,
    )


def to_webinar(event: WebinarSetV1) -> Webinar:
    """The event as the domain has it. Staff are compared by pseudonym, like everybody."""
    return Webinar(
        id=event.webinar_id,
        version=event.version,
        sessions=tuple(_session(s) for s in event.sessions),
        rule=Rule(**event.rule.model_dump()),
        rule_version=event.rule_version,
        host_down=event.host_down,
        check_out_expected=event.check_out_expected,
        reconciliation=event.reconciliation,
        certificates=event.certificates,
        grace_seconds=event.grace_seconds,
        retry_window_seconds=event.retry_window_seconds,
        report_deadline_seconds=event.report_deadline_seconds,
        report_reread_seconds=event.report_reread_seconds,
        staff=frozenset(event.staff),
        cancelled=event.state == "cancelled",
    )
