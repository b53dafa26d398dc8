"""What contents and certificates have in common, so that each is kept in fewer bytes (`shared.shrunk`).

Contents are sealed for ever: these words stay as they are; better ones get a mark of their own.
"""

from shared.shrunk import Shrunk

CONTENT = Shrunk(1, (
    '{"when":"Senin, Selasa, Rabu, Kamis, Jumat, Sabtu, Minggu, Januari Februari Maret April Mei Juni '
    'Juli Agustus September Oktober November Desember 2026, 08.00–16.00 WIT WITA WIB","where":"Zoom"},'
    '{"agency":"Pemerintah Provinsi Kabupaten Kota Dinas Kementerian","certificate_id":"",'
    '"held":" 2026","jp":2,"lesson_hours":"2 (dua empat enam delapan) Jam Pelajaran","name":"",'
    '"nip":"1986**********01 19","organiser":"","place":"Jakarta","programme":"","sample":false,'
    '"sessions":[{"when":"","where":"Aula / Zoom"}],"signatory_name":"Dr. ","signatory_title":"Kepala '
    'Direktur","template":"a4-landscape-1","title":"Webinar Hak Asasi Manusia","verify_url":"https://'
).encode())  # fmt: skip
CERTIFICATE = Shrunk(1, (
    b'{"category":"public","category":"legislator","category":"prosecutor","category":"polri",'
    b'"category":"tni","category":"asn","certificate_id":"","issued_at":"2026-11-12T05:04:03Z",'
    b'"number":"0000042/HAM/15.72/2026","participant_id":"","region_code":"15.72","revision":1,'
    b'"sealed":"","sha256":"","status":"revoked","status":"issued","verify_url":"https:///v/",'
    b'"webinar_id":"","year":2026}'
))  # fmt: skip
