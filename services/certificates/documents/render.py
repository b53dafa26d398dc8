"""Frozen content → unsigned PDF/A-2a + PDF/UA-1 bytes, by typst; same content, same bytes."""

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import typst
from pydantic_core import to_jsonable_python

from services.certificates.documents.qr import qr_svg
from services.certificates.domain.content import TEMPLATE, Printed
from services.certificates.domain.words import parse_utc

TEMPLATES = frozenset({TEMPLATE})
STANDARDS: Any = ["a-2a", "ua-1"]


class UnknownTemplate(ValueError):
    """The content was frozen for a template that this release does not have."""


class Renderer(Protocol):
    """Makes the unsigned document."""

    def render(self, printed: Printed) -> bytes:
        """PDF bytes; the same for the same content, for ever."""
        ...


class TypstRenderer:
    """Keeps one typst compiler per template; 5 ms a page.

    Make it in the process that uses it: typst runs threads, and after a fork it would hang.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = Lock()
        self._compilers: dict[str, typst.Compiler] = {}

    def render(self, printed: Printed) -> bytes:
        """See `Renderer`.

        Raises:
            UnknownTemplate: frozen for a template that is not shipped.
            typst.TypstError: the template does not take this content.
        """
        if os.getpid() != self._pid:
            raise RuntimeError("a TypstRenderer must be made after the fork, in its own process")
        with self._lock:
            made = self._compiler(printed.template).compile(
                input=_main(printed), format="pdf", pdf_standards=STANDARDS,
                timestamp=int(parse_utc(printed.issued_at).timestamp()),
            )  # fmt: skip
        if not isinstance(made, bytes):
            raise TypeError("typst gave no single document")
        return made

    def _compiler(self, template: str) -> typst.Compiler:
        if template not in TEMPLATES:
            raise UnknownTemplate(f"template {template!r} is not part of this release")
        if template not in self._compilers:
            self._compilers[template] = _new_compiler(Path(__file__).parent)
        return self._compilers[template]


def _new_compiler(folder: Path) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder / "fonts")]
    )
    return typst.Compiler(root=str(folder), font_paths=fonts)


def _main(printed: Printed) -> bytes:
    # A main file per document, not sys_inputs: those would make typst load its library anew.
    literal = _data(printed).replace("\\", "\\\\").replace('"', '\\"')
    main = f'#import "/{printed.template}.typ": certificate\n#certificate(json(bytes("{literal}")))'
    return main.encode("ascii")


def _data(printed: Printed) -> str:
    """JSON in ASCII alone, so that two characters are all there is to escape."""
    author = printed.signatory_name or printed.organiser or "Hadir"
    fields = {**to_jsonable_python(printed), "author": author, "qr": qr_svg(printed.verify_url)}
    return json.dumps(fields)
