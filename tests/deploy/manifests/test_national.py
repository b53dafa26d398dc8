"""The overlay `national` has the sizes of the model, and nothing else differs from production."""

import jsonschema
import pytest

from deploy.capacity.measured import load
from deploy.capacity.model import Need, Plan, Size, plan
from deploy.capacity.overlay import files
from tests.deploy.manifests.custom_resources import SCHEMAS
from tests.deploy.manifests.support import K8S, PROCESSES, build, container, of_kind, workloads

NATIONAL, PROD = "overlays/national", "overlays/prod"
NEED = Need(attendees=1_000_000, end_burst=30)


@pytest.fixture(scope="module")
def wanted() -> Plan:
    return plan(NEED, load())


def mib(quantity: str) -> int:
    return int(quantity.removesuffix("Mi"))


def size_of(name: str) -> Size:
    """As the cluster would run it: pods at least, a pod's cores and memory."""
    objects = build(NATIONAL)
    own = container(workloads(objects)[name])["resources"]
    by_cpu, by_lag = (
        of_kind(objects, kind) for kind in ("HorizontalPodAutoscaler", "ScaledObject")
    )
    pods = (
        by_cpu[name]["spec"]["minReplicas"] if name in by_cpu
        else by_lag[name]["spec"]["minReplicaCount"] if name in by_lag
        else workloads(objects)[name]["spec"]["replicas"]
    )  # fmt: skip
    cpu = str(own["requests"]["cpu"])
    cores = int(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)
    assert own["requests"]["memory"] == own["limits"]["memory"]
    return Size(pods, cores, mib(own["limits"]["memory"]))


def test_the_files_are_those_that_the_model_writes_today(wanted: Plan) -> None:
    for name, text in files(wanted).items():
        there = (K8S / NATIONAL / name).read_text()
        assert there == text, f"run `hadir capacity --overlay deploy/k8s/{NATIONAL}`"


@pytest.mark.parametrize("name", sorted(set(PROCESSES) - {"attendance-reconciler"}))
def test_each_process_has_the_pods_and_the_memory_of_the_model(name: str, wanted: Plan) -> None:
    assert size_of(name) == wanted.processes[name]


def test_partitions_brokers_and_the_store_are_those_of_the_model(wanted: Plan) -> None:
    maps = of_kind(build(NATIONAL), "ConfigMap")
    (settings,) = (m["data"] for n, m in maps.items() if n.startswith("hadir-settings"))
    assert settings["HADIR_PARTITIONS"] == str(wanted.partitions)
    pool = of_kind(build(NATIONAL), "KafkaNodePool")["broker"]["spec"]
    assert pool["replicas"] == wanted.brokers.pods
    assert pool["storage"]["volumes"][0]["size"] == f"{wanted.disk_gib}Gi"
    assert mib(pool["resources"]["limits"]["memory"]) == wanted.brokers.mib
    assert size_of("valkey") == wanted.store


def test_workers_may_grow_but_not_beyond_the_partitions(wanted: Plan) -> None:
    for scaled in of_kind(build(NATIONAL), "ScaledObject").values():
        least, most = (scaled["spec"][f"{bound}ReplicaCount"] for bound in ("min", "max"))
        assert 2 <= least <= most <= wanted.partitions


def test_it_has_the_objects_of_production() -> None:
    """But for maps of settings, whose names say what is in them."""
    objects = [
        {(o["kind"], o["metadata"]["name"]) for o in build(overlay) if o["kind"] != "ConfigMap"}
        for overlay in (NATIONAL, PROD)
    ]
    assert objects[0] == objects[1]


def test_its_custom_resources_have_only_known_fields() -> None:
    for resource in build(NATIONAL):
        if resource["kind"] in SCHEMAS:
            jsonschema.validate(resource, SCHEMAS[resource["kind"]])
