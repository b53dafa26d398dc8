"""What the operators' routes take and answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import Header
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.attendance.operators import who_is

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    Field(description="why; it stands in the audit trail for good, so name nobody in it"),
]
IdempotencyKey = Annotated[
    str | None,
    Header(description="the same key from the same caller says one thing only", max_length=200),
]


class Reasoned(BaseModel):
    """A command that needs nothing but its reason."""

    reason: Reason


class Person(BaseModel):
    """A person, by either id."""

    participant_id: str | None = Field(default=None, max_length=100)
    external_id: str | None = Field(default=None, max_length=200)

    @property
    def id(self) -> str:
        """participant_id; raises Problem 422."""
        return who_is(self.participant_id, self.external_id)


class Word(BaseModel):
    """An operator's word as it stands: `type`, who said it when and why, and what it says."""

    model_config = {"extra": "allow"}

    ruling_id: str
    type: str
    webinar_id: str
    made_at: int = Field(description="epoch milliseconds")
    made_by: str
    reason: str
    withdrawn_by: str | None = None


class Words(BaseModel):
    """Words, and the cursor of the next page."""

    items: list[Word]
    next: str | None = None


class RowResult(BaseModel):
    """What became of one row of a bulk command; `problem` when it was left out."""

    row: int
    id: str
    status: str
    ruling_id: str | None = None
    problem: dict[str, Any] | None = None


class BulkAnswer(BaseModel):
    """The good rows went through; the others say why not."""

    accepted: int
    refused: int
    results: Sequence[RowResult]

    @classmethod
    def of(cls, rows: Sequence[RowResult]) -> Self:
        """The rows with their counts."""
        good = sum(row.status == "accepted" for row in rows)
        return cls(accepted=good, refused=len(rows) - good, results=rows)


class Hours(BaseModel):
    """From and to, with offset; fractions of a second are cut."""

    start: AwareDatetime
    end: AwareDatetime

    @property
    def seconds(self) -> tuple[int, int]:
        """Epoch seconds."""
        return int(self.start.timestamp()), int(self.end.timestamp())
