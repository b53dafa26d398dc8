"""Alerts and dashboard speak of metrics that exist, and the alerts fire when they must."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import shared.telemetry  # noqa: F401 - registers the metrics
from tests.deploy.manifests.support import DEPLOY, PROCESSES, build, of_kind, run, tool

ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
RULES = ALERTS["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "dashboards" / "hadir.json").read_text())
OF_OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}


def dashboard_queries() -> list[str]:
    return [t["expr"] for panel in DASHBOARD["panels"] for t in panel.get("targets", [])]


def metric_names() -> set[str]:
    ours = [m for m in REGISTRY.collect() if m.name.startswith("hadir_")]
    names = {m.name + ("_total" if m.type == "counter" else "") for m in ours}
    return names | {f"{m.name}_bucket" for m in ours if m.type == "histogram"}


def metrics_in(query: str) -> set[str]:
    without_labels = re.sub(r"\{[^}]*\}|by \([^)]*\)", "", query)
    return set(re.findall(r"\b(?:hadir_\w+|up|process_\w+)\b", without_labels))


def test_kubernetes_and_compose_wake_somebody_for_the_same() -> None:
    rule = of_kind(build("overlays/prod"), "PrometheusRule")["hadir"]
    assert rule["spec"]["groups"] == ALERTS["groups"]


@pytest.mark.parametrize("query", [*(r["expr"] for r in RULES), *dashboard_queries()])
def test_the_metrics_of_a_query_exist(query: str) -> None:
    assert metrics_in(query)
    assert metrics_in(query) <= metric_names() | OF_OTHERS


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r["alert"])
def test_an_alert_wakes_somebody_and_says_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"] == {"severity": "page"}
    assert set(rule["annotations"]) == {"summary", "description"}
    page = (DEPLOY / "README.md").read_text()
    assert str(rule["alert"]) in page


def test_prometheus_watches_every_process() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    job, wanted = config["scrape_configs"]
    always = [name for name in PROCESSES if name != wanted["job_name"]]
    assert job["static_configs"][0]["targets"] == [f"{name}:8000" for name in always]
    assert wanted["job_name"] == "attendance-reconciler", "it runs only with its profile"
    assert wanted["dns_sd_configs"][0]["names"] == ["attendance-reconciler"]
    assert config["rule_files"] == ["alerts.yaml"]


def test_the_operator_watches_every_service_of_a_process() -> None:
    monitor = of_kind(build("overlays/prod"), "ServiceMonitor")["hadir"]["spec"]
    services = of_kind(build("overlays/prod"), "Service")
    watched = {
        name
        for name, service in services.items()
        if monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    }
    assert watched == set(PROCESSES)
    assert all(services[n]["metadata"]["labels"][monitor["jobLabel"]] == n for n in watched)


def test_the_dashboard_explains_each_panel() -> None:
    panels = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
    assert panels
    assert all(p["title"] and p["description"] for p in panels)
    assert len({p["id"] for p in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_prometheus_understands_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    queries = [query.replace("$__rate_interval", "1m") for query in dashboard_queries()]
    rules = [{"record": f"panel:{i}", "expr": query} for i, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = run(tool("promtool"), "check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_reaches_grafana_on_kubernetes() -> None:
    found = of_kind(build("overlays/prod"), "ConfigMap")["hadir-dashboard"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["hadir.json"]) == DASHBOARD


def test_alerts_fire_when_they_must_and_only_then() -> None:
    done = run(tool("promtool"), "test", "rules", "alerts.test.yaml", cwd=DEPLOY / "prometheus")
    assert done.returncode == 0, done.stdout + done.stderr
