"""What can be wrong with a row of an import: codes, and a sentence in Indonesian and English.

No sentence repeats what stands in the cell: it may be personal data.
"""

from typing import NamedTuple

SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("Kolom ini wajib diisi.", "This column must be filled in."),
    "too_long": ("Isi terlalu panjang.", "The text is too long."),
    "characters": (
        "Ada karakter yang tidak diperbolehkan.",
        "It has characters that are not allowed.",
    ),
    "cells": ("Jumlah sel melebihi judul kolom.", "The row has more cells than the header."),
    "email": ("Alamat surel tidak benar.", "This is not an e-mail address."),
    "category": (
        "Kategori harus asn, tni, polri, prosecutor, legislator, atau public.",
        "The category must be asn, tni, polri, prosecutor, legislator or public.",
    ),
    "mode": (
        "Mode harus online, onsite, atau either.",
        "The mode must be online, onsite or either.",
    ),
    "region_code": (
        "Kode wilayah Kemendagri tidak dikenal (contoh: 15 atau 15.72).",
        "Unknown Kemendagri region code (examples: 15 or 15.72).",
    ),
    "nip_digits": ("NIP harus 18 angka.", "The NIP must have 18 digits."),
    "nip_scientific": (
        "NIP rusak oleh Excel; formatlah kolomnya sebagai teks.",
        "Excel has damaged the NIP; format the column as text.",
    ),
    "nip_birth": (
        "Delapan angka pertama NIP bukan tanggal lahir.",
        "The first eight digits of the NIP are not a date of birth.",
    ),
    "nip_age": (
        "Umur menurut NIP tidak antara 15 dan 75 tahun.",
        "The age by the NIP is not between 15 and 75.",
    ),
    "nip_appointed": (
        "Tahun pengangkatan dalam NIP tidak mungkin.",
        "The year of appointment in the NIP is impossible.",
    ),
    "nip_sex": ("Angka ke-15 NIP harus 1 atau 2.", "The 15th digit of the NIP must be 1 or 2."),
    "nip_serial": ("Nomor urut NIP tidak boleh 000.", "The serial of the NIP must not be 000."),
    "nip_kind": (
        "Angka ke-13 dan ke-14 NIP bukan bulan (PNS) maupun kode PPPK; periksalah.",
        "Digits 13 and 14 of the NIP are neither a month (PNS) nor a PPPK code; please check.",
    ),
    "zoom_number": ("Nomor Zoom harus berupa angka.", "The Zoom number must be digits."),
    "zoom_number_unknown": (
        "Tidak ada sesi webinar ini dengan nomor Zoom tersebut.",
        "No session of this webinar has this Zoom number.",
    ),
    "zoom_number_missing": (
        "Webinar ini memiliki beberapa nomor Zoom; sebutkan salah satu.",
        "This webinar has several Zoom numbers; name one.",
    ),
    "zoom_number_none": (
        "Webinar ini tidak memiliki nomor Zoom.",
        "This webinar has no Zoom number.",
    ),
    "link_claimed": (
        "Tautan Zoom ini sudah milik orang lain pada baris sebelumnya.",
        "An earlier row gives this Zoom link to somebody else.",
    ),
    "conflict": (
        "Berbeda dengan baris lain untuk external_id yang sama.",
        "It differs from another row with the same external_id.",
    ),
}


def sentence(code: str) -> str:
    """Indonesian first, English second."""
    return " / ".join(SENTENCES[code])


class Rejection(NamedTuple):
    """One problem of one cell; rows are counted as a spreadsheet counts them, the header is 1."""

    row: int
    column: str
    code: str

    def as_dict(self) -> dict[str, object]:
        """As the API answers it."""
        return {**self._asdict(), "message": sentence(self.code)}


class UnreadableFile(ValueError):
    """The file as a whole cannot be imported; nothing was written."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
