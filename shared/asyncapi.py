"""The AsyncAPI document: every topic a channel, every event a message, who sends and receives.

Payloads are in AsyncAPI's own dialect (JSON Schema draft 7); shared/schemas/ says the same in
2020-12.
"""

from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import orjson
from pydantic.json_schema import models_json_schema

from shared import batch, envelope
from shared.events import Event
from shared.examples import example
from shared.json_schemas import Plain
from shared.provision import configs_of, dead_letter_configs, partitions_of
from shared.settings import KafkaSettings, load
from shared.topics import EVENT_TYPES, FLOW, WEBHOOKS, Topic

Json = dict[str, Any]
BINDING = {"bindingVersion": "0.5.0"}
OBJECTS = "#/components/schemas/{model}"
ABOUT = """The record of Hadir, an attendance service for very large webinars.

CloudEvents 1.0 in Kafka's binary mode: attributes are record headers, the value is the event.
The partition of a key is `(murmur2(key) & 0x7fffffff) % partitions`.
Where a topic is compacted, the highest version (or revision) of a key is the truth about it."""
BATCHED = f"""Several events of one partition may share a record: its content type is then
`{batch.CONTENT_TYPE}`, its key null, its value frames of
`u32be n, n bytes of header JSON, u32be m, m bytes of body`; the header JSON holds the attributes
below and the event's `key`. An event's address is topic/partition/offset/index in the record."""
HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "Derived from the content: what is said twice has the same id.",
    "ce_source": "A URN of the installation.",
    "ce_type": "The event's type, with its version.",
    "ce_time": "When it was said: RFC 3339, UTC.",
    "ce_subject": "The key.",
    "ce_dataschema": "The URN of the JSON Schema.",
}
DEAD_LETTER = {
    "dl_topic": "The topic it comes from; `http` for what never came as far.",
    "dl_partition": "Its partition there.",
    "dl_offset": "Its offset there.",
    "dl_index": "Its index in a batch record, else 0.",
    "dl_reason": "Why nobody could handle it.",
    "dl_attempts": "How often it was tried.",
    "dl_at": "When it was set aside: epoch seconds.",
}
WEBHOOK = "us.zoom.webhook.v0"
WEBHOOK_HEADERS = (
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time",
    "x-zm-request-timestamp", "x-zm-request-id", "x-zm-trackingid",
)  # fmt: skip
GRAVE = "dead-letter"


def document() -> Json:
    """The AsyncAPI 3.1 document of this version, by the default settings."""
    settings = load(KafkaSettings, {"HADIR_KAFKA": "localhost:9092"})
    channels = {topic.name: _channel(topic, settings) for topic in FLOW}
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "Hadir", "version": version("hadir"), "description": ABOUT},
        "defaultContentType": envelope.CONTENT_TYPE,
        "channels": {**channels, "dead-letters": _dead_letters()},
        "operations": {name: how for topic in FLOW for name, how in _operations(topic)},
        "components": {
            "messages": {**_messages(), WEBHOOK: _webhook(), GRAVE: _grave()},
            "schemas": _objects(),
        },
    }


def _ref(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(path)}


def _names(topic: Topic) -> list[str]:
    return [WEBHOOK] if topic is WEBHOOKS else [e.type for e in topic.events]


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


PREFIX = {
    "prefix": {"default": "hadir.", "description": "Of the installation: HADIR_TOPIC_PREFIX."}
}


def _channel(topic: Topic, settings: KafkaSettings) -> Json:
    return {
        "address": "{prefix}" + topic.name,
        "title": topic.name,
        "description": f"Key: {topic.key}. Holds {topic.why}."
        + (f"\n\n{BATCHED}" if topic.batched else ""),
        "parameters": PREFIX,
        "messages": {name: _ref("components", "messages", name) for name in _names(topic)},
        "bindings": {
            "kafka": {
                "partitions": partitions_of(topic, settings),
                "replicas": settings.replication,
                "topicConfiguration": _configuration(configs_of(topic, settings)),
                **BINDING,
            }
        },
    }


