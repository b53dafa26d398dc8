"""Files that appear whole or not at all, and are never changed once they are there."""

import os
import secrets
from pathlib import Path


def write_once(path: Path, data: bytes, *, mode: int = 0o640) -> bool:
    """Write a file that survives a crash at any instant; False when somebody was there first.

    A private temporary file is filled and synced, then linked to its name: a link fails if the name
    is taken, so two writers cannot replace each other's bytes. Then the folder is synced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        _write(part, data, mode)
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def _write(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DocumentFiles:
    """Documents by the fingerprint of their content: `ab/abcd….pdf`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, fingerprint: str) -> Path:
        """Where the document of this content lives.

        Raises:
            ValueError: not a SHA-256 in hex, so not a name that may touch the disk.
        """
        if len(fingerprint) != 64 or not set(fingerprint) <= set("0123456789abcdef"):
            raise ValueError("not a fingerprint")
        return self._folder / fingerprint[:2] / f"{fingerprint}.pdf"

    def read(self, fingerprint: str) -> bytes | None:
        """The stored bytes, or None."""
        try:
            return self.path(fingerprint).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, fingerprint: str, data: bytes) -> bool:
        """Store; the first bytes under a fingerprint stay for ever."""
        return write_once(self.path(fingerprint), data)
