"""The HTTP resources of registration."""
