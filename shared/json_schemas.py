"""JSON Schemas (2020-12) of the events, as readers see them: a field with a default may be absent."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.envelope import urn_of
from shared.events import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Plain(GenerateJsonSchema):
    """Without the titles that only repeat the fields' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The schema of one event; its `$id` is what `ce_dataschema` says."""
    return {
        "$schema": DIALECT,
        "$id": urn_of(event.type),
        **event.model_json_schema(mode="validation", schema_generator=Plain),
    }
