"""What contents and certificates have in common, so that each is kept in fewer bytes (`shared.shrunk`).

Contents are sealed for ever: these words stay as they are; better ones get a mark of their own. The
second text of each is what the first values were deflated with.
"""

from shared.shrunk import Shrunk

CONTENT = Shrunk((
    '{"agency":"Dinas ', '{"agency":"', '","certificate_id":"', '","held":"', '","jp":',
    ',"lesson_hours":"', ') Jam Pelajaran","name":"', '","nip":"', '","organiser":"',
    '","place":"Jakarta","programme":"', '","place":"', '","programme":"',
    '","sample":false,"sessions":[{"when":"', '","sample":true,"sessions":[{"when":"',
    '","where":"', '"},{"when":"', '"}],"signatory_name":"', '","signatory_title":"Kepala ',
    '","signatory_title":"', '","template":"a4-landscape-1","title":"', '","verify_url":"http',
    "Zoom", " 2026", "30–", "00–", " WIB", "Pemerintah ", "Provinsi ", "Kabupaten ",
), (
    '{"when":"Senin, Selasa, Rabu, Kamis, Jumat, Sabtu, Minggu, Januari Februari Maret April Mei Juni '
    'Juli Agustus September Oktober November Desember 2026, 08.00–16.00 WIT WITA WIB","where":"Zoom"},'
    '{"agency":"Pemerintah Provinsi Kabupaten Kota Dinas Kementerian","certificate_id":"",'
    '"held":" 2026","jp":2,"lesson_hours":"2 (dua empat enam delapan) Jam Pelajaran","name":"",'
    '"nip":"1986**********01 19","organiser":"","place":"Jakarta","programme":"","sample":false,'
    '"sessions":[{"when":"","where":"Aula / Zoom"}],"signatory_name":"Dr. ","signatory_title":"Kepala '
    'Direktur","template":"a4-landscape-1","title":"Webinar Hak Asasi Manusia","verify_url":"https://'
).encode())  # fmt: skip
CERTIFICATE = Shrunk((
    '{"category":"asn","certificate_id":"', '{"category":"public","certificate_id":"', '{"category":"',
    '","certificate_id":"', '","issued_at":"20', 'Z","number":"', '","participant_id":"',
    '","region_code":"', '","revision":1,"sealed":"', '","revision":', ',"sealed":"',
    '","sha256":"', '","status":"issued","verify_url":"http', '","status":"', '","verify_url":"http',
    '","webinar_id":"', '","year":20', "/HAM/",
), (
    b'{"category":"public","category":"legislator","category":"prosecutor","category":"polri",'
    b'"category":"tni","category":"asn","certificate_id":"","issued_at":"2026-11-12T05:04:03Z",'
    b'"number":"0000042/HAM/15.72/2026","participant_id":"","region_code":"15.72","revision":1,'
    b'"sealed":"","sha256":"","status":"revoked","status":"issued","verify_url":"https:///v/",'
    b'"webinar_id":"","year":2026}'
))  # fmt: skip
