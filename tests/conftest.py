"""One broker and one store for the whole run; every test module has its own names on them.

`settings()` gives a module its settings with a fresh topic prefix, 3 partitions and an own Redis
database; `provisioned` gives them with every topic created.
"""

import secrets
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from deploy.local.broker import LocalBroker
from deploy.local.store import DATABASES, LocalStore
from shared.provision import provision
from shared.settings import Settings

PARTITIONS = 3
_databases = count(1)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap address of a real broker."""
    folder: Path = tmp_path_factory.mktemp("kafka")
    with LocalBroker(folder) as broker:
        yield broker.address


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    """A real Valkey or Redis."""
    folder: Path = tmp_path_factory.mktemp("store")
    with LocalStore(folder) as running:
        yield running


@pytest.fixture(scope="module")
def redis_url(store: LocalStore) -> Iterator[str]:
    """URL of a database that this module has for itself."""
    url = f"redis://127.0.0.1:{store.port}/{next(_databases) % DATABASES}"
    client = redis.Redis.from_url(url)
    client.flushdb()
    yield url
    client.close()


@pytest.fixture(scope="module")
def settings(kafka: str, redis_url: str) -> Callable[..., Any]:
    """Make settings of any kind for this module; keywords override."""
    prefix = f"t{secrets.token_hex(4)}."

    def make(kind: type[Settings] = Settings, **values: Any) -> Any:
        given = {
            "kafka": kafka,
            "redis": redis_url,
            "topic_prefix": prefix,
            "partitions": PARTITIONS,
        }
        return kind(**{**given, **values})

    return make


@pytest.fixture(scope="module")
def provisioned(settings: Callable[..., Any]) -> Any:
    """This module's settings, with every topic there."""
    made = settings()
    provision(made)
    return made
