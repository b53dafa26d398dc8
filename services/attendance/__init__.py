"""Attendance: who was there and for how long, and who is therefore eligible.

reads:  registration.webinars, registration.enrolments, certificates.certificates; Zoom's reports
writes: attendance.zoom-webhooks (gateway), attendance.events (api, worker),
        attendance.scans and attendance.rulings (api),
        attendance.reviews, attendance.differences and attendance.decisions (worker),
        attendance.reports (reconciler; the api: who asked for one)
owns:   Zoom's webhooks, check-ins, presence, decisions and their reasons, review cases
runs:   `gateway` (webhooks only, open to the internet), `api`, `worker` (Faust),
        `reconciler` (calls Zoom; only where an account is configured)
"""
