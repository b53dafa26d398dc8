"""The whole system on one machine without Docker: a real broker, a real store, every process."""
