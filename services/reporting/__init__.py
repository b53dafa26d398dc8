"""Reporting: how many people of which region were registered, attended, are eligible, certified.

reads:  registration.programmes, registration.webinars, registration.enrolments,
        attendance.decisions, certificates.certificates
writes: reporting.quotas (worker)
owns:   quota counters, figures of a webinar, the dashboard, exports, the quota topic
runs:   `api` (reads the quota topic like any other service), `worker` (counts and publishes)
"""
