"""Files appear whole or not at all, and stay as they are."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.certificates.documents.files import DocumentFiles, write_once

PRINT = "ab" * 32


def test_a_document_is_found_under_its_fingerprint(tmp_path) -> None:
    files = DocumentFiles(tmp_path)
    assert files.read(PRINT) is None
    assert files.write(PRINT, b"pdf")
    assert files.read(PRINT) == b"pdf"
    assert files.path(PRINT) == tmp_path / "ab" / f"{PRINT}.pdf"


def test_the_first_bytes_stay(tmp_path) -> None:
    files = DocumentFiles(tmp_path)
    files.write(PRINT, b"first")
    assert not files.write(PRINT, b"second")
    assert files.read(PRINT) == b"first"


def test_many_writers_leave_one_file_and_nothing_half_written(tmp_path) -> None:
    path = tmp_path / "x"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: write_once(path, bytes([n]) * 9_999), range(32)))
    assert won.count(True) == 1
    assert path.read_bytes() == bytes([won.index(True)]) * 9_999
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31])
def test_a_name_that_is_no_fingerprint_touches_nothing(tmp_path, name: str) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        DocumentFiles(tmp_path).read(name)
