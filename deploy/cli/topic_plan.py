"""Topics as they should be against topics as they are."""

from typing import Any, NamedTuple

from shared.provision import wanted
from shared.settings import KafkaSettings


class Row(NamedTuple):
    """One topic; `state` is ok, missing, or a sentence about what differs."""

    topic: str
    partitions: int
    cleanup: str
    state: str


def plan_of(settings: KafkaSettings) -> list[Row]:
    """Every topic of the flow and its dead letters, in flow order."""
    from kafka.admin import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.split(","))
    try:
        there = {t["name"]: len(t["partitions"]) for t in admin.describe_topics()}
        names = [name for name in wanted(settings) if name in there]
        configs = _configs(admin, names)
    finally:
        admin.close()
    return [
        Row(
            name,
            how["num_partitions"],
            how["configs"].get("cleanup.policy", "delete"),
            _state(how, there.get(name), configs.get(name, {})),
        )
        for name, how in wanted(settings).items()
    ]


def _configs(admin: Any, names: list[str]) -> dict[str, dict[str, str]]:
    from kafka.admin import ConfigResource, ConfigResourceType

    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = admin.describe_configs(asked) if asked else {}
    topics: dict[str, Any] = next(iter(found.values()), {})
    return {
        name: {key: str(entry["value"]) for key, entry in entries.items()}
        for name, entries in topics.items()
    }


def _state(how: dict[str, Any], partitions: int | None, configs: dict[str, str]) -> str:
    if partitions is None:
        return "missing"
    if partitions != how["num_partitions"]:
        return f"has {partitions} partitions"
    for name, value in how["configs"].items():
        if name in configs and configs[name] != value:
            return f"{name} is {configs[name]}, not {value}"
    return "ok"
