"""Sentences of the page that tries a rule: (Indonesian, English)."""

from services.attendance.pages.render import Texts

TEXTS: Texts = {
    "title": ("Coba aturan lain", "Try another rule"),
    "intro": (
        "Lihat siapa yang akan gugur dan siapa yang akan memenuhi syarat. Tidak ada yang diubah di sini.",
        "See who would fall and who would rise. Nothing is changed here.",
    ),
    "share": ("Bagian waktu paling sedikit (%)", "Minimum share of time (%)"),
    "scope": ("Dihitung atas", "Counted over"),
    "scope_all": ("semua sesi bersama", "all sessions together"),
    "scope_each_session": ("setiap sesi", "each session"),
    "minimum_sessions": ("Jumlah sesi paling sedikit", "Minimum number of sessions"),
    "minimum_sessions_hint": (
        "Kosong: tidak disyaratkan; paling banyak {sessions}.",
        "Empty: none required; at most {sessions}.",
    ),
    "latest_join": ("Hadir paling lambat (menit setelah mulai)", "Present at the latest (minutes after the start)"),
    "latest_join_hint": ("Kosong: tanpa batas.", "Empty: no limit."),
    "required_items": ("Syarat tambahan, dipisah koma", "Further required items, separated by commas"),
    "host_down": ("Waktu tuan rumah terputus", "Time in which the host was down"),
    "host_down_exclude": ("tidak dihitung bagi siapa pun", "counts for nobody"),
    "host_down_include": ("tetap termasuk waktu yang dihitung", "stays in the time that counts"),
    "try": ("Hitung", "Compute"),
    "wrong": ("Isian ini tidak dapat dihitung. Periksa angkanya.", "This cannot be computed. Check the numbers."),
    "not_now": (
        "Bukti belum dapat dibaca. Coba lagi sebentar lagi.",
        "The evidence cannot be read at the moment. Try again shortly.",
    ),
    "outcome": ("Akibatnya", "What it would do"),
    "chart": (
        "Memenuhi syarat sekarang {before}, dengan aturan ini {after}, dari {people} orang.",
        "Eligible now {before}, under this rule {after}, of {people} people.",
    ),
    "now": ("Sekarang", "Now"),
    "then": ("Dengan aturan ini", "Under this rule"),
    "falls": ("Gugur", "Fall"),
    "rises": ("Lolos", "Rise"),
    "of_people": ("dari {people} orang", "of {people} people"),
    "regions": ("Menurut provinsi", "By province"),
    "region": ("Provinsi", "Province"),
    "no_region": ("Tanpa wilayah", "Without a region"),
    "people": ("Orang", "People"),
    "who": ("Siapa", "Who"),
    "all_changes": ("semua", "all"),
    "nobody": ("Tidak ada orang yang berubah.", "Nobody changes."),
    "participant": ("Peserta", "Participant"),
    "change": ("Perubahan", "Change"),
    "present": ("Hadir", "Present"),
    "required_now": ("Syarat sekarang", "Required now"),
    "required_then": ("Syarat nanti", "Required then"),
    "more": ("Berikutnya", "Next"),
    "apply": (
        "Untuk menerapkannya, ubah aturan webinar ini di layanan pendaftaran; keputusan versi baru akan menyusul. Sertifikat yang sudah terbit tidak dicabut: orangnya menjadi “perlu ditinjau”.",
        "To apply it, change the webinar's rule in registration; new versions of the decisions will follow. No certificate that was issued is revoked by that: its holder needs a review.",
    ),
}  # fmt: skip
