"""Processes of a service as they run: separate OS processes, a real broker, a real store."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
TOKEN = "token-of-the-tests"
WITHIN = 90.0


class Process:
    """One process of a service on a port of its own; its log is kept."""

    def __init__(self, service: str, name: str, environment: dict[str, str], log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.name = name
        self.url, self.log = f"http://127.0.0.1:{self.port}", log
        self._command = [sys.executable, "-m", f"services.{service}", name]
        self._environment = {**environment, "HADIR_HTTP_PORT": str(self.port)}
        self.start()

    def start(self) -> None:
        """Start (again), on the same port."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self._command, env=self._environment, cwd=ROOT, stdout=out, stderr=out
            )

    def wait_ready(self) -> "Process":
        """Until /readyz says 200."""
        until = time.monotonic() + WITHIN
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(self.url + "/readyz").status_code == 200:
                    return self
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.05)

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """A clean stop, also of a process that was halted; how many seconds it took."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        return time.monotonic() - begun


class Processes:
    """Starts processes of a service; keywords are further settings. Whoever made it ends them."""

    def __init__(self, service: str, settings: Any, folder: Path, **more: str) -> None:
        self._service, self._folder = service, folder
        self.running: list[Process] = []
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HADIR_KAFKA": settings.kafka,
            "HADIR_REDIS": settings.redis,
            "HADIR_TOPIC_PREFIX": settings.topic_prefix,
            "HADIR_PARTITIONS": str(settings.partitions),
            "HADIR_DEV_TOKEN": TOKEN,
            **more,
        }

    def __call__(self, name: str, **more: str) -> Process:
        """Start `api` or `worker`."""
        log = self._folder / f"{name}-{len(self.running)}.log"
        self.running.append(Process(self._service, name, {**self._environment, **more}, log))
        return self.running[-1]

    def stop(self, *names: str) -> None:
        """End all processes of these names."""
        for process in self.running:
            if process.name in names:
                process.stop()
