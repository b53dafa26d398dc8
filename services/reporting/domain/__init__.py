"""Rules of counting, publishing and showing; no I/O, no clock."""
