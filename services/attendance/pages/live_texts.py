"""Sentences of the live page: (Indonesian, English)."""

from services.attendance.pages.render import Texts

TEXTS: Texts = {
    "title": ("Siapa yang hadir sekarang", "Who is in now"),
    "as_of": ("Keadaan pukul {at} {zone}", "As of {at} {zone}"),
    "connected": ("Terhubung · ", "Connected · "),
    "disconnected": ("Terputus, mencoba lagi · ", "Disconnected, trying again · "),
    "people": ("orang hadir", "people are in"),
    "room": ("Di ruangan", "In the hall"),
    "online": ("Daring", "Online"),
    "once": (
        "Siapa yang hadir di ruangan dan daring sekaligus, atau dengan beberapa perangkat, dihitung sekali.",
        "Whoever is in the hall and online, or on several devices, counts once.",
    ),
    "unrecognised": ("Sambungan belum dikenali", "Connections not recognised yet"),
    "stale": (
        "Sebagian angka belum diperbarui: pekerja sedang berpindah.",
        "Some figures are not up to date: a worker is moving.",
    ),
    "hour": ("Satu jam terakhir", "The last hour"),
    "hour_picture": (
        "Jumlah orang yang hadir tiap menit selama satu jam terakhir; terbanyak {peak}.",
        "How many people were in, minute by minute, in the last hour; at most {peak}.",
    ),
    "provinces": ("Menurut provinsi", "By province"),
    "province": ("Provinsi", "Province"),
    "no_region": ("Tanpa wilayah", "Without a region"),
    "total": ("Hadir", "In"),
    "nobody": ("Belum ada yang hadir.", "Nobody is in yet."),
    "refresh": ("Muat ulang", "Refresh"),
}  # fmt: skip
