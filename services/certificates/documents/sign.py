"""Unsigned PDF → PAdES-signed PDF: one invisible signature field over the whole file.

pikepdf writes the field with place-holders of fixed width; the byte range and the CMS are then put
into these places, so the file's length never changes after the digest is known.
"""

import io
import re
from datetime import datetime
from hashlib import sha256
from typing import Protocol

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from services.certificates.documents.cms import CmsSigner
from services.certificates.documents.keys import Identity

_RANGE = 9_999_999_999
_RANGE_AT = re.compile(rb"/ByteRange \[ 0 9999999999 9999999999 9999999999 \]")
_CMS_ROOM = 1_536
"""Bytes for signature and chain beyond the certificates' own size."""
_PRINT_LOCKED = 132


class SigningFailed(RuntimeError):
    """The document has no place for the signature, or the signature is larger than its place."""


class Signer(Protocol):
    """Puts a signature under a document; the seal of an agency is another one of these."""

    @property
    def sample(self) -> bool:
        """Whether documents must say that they are samples."""
        ...

    def sign(self, pdf: bytes, *, at: datetime, place: str) -> bytes:
        """The signed document; same bytes in, same bytes out."""
        ...


class PadesSigner:
    """PAdES B-B by a key at hand."""

    def __init__(self, identity: Identity) -> None:
        self._cms = CmsSigner(identity)
        self._room = _CMS_ROOM + len(identity.certificate) + sum(map(len, identity.chain))
        self.sample = identity.sample

    def sign(self, pdf: bytes, *, at: datetime, place: str) -> bytes:
        """See `Signer`.

        Raises:
            SigningFailed: the PDF did not take the field.
        """
        return _sealed(bytearray(self._with_field(pdf, at, place)), self._room, self._cms)

    def _with_field(self, pdf: bytes, at: datetime, place: str) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf)) as document:
            value = document.make_indirect(_signature_value(self._room, at, place))
            field = document.make_indirect(_field(document.pages[0], value))
            page = document.pages[0].obj
            page.Annots = Array([*page.get("/Annots", Array([])), field])
            document.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
            document.save(
                out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True,
                fix_metadata_version=False,
            )  # fmt: skip
        return out.getvalue()


def _signature_value(room: int, at: datetime, place: str) -> Dictionary:
    return Dictionary(
        Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/ETSI.CAdES.detached"),
        ByteRange=Array([0, _RANGE, _RANGE, _RANGE]), Contents=String(bytes(room)),
        M=String(at.strftime("D:%Y%m%d%H%M%SZ")), Location=String(place),
    )  # fmt: skip


def _field(page: pikepdf.Page, value: pikepdf.Object) -> Dictionary:
    return Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signature1"), V=value,
        P=page.obj, Rect=Array([0, 0, 0, 0]), F=_PRINT_LOCKED,
    )  # fmt: skip


def _sealed(pdf: bytearray, room: int, signer: CmsSigner) -> bytes:
    start = pdf.find(b"<" + b"0" * (2 * room) + b">")
    span = _RANGE_AT.search(pdf)
    if start < 0 or span is None:
        raise SigningFailed("the document has no place for a signature")
    end = start + 2 * room + 2
    text = b"/ByteRange [ 0 %d %d %d ]" % (start, end, len(pdf) - end)
    pdf[span.start() : span.end()] = text.ljust(span.end() - span.start())
    digest = sha256(pdf[:start])
    digest.update(pdf[end:])
    signature = signer.sign(digest.digest()).hex().encode()
    if len(signature) > 2 * room:
        raise SigningFailed("the signature is larger than the place kept for it")
    pdf[start + 1 : start + 1 + len(signature)] = signature
    return bytes(pdf)
