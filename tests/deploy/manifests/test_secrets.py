"""secrets.sh makes what compose mounts, keeps what is there, and invents no production token."""

import shutil
from pathlib import Path

import pytest

from shared.settings import KafkaSettings, Key, Words, load
from tests.deploy.manifests.support import DEPLOY, compose, run


class Keys(KafkaSettings):
    """What the files must be good for."""

    kek: Key
    identity_key: Key
    code_key: Key
    zoom_secrets: Words
    redis: str


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return Path(shutil.copy(DEPLOY / "secrets.sh", tmp_path))


def test_every_secret_that_compose_mounts_is_made(script: Path) -> None:
    assert run(str(script)).returncode == 0
    for how in compose()["secrets"].values():
        assert (script.parent / how["file"]).read_text()
    assert (script.parent / "secrets/signing").is_dir()


def test_the_files_are_good_settings(script: Path) -> None:
    run(str(script))
    folder = script.parent / "secrets"
    names = {"KEK": "kek", "IDENTITY_KEY": "identity-key", "CODE_KEY": "code-key",
             "ZOOM_SECRETS": "zoom-secrets", "REDIS": "redis-url"}  # fmt: skip
    files = {f"HADIR_{name}_FILE": str(folder / file) for name, file in names.items()}
    keys = load(Keys, {**files, "HADIR_KAFKA": "kafka:9092"})
    assert len({keys.kek, keys.identity_key, keys.code_key}) == 3
    password = (folder / "redis-password").read_text()
    assert keys.redis == f"redis://:{password}@valkey:6379/0"


def test_a_second_run_changes_nothing(script: Path) -> None:
    run(str(script))
    folder = script.parent / "secrets"
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    run(str(script))
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before


def test_production_gets_no_development_token(script: Path) -> None:
    assert run(str(script), "production").returncode == 0
    assert (script.parent / "secrets/dev-token").read_text() == ""


def test_other_users_cannot_enter_and_git_takes_nothing(script: Path) -> None:
    run(str(script))
    folder = script.parent / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / ".gitignore").read_text() == "*\n"


def test_an_unknown_kind_is_refused(script: Path) -> None:
    assert run(str(script), "staging").returncode == 2
