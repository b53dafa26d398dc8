"""Certificates: who gets one, its number, its document, and whether it still holds.

Reads    attendance.decisions; registration.webinars, programmes, participants, keys, enrolments
Writes   certificates.numbers (the order that numbers people), certificates.certificates
Owns     numbering, frozen content, documents, signatures, verification
Runs as  `python -m services.certificates worker` and `python -m services.certificates api`
"""
