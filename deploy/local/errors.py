"""What can go wrong while a local system is brought up; each text is one sentence for a person."""


class CannotStart(Exception):
    """The local system cannot run as asked: something is missing, taken or unreachable."""


class DidNotStart(Exception):
    """A part was started and did not become ready."""
