"""What can be measured: groups of rows that one set-up brings about together."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deploy.bench.row import Row

if TYPE_CHECKING:
    from deploy.local.process import Process


@dataclass(frozen=True)
class Options:
    """How much of it: runs by turns, seconds of load per run, people of a backlog. `only`: the one
    row or group that was asked for; '' for all."""

    runs: int
    seconds: int
    people: int
    say: Callable[[str], None]
    only: str = ""


class Group(NamedTuple):
    """`rows` are its names in the table that are there whenever it ran; `at_once` says whether a plain `hadir bench` runs it;
    `compiled` whether it measures our compiled modules, where these can be built."""

    name: str
    rows: tuple[str, ...]
    measure: Callable[[Options], list[Row]]
    at_once: bool = True
    compiled: bool = True


def find(only: str) -> tuple[Group, ...]:
    """The groups to run: all the usual ones, a group by name, or the group of a row.

    Raises:
        KeyError: there is no such group or row.
    """
    if not only:
        return tuple(group for group in GROUPS if group.at_once)
    found = tuple(group for group in GROUPS if only == group.name or only in group.rows)
    if not found:
        raise KeyError(only)
    return found


def wanted(only: str, rows: list[Row]) -> list[Row]:
    """Of what a group measured: all, or the one row that was asked for."""
    return [row for row in rows if row.name == only] or rows


def missing(only: str, group: Group, rows: list[Row]) -> list[str]:
    """Names of rows that were asked for and are not there: a peer could not be had."""
    asked = (only,) if only in group.rows else group.rows
    return [name for name in asked if name not in {row.name for row in rows}]


@contextmanager
def _infrastructure(*, apart: bool = True) -> Iterator[tuple[str, str]]:
    """A broker and a store of their own, `apart` from the core under test: (bootstrap servers, store
    URL)."""
    from deploy.local.broker import LocalBroker
    from deploy.local.store import LocalStore

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalBroker(Path(folder, "kafka")) as broker,
        LocalStore(Path(folder, "store")) as store,
    ):
        for process in (broker.process, store.process) if apart else ():
            _apart(process)
        yield broker.address, store.url


def _apart(process: "Process | None") -> int:
    """Off the core under test; its pid."""
    from deploy.bench.measure import confine, cores

    pid = process.pid if process else None
    if pid is None:
        raise RuntimeError("it has not been started")
    confine(pid, cores()[1])
    return pid


def _gateway(options: Options) -> list[Row]:
    from deploy.bench import gateway
    from deploy.local.broker import LocalBroker

    with tempfile.TemporaryDirectory() as folder, LocalBroker(Path(folder, "kafka")) as broker:
        return gateway.run(broker.address, _apart(broker.process), runs=options.runs,
                           seconds=options.seconds, say=options.say)  # fmt: skip


def _paused(options: Options) -> list[Row]:
    from deploy.bench import paused
    from deploy.local.broker import LocalBroker

    with tempfile.TemporaryDirectory() as folder, LocalBroker(Path(folder, "kafka")) as broker:
        _apart(broker.process)
        return paused.run(broker, seconds=60, runs=options.runs, say=options.say)


def _step(options: Options) -> list[Row]:
    from deploy.bench import step

    with _infrastructure() as (kafka, store):
        return step.run(kafka, store, people=options.people, runs=options.runs, say=options.say,
                        only=options.only)  # fmt: skip


def _line(options: Options) -> list[Row]:
    from deploy.bench import line

    return line.run_100k(options.say)


def _national(options: Options) -> list[Row]:
    from deploy.bench import line

    return line.run_1m(options.say)


def _live(options: Options) -> list[Row]:
    from deploy.bench import live

    return live.run(seconds=options.seconds, say=options.say)


def _restart(options: Options) -> list[Row]:
    from deploy.bench import restart

    with _infrastructure() as (kafka, store):
        return restart.run(kafka, store, runs=options.runs, say=options.say)


def _scale_out(options: Options) -> list[Row]:
    from deploy.bench import scale_out

    people = min(options.people, 60_000)
    with _infrastructure(apart=False) as (kafka, store):
        return scale_out.run(kafka, store, people=people, runs=options.runs, say=options.say)


def _parts(options: Options) -> list[Row]:
    from deploy.bench import parts

    return parts.run(options.runs, options.say)


def _profile(options: Options) -> list[Row]:
    from deploy.bench import profile

    with _infrastructure() as (kafka, store):
        return profile.run(kafka, store, people=min(options.people, 60_000), say=options.say)


def _gate(_: Options) -> list[Row]:
    from deploy.bench import gate

    return gate.run()


GROUPS = (
    Group("gateway", ("gateway_vs_bare", "gateway_vs_fastapi_aiokafka", "gateway_p99_ms"), _gateway),
    Group("paused", ("gateway_paused_broker_mib", "gateway_paused_worst_ms"), _paused),
    Group("step", ("step_vs_quix", "step_vs_vanilla_faust", "step_vs_limit",
                   "step_vs_kafka_streams"), _step),
    Group("parts", (), _parts),
    Group("profile", (), _profile, at_once=False),
    Group("line", ("line_100k_seconds_after_end",), _line),
    Group("national", ("line_1m_mismatches", "line_1m_cost_ratio", "line_1m_gib"), _national,
          at_once=False),
    Group("live", ("live_shown", "live_p50_ms", "live_p99_ms"), _live),
    Group("restart", ("restart_1m_seconds",), _restart),
    Group("scale_out", ("scale_out_ratio", "scale_out_per_cpu_second"), _scale_out),
    Group("gate", ("gate_gateway", "gate_attendance"), _gate, at_once=False,
          compiled=False),
)  # fmt: skip
