"""The local store is a real Valkey or Redis whose life is in our hands."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from deploy.local.ports import is_open
from deploy.local.store import LocalStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    """A store of this test's own."""
    with LocalStore(tmp_path) as running:
        yield running


def test_a_clean_stop_keeps_everything(store: LocalStore) -> None:
    redis.Redis.from_url(store.url).set("a", "1")
    url = store.url
    store.stop()
    store.start()
    assert store.url == url
    assert redis.Redis.from_url(store.url).get("a") == b"1"


def test_a_kill_loses_at_most_what_was_written_in_the_last_two_seconds(store: LocalStore) -> None:
    redis.Redis.from_url(store.url).set("a", "1")
    time.sleep(2.1)  # appendfsync everysec
    store.kill()
    store.start()
    assert redis.Redis.from_url(store.url).get("a") == b"1"


def test_a_full_store_refuses_instead_of_forgetting(store: LocalStore) -> None:
    policy = redis.Redis.from_url(store.url).config_get("maxmemory-policy")
    assert policy == {"maxmemory-policy": "noeviction"}


def test_there_are_databases_enough_for_a_test_run(store: LocalStore) -> None:
    assert redis.Redis.from_url(store.url.replace("/0", "/255")).ping()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_nothing_of_it_remains(store: LocalStore, end: str) -> None:
    process = store.process
    assert process is not None
    assert process.pid is not None
    getattr(store, end)()
    assert not is_open(store.port)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