def _dead_letters() -> Json:
    return {
        "address": "{prefix}{topic}.dlq",
        "title": "Dead letters of a topic",
        "description": "What no reader could handle: the original bytes, with reason and origin.",
        "parameters": {
            **PREFIX,
            "topic": {"enum": [t.name for t in FLOW], "description": "The topic they come from."},
        },
        "messages": {GRAVE: _ref("components", "messages", GRAVE)},
        "bindings": {
            "kafka": {
                "partitions": 1,
                "topicConfiguration": _configuration(dead_letter_configs()),
                **BINDING,
            }
        },
    }


def _configuration(configs: dict[str, str]) -> Json:
    numbers: Json = {k: int(v) for k, v in configs.items() if v.lstrip("-").isdigit()}
    policy = configs.get("cleanup.policy", "delete")
    return {**configs, **numbers, "cleanup.policy": [policy]}


def _operations(topic: Topic) -> list[tuple[str, Json]]:
    sender = topic.writer.partition(" ")[0]
    who = [("send", sender, topic.writer)] + [
        ("receive", reader, reader) for reader in topic.readers
    ]
    return [
        (f"{action}.{name.replace(' ', '-')}.{topic.name}", {
            "action": action,
            "channel": _ref("channels", topic.name),
            "title": f"{by} {'writes' if action == 'send' else 'reads'} {topic.name}",
            "messages": [_ref("channels", topic.name, "messages", name) for name in _names(topic)],
        })
        for action, name, by in who
    ]  # fmt: skip


def _messages() -> Json:
    return {e.type: _message(e, topic) for topic in FLOW for e in topic.events}


def _message(event: type[Event], topic: Topic) -> Json:
    headers = {
        **{name: _text(meaning) for name, meaning in HEADERS.items()},
        "ce_type": _text(HEADERS["ce_type"], const=event.type),
        "ce_dataschema": _text(HEADERS["ce_dataschema"], const=envelope.urn_of(event.type)),
        "content-type": _text("Of the value.", const=envelope.CONTENT_TYPE),
    }
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": cleandoc(event.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
        "contentType": envelope.CONTENT_TYPE,
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "payload": {"$ref": OBJECTS.format(model=event.__name__)},
        "bindings": {"kafka": {"key": _text(topic.key), **BINDING}},
        "examples": [{"payload": orjson.loads(example(event.type).to_bytes())}],
    }


def _webhook() -> Json:
    headers = {name: _text(HEADERS[name]) for name in WEBHOOK_HEADERS if name in HEADERS}
    zoom = {name: _text("As Zoom sent it.") for name in WEBHOOK_HEADERS if name not in HEADERS}
    return {
        "name": WEBHOOK,
        "title": "A Zoom webhook",
        "summary": "The body of a delivery, byte for byte as Zoom sent it; only ever in a batch.",
        "contentType": batch.CONTENT_TYPE,
        "headers": {"type": "object", "properties": {**headers, **zoom}},
        "payload": {"description": "Frames; each body is Zoom's JSON."},
    }


def _grave() -> Json:
    headers = {name: _text(meaning) for name, meaning in DEAD_LETTER.items()}
    return {
        "name": GRAVE,
        "title": "A dead letter",
        "summary": "The original record: its key, value and headers, and these beside them.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "payload": {"description": "The original bytes."},
    }


def _objects() -> Json:
    events: Any = [(event, "validation") for event in EVENT_TYPES.values()]
    _, found = models_json_schema(events, ref_template=OBJECTS, schema_generator=Plain)
    objects: Json = _draft_7(found["$defs"])
    return objects


def _draft_7(schema: Any) -> Any:
    """Draft 7 says `items` where 2020-12 says `prefixItems`."""
    if isinstance(schema, list):
        return [_draft_7(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        {"prefixItems": "items"}.get(word, word): _draft_7(part) for word, part in schema.items()
    }
