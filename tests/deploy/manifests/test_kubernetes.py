"""The Kubernetes manifests run every process, restricted, probed, and reachable only as named."""

import base64
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.attendance.gateway import PATH as GATEWAY_PATH
from services.attendance.settings import AttendanceApiSettings
from services.attendance.wiring import build_api
from services.certificates.api import public
from services.registration.routes import rule_changes, walk_ins
from services.reporting import api, dashboard
from tests.deploy.manifests.support import (
    PROCESSES,
    build,
    compose,
    container,
    known_settings,
    of_kind,
    pod,
    settings_of,
    strings,
    without_file,
    workloads,
)

OVERLAYS = ("overlays/dev", "overlays/prod", "overlays/national")
pytestmark = pytest.mark.parametrize("overlay", OVERLAYS)
each_process = pytest.mark.parametrize("name", PROCESSES)


def environment(workload: dict[str, Any], objects: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """All settings that a process gets, from its own list and from the shared map."""
    maps = of_kind(objects, "ConfigMap")
    values: dict[str, Any] = {}
    for source in container(workload).get("envFrom", []):
        values |= maps[source["configMapRef"]["name"]]["data"]
    own = {
        e["name"]: e.get("value", e.get("valueFrom")) for e in container(workload).get("env", [])
    }
    return values | own


@each_process
def test_a_process_runs_by_the_same_command_as_in_compose(overlay: str, name: str) -> None:
    found = workloads(build(overlay))[name]
    assert container(found)["args"] == compose()["services"][name]["command"]
    assert "command" not in container(found)
    assert found["kind"] == ("StatefulSet" if name == "attendance-worker" else "Deployment")


def test_all_processes_and_the_provisioner_run_one_image(overlay: str) -> None:
    found = workloads(build(overlay))
    assert len({container(found[name])["image"] for name in [*PROCESSES, "provision"]}) == 1


def test_images_are_pinned_to_a_version(overlay: str) -> None:
    for workload in workloads(build(overlay)).values():
        tag = container(workload)["image"].rpartition(":")[2]
        assert re.match(r"\d+\.\d+", tag), container(workload)["image"]


def test_every_pod_meets_the_restricted_standard(overlay: str) -> None:
    for workload in workloads(build(overlay)).values():
        security = pod(workload)["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod(workload)["automountServiceAccountToken"] is False
        assert container(workload)["securityContext"]["allowPrivilegeEscalation"] is False
        assert container(workload)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod(workload))
        assert not any("hostPath" in volume for volume in pod(workload).get("volumes", []))


def test_root_filesystems_are_read_only_but_for_the_trial_broker(overlay: str) -> None:
    writable = {
        name
        for name, workload in workloads(build(overlay)).items()
        if not container(workload)["securityContext"].get("readOnlyRootFilesystem")
    }
    assert writable == ({"kafka"} if overlay == "overlays/dev" else set())


def test_the_namespace_enforces_the_restricted_standard(overlay: str) -> None:
    (namespace,) = of_kind(build(overlay), "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    inside = {o["metadata"].get("namespace") for o in build(overlay) if o["kind"] != "Namespace"}
    assert inside == {namespace["metadata"]["name"]}


@each_process
def test_liveness_asks_no_dependency_and_readiness_does(overlay: str, name: str) -> None:
    found = container(workloads(build(overlay))[name])
    paths = {
        kind: found[f"{kind}Probe"]["httpGet"]["path"]
        for kind in ("startup", "liveness", "readiness")
    }
    assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert found["startupProbe"]["failureThreshold"] * found["startupProbe"]["periodSeconds"] >= 60


@each_process
def test_memory_is_bounded(overlay: str, name: str) -> None:
    resources = container(workloads(build(overlay))[name])["resources"]
    assert {"cpu", "memory"} <= set(resources["requests"])
    assert "memory" in resources["limits"]


@each_process
def test_replicas_spread_over_nodes_and_zones(overlay: str, name: str) -> None:
    keys = {
        c["topologyKey"] for c in pod(workloads(build(overlay))[name])["topologySpreadConstraints"]
    }
    assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


@each_process
def test_one_pod_of_a_process_may_be_away_at_a_time(overlay: str, name: str) -> None:
    budget = of_kind(build(overlay), "PodDisruptionBudget")[name]["spec"]
    labels = workloads(build(overlay))[name]["spec"]["template"]["metadata"]["labels"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= labels.items()


@each_process
def test_a_service_leads_to_its_own_process_only(overlay: str, name: str) -> None:
    service = of_kind(build(overlay), "Service")[name]["spec"]
    matching = [
        other
        for other, workload in workloads(build(overlay)).items()
        if service["selector"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert matching == [name]
    assert service["ports"][0]["targetPort"] in {
        p["name"] for p in container(workloads(build(overlay))[name])["ports"]
    }


def test_the_attendance_worker_keeps_its_group_membership_over_a_restart(overlay: str) -> None:
    worker = workloads(build(overlay))["attendance-worker"]
    instance = environment(worker, build(overlay))["HADIR_INSTANCE"]
    assert instance == {
        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}
    } or instance == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_settings_in_the_manifests_exist(overlay: str) -> None:
    named = {s for s in strings(list(build(overlay))) if re.fullmatch(r"HADIR_[A-Z0-9_]+", s)}
    assert named
    assert {without_file(n) for n in named} <= known_settings()


@each_process
def test_a_process_gets_only_secrets_that_it_reads(overlay: str, name: str) -> None:
    workload = workloads(build(overlay))[name]
    fields = {f"HADIR_{f.upper()}" for f in settings_of(name).model_fields}
    own = {e["name"] for e in container(workload)["env"]}
    assert {without_file(n) for n in own} <= fields


@each_process
def test_secret_files_lie_where_the_settings_say(overlay: str, name: str) -> None:
    workload = workloads(build(overlay))[name]
    named = {v for n, v in environment(workload, build(overlay)).items() if n.endswith("_FILE")}
    assert named
    assert named <= mounted_files(workload)


def mounted_files(workload: dict[str, Any]) -> set[str]:
    """Paths at which the pod's secret volumes put files."""
    files = set()
    volumes = {v["name"]: v for v in pod(workload)["volumes"]}
    for mount in container(workload)["volumeMounts"]:
        volume = volumes[mount["name"]]
        sources = [s["secret"] for s in volume.get("projected", {}).get("sources", [])]
        for secret in [*sources, *([volume["secret"]] if "secret" in volume else [])]:
            files |= {f"{mount['mountPath']}/{item['path']}" for item in secret["items"]}
    return files


def test_no_secret_has_a_value_here(overlay: str) -> None:
    assert of_kind(build(overlay), "Secret") == {}


def test_everything_is_denied_but_what_is_named(overlay: str) -> None:
    policies = of_kind(build(overlay), "NetworkPolicy")
    deny = policies.pop("default-deny")["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert "egress" not in deny
    every_rule_is_narrow = [
        rule.get("from") or rule.get("to") or rule.get("ports")
        for policy in policies.values()
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
    ]
    assert all(every_rule_is_narrow)


PUBLIC, DESK = range(2)  # the hosts of the ingress, in order


def routes(overlay: str, host: int) -> list[tuple[str, str, str]]:
    """(path, type, process) of a host of the ingress."""
    (ingress,) = of_kind(build(overlay), "Ingress").values()
    rule = ingress["spec"]["rules"][host]
    return [
        (p["path"], p["pathType"], p["backend"]["service"]["name"]) for p in rule["http"]["paths"]
    ]


def reached(overlay: str, path: str, host: int = PUBLIC) -> str | None:
    """The process behind a path, by Kubernetes' rules (a prefix ends at a slash)."""
    for prefix, kind, process in routes(overlay, host):
        within = kind == "Prefix" and path.startswith(prefix.rstrip("/") + "/")
        if path == prefix or within:
            return process
    return None


def test_webhooks_and_the_verify_page_are_reached_from_outside(overlay: str) -> None:
    assert reached(overlay, GATEWAY_PATH) == "attendance-gateway"
    assert [reached(overlay, r.path) for r in public.routes] == ["certificates-api"]


def test_every_page_and_file_of_the_dashboard_is_reached_from_outside(overlay: str) -> None:
    paths = [r.path for r in [*dashboard.router.routes, *api.quotas.routes]] + ["/static/icon.svg"]
    assert {path: reached(overlay, path) for path in paths} == dict.fromkeys(paths, "reporting-api")


def test_every_page_of_attendance_is_reached_on_a_host_of_its_own(overlay: str) -> None:
    paths = [*attendance_pages(), "/static/pages.css", "/v1/door/webinars"]
    assert {p: reached(overlay, p, DESK) for p in paths} == dict.fromkeys(paths, "attendance-api")
    (ingress,) = of_kind(build(overlay), "Ingress").values()
    hosts = {rule["host"] for rule in ingress["spec"]["rules"]}
    assert len(hosts) == 2
    assert hosts >= {host for tls in ingress["spec"].get("tls", []) for host in tls["hosts"]}


def test_what_these_pages_do_in_registration_is_reached_there_and_nothing_else(
    overlay: str,
) -> None:
    opened = [re.sub(r"{\w+}", "1", path) for path in (walk_ins.PATH, rule_changes.PATH)]
    assert [reached(overlay, path, DESK) for path in opened] == ["registration-api"] * 2
    at_registration = {path for path, _, to in routes(overlay, DESK) if to == "registration-api"}
    assert at_registration == {path.removesuffix("1") for path in opened}
    (ingress,) = of_kind(build(overlay), "Ingress").values()
    host = ingress["spec"]["rules"][DESK]["host"]
    settings = [m["data"] for m in of_kind(build(overlay), "ConfigMap").values()]
    urls = {data["HADIR_REGISTRATION_URL"] for data in settings if "HADIR_KAFKA" in data}
    assert {urlsplit(url).netloc for url in urls} == {host}


def attendance_pages() -> list[str]:
    """Paths of what attendance shows to people, with an id put in."""
    key = base64.b64encode(b"k" * 32).decode()
    settings = AttendanceApiSettings(
        kafka="127.0.0.1:1", redis="redis://127.0.0.1:1", dev_token="t" * 40, code_key=key,
        identity_key=key,
    )  # fmt: skip
    included = [getattr(r, "original_router", None) for r in build_api(settings).router.routes]
    every = [route.path for router in included if router for route in router.routes]
    paths = [re.sub(r"{\w+}", "1", path) for path in every if not path.startswith("/v1/")]
    assert {"/door", "/desk", "/webinars/1/live", "/a/1"} <= set(paths)
    return paths


@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/v1/webinars", "/v1/certificates/1", "/docs"]
)
def test_nothing_else_is_reached_from_outside(overlay: str, path: str) -> None:
    assert reached(overlay, path) is None


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/livez", "/docs", "/openapi.json"])
def test_no_operators_route_is_reached_where_people_work(overlay: str, path: str) -> None:
    assert reached(overlay, path, DESK) is None


def test_ingress_may_enter_exactly_what_it_routes_to(overlay: str) -> None:
    routed = {process for host in (PUBLIC, DESK) for _, _, process in routes(overlay, host)}
    policy = of_kind(build(overlay), "NetworkPolicy")["ingress-reaches-what-is-public"]["spec"]
    assert set(policy["podSelector"]["matchExpressions"][0]["values"]) == routed
