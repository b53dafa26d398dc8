"""Members of a consumer group of a test's own; the loop that workers run on."""

from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer

from shared import consume
from shared.consume import BatchConsumer
from shared.events.attendance import EligibilityDecidedV1
from shared.examples import example
from shared.topics import DECISIONS
from tests.support.witness import fresh_topics

DECIDED = example(EligibilityDecidedV1.type)
HEADERS = [("ce_type", EligibilityDecidedV1.type.encode())]
Handle = consume.Handler


@pytest.fixture
def anyio_backend() -> str:
    """Faust runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
def own(settings: Any) -> Any:
    return fresh_topics(settings, (DECISIONS,))


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Any:
    return getattr(request, "param", KafkaConsumer)


@pytest.fixture
def member(own: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a member of the group `g`; every one is closed at the end."""
    monkeypatch.setattr(consume, "RETRY_SECONDS", 0.05)
    made: list[BatchConsumer] = []

    def make(handle: Handle, **options: Any) -> BatchConsumer:
        options = {"client": client, **options}
        made.append(BatchConsumer(own, group="g", topics=[DECISIONS], handle=handle, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()
