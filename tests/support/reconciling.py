"""A reconciler of the tests' own beside the running system, and who asks it for reads."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.ports import free_ports
from deploy.local.process import Process
from deploy.local.services import RECONCILER, environment
from deploy.simulator.system import System
from tests.support.flow import Running
from tests.support.zoom_api import ACCOUNT, CLIENT, SECRET, ZoomApi


class Reconciler(NamedTuple):
    """A running one and its base URL."""

    process: Process
    url: str


def reconciler_of(system: Running, zoom: ZoomApi, log: Path, instance: str) -> Reconciler:
    """The process, as it is started where an account is configured."""
    stack, (port,) = system.stack, free_ports(1)
    env = environment(
        RECONCILER, settings=stack.settings, secrets=stack.secrets,
        addresses={"kafka": stack.kafka, "redis": stack.redis, "http_port": str(port)},
        extra={
            "zoom_account_id": ACCOUNT, "zoom_client_id": CLIENT, "zoom_client_secret": SECRET,
            "zoom_token_url": f"{zoom.url}/oauth/token", "report_first_read_seconds": "0",
            "report_again": "", "instance": instance,
        },
    )  # fmt: skip
    process = Process(instance, RECONCILER.command, log, env)
    return Reconciler(process, f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def running(one: Reconciler) -> Iterator[Reconciler]:
    """From its start to its orderly end."""
    one.process.start()
    try:
        yield one
    finally:
        one.process.stop()
        assert one.process.exit_code == 0, one.process.last_lines(60)


class Asking:
    """Who asks for reads of the webinar's reports, and looks at what came of it."""

    def __init__(self, client: System, webinar_id: str) -> None:
        self._client = client
        self._url = f"{client.at.attendance}/v1/webinars/{webinar_id}"

    def ask(self) -> int:
        """The millisecond at which it was asked."""
        body = {"reason": "penyelenggara meminta"}
        said = self._client.call("POST", f"{self._url}/reconciliation", json=body).json()
        return int(said["asked_ms"])

    def meetings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.call(
            "GET", f"{self._url}/reconciliation").json()["meetings"]  # fmt: skip
        return found

    def read_since(self, asked: int) -> bool:
        """Whether every report was read after that, and its last read is confirmed."""
        meetings = self.meetings()
        return all(m["settled"] and m["reads"][-1]["read"] >= asked for m in meetings)

    def reads_since(self, asked: int) -> dict[str, int]:
        """How many reads of each uuid were begun after that, and came to their end."""
        return {m["meeting_uuid"]: sum(r["read"] >= asked for r in m["reads"])
                for m in self.meetings()}  # fmt: skip

    def differences(self) -> set[tuple[str, str, str]]:
        items = self._client.call("GET", f"{self._url}/differences").json()["items"]
        return {(i["meeting_uuid"], i["user_id"], i["kind"]) for i in items}
