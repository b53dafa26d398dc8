"""The document: what is printed, literally; the QR code; the same bytes every time."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pypdf
import pytest
import zxingcpp

from services.certificates.documents.maker import Maker
from services.certificates.documents.render import TypstRenderer, UnknownTemplate
from services.certificates.domain.content import SessionLine
from services.certificates.domain.text import PRINTABLE


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_everything_frozen_is_printed(maker, printed) -> None:
    content = printed()
    text = text_of(maker.make(content))
    for field in ("organiser", "programme", "title", "name", "nip", "agency", "lesson_hours",
                  "signatory_name", "signatory_title", "number", "issued_on", "verify_url"):  # fmt: skip
        assert getattr(content, field) in text, field
    assert content.sessions[0].when in text
    assert content.sessions[0].where in text


@pytest.mark.parametrize(
    "name",
    ["#strong[x] *tebal* _m_ $x^2$ @ref // k", '<b>"a"</b> \\u{41} `kode`', "= Judul ~ - + / 'q' ...",
     "D\u2019Ã Ñuñez-Ōta Ệ \ufffd", '") #panic("x'],
)  # fmt: skip
def test_markup_in_a_name_is_printed_literally(maker, printed, name: str) -> None:
    assert name in text_of(maker.make(printed(name=name)))


@pytest.mark.parametrize("name", ["W" * 160, "Wm " * 53, "x"])
def test_a_name_of_any_length_stays_on_the_page(maker, printed, rasterise, name: str) -> None:
    pdf = maker.make(printed(name=name.strip()))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    page = rasterise(pdf)
    height, width = page.shape
    edge = {page[y, x] for y in range(height) for x in (5, width - 6)}
    assert edge == {255}, "ink outside the border"


def test_many_sessions_go_to_a_second_page(maker, printed) -> None:
    lines = tuple(SessionLine(when=f"Sesi ke-{n}", where="Zoom") for n in range(12))
    pdf = maker.make(printed(sessions=lines))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 2
    assert all(line.when in text_of(pdf) for line in lines)


def test_fields_without_a_value_leave_no_label(maker, printed) -> None:
    text = text_of(maker.make(printed(nip="", agency="", organiser="", lesson_hours="", sessions=(),
                                      signatory_name="", signatory_title="")))  # fmt: skip
    assert "NIP" not in text
    assert "setara dengan" not in text


def test_a_sample_key_says_so_on_the_page(maker, printed) -> None:
    assert "CONTOH – SAMPLE" in text_of(maker.make(printed(sample=False)))


def test_a_real_key_prints_no_sample_note(maker, printed) -> None:
    class Agency:
        sample = False

        def sign(self, pdf: bytes, *, at: object, place: str) -> bytes:
            return pdf

    real = Maker(maker.renderer, Agency())
    assert "CONTOH" not in text_of(real.make(printed(sample=False)))
    assert "CONTOH" in text_of(real.make(printed(sample=True)))


def test_the_qr_code_on_the_page_leads_to_the_verify_page(maker, printed, rasterise) -> None:
    found = zxingcpp.read_barcodes(rasterise(maker.make(printed())))
    assert [code.text for code in found] == [printed().verify_url]


def test_the_qr_code_is_at_least_thirty_millimetres_wide(maker, printed, rasterise) -> None:
    page = rasterise(maker.make(printed()))
    corners = zxingcpp.read_barcodes(page)[0].position
    pixels = corners.top_right.x - corners.top_left.x
    assert pixels / 150 * 25.4 >= 30


def test_the_same_content_gives_the_same_bytes_in_a_new_renderer(maker, printed) -> None:
    first = maker.make(printed())
    maker.make(printed(name="Orang Lain"))
    assert maker.make(printed()) == first
    assert Maker(TypstRenderer(), maker.signer).make(printed()) == first


def test_the_same_content_gives_the_same_bytes_in_another_process(printed, tmp_path: Path) -> None:
    script = (
        "import sys; from services.certificates.documents.render import TypstRenderer;"
        "from services.certificates.domain.content import Printed;"
        "sys.stdout.buffer.write(TypstRenderer().render(Printed.model_validate_json(sys.argv[1])))"
    )
    made = [
        subprocess.run([sys.executable, "-c", script, printed().to_bytes().decode()], check=True,
                       capture_output=True, cwd=tmp_path,
                       env={"PYTHONPATH": os.pathsep.join(sys.path), "TZ": zone, "LANG": "C"}).stdout
        for zone in ("UTC", "Asia/Jayapura")
    ]  # fmt: skip
    assert made[0] == made[1] == TypstRenderer().render(printed())


def test_a_changed_word_changes_the_bytes(maker, printed) -> None:
    assert maker.make(printed()) != maker.make(printed(agency="Dinas Lain"))


def test_the_document_declares_archive_and_accessibility_standards(maker, printed) -> None:
    with pikepdf.open(io.BytesIO(maker.make(printed()))) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "A")
        assert meta["pdfuaid:part"] == "1"
        assert str(pdf.Root.Lang) == "id-ID"
        assert "/StructTreeRoot" in pdf.Root


def test_the_qr_code_has_a_text_for_screen_readers(maker, printed) -> None:
    with pikepdf.open(io.BytesIO(maker.make(printed()))) as pdf:
        alternatives = [str(o["/Alt"]) for o in pdf.objects
                        if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]  # fmt: skip
    assert any(printed().verify_url in text for text in alternatives)


def test_content_frozen_for_an_unknown_template_is_refused(printed) -> None:
    with pytest.raises(UnknownTemplate):
        TypstRenderer().render(printed(template="../etc/passwd"))


def test_a_renderer_refuses_to_work_in_a_forked_child(printed) -> None:
    renderer = TypstRenderer()
    renderer._pid += 1  # what a child of fork() sees
    with pytest.raises(RuntimeError, match="fork"):
        renderer.render(printed())


def test_every_font_of_the_template_has_every_printable_character(maker, printed) -> None:
    import unicodedata

    points = [p for a, b in PRINTABLE for p in range(a, b + 1)]
    shown = [chr(p) for p in points
             if unicodedata.category(chr(p)) not in {"Cn", "Cf", "Zs", "Zl", "Zp", "Mn"}]  # fmt: skip
    for start in range(0, len(shown), 80):
        part = "".join(shown[start : start + 80])
        maker.renderer.render(
            printed(name=part, title=part, agency=part)
        )  # PDF/A refuses a missing glyph


def test_pdf_a_really_refuses_a_missing_glyph(maker, printed) -> None:
    with pytest.raises(Exception, match="(?i)glyph|font|display"):
        maker.renderer.render(printed(name="مثال"))
