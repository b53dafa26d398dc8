"""The broker's jars are the pinned ones, or there is no broker."""

import re
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import CannotStart
from deploy.local.jars import ensure_jars, pinned, sha256
from deploy.local.say import quiet

SMALLEST = next(jar for jar in pinned() if jar.coordinate.startswith("org.jspecify:"))


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One small jar as all that is pinned, beside it an empty cache."""
    monkeypatch.setenv("HADIR_CACHE_DIR", str(tmp_path))
    pins = tmp_path / "pins"
    pins.write_text(f"{SMALLEST.coordinate} {SMALLEST.sha256}\n")
    return pins


def test_every_jar_is_pinned_by_version_and_hash() -> None:
    versions = {
        jar.coordinate.split(":")[2] for jar in pinned() if "apache.kafka" in jar.coordinate
    }
    assert versions == {"4.3.1"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in pinned())


def test_a_torn_download_is_fetched_anew(pins: Path) -> None:
    torn = SMALLEST.path(pins.parent / "jars")
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"half of it")
    assert ensure_jars(quiet, pins) == [torn]
    assert sha256(torn) == SMALLEST.sha256


def test_what_was_fetched_once_is_not_fetched_again(
    pins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_jars(quiet, pins)
    said: list[str] = []
    monkeypatch.setattr(jars, "_maven", lambda _: pytest.fail("asked the repository"))
    ensure_jars(said.append, pins)
    assert said == []


def test_a_jar_with_another_hash_is_refused(pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "ATTEMPTS", 1)
    pins.write_text(f"{SMALLEST.coordinate} {'0' * 64}\n")
    with pytest.raises(CannotStart, match="SHA-256 is not the pinned one"):
        ensure_jars(quiet, pins)
