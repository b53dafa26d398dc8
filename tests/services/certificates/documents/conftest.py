"""A made certificate, and tools that a bare machine may lack."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.certificates.documents.keys import Identity, sample_identity
from services.certificates.documents.maker import Maker
from services.certificates.documents.render import TypstRenderer
from services.certificates.documents.sign import PadesSigner
from services.certificates.domain.content import Printed, SessionLine

LINE = SessionLine(when="Kamis, 12 November 2026, 09.00–11.30 WIB", where="Aula Contoh / Zoom")
FIELDS: dict[str, Any] = {
    "certificate_id": "00000000-0000-0000-0000-000000000009", "organiser": "Kantor Contoh",
    "programme": "Program Contoh 2026", "title": "Hak Asasi Manusia bagi Aparatur",
    "name": "Siti Contoh Rahmawati, S.H., M.H.", "nip": "198612122010122001",
    "agency": "Dinas Contoh", "held": "12 November 2026", "sessions": (LINE, LINE), "jp": 4,
    "lesson_hours": "4 (empat) Jam Pelajaran", "signatory_name": "Dr. Contoh Penanda",
    "signatory_title": "Direktur Contoh", "place": "Jakarta",
    "verify_url": "https://hadir.example/v/abcdefghij2345672345", "sample": False,
    "number": "0000001/HAM/15/2026", "issued_at": "2026-11-12T18:00:00Z",
    "issued_on": "Jakarta, 13 November 2026",
}  # fmt: skip


@pytest.fixture(scope="session")
def printed() -> Callable[..., Printed]:
    return lambda **changes: Printed(**{**FIELDS, **changes})


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return sample_identity(tmp_path_factory.mktemp("signing"), datetime.now(UTC))


@pytest.fixture(scope="session")
def maker(identity: Identity) -> Maker:
    return Maker(TypstRenderer(), PadesSigner(identity))


def missing(what: str) -> None:
    if os.environ.get("HADIR_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{what} is required here and is not there")
    pytest.skip(f"{what} is not on this machine")


@pytest.fixture
def pdfsig() -> str:
    found = shutil.which("pdfsig")
    if not found:
        missing("pdfsig (poppler-utils)")
    return str(found)


@pytest.fixture
def rasterise() -> Callable[[bytes], memoryview]:
    try:
        import pypdfium2
    except ImportError:
        missing("pypdfium2")

    def page_as_grey(pdf: bytes, dpi: int = 150) -> memoryview:
        bitmap = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72, grayscale=True)
        rows = bytes(bitmap.buffer)
        width, stride = bitmap.width, bitmap.stride
        tight = b"".join(rows[y * stride : y * stride + width] for y in range(bitmap.height))
        return memoryview(tight).cast("B", shape=[bitmap.height, width])

    return page_as_grey


@pytest.fixture
def save(tmp_path: Path) -> Callable[[bytes], Path]:
    def keep(pdf: bytes) -> Path:
        path = tmp_path / "certificate.pdf"
        path.write_bytes(pdf)
        return path

    return keep
