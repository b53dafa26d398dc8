"""Every instant between two writes: what was begun is completed by whoever comes next, once."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
import redis

from services.certificates.domain.waiting import Place, Who
from services.certificates.follow import Follower
from services.certificates.issuing import Issuer
from services.certificates.logs import Logs
from services.certificates.settings import CertificatesWorkerSettings
from services.certificates.stores import PeopleView
from services.certificates.vault import Vault
from shared.keys import participant_id_of
from shared.publish import KafkaPublisher, Outgoing, Written
from shared.topics import CERTIFICATES, KEYS, NUMBERS
from tests.services.certificates.world import CODE_KEY, KEK, World

_groups = itertools.count(1)


class Killed(BaseException):
    """The process is gone."""


class Crashing:
    """Publishes, and dies at the `at`-th call, before or after the write."""

    def __init__(self, real: KafkaPublisher, at: int, when: str) -> None:
        self._real, self._left, self._when = real, at, when

    def publish(self, events: Sequence[Outgoing]) -> list[Written]:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            raise Killed
        if self._left == 0 and self._when == "halfway":
            self._real.publish(events[: len(events) // 2])
            raise Killed
        written = self._real.publish(events)
        if self._left == 0:
            raise Killed
        return written


@pytest.fixture(scope="module")
def mine(settings: Callable[..., Any], world: World) -> CertificatesWorkerSettings:
    return settings(
        CertificatesWorkerSettings, kek=KEK, code_key=CODE_KEY, public_url="http://127.0.0.1:8004",
        data_dir=world.settings.data_dir,
    )  # fmt: skip


@pytest.fixture
def people(mine: CertificatesWorkerSettings) -> PeopleView:
    client = redis.Redis.from_url(mine.redis)
    return PeopleView(mine, client)


def refresh(mine: CertificatesWorkerSettings, people: PeopleView) -> None:
    pipe = people.view.client.pipeline()
    follower = Follower(mine, people.TOPICS, lambda record: people.project(pipe, record))
    follower.catch_up()
    pipe.execute()
    follower.close()


@pytest.fixture
def issuer(mine: CertificatesWorkerSettings, people: PeopleView, world: World) -> Any:
    """Makes workers' issuers that have read all logs, with every partition."""
    made: list[Logs] = []

    def make(at: int = 0, when: str = "after", **changes: Any) -> Issuer:
        settings = mine.model_copy(update=changes)
        logs = Logs(settings)
        logs.start()
        made.append(logs)
        found = Issuer(
            settings, logs=logs, people=people, publisher=Crashing(world.publisher, at, when),
            vault=Vault(KEK), policy=settings.policy(sample=True),
        )  # fmt: skip
        found.owned = set(range(settings.partitions))
        return found

    yield make
    for logs in made:
        logs.close()


@pytest.fixture
def webinar(
    world: World, mine: CertificatesWorkerSettings, people: PeopleView
) -> tuple[str, list[str]]:
    """A webinar with ten people, all known to the view."""
    number = next(_groups)
    group = [f"c{number}-{n}" for n in range(10)]
    world.register(group)
    id_ = world.webinar(number)
    world.enrol(id_, group)
    refresh(mine, people)
    return id_, group


def earn(issuer: Issuer, webinar: tuple[str, list[str]]) -> Issuer:
    id_, group = webinar
    for offset, person in enumerate(group):
        issuer.waiting.earned(Who(id_, participant_id_of(person)), Place(0, offset))
    return issuer


def of(world: World, webinar: str) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for record in world.records(CERTIFICATES):
        if record.key.decode().startswith(webinar):
            found.setdefault(record.key.decode(), set()).add(record.value)
    return found


def sound(world: World, webinar: tuple[str, list[str]]) -> None:
    found = of(world, webinar[0])
    assert len(found) == len(webinar[1])
    assert all(len(values) == 1 for values in found.values())
    every = {r.key: orjson.loads(r.value)["number"] for r in world.records(CERTIFICATES)}
    ranks = sorted(int(number.partition("/")[0]) for number in every.values())
    assert ranks == list(range(1, len(ranks) + 1))


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("when", ["before", "halfway", "after"])
def test_a_worker_that_dies_at_any_write_is_completed_by_the_next(
    issuer, webinar, world, at, when
) -> None:
    dying = earn(issuer(at, when), webinar)
    with pytest.raises(Killed):
        dying.issue()
    earn(issuer(), webinar).issue()
    sound(world, webinar)


def test_numbers_that_were_taken_are_issued_although_the_decision_changed_meanwhile(
    issuer, webinar, world
) -> None:
    with pytest.raises(Killed):
        earn(issuer(1, "after"), webinar).issue()
    issuer().issue()  # nobody waits here: the claims alone are enough
    sound(world, webinar)


def test_a_worker_that_did_not_see_the_others_claims_changes_nothing(
    issuer, webinar, world
) -> None:
    blind = earn(issuer(), webinar)
    earn(issuer(), webinar).issue()
    before = of(world, webinar[0])
    blind.issue()
    assert of(world, webinar[0]) == before
    sound(world, webinar)


def test_what_the_first_claim_froze_is_issued_although_settings_and_titles_changed(
    issuer, webinar, world
) -> None:
    with pytest.raises(Killed):
        earn(issuer(1, "after"), webinar).issue()
    world.webinar(int(webinar[0][-4:], 16) - 1000, version=2, title="Judul Lain")
    other = earn(
        issuer(organiser="Lain", number_pattern="X-{seq}", public_url="http://other"), webinar
    )
    other.issue()
    sound(world, webinar)
    key = next(iter(of(world, webinar[0])))
    event = orjson.loads(next(iter(of(world, webinar[0])[key])))
    assert event["verify_url"].startswith("http://127.0.0.1:8004/")
    assert event["number"].endswith("/HAM/15.72/2026")


def test_a_person_erased_between_number_and_certificate_leaves_no_gap(
    issuer, webinar, world, mine, people
) -> None:
    with pytest.raises(Killed):
        earn(issuer(1, "after"), webinar).issue()
    erased = participant_id_of(webinar[1][3])
    world.say(KEYS, erased, None)
    refresh(mine, people)
    issuer().issue()
    sound(world, webinar)
    (value,) = of(world, webinar[0])[f"{webinar[0]}|{erased}"]
    event = orjson.loads(value)
    assert (event["status"], event["sealed"]) == ("revoked", "")


def test_a_person_whose_data_does_not_open_waits_and_holds_nobody_up(
    issuer, world, mine, people
) -> None:
    number = next(_groups)
    world.register(["foreign"], kek=b"x" * 32)
    world.register([f"own-{number}"])
    id_ = world.webinar(number)
    world.enrol(id_, ["foreign", f"own-{number}"])
    refresh(mine, people)
    claims = len(world.records(NUMBERS))
    found = earn(issuer(), (id_, ["foreign", f"own-{number}"]))
    assert found.issue() == 1
    assert len(found.waiting) == 1
    assert len(world.records(NUMBERS)) == claims + 1


def test_an_issue_time_is_the_claims_kafka_time(issuer, webinar, world) -> None:
    earn(issuer(), webinar).issue()
    claims = {r.timestamp // 1000 for r in world.records(NUMBERS)}
    from datetime import datetime

    for values in of(world, webinar[0]).values():
        at = datetime.fromisoformat(orjson.loads(next(iter(values)))["issued_at"])
        assert int(at.timestamp()) in claims
