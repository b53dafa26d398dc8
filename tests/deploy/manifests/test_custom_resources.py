"""Objects of the operators (Strimzi, KEDA, Prometheus), by strict schemas of the fields we use."""

import copy
import re
from typing import Any

import jsonschema
import pytest

from shared.settings import KafkaSettings
from shared.topics import FLOW, QUOTAS
from tests.deploy.manifests.custom_resources import SCHEMAS
from tests.deploy.manifests.support import PROCESSES, ROOT, build, of_kind, workloads

PROD = "overlays/prod"
SETTINGS = KafkaSettings(kafka="none:9092")
BUILT_IN = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1", "autoscaling/v2"}


def custom() -> list[Any]:
    return [
        pytest.param(o, id=f"{o['kind']}-{o['metadata']['name']}")
        for o in build(PROD)
        if o["apiVersion"] not in BUILT_IN
    ]


def test_production_uses_every_operator() -> None:
    kinds = {o["kind"] for o in build(PROD) if o["apiVersion"] not in BUILT_IN}
    assert kinds == set(SCHEMAS) == {
        "Kafka", "KafkaNodePool", "KafkaUser", "PrometheusRule", "ScaledObject", "ServiceMonitor",
    }  # fmt: skip


def test_a_custom_resource_has_only_known_fields() -> None:
    for parameter in custom():
        (resource,) = parameter.values
        jsonschema.validate(resource, SCHEMAS[resource["kind"]])


def test_the_schemas_refuse_a_misspelt_field() -> None:
    kafka = copy.deepcopy(of_kind(build(PROD), "Kafka")["hadir"])
    kafka["spec"]["kafka"]["listener"] = kafka["spec"]["kafka"].pop("listeners")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(kafka, SCHEMAS["Kafka"])


def test_topics_belong_to_the_provisioner_alone() -> None:
    kafka = of_kind(build(PROD), "Kafka")["hadir"]["spec"]
    assert of_kind(build(PROD), "KafkaTopic") == {}
    assert "topicOperator" not in kafka["entityOperator"]
    assert kafka["kafka"]["config"]["auto.create.topics.enable"] is False


def test_the_cluster_has_as_many_brokers_as_copies_and_survives_one() -> None:
    config = of_kind(build(PROD), "Kafka")["hadir"]["spec"]["kafka"]["config"]
    brokers = of_kind(build(PROD), "KafkaNodePool")["broker"]["spec"]["replicas"]
    assert brokers >= config["default.replication.factor"] == 3
    assert config["min.insync.replicas"] == 2


def test_the_processes_find_the_cluster_under_its_name() -> None:
    (settings,) = (
        m for n, m in of_kind(build(PROD), "ConfigMap").items() if n.startswith("hadir-settings")
    )
    name = next(iter(of_kind(build(PROD), "Kafka")))
    assert settings["data"]["HADIR_KAFKA"] == f"{name}-kafka-bootstrap:9092"


def test_a_foreign_reader_may_read_the_quota_topic_and_nothing_else() -> None:
    acls = of_kind(build(PROD), "KafkaUser")["quota-reader"]["spec"]["authorization"]["acls"]
    topics = [a for a in acls if a["resource"]["type"] == "topic"]
    assert [a["resource"]["name"] for a in topics] == [SETTINGS.topic(QUOTAS)]
    assert all(set(a["operations"]) <= {"Read", "Describe"} for a in acls)


def test_only_workers_scale_by_lag_on_topics_that_exist() -> None:
    names = {SETTINGS.topic(topic) for topic in FLOW}
    for name, scaled in of_kind(build(PROD), "ScaledObject").items():
        target = scaled["spec"]["scaleTargetRef"]
        assert PROCESSES[target["name"]][1] == "worker"
        assert target["name"] == name
        assert workloads(build(PROD))[name]["kind"] == target["kind"]
        for trigger in scaled["spec"]["triggers"]:
            assert trigger["metadata"]["topic"] in names
            group = trigger["metadata"]["consumerGroup"].removeprefix(SETTINGS.topic_prefix)
            assert group.removeprefix("view.") in names_in_code(PROCESSES[name][0])
            assert trigger["metadata"]["offsetResetPolicy"] == "earliest"


def names_in_code(service: str) -> set[str]:
    """Quoted words in a service's modules, among them the names of its consumer groups."""
    sources = (ROOT / "services" / service).glob("*.py")
    return {w for s in sources for w in re.findall(r'=\s?"([a-z.-]+)"', s.read_text())}
