"""Events: frozen, versioned facts in the past tense. A breaking change is a new class."""

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, NamedTuple

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

_RFC_3339 = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"
_is_rfc_3339 = re.compile(_RFC_3339, re.ASCII).match


def _utc(value: str) -> str:
    if not _is_rfc_3339(value) or value.endswith("\n"):
        raise ValueError("a time must be RFC 3339 in UTC, ending in Z")
    datetime.fromisoformat(value)  # a day or an hour that does not exist is a ValueError, too
    return value


UtcTime = Annotated[
    str,
    AfterValidator(_utc),
    Field(json_schema_extra={"format": "date-time", "pattern": _RFC_3339}),
]
"""RFC 3339 in UTC with a final Z."""


class Model(BaseModel):
    """A frozen value; unknown fields of later minor versions are ignored.

    A value that is refused is never quoted: errors are logged, and values may be personal.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces; the same value gives the same bytes."""
        return orjson.dumps(self.__dict__, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    """What the JSON writer does not know by itself: models and, with pydantic's rules, the rest."""
    return value.__dict__ if isinstance(value, Model) else to_jsonable_python(value)


def derived_event_id(event_type: str, body: bytes) -> str:
    """The id of an event with this canonical JSON."""
    whole = event_type.encode() + b"\n" + body
    return hashlib.sha256(whole, usedforsecurity=False).hexdigest()[:32]


class Event(Model):
    """Base of all events. `type` is the CloudEvents type and carries the version."""

    type: ClassVar[str]

    def event_id(self, body: bytes | None = None) -> str:
        """Derived from the content: sent twice, it is the same event twice.

        `body` is `to_bytes()`, if the caller has it already.
        """
        return derived_event_id(self.type, self.to_bytes() if body is None else body)

    @classmethod
    def parse(cls, data: bytes | str) -> Any:
        """The event from its JSON.

        Raises:
            pydantic.ValidationError: the bytes are not such an event.
        """
        return cls.model_validate_json(data)


class Encoded(NamedTuple):
    """An event whose canonical JSON was made without its model, where millions are written. Tests
    hold such bytes against the model's."""

    type: str
    body: bytes

    def to_bytes(self) -> bytes:
        """As `Event.to_bytes`."""
        return self.body

    def event_id(self, body: bytes | None = None) -> str:
        """As `Event.event_id`."""
        return derived_event_id(self.type, self.body if body is None else body)
