"""Events: frozen, versioned facts in the past tense. A breaking change is a new class."""

import hashlib
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import to_jsonable_python


def _utc(value: str) -> str:
    if not value.endswith("Z"):
        raise ValueError("a time must be RFC 3339 in UTC, ending in Z")
    return value


UtcTime = Annotated[str, AfterValidator(_utc)]
"""RFC 3339 in UTC with a final Z."""


class Model(BaseModel):
    """A frozen value; unknown fields of later minor versions are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no spaces; the same value gives the same bytes."""
        return orjson.dumps(to_jsonable_python(self), option=orjson.OPT_SORT_KEYS)


class Event(Model):
    """Base of all events. `type` is the CloudEvents type and carries the version."""

    type: ClassVar[str]

    def event_id(self) -> str:
        """Derived from the content: sent twice, it is the same event twice."""
        digest = hashlib.blake2b(self.type.encode() + b"\n" + self.to_bytes(), digest_size=16)
        return digest.hexdigest()

    @classmethod
    def parse(cls, data: bytes | str) -> Any:
        """The event from its JSON.

        Raises:
            pydantic.ValidationError: the bytes are not such an event.
        """
        return cls.model_validate_json(data)
