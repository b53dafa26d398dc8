"""One broker and one store for the whole run; every test module has its own names on them.

`settings()` makes a module's settings with a fresh topic prefix, 3 partitions and a Redis database;
`provisioned` gives them with every topic created.
"""

import secrets
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import hypothesis
import pytest
import redis
import structlog
from xdist.scheduler import LoadScopeScheduling

from shared.provision import provision
from shared.settings import Settings
from tests.support.broker import Backing, start_services

# A deadline for one example measures the machine, not the code.
hypothesis.settings.register_profile("hadir", deadline=None)
hypothesis.settings.load_profile("hadir")

# structlog's own default prints every local variable of every frame: seconds for each exception.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[structlog.processors.add_log_level, _plain])

PARTITIONS = 3
REDIS_DATABASES = 15  # of the 16 that every store has; 0 is left to those who ask for it
_numbers = count()
_how = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def backing(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Backing]:
    """A real broker and a real store."""
    running = start_services(tmp_path_factory.mktemp("backing"))
    pytestconfig.stash[_how] = running.how
    if hasattr(pytestconfig, "workeroutput"):  # one of several processes: its reporter hears of it
        pytestconfig.workeroutput["how"] = running.how
    yield running
    running.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The running system's tests take longest: they start first."""
    items.sort(key=lambda item: item.path.parent.name != "flow")


class ByFile(LoadScopeScheduling):
    """With several processes (`-n 2`) a file stays whole, and so do all that share one system."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/flow" if file.startswith("tests/flow/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How tests are dealt out."""
    return ByFile(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a process of several ran against."""
    if how := getattr(node, "workeroutput", {}).get("how"):
        node.config.stash[_how] = how


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what the tests ran against."""
    if how := config.stash.get(_how, None):
        terminalreporter.write_line(f"Kafka and Redis: {how}.")


@pytest.fixture(scope="session")
def kafka(backing: Backing) -> str:
    """Bootstrap address of the broker."""
    return backing.kafka


@pytest.fixture(scope="module")
def redis_url(backing: Backing) -> str:
    """URL of a database that this module has for itself, empty."""
    url = backing.redis_db(1 + next(_numbers) % REDIS_DATABASES)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="module")
def settings(kafka: str, redis_url: str) -> Callable[..., Any]:
    """Make settings of any kind for this module; keywords override."""
    prefix = f"t{secrets.token_hex(4)}."

    def make(kind: type[Settings] = Settings, **values: Any) -> Any:
        mine = {
            "kafka": kafka,
            "redis": redis_url,
            "topic_prefix": prefix,
            "partitions": PARTITIONS,
        }
        return kind(**{**mine, **values})

    return make


@pytest.fixture(scope="module")
def provisioned(settings: Callable[..., Any]) -> Any:
    """This module's settings, with every topic there."""
    made = settings()
    provision(made)
    return made
