"""Examples for the OpenAPI document; nobody in them exists."""

from typing import Any

JAMBI: Any = {"region_code": "15", "category": "asn", "quota": 20000}
PROGRAMME: Any = {
    "year": 2026,
    "name": "Pengarusutamaan HAM 2026",
    "targets": {"asn": 1000000, "public": 250000},
}
SESSION: Any = {
    "id": "s1", "start": "2026-12-01T02:00:00Z", "end": "2026-12-01T05:00:00Z",
    "breaks": [{"start": "2026-12-01T03:30:00Z", "end": "2026-12-01T03:45:00Z"}],
    "time_zone": "Asia/Jakarta", "zoom": {"number": "93201235621", "kind": "webinar"},
    "hall": {"name": "Aula Kanwil Jambi", "capacity": 1000},
}  # fmt: skip
WEBINAR: Any = {
    "programme_id": "6f2d1c8e-6a51-5e0c-9f0e-0a3d1b7c4e55", "title": "HAM bagi ASN, angkatan 1",
    "sessions": [SESSION], "rule": {"minimum_share": 8000, "scope": "all"},
    "certificates": "at_once", "jp": 4,
    "signatory": {"name": "Contoh Penanda Tangan", "title": "Kepala Kantor Wilayah"},
}  # fmt: skip
ENROLMENT: Any = {
    "external_id": "p-000001", "name": "Contoh Peserta", "email": "peserta1@example.id",
    "category": "asn", "region_code": "15.71", "agency": "Dinas Contoh", "mode": "either",
    "links": [{"zoom_number": "93201235621", "registrant_id": "_f08HhPJS82MIVLuuFaJPg"}],
}  # fmt: skip
FILE = """external_id,name,email,nip,category,region_code,agency,zoom_number,registrant_id,mode
p-000001,Contoh Satu,satu@example.id,199001012015011001,asn,15.71,Dinas Contoh,93201235621,_f08HhPJS82MIVLuuFaJPg,online
p-000002,Contoh Dua,,,public,15,,,,onsite
"""
