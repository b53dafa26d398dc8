"""The local system's secrets: generated once, kept in one file that only its owner reads."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def load_or_make(path: Path) -> Mapping[str, str]:
    """The secrets of this data folder, by setting name without prefix."""
    if not path.exists():
        _write(path, {
            "dev_token": secrets.token_urlsafe(32),
            "kek": _key(),
            "identity_key": _key(),
            "code_key": _key(),
            "zoom_secrets": secrets.token_urlsafe(24),
        })  # fmt: skip
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Whole or not at all: a torn file would lose the keys of everything written with them."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(values, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
