"""The attendance step on one core: a backlog of webhooks drained, ours beside its peers.

Everybody reads the same records (100 webhooks each, as our gateway writes them) of one webinar that
is long over, parses them, tells by link and e-mail whose they are, brings the facts of a person
together (a person may have two devices, whose webhooks lie in different partitions), unites their
intervals and decides by the real rules. The Python twins call our own domain functions. State is
durable in each one's way. The measured span is from the first record of the backlog to the last
decision (see `drain`), and every decision must be the true one, or the run fails; the digests of the
evidence that counts must be equal, too.

When decisions are made. Ours are made when the webinar's clocks have passed (rule D3), and a clock
passes when every partition has been read to its end. The webinar is created with clocks that do not
pass and gets clocks of 0 s together with the backlog, so ours folds everything, finds its clocks due
and decides, all within the span. Frameworks without timers over state would decide at every event;
the twins decide only when all known connections of a person have ended. That is the least with which
the true decision stands at the end: once for most people, as ours.

Where it is not equal it favours the twins: they know no lifecycle, read no frame headers, keep no
versions' history, take nothing back. Their decisions count when they are sent, though the state
behind them is written a little later; ours count when all of it is. Ours waits up to a second for
the tick that looks at its clocks; `step_cpu_vs_…` compares events per second of processor time, in
which no waiting counts, and which a busy machine disturbs least.

`limit` parses and folds into a dict, and does nothing else; `limit_single` is the same with one
webhook a record. Kafka Streams has the rules in Java, fewer of them: see there.
"""

import base64
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import NamedTuple
from uuid import uuid4

from deploy.bench import backlog, peers_env
from deploy.bench.drain import Contender, Run, Watch, Work, WrongResults, drain
from deploy.bench.measure import Row, paired, python
from deploy.local.errors import CannotStart
from deploy.local.ports import free_ports
from shared.keys import person_key
from shared.provision import provision
from shared.publish import KafkaPublisher, Outgoing
from shared.settings import KafkaSettings
from shared.topics import DECISIONS, ENROLMENTS, EVENTS, WEBHOOKS, WEBINARS

PEERS = "tests/benchmarks/peers"
FAUST = python(f"{PEERS}/vanilla_faust.py", "worker", "-l", "error", "--without-web")


def run(
    kafka: str, redis: str, *, people: int, runs: int, say: Callable[[str], None], only: str = ""
) -> list[Row]:
    """By turns, so that all see the same machine, the nearest in speed beside ours. `only`: one row's name."""
    found: dict[str, list[Run]] = defaultdict(list)
    twins = twins_of(only, say)
    names = [n for n in (*twins, "limit", "limit_single") if _asked(only, n)]
    for turn in range(runs):
        settings = KafkaSettings(kafka=kafka, topic_prefix=f"bench-step-{uuid4().hex[:6]}.")
        field = Field(settings, people, twins)
        for name in ("ours", *names):
            one = field.run(name, redis)
            found[name].append(one)
            say(f"{turn + 1}/{runs} {name}: {one.rate:,.0f} events/s, "
                f"{one.cpu_rate:,.0f} per CPU second")  # fmt: skip
    return [row for name in names for row in _rows(name, found)]


def _asked(only: str, name: str) -> bool:
    return only in {"", "step", f"step_vs_{name}"}


def twins_of(only: str, say: Callable[[str], None]) -> dict[str, list[str]]:
    """The command of each twin, the fastest first; one whose packages cannot be had is left out, which is
    said."""
    found: dict[str, list[str]] = {}
    makers: dict[str, Callable[[], list[str]]] = {
        "quix": lambda: [str(peers_env.peers_python(say)), f"{PEERS}/quix_streams.py"],
        "kafka_streams": lambda: peers_env.kafka_streams(say),
    }
    for name, make in makers.items():
        if not _asked(only, name):
            continue
        try:
            found[name] = make()
        except CannotStart as missing:
            say(f"{name} is left out. {missing}")
    return {**found, "vanilla_faust": FAUST}


def _rows(name: str, found: dict[str, list[Run]]) -> Iterator[Row]:
    ours, other = found["ours"], found[name]
    rates, others = ([one.rate for one in runs] for runs in (ours, other))
    yield paired(f"step_vs_{name}", rates, others, "events/s")
    rates, others = ([one.cpu_rate for one in runs] for runs in (ours, other))
    yield paired(f"step_cpu_vs_{name}", rates, others, "events/CPU s")


class Part(NamedTuple):
    """Whose webhooks a contender gets: up to `warm` for its warm-up, up to `people` as backlog."""

    warm: int
    people: int


