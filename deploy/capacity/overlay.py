"""The plan as patches of the Kubernetes overlay `national`: two files, written and never edited."""

from typing import Any

from deploy.capacity.model import Plan, Size

SETTINGS, SIZES = "settings.env", "sizes.yaml"
HEAD = "# Written by `hadir capacity --overlay`; a test compares it with the model.\n"
SCALED_BY_CPU = ("attendance-gateway", "registration-api", "attendance-api", "certificates-api",
                 "reporting-api")  # fmt: skip
SCALED_BY_LAG = ("attendance-worker", "certificates-worker", "registration-worker")
STATEFUL = "attendance-worker"
HEAP_SHARE = 0.5
"""Of a broker's memory; the rest is its page cache."""


def files(plan: Plan) -> dict[str, str]:
    """File name → text."""
    settings = f"HADIR_PARTITIONS={plan.partitions}\nHADIR_REPLICATION={plan.need.replication}\n"
    return {SETTINGS: HEAD + settings, SIZES: HEAD + _documents(plan)}


def _documents(plan: Plan) -> str:
    import yaml

    found = [_workload(name, size) for name, size in sorted(plan.processes.items())]
    found += [_by_cpu(name, plan.processes[name]) for name in SCALED_BY_CPU]
    found += [_by_lag(name, plan) for name in SCALED_BY_LAG]
    found += [_brokers(plan), _store(plan.store)]
    text: str = yaml.safe_dump_all(found, sort_keys=False, width=100)
    return text


def _workload(name: str, size: Size) -> dict[str, Any]:
    kind = "StatefulSet" if name == STATEFUL else "Deployment"
    return _named("apps/v1", kind, name, {"template": {"spec": {"containers": [
        {"name": "hadir", "resources": {"requests": {"cpu": _cpu(size.cores), "memory": _mi(size.mib)},
                                        "limits": {"memory": _mi(size.mib)}}}]}}})  # fmt: skip


def _by_cpu(name: str, size: Size) -> dict[str, Any]:
    """The plan's pods stand before the burst comes: starting them takes longer than it lasts."""
    return _named("autoscaling/v2", "HorizontalPodAutoscaler", name,
                  {"minReplicas": size.pods, "maxReplicas": 2 * size.pods})  # fmt: skip


def _by_lag(name: str, plan: Plan) -> dict[str, Any]:
    pods = plan.processes[name].pods
    return _named("keda.sh/v1alpha1", "ScaledObject", name,
                  {"minReplicaCount": pods, "maxReplicaCount": min(2 * pods, plan.partitions)})  # fmt: skip


def _brokers(plan: Plan) -> dict[str, Any]:
    brokers, heap = plan.brokers, f"{int(plan.brokers.mib * HEAP_SHARE)}m"
    volume = {"id": 0, "type": "persistent-claim", "size": f"{plan.disk_gib}Gi",
              "kraftMetadata": "shared", "deleteClaim": False}  # fmt: skip
    return _named("kafka.strimzi.io/v1", "KafkaNodePool", "broker", {
        "replicas": brokers.pods,
        "storage": {"type": "jbod", "volumes": [volume]},
        "resources": {"requests": {"cpu": _cpu(brokers.cores), "memory": _mi(brokers.mib)},
                      "limits": {"memory": _mi(brokers.mib)}},
        "jvmOptions": {"-Xms": heap, "-Xmx": heap},
    })  # fmt: skip


def _store(size: Size) -> dict[str, Any]:
    resources = {"requests": {"cpu": _cpu(size.cores), "memory": _mi(size.mib)},
                 "limits": {"memory": _mi(size.mib)}}  # fmt: skip
    own = {"name": "valkey", "resources": resources,
           "env": [{"name": "MAXMEMORY", "value": f"{size.mib * 3 // 4}mb"}]}  # fmt: skip
    return _named("apps/v1", "StatefulSet", "valkey", {"template": {"spec": {"containers": [own]}}})


def _named(version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _cpu(cores: float) -> str:
    return f"{int(cores * 1000)}m" if cores < 1 else f"{cores:g}"


def _mi(mib: int) -> str:
    return f"{mib}Mi"
