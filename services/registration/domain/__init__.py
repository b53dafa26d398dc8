"""The rules of registration: pure functions on frozen values."""