def _part(name: str, people: int) -> Part:
    """The slow one gets a tenth, since it takes minutes otherwise; a JVM compiles as it runs, and has
    a longer warm-up. Ours decides on the warm-up's people within the span, so these are few."""
    people = max(people // 10, min(people, 2_000)) if name == "vanilla_faust" else people
    return Part(max(20, people // (5 if name == "kafka_streams" else 50)), people)


class Field:
    """One webinar on one broker; each contender gets webhooks of its own."""

    def __init__(
        self, settings: KafkaSettings, people: int, twins: Mapping[str, Sequence[str]]
    ) -> None:
        """`twins`: the command of each, by its name."""
        self._settings, self._people, self._twins = settings, people, twins
        self._digests: dict[str, str] = {}
        provision(settings)
        _enrol(settings, people)

    def run(self, name: str, redis: str, watch: Watch = nullcontext) -> Run:
        """One contender's run.

        Raises:
            WrongResults: it came to other results than the first one.
        """
        part = _part(name, self._people)
        work = self._work(part, 1 if name == "limit_single" else backlog.PER_RECORD)
        with self._contender(name, part, redis) as contender:
            if name.startswith("limit"):
                work = work._replace(truth={})
            ran = drain(self._settings, contender, work, watch=watch)
        if any(self._digests.setdefault(key, one) != one for key, one in ran.digests.items()):
            raise WrongResults(f"{name}: other evidence counts than with the others")
        return ran

    def _work(self, part: Part, per_record: int) -> Work:
        warm = backlog.webhooks(0, part.warm)
        rest = backlog.webhooks(part.warm, part.people)
        ready = backlog.Records(self._settings.partitions, per_record)
        ready.everywhere(backlog.lifecycle("started", backlog.START - 600), backlog.START - 600)
        ready.add(warm)
        records = backlog.Records(self._settings.partitions, per_record)
        records.add(rest)
        over = backlog.START + backlog.LENGTH + 600
        records.everywhere(backlog.lifecycle("ended", over), over)
        truth = {person_key(backlog.WEBINAR, backlog.participant(n)): backlog.outcome(n)
                 for n in range(part.people)}  # fmt: skip
        return Work(ready.done(), records.done(), len(rest), self._release, truth)

    def _release(self) -> None:
        _publish(self._settings, [_webinar(2, 0)])

    @contextmanager
    def _contender(self, name: str, part: Part, redis: str) -> Iterator[Contender]:
        with tempfile.TemporaryDirectory() as folder:
            if name == "ours":
                yield self._ours(redis)
            elif name.startswith("limit"):
                yield self._limit(name, part)
            else:
                yield self._twin(name, part, folder)

    def _ours(self, redis: str) -> Contender:
        s, (port,) = self._settings, free_ports(1)
        env = {
            "HADIR_KAFKA": s.kafka, "HADIR_REDIS": redis, "HADIR_TOPIC_PREFIX": s.topic_prefix,
            "HADIR_PARTITIONS": str(s.partitions), "HADIR_HTTP_PORT": str(port),
            "HADIR_IDENTITY_KEY": base64.b64encode(backlog.IDENTITY_KEY).decode(),
        }  # fmt: skip
        command = python("-m", "services.attendance", "worker")
        return Contender("ours", command, env, s.topic(WEBHOOKS), s.topic(DECISIONS), self._people,
                         s.topic(EVENTS), 1)  # fmt: skip

    def _env(self, name: str, folder: str) -> dict[str, str]:
        s, group = self._settings, f"{self._settings.topic_prefix}{name}"
        return {
            "BENCH_KAFKA": s.kafka, "BENCH_PREFIX": s.topic_prefix, "BENCH_GROUP": group,
            "BENCH_TOPIC": f"{group}-webhooks", "BENCH_HOP": f"{group}-events",
            "BENCH_OUT": f"{group}-decisions", "BENCH_PARTITIONS": str(s.partitions),
            "BENCH_STATE": folder, "PYTHONWARNINGS": "ignore",
        }  # fmt: skip

    def _limit(self, name: str, part: Part) -> Contender:
        env = self._env(name, "")
        env["BENCH_MARKS"] = ",".join(str(backlog.count(people)) for people in part)
        return Contender(name, python(f"{PEERS}/limit.py"), env, env["BENCH_TOPIC"],
                         env["BENCH_OUT"], 2, env["BENCH_OUT"], 1)  # fmt: skip

    def _twin(self, name: str, part: Part, folder: str) -> Contender:
        env = self._env(name, folder)
        faust = name == "vanilla_faust"  # the others make their own topics
        topics = (env["BENCH_HOP"], f"{env['BENCH_GROUP']}-people-changelog") if faust else ()
        return Contender(name, self._twins[name], env, env["BENCH_TOPIC"], env["BENCH_OUT"],
                         part.people, env["BENCH_OUT"], part.warm, topics)  # fmt: skip


def _enrol(settings: KafkaSettings, people: int) -> None:
    _publish(settings, [_webinar(1, backlog.HELD)])
    _publish(settings, [Outgoing(ENROLMENTS, person_key(backlog.WEBINAR, backlog.participant(n)),
                                 backlog.enrolment(n)) for n in range(people)])  # fmt: skip


def _webinar(version: int, clocks: int) -> Outgoing:
    return Outgoing(WEBINARS, backlog.WEBINAR, backlog.webinar(version, clocks))


def _publish(settings: KafkaSettings, events: list[Outgoing]) -> None:
    publisher = KafkaPublisher(settings)
    publisher.publish(events)
    publisher.close()
