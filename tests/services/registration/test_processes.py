"""Starting and stopping: one sentence when something is missing, a clean end on SIGTERM."""

import subprocess
import sys
import time

import httpx
import pytest

NEEDED = {"api": {"HADIR_KAFKA", "HADIR_REDIS", "HADIR_KEK", "HADIR_IDENTITY_KEY"},
          "worker": {"HADIR_KAFKA", "HADIR_REDIS"}}  # fmt: skip
SET = {"HADIR_KAFKA": "127.0.0.1:1", "HADIR_REDIS": "redis://127.0.0.1:1/0", "HADIR_DEV_TOKEN": "t",
       "HADIR_KEK": "A" * 43 + "=", "HADIR_IDENTITY_KEY": "A" * 43 + "="}  # fmt: skip


def started(*arguments, **environment):
    command = [sys.executable, "-m", "services.registration", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("process", "setting"), [(p, s) for p, names in NEEDED.items() for s in sorted(names)]
)
def test_a_missing_setting_ends_the_process_with_one_sentence(process, setting):
    ended = started(process, **{k: v for k, v in SET.items() if k != setting})
    assert (ended.returncode, ended.stderr) == (2, f"The setting {setting} is missing.\n")


def test_topics_that_are_not_there_end_the_process_with_one_sentence(kafka):
    ended = started("worker", **SET | {"HADIR_KAFKA": kafka, "HADIR_TOPIC_PREFIX": "nobody."})
    assert ended.returncode == 2
    assert "does not exist" in ended.stderr.splitlines()[-1]


def test_an_unknown_process_is_answered_with_the_usage():
    ended = started("gateway")
    assert (ended.returncode, ended.stderr) == (
        2,
        "Usage: python -m services.registration api|worker\n",
    )


@pytest.mark.parametrize("name", ["api", "worker"])
def test_sigterm_ends_a_process_within_five_seconds(run, worker, name):
    process = run(name, HADIR_INSTANCE="another").wait_ready()
    begun = time.monotonic()
    process.process.terminate()
    process.process.wait(30)
    assert time.monotonic() - begun < 5
    assert process.process.returncode in (0, -15)


def test_both_processes_serve_the_operators_routes(api, worker):
    for process in (api, worker):
        for route in ("/livez", "/readyz", "/metrics", "/version"):
            assert httpx.get(process.url + route).status_code == 200
