"""`hadir bench`: measurements beside peers, in one run, on loopback. Nothing here is a test."""
