"""Settings: one plain sentence when one is missing or wrong, values from files, nothing at import."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from pydantic import model_validator

from shared.settings import KafkaSettings, Key, MissingSetting, Settings, Words, load
from shared.topics import WEBINARS

KAFKA = {"HADIR_KAFKA": "localhost:9092"}
SECRET = bytes(range(32))


class Keyed(KafkaSettings):
    kek: Key
    zoom_secrets: Words = ()


class Fitting(KafkaSettings):
    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.env == "production":
            raise ValueError("not in production")
        return self


def sentence(kind: type[KafkaSettings], environ: dict[str, str]) -> str:
    with pytest.raises(MissingSetting) as stopped:
        load(kind, environ)
    return str(stopped.value)


def test_a_missing_setting_is_named_in_one_sentence() -> None:
    assert sentence(Settings, KAFKA) == "The setting HADIR_REDIS is missing."


def test_a_wrong_setting_is_named_in_one_sentence() -> None:
    said = sentence(KafkaSettings, {**KAFKA, "HADIR_PARTITIONS": "0"})
    assert said.startswith("The setting HADIR_PARTITIONS is wrong: ")


def test_settings_that_do_not_fit_together_are_one_sentence() -> None:
    said = sentence(Fitting, {**KAFKA, "HADIR_ENV": "production"})
    assert said == "The settings do not fit together: Value error, not in production."


def test_only_the_given_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADIR_KAFKA", "elsewhere:9092")
    monkeypatch.setenv("HADIR_PARTITIONS", "99")
    assert sentence(KafkaSettings, {}) == "The setting HADIR_KAFKA is missing."
    assert load(KafkaSettings, KAFKA).partitions == 12
    assert load(KafkaSettings).kafka == "elsewhere:9092"


def test_a_setting_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    path.write_text(base64.b64encode(SECRET).decode() + "\n")
    assert load(Keyed, {**KAFKA, "HADIR_KEK_FILE": str(path)}).kek == SECRET


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    said = sentence(Keyed, {**KAFKA, "HADIR_KEK_FILE": str(tmp_path / "absent")})
    assert said.startswith("HADIR_KEK_FILE names a file that cannot be read: ")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    path.write_bytes(b"\xff\xfe\x00")
    said = sentence(Keyed, {**KAFKA, "HADIR_KEK_FILE": str(path)})
    assert said.startswith("HADIR_KEK_FILE names a file that cannot be read: ")


@pytest.mark.parametrize("value", ["not base64!", base64.b64encode(b"short").decode(), "é"])
def test_a_bad_key_is_refused_and_not_repeated(value: str) -> None:
    said = sentence(Keyed, {**KAFKA, "HADIR_KEK": value})
    assert said.startswith("The setting HADIR_KEK is wrong: ")
    assert value not in said


def test_words_are_separated_by_commas() -> None:
    given = {**KAFKA, "HADIR_KEK": base64.b64encode(SECRET).decode()}
    made = load(Keyed, {**given, "HADIR_ZOOM_SECRETS": "newest, older,,"})
    assert made.zoom_secrets == ("newest", "older")


def test_settings_cannot_be_changed() -> None:
    made = load(KafkaSettings, KAFKA)
    with pytest.raises(ValueError, match="frozen"):
        setattr(made, "partitions", 1)  # noqa: B010 - the type checker knows it, too


def test_names_get_the_installation_s_prefix() -> None:
    made = load(KafkaSettings, {**KAFKA, "HADIR_TOPIC_PREFIX": "other."})
    assert made.topic(WEBINARS) == "other.registration.webinars.v1"
    assert made.dead_letters(WEBINARS) == "other.registration.webinars.v1.dlq"
    assert made.group("g") == "other.g"
    assert made.source == "urn:other"


def test_a_process_without_its_settings_ends_with_2_and_the_sentence_alone() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "shared.provision"], env={}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "The setting HADIR_KAFKA is missing.\n"
