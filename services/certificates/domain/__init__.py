"""Pure rules of certificates: no I/O, no clock, no logging."""
