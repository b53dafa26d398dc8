"""What contents and certificates have in common, so that each is kept in fewer bytes (`shared.shrunk`).

Contents are sealed for ever: these words stay as they are; better ones get a mark of their own.
"""

from shared.shrunk import Shrunk

CONTENT = Shrunk(
    '{"agency":"Dinas ', '{"agency":"', '","certificate_id":"', '","held":"', '","jp":',
    ',"lesson_hours":"', ') Jam Pelajaran","name":"', '","nip":"', '","organiser":"',
    '","place":"Jakarta","programme":"', '","place":"', '","programme":"',
    '","sample":false,"sessions":[{"when":"', '","sample":true,"sessions":[{"when":"',
    '","where":"', '"},{"when":"', '"}],"signatory_name":"', '","signatory_title":"Kepala ',
    '","signatory_title":"', '","template":"a4-landscape-1","title":"', '","verify_url":"http',
    "Zoom", " 2026", "30–", "00–", " WIB", "Pemerintah ", "Provinsi ", "Kabupaten ",
)  # fmt: skip
CERTIFICATE = Shrunk(
    '{"category":"asn","certificate_id":"', '{"category":"public","certificate_id":"', '{"category":"',
    '","certificate_id":"', '","issued_at":"20', 'Z","number":"', '","participant_id":"',
    '","region_code":"', '","revision":1,"sealed":"', '","revision":', ',"sealed":"',
    '","sha256":"', '","status":"issued","verify_url":"http', '","status":"', '","verify_url":"http',
    '","webinar_id":"', '","year":20', "/HAM/",
)  # fmt: skip
