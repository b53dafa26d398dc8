"""Reconciliation with Zoom: its REST interface, reading reports, when to read which, webhook log."""
