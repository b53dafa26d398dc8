"""What a stage's checkpoint says of the side topics, and what they said since (`shared/keeper.py`)."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.attendance.enrolments import Enrolled, enrolled, parse_known
from services.attendance.knowledge import TOPICS, Knowledge, Listener
from services.attendance.settings import WorkerSettings
from shared.events.attendance import ReviewCaseV1
from shared.events.registration import EnrolledV1, WebinarSetV1
from shared.events.reports import ReportDifferedV1
from shared.events.rulings import Ruling
from shared.keys import split_person_key
from shared.log_reader import LogReader
from shared.records import Poison
from shared.stage import Stage
from shared.tail import Tail
from shared.topics import CERTIFICATES, Topic

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared"
FOLDING = (HERE, HERE / "domain", SHARED, SHARED / "events")
"""Folders of the modules that a state is folded by."""


def maker_of(settings: WorkerSettings) -> str:
    """What a state depends on besides facts. Code is compared by its text: whoever changes how a fact
    is folded need not remember to say so, and the price of a change elsewhere is one slow restart."""
    digest = sha256(b"%d partitions" % settings.partitions)
    digest.update(sha256(settings.identity_key).digest())
    for folder in FOLDING:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class SideTopics:
    """Fed by the same records as `knowledge`."""

    def __init__(
        self, settings: WorkerSettings, knowledge: Knowledge, tail: Tail, reader: LogReader
    ) -> None:
        self.maker = maker_of(settings)
        self._topics = {settings.topic(topic): topic for topic in TOPICS}
        self._knowledge, self._tail, self._reader = knowledge, tail, reader

    def epoch(self) -> int:
        """See `shared.keeper.SideInputs`."""
        return self._tail.epoch_of(TOPICS)

    def positions(self) -> dict[str, int]:
        """See `shared.keeper.SideInputs`."""
        return self._tail.positions()

    async def replay(self, since: Mapping[Stage, Mapping[str, int]]) -> Mapping[Stage, str]:
        """See `shared.keeper.SideInputs`. What comes after `upto` stages hear by themselves."""
        lost: dict[Stage, str] = {}
        for place, upto in self.positions().items() if since else ():
            name, _, number = place.rpartition("/")
            starts = {stage: side.get(place, 0) for stage, side in since.items()}
            begin = await self._begin(name, int(number))
            lost |= {
                stage: f"{self._topics[name].name} begins after it"
                for stage, at in starts.items()
                if at < begin
            }
            await self._hear_again(name, int(number), starts, upto)
        return lost

    async def _begin(self, name: str, partition: int) -> int:
        return (await self._reader.begins([(name, partition)]))[name, partition]

    async def _hear_again(
        self, name: str, partition: int, starts: Mapping[Stage, int], upto: int
    ) -> None:
        topic = self._topics[name]
        async for records in self._reader.read(name, partition, min(starts.values()), upto):
            for record in records:
                key, event = _parsed(topic, record)
                for stage, at in starts.items():
                    if record.offset >= at and isinstance(stage, Listener):
                        hear_again(self._knowledge, stage, topic, key, event)


def _parsed(topic: Topic, record: Any) -> tuple[str, object | None]:
    """Key and event; no event where there is none, or none that could be read then."""
    key = (record.key or b"").decode("utf-8", "replace")
    try:
        return key, None if record.value is None else parse_known(
            topic, record.headers, record.value
        )
    except Poison:
        return key, None


def hear_again(knowledge: Knowledge, listener: Listener, topic: Topic, key: str,
               event: object | None) -> None:  # fmt: skip
    """Let a stage hear of a record that is known already. It only marks what to tell or decide anew,
    by what is known now; to hear too much does no harm. At reports a new stage looks by itself."""
    if topic is CERTIFICATES:
        listener.certificate_changed(*split_person_key(key))
    elif isinstance(event, WebinarSetV1):
        listener.webinar_changed(event.webinar_id)
    elif isinstance(event, EnrolledV1 | Enrolled):
        listener.enrolment_changed(enrolled(event))
    elif isinstance(event, Ruling):
        for said in knowledge.rulings.touched_by(event):
            listener.ruled(said)
    elif isinstance(event, ReviewCaseV1):
        listener.case_published(event)
    elif isinstance(event, ReportDifferedV1):
        listener.difference_published(event.webinar_id, event.participant_id)
