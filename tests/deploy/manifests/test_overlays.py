"""dev is small and signed in by a token; prod has three copies, 48 partitions and real keys."""

from typing import Any

from tests.deploy.manifests.support import PROCESSES, build, container, of_kind, workloads

DEV, PROD = "overlays/dev", "overlays/prod"
NOT_SCALED = {"reporting-worker", "attendance-reconciler"}
"""One works, the others stand by; the reconciler runs where an account is configured."""


def settings_map(overlay: str) -> dict[str, str]:
    (found,) = (
        m for n, m in of_kind(build(overlay), "ConfigMap").items() if n.startswith("hadir-settings")
    )
    data: dict[str, str] = found["data"]
    return data


def own(overlay: str, name: str) -> dict[str, Any]:
    return {e["name"]: e for e in container(workloads(build(overlay))[name])["env"]}


def test_production_has_48_partitions_and_three_copies() -> None:
    found = settings_map(PROD)
    assert (found["HADIR_ENV"], found["HADIR_PARTITIONS"], found["HADIR_REPLICATION"]) == (
        "production",
        "48",
        "3",
    )


def test_production_knows_no_development_token() -> None:
    assert not any("HADIR_DEV_TOKEN" in n for name in PROCESSES for n in own(PROD, name))
    assert settings_map(PROD)["HADIR_OIDC_JWKS_URL"].startswith("https://")


def test_production_signs_with_a_given_key() -> None:
    for name in ("certificates-api", "certificates-worker"):
        assert {"HADIR_SIGNING_P12", "HADIR_SIGNING_PASSWORD_FILE"} <= set(own(PROD, name))
        assert "HADIR_SIGNING_P12" not in own(DEV, name)


def test_the_trial_is_signed_in_by_a_token_from_a_secret() -> None:
    for name in ("registration-api", "attendance-api", "certificates-api", "reporting-api"):
        assert own(DEV, name)["HADIR_DEV_TOKEN"]["valueFrom"]["secretKeyRef"] == {"name": "hadir-dev-token", "key": "token"}  # fmt: skip


def test_every_process_scales_in_production_and_none_to_zero() -> None:
    by_cpu = of_kind(build(PROD), "HorizontalPodAutoscaler")
    by_lag = of_kind(build(PROD), "ScaledObject")
    assert set(by_cpu) | set(by_lag) == set(PROCESSES) - NOT_SCALED
    assert not set(by_cpu) & set(by_lag)
    assert all(s["spec"]["minReplicas"] >= 2 for s in by_cpu.values())
    assert all(s["spec"]["minReplicaCount"] >= 2 for s in by_lag.values())
    assert workloads(build(PROD))["reporting-worker"]["spec"]["replicas"] == 2


def test_who_scales_a_process_also_owns_its_replicas() -> None:
    scaled = set(PROCESSES) - NOT_SCALED
    assert all("replicas" not in workloads(build(PROD))[name]["spec"] for name in scaled)


def test_no_worker_scales_beyond_the_partitions() -> None:
    partitions = int(settings_map(PROD)["HADIR_PARTITIONS"])
    found = of_kind(build(PROD), "ScaledObject").values()
    assert all(s["spec"]["maxReplicaCount"] <= partitions for s in found)
