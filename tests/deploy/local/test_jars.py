"""The broker's jars are the pinned ones, or there is no broker."""

import re
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import CannotStart
from deploy.local.jars import Jar, ensure_jars, pinned, sha256
from deploy.local.say import quiet

SMALLEST = next(jar for jar in pinned() if jar.coordinate.startswith("org.jspecify:"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and one small jar as all that is pinned."""
    monkeypatch.setenv("HADIR_CACHE_DIR", str(tmp_path))
    pins = tmp_path / "pins"
    pins.write_text(f"{SMALLEST.coordinate} {SMALLEST.sha256}\n")
    monkeypatch.setattr(jars, "PINS", pins)
    return tmp_path


def test_every_jar_is_pinned_by_version_and_hash() -> None:
    versions = {
        jar.coordinate.split(":")[2] for jar in pinned() if "apache.kafka" in jar.coordinate
    }
    assert versions == {"4.3.1"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in pinned())


def test_a_torn_download_is_fetched_anew(cache: Path) -> None:
    torn = SMALLEST.path(cache / "jars")
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"half of it")
    assert ensure_jars(quiet) == [torn]
    assert sha256(torn) == SMALLEST.sha256


def test_what_was_fetched_once_is_not_fetched_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_jars(quiet)
    said: list[str] = []
    monkeypatch.setattr(jars, "_maven", lambda _: pytest.fail("asked the repository"))
    ensure_jars(said.append)
    assert said == []


def test_a_jar_with_another_hash_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "ATTEMPTS", 1)
    monkeypatch.setattr(jars, "pinned", lambda: [Jar(SMALLEST.coordinate, "0" * 64)])
    with pytest.raises(CannotStart, match="SHA-256 is not the pinned one"):
        ensure_jars(quiet)
