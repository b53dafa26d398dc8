"""A realistic hybrid webinar from a seed: its people, what they did, what was delivered, the truth.

Reads: a `Scenario`. Gives: participants.csv, Zoom webhooks and QR scans in order of arrival, and the
outcome that follows from what was delivered. `play` sends it; `compare` holds a system against it.
"""
