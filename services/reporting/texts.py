"""Every sentence of the dashboard: Indonesian first, English second."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Kemajuan program {year}", "Programme progress {year}"),
    "tagline": ("Kehadiran dan sertifikat pelatihan, seluruh Indonesia",
                "Training attendance and certificates, all of Indonesia"),
    "skip": ("Langsung ke isi", "Skip to content"),
    "other_language": ("English", "Bahasa Indonesia"),
    "year": ("Tahun", "Year"),
    "category": ("Kategori", "Category"),
    "all": ("Semua", "All"),
    "asn": ("ASN", "Civil servants"),
    "tni": ("TNI", "Armed forces"),
    "polri": ("Polri", "Police"),
    "prosecutor": ("Jaksa", "Prosecutors"),
    "legislator": ("Legislator", "Legislators"),
    "public": ("Masyarakat", "Public"),
    "progress": ("Menuju target", "Towards the target"),
    "people_certified": ("orang bersertifikat", "people certified"),
    "of_target": ("dari target {target}", "of a target of {target}"),
    "no_target": ("belum ada target", "no target set"),
    "needed_pace": ("Perlu per hari", "Needed per day"),
    "so_far": ("Rata-rata sejauh ini", "Average so far"),
    "per_day": ("{n} per hari", "{n} a day"),
    "remaining": ("Sisa", "Remaining"),
    "days_left": ("Sisa hari", "Days left"),
    "until": ("sampai 31 Desember {year}", "until 31 December {year}"),
    "since": ("sejak 1 Januari {year}", "since 1 January {year}"),
    "funnel": ("Dari pendaftaran sampai sertifikat", "From registration to certificate"),
    "registered": ("Terdaftar", "Registered"),
    "attended": ("Hadir", "Attended"),
    "eligible": ("Memenuhi syarat", "Eligible"),
    "certified": ("Bersertifikat", "Certified"),
    "step": ("Tahap", "Step"),
    "people": ("Orang", "People"),
    "of_registered": ("Dari yang terdaftar", "Of those registered"),
    "by_category": ("Per kategori", "By category"),
    "target": ("Target", "Target"),
    "share": ("Capaian", "Reached"),
    "map": ("Kuota per provinsi", "Quota by province"),
    "map_hint": ("Satu kotak satu provinsi: kode, lalu persen kuota yang sudah bersertifikat.",
                 "One square is one province: its letters, then the percentage of the quota certified."),
    "map_label": ("Peta kotak 38 provinsi; angka yang sama ada di tabel di bawahnya",
                  "Tile map of the 38 provinces; the same figures are in the table below"),
    "legend": ("Keterangan", "Key"),
    "level_0": ("belum ada", "none yet"),
    "level_1": ("di bawah 20%", "under 20%"),
    "level_2": ("20–39%", "20–39%"),
    "level_3": ("40–59%", "40–59%"),
    "level_4": ("60–99%", "60–99%"),
    "level_5": ("kuota tercapai", "quota reached"),
    "province": ("Provinsi", "Province"),
    "quota": ("Kuota", "Quota"),
    "table": ("Semua provinsi", "All provinces"),
    "nation": ("Indonesia", "Indonesia"),
    "no_quota": ("–", "–"),
    "tile": ("{name}: {certified} bersertifikat dari kuota {quota}",
             "{name}: {certified} certified of a quota of {quota}"),
    "tile_no_quota": ("{name}: {certified} bersertifikat, belum ada kuota",
                      "{name}: {certified} certified, no quota set"),
    "download": ("Unduh CSV", "Download CSV"),
    "as_of": ("Dihitung {time}", "Counted {time}"),
    "never": ("Belum ada angka", "No figures yet"),
    "live_on": ("Diperbarui langsung", "Updating live"),
    "live_off": ("Sambungan terputus; angka terakhir ditampilkan",
                 "Connection lost; showing the last figures"),
    "recounting": (
        "Angka sedang dihitung ulang dari catatan; yang tampil adalah angka terakhir yang sah.",
        "The figures are being recounted from the record; the last valid ones are shown."),
    "starting": ("Angka sedang disiapkan. Muat ulang sebentar lagi.",
                 "The figures are being prepared. Please reload in a moment."),
    "announce": ("{certified} orang bersertifikat, {share} dari target",
                 "{certified} people certified, {share} of the target"),
    "announce_plain": ("{certified} orang bersertifikat", "{certified} people certified"),
    "scroll": ("Geser untuk melihat semuanya", "Scroll to see all of it"),
    "counting_note": (
        "Yang dihitung adalah orang: satu orang dengan beberapa sertifikat dihitung satu kali.",
        "People are counted: a person with several certificates counts once."),
}  # fmt: skip

CSV_COLUMNS: tuple[tuple[str, str], ...] = (
    ("tahun", "year"), ("tingkat", "level"), ("kode_wilayah", "region_code"),
    ("wilayah", "region"), ("kategori", "category"), ("kuota", "quota"),
    ("terdaftar", "registered"), ("hadir", "attended"), ("memenuhi_syarat", "eligible"),
    ("bersertifikat", "certified"), ("versi", "version"), ("dihitung_pada", "as_of"),
)  # fmt: skip


def text(language: Language, key: str, **values: object) -> str:
    """The sentence; raises KeyError for one that does not exist."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)
