"""The whole system on this machine: broker, store, topics, nine service processes."""

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from deploy.local.broker import LocalBroker
from deploy.local.errors import CannotStart, DidNotStart
from deploy.local.ports import HOST, fixed_ports, free_ports
from deploy.local.process import Process
from deploy.local.readiness import all_missing, wait_ready
from deploy.local.say import Say, quiet
from deploy.local.secret_file import load_or_make
from deploy.local.services import BY_LABEL, Service, default_services, environment
from deploy.local.settings import LocalSettings
from deploy.local.store import LocalStore
from deploy.local.supervisor import Supervisor
from deploy.native.tree import use

READY_WITHIN = 180.0  # a dead process ends the wait at once; a busy machine gets its time
STOP_WITHIN = 20.0
STORE_PORT, KAFKA_PORT = 79, 92  # counted from the base, as the services' are


class Stack:
    """Starts everything in order, brings back what crashes, and leaves nothing behind.

    `extra` holds more settings for the services, without prefix. `services` limits the processes
    (labels such as "attendance-gateway"). With `supervised` False a dead process stays dead.
    `restarted` is told the name of a part that was brought back (its pid is another one now).
    """

    def __init__(
        self,
        settings: LocalSettings,
        *,
        extra: Mapping[str, str] | None = None,
        services: tuple[str, ...] | None = None,
        supervised: bool = True,
        say: Say = quiet,
        restarted: Say = quiet,
    ) -> None:
        self.settings, self.data = settings, settings.data_dir.resolve()
        self.logs = self.data / "logs"
        self.timings: dict[str, float] = {}
        self._extra, self._say, self._supervised = dict(extra or {}), say, supervised
        chosen = default_services(self._extra, os.environ) if services is None else services
        self._chosen = tuple(BY_LABEL[label] for label in chosen)
        self._supervisor = Supervisor(say, restarted)
        self._processes: dict[str, Process] = {}
        self._ports: dict[str, int] = {}
        self.secrets: Mapping[str, str] = {}
        self.broker: LocalBroker | None = None
        self.store: LocalStore | None = None

    # --- life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring everything up and return when all processes are ready.

        Raises:
            CannotStart: a port is taken, or something that is needed is not there.
            NotCompiled: the compiled build was asked for and cannot be made.
            DidNotStart: a part did not become ready; the end of its log is in the text.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self.secrets = load_or_make(self.data / "secrets.json")
        if self.settings.native:
            self._timed("compiled build", lambda: use(self._say))
        try:
            self._timed("ports", self._choose_ports)
            self._timed("broker and store", self._start_infrastructure)
            self._timed("topics", self._provision)
            self._timed("services", self._start_services)
        except BaseException:
            self.stop()
            raise
        if self._supervised:
            self._watch_all()

    def stop(self) -> None:
        """End everything: services together, then store and broker. Safe to call twice."""
        self._supervisor.stop()
        for process in self._processes.values():
            process.ask_to_stop()
        until = time.monotonic() + STOP_WITHIN
        for process in self._processes.values():
            process.wait_stopped(max(0.1, until - time.monotonic()))
        for part in (self.store, self.broker):
            if part is not None:
                part.stop()

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.stop()

    def _timed(self, what: str, step: Callable[[], None]) -> None:
        began = time.monotonic()
        step()
        self.timings[what] = round(time.monotonic() - began, 2)

    # --- parts ------------------------------------------------------------------------------

    def _choose_ports(self) -> None:
        offsets = {service.label: service.port for service in self._chosen}
        offsets |= {} if self.settings.redis else {"store": STORE_PORT}
        offsets |= (
            {} if self.settings.kafka else {"kafka": KAFKA_PORT, "controller": KAFKA_PORT + 1}
        )
        base = self.settings.port_base
        ports = (
            fixed_ports(base + n for n in offsets.values()) if base else free_ports(len(offsets))
        )
        self._ports = dict(zip(offsets, ports, strict=True))

    def _start_infrastructure(self) -> None:
        if not self.settings.kafka:
            self.broker = LocalBroker(
                self.data / "kafka", port=self._ports["kafka"],
                controller_port=self._ports["controller"],
                log=self.logs / "kafka.log", say=self._say,
            )  # fmt: skip
        if not self.settings.redis:
            self.store = LocalStore(
                self.data / "store", port=self._ports["store"], log=self.logs / "store.log"
            )
        parts = [part for part in (self.broker, self.store) if part is not None]
        for part in parts:
            part.launch()
        for part in parts:
            part.wait_ready()

    def _provision(self) -> None:
        from kafka.errors import KafkaError

        from shared.provision import provision
        from shared.settings import KafkaSettings

        settings = KafkaSettings(
            kafka=self.kafka,
            topic_prefix=self.settings.topic_prefix,
            partitions=self.settings.partitions,
        )
        try:
            provision(settings)
        except KafkaError as problem:
            raise CannotStart(f"Kafka at {self.kafka} cannot be used: {problem}.") from problem

    def _start_services(self) -> None:
        for service in self._chosen:
            process = self._build(service)
            self._processes[service.label] = process
            process.start()
        ports = {s.label: self._ports[s.label] for s in self._chosen}
        lacks = wait_ready(
            ports, timeout=READY_WITHIN, alive=lambda name: self._processes[name].running
        )
        if lacks:
            raise DidNotStart("\n".join(self._epitaph(name, lack) for name, lack in lacks.items()))

    def _build(self, service: Service) -> Process:
        env = environment(
            service, settings=self.settings, secrets=self.secrets, extra=self._extra,
            addresses={
                "kafka": self.kafka, "redis": self.redis,
                "public_url": self.url("certificates-api"),
                "registration_url": self.url("registration-api"),
                "door_origins": self._door_origins(),
                "http_port": str(self._ports[service.label]),
            },
        )  # fmt: skip
        return Process(service.label, service.command, self.logs / f"{service.label}.log", env)

    def _epitaph(self, name: str, lack: str) -> str:
        process = self._processes[name]
        return f"{name} is not ready: {lack}; the end of {process.log}:\n{process.last_lines()}"

    def _watch_all(self) -> None:
        for name, process in self._processes.items():
            self._supervisor.watch(name, process, process.start)
        for name, part in (("kafka", self.broker), ("store", self.store)):
            if part is not None and part.process is not None:
                self._supervisor.watch(name, part, part.launch)
        self._supervisor.start()

    # --- chaos ------------------------------------------------------------------------------

    def process(self, name: str) -> Process:
        """A running part by name: a service label, "kafka" or "store"."""
        part = {"kafka": self.broker, "store": self.store}.get(name)
        found = part.process if part is not None else self._processes.get(name)
        if found is None:
            raise KeyError(f"there is no process {name!r} here")
        return found

    def kill(self, name: str, sig: int = 9) -> None:
        """Send a signal to a part, as the world would; the supervisor brings it back."""
        process = self.process(name)
        process.kill() if sig == 9 else process.signal(sig)

    def restart(self, name: str) -> None:
        """Stop a part cleanly, start it again, and wait until it is ready."""
        self._supervisor.forget(name)
        part = {"kafka": self.broker, "store": self.store}.get(name)
        if part is not None:
            part.stop()
            part.start()
        else:
            self._processes[name].stop()
            self._processes[name].start()
            self.wait_ready((name,))
        if self._supervised:
            target = part or self._processes[name]
            self._supervisor.watch(
                name, target, part.launch if part else self._processes[name].start
            )

    def wait_ready(
        self, names: tuple[str, ...] | None = None, timeout: float = READY_WITHIN
    ) -> None:
        """Until these services (all by default) are ready, whatever crashes meanwhile."""
        ports = {name: self._ports[name] for name in names or tuple(self._processes)}
        lacks = wait_ready(ports, timeout=timeout, alive=lambda _: True)
        if lacks:
            raise DidNotStart("\n".join(self._epitaph(name, lack) for name, lack in lacks.items()))

    @property
    def restarts(self) -> int:
        """How often something was brought back."""
        return self._supervisor.restarts

    # --- addresses --------------------------------------------------------------------------

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""
        return self.settings.kafka or f"{HOST}:{self._ports['kafka']}"

    @property
    def redis(self) -> str:
        """The store's URL."""
        return self.settings.redis or f"redis://{HOST}:{self._ports['store']}/0"

    def url(self, label: str) -> str:
        """A process's base URL."""
        return f"http://{HOST}:{self._ports[label]}" if label in self._ports else ""

    def _door_origins(self) -> str:
        """The attendance api's addresses, as a browser on this machine may have them."""
        port = self._ports.get("attendance-api")
        return f"http://{HOST}:{port},http://localhost:{port}" if port else ""

    def missing(self) -> dict[str, str | None]:
        """For each service process what it lacks to be ready; None when nothing."""
        return all_missing({label: self._ports[label] for label in self._processes})

    def describe(self) -> dict[str, Any]:
        """What `hadir up --json` writes: the contract's keys, then processes and folders."""
        return {
            "gateway": self.url("attendance-gateway"),
            "registration": self.url("registration-api"),
            "attendance": self.url("attendance-api"),
            "certificates": self.url("certificates-api"),
            "reporting": self.url("reporting-api"),
            "kafka": self.kafka,
            "redis": self.redis,
            "topic_prefix": self.settings.topic_prefix,
            "zoom_secret": self.secrets.get("zoom_secrets", "").partition(",")[0],
            "token": self.secrets.get("dev_token", ""),
            "processes": {name: self._entry(name) for name in self._part_names()},
            "data": str(self.data),
            "logs": str(self.logs),
            "seconds": self.timings,
        }

    def _part_names(self) -> list[str]:
        own = [n for n, part in (("kafka", self.broker), ("store", self.store)) if part is not None]
        return [*own, *self._processes]

    def _entry(self, name: str) -> dict[str, Any]:
        entry: dict[str, Any] = {"pid": self.process(name).pid, "log": str(self.process(name).log)}
        return {**entry, "url": self.url(name)} if name in self._processes else entry
