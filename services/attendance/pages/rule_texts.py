"""Sentences of the page that tries a rule: (Indonesian, English)."""

from services.attendance.pages.render import Texts

TEXTS: Texts = {
    "title": ("Coba aturan lain", "Try another rule"),
    "intro": (
        "Lihat siapa yang akan gugur dan siapa yang akan memenuhi syarat. Tidak ada yang diubah sebelum Anda menerapkannya.",
        "See who would fall and who would rise. Nothing is changed before you apply it.",
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
    "missing_items": ("belum memenuhi: {items}", "not passed: {items}"),
    "change": ("Perubahan", "Change"),
    "present": ("Hadir", "Present"),
    "required_now": ("Syarat sekarang", "Required now"),
    "required_then": ("Syarat nanti", "Required then"),
    "more": ("Berikutnya", "Next"),
    "apply_title": ("Terapkan aturan ini", "Apply this rule"),
    "apply_hint": (
        "Aturan yang baru saja dihitung menjadi aturan webinar ini, tepat seperti di atas; keputusan versi baru menyusul. Sertifikat yang sudah terbit tidak dicabut: orangnya menjadi “perlu ditinjau”. Berlaku 10 menit setelah dihitung.",
        "The rule that was just computed becomes the webinar's, exactly as above; new versions of the decisions follow. No certificate that was issued is revoked: its holder needs a review. It can be applied for 10 minutes.",
    ),
    "apply": ("Terapkan", "Apply"),
    "anyway": (
        "Terapkan juga jika daftarnya berubah lagi sebelum tersimpan",
        "Apply it also if the list changes again before it is saved",
    ),
    "no_offer": (
        "Penyelenggara dapat menerapkan aturan yang berbeda dari aturan sekarang di halaman ini.",
        "An organiser can apply a rule that differs from the present one on this page.",
    ),
    "applied": (
        "Aturan versi {version} diterapkan oleh {who}: {reason}. Menurut hitungan {falls} orang gugur dan {rises} lolos; keputusan menyusul dalam beberapa detik.",
        "Rule version {version} was applied by {who}: {reason}. By the preview {falls} people fall and {rises} rise; the decisions follow in a few seconds.",
    ),
    "applied_soon": (
        "Perubahan itu belum tampak di sini; muat ulang halaman sebentar lagi.",
        "That change cannot be seen here yet; load the page again in a moment.",
    ),
    "differs": (
        "Belum diterapkan: faktanya berubah sejak hitungan tadi, sehingga daftarnya lain. Tadi {falls_before} gugur dan {rises_before} lolos; sekarang {falls} gugur dan {rises} lolos, seperti di bawah ini.",
        "Not applied: the facts have changed since that preview, so the list is another. It was {falls_before} who fall and {rises_before} who rise; now {falls} fall and {rises} rise, as below.",
    ),
    "pass_over": (
        "Belum diterapkan: hitungan itu sudah lewat 10 menit, atau bukan hitungan Anda. Periksa lagi daftarnya, lalu terapkan.",
        "Not applied: that preview is older than 10 minutes, or not yours. Look at the list again, then apply it.",
    ),
    "no_reason": ("Belum diterapkan: tulis alasannya.", "Not applied: a reason is needed."),
    "refused_changed": (
        "Belum diterapkan: webinar ini diubah sejak hitungan tadi. Hitung lagi.",
        "Not applied: the webinar was changed since that preview. Compute it again.",
    ),
    "refused_other": (
        "Belum diterapkan. Coba lagi sebentar lagi.",
        "It was not applied. Try again in a moment.",
    ),
}  # fmt: skip
