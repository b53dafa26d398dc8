"""compose.yaml runs every process, safely, with settings that the processes know."""

import re
from typing import Any

import pytest

from deploy.local.services import BY_LABEL
from tests.deploy.manifests.support import (
    DEPLOY,
    PROCESSES,
    compose,
    env_file,
    known_settings,
    settings_of,
    without_file,
)

SERVICES: dict[str, Any] = compose()["services"]
OURS = [*PROCESSES, "provision"]


def test_every_process_of_every_service_is_there_and_nothing_else_is() -> None:
    others = {"kafka", "valkey", "provision", "prometheus", "grafana"}
    assert set(SERVICES) == set(PROCESSES) | others


def test_the_local_system_runs_the_same_processes_on_the_same_ports() -> None:
    local = {service.label: 8000 + service.port for service in BY_LABEL.values()}
    assert set(local) == set(PROCESSES)
    published = {
        n: int(SERVICES[n]["ports"][0].split(":")[1]) for n in local if "ports" in SERVICES[n]
    }
    inside = ("-worker", "-reconciler")
    assert published == {n: port for n, port in local.items() if not n.endswith(inside)}


def test_the_reconciler_runs_only_where_somebody_wants_it() -> None:
    assert {n for n in PROCESSES if "profiles" in SERVICES[n]} == {"attendance-reconciler"}
    assert SERVICES["attendance-reconciler"]["profiles"] == ["reconciliation"]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_runs_by_its_own_command(name: str) -> None:
    service, process = PROCESSES[name]
    assert SERVICES[name]["command"] == [f"services.{service}", process]
    assert "entrypoint" not in SERVICES[name]


def test_all_processes_run_the_same_image_which_one_service_builds() -> None:
    assert len({SERVICES[name]["image"] for name in OURS}) == 1
    assert [name for name in SERVICES if "build" in SERVICES[name]] == ["provision"]
    assert SERVICES["provision"]["command"] == ["shared.provision"]


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_to_a_version(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), SERVICES[name]["image"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_can_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].partition(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert not service.get("cap_add")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"kafka"}))
def test_the_root_filesystem_is_read_only(name: str) -> None:
    assert SERVICES[name]["read_only"] is True


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"provision"}))
def test_health_is_asked_and_a_slow_start_is_allowed(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    assert health["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period", "start_interval"} <= set(health)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_waits_for_the_topics_the_broker_and_the_store(name: str) -> None:
    wanted = {
        "provision": {"condition": "service_completed_successfully"},
        "kafka": {"condition": "service_healthy"},
        "valkey": {"condition": "service_healthy"},
    }
    assert SERVICES[name]["depends_on"] == wanted


def test_topics_are_made_by_the_provisioner_alone() -> None:
    assert SERVICES["provision"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_broker_has_one_address_inside_and_one_for_tools_on_this_machine() -> None:
    advertised = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert advertised == ["INSIDE://kafka:9092", "HOST://127.0.0.1:29092"]
    assert SERVICES["kafka"]["ports"] == ["127.0.0.1:29092:29092"]


def test_nothing_is_published_to_other_machines_by_default() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_the_store_never_evicts_a_view() -> None:
    script = SERVICES["valkey"]["command"][-1]
    assert "--maxmemory-policy noeviction" in script
    assert "requirepass" in script


@pytest.mark.parametrize("name", OURS)
def test_settings_in_compose_exist(name: str) -> None:
    names = {without_file(n) for n in SERVICES[name]["environment"] if n.startswith("HADIR_")}
    assert names
    assert names <= known_settings()


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_gets_only_secrets_that_it_reads(name: str) -> None:
    fields = {f"HADIR_{f.upper()}" for f in settings_of(name).model_fields}
    given = SERVICES[name]["environment"]
    by_file = {without_file(n) for n, path in given.items() if n.endswith("_FILE")}
    assert by_file <= fields
    mounted = {path.rpartition("/")[2] for n, path in given.items() if n.endswith("_FILE") and path}
    assert mounted == set(SERVICES[name].get("secrets", []))


def test_secrets_have_no_value_in_compose() -> None:
    assert all(set(how) == {"file"} for how in compose()["secrets"].values())


def test_the_example_environment_explains_every_setting_that_a_process_needs() -> None:
    text = (DEPLOY / ".env.example").read_text()
    explained = set(re.findall(r"\bHADIR_[A-Z0-9_]+", text)) - {"HADIR_"}
    needed = {
        f"HADIR_{field.upper()}"
        for name in PROCESSES
        for field, info in settings_of(name).model_fields.items()
        if info.is_required()
    }
    assert needed <= explained
    assert {without_file(n) for n in explained if not n.endswith("_")} <= known_settings()


def test_the_example_environment_holds_no_secret() -> None:
    values = env_file(DEPLOY / ".env.example")
    assert set(values) & {"HADIR_KEK", "HADIR_IDENTITY_KEY", "HADIR_CODE_KEY", "HADIR_ZOOM_SECRETS",
                          "HADIR_DEV_TOKEN", "HADIR_REDIS"} == set()  # fmt: skip


def test_every_variable_of_compose_is_in_the_example_environment() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text))
    handed_on = set(re.findall(r"^  (?:    )?(HADIR_\w+):$", text, re.MULTILINE))
    assert used | handed_on == set(env_file(DEPLOY / ".env.example", with_comments=True))
