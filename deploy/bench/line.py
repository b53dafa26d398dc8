"""The whole line: a webinar of 100,000 and of 1,000,000 people through all processes, over HTTP."""

from collections.abc import Callable

from deploy.bench import webinar
from deploy.bench.measure import Row
from deploy.bench.webinar import INFRASTRUCTURE, Played

Say = Callable[[str], None]


def run(*, people: int, say: Say) -> list[Row]:
    """One webinar of any size, as rows to read."""
    return _rows(_played(people, say))


def run_100k(say: Say) -> list[Row]:
    """Seconds from the last webhook of 100,000 people to the last figure; cost beside 10,000."""
    small, large = _played(10_000, say), _played(100_000, say)
    return [
        Row("line_100k_seconds_after_end", large.after_end, None, "s"),
        *_rows(large),
        *_costs(small, large),
    ]


def run_1m(say: Say) -> list[Row]:
    """Differences, memory and cost of a million people, beside 100,000."""
    small, large = _played(100_000, say), _played(1_000_000, say)
    return [
        Row("line_1m_mismatches", large.mismatches, None, "people or cells"),
        Row("line_1m_cost_ratio", 1e6 * large.seconds / large.people,
            1e6 * small.seconds / small.people, "µs of wall time per person"),
        Row("line_1m_gib", large.services_mib / 1024, None, "GiB of our processes, peak"),
        *_rows(large),
        *_costs(small, large),
    ]  # fmt: skip


def _played(people: int, say: Say) -> Played:
    say(f"A webinar of {people:,} people")
    found = webinar.run(people, say)
    say(f"{people:,} people, {found.webhooks:,} webhooks: {found.seconds:.0f} s in all, "
        f"{found.after_end:.1f} s after the end, {found.mismatches} differences")  # fmt: skip
    return found


def _rows(found: Played) -> list[Row]:
    tag = f"line_{_short(found.people)}"
    memory = [("services", found.services_mib), *sorted(found.memory.items())]
    return [
        Row(f"{tag}_people_a_second", found.people / found.seconds, None, "people/s"),
        Row(f"{tag}_differences", found.mismatches, None, "people or cells"),
        Row(f"{tag}_documents_waiting", found.documents_waiting, None, "documents"),
        Row(f"{tag}_documents_a_second", found.documents_a_second, None, "documents/s"),
        Row(f"{tag}_disk", found.disk_mib / 1024, None, "GiB"),
        *(Row(f"{tag}_s_{p.replace(' ', '_')}", s, None, "s") for p, s in found.phases.items()),
        *(Row(f"{tag}_cpu_{n}", 1e6 * s / found.people, None, "CPU µs per person")
          for n, s in sorted(found.cpu.items())),
        Row(f"{tag}_cpu_sender", 1e6 * found.sender_cpu / found.people, None, "CPU µs per person"),
        *(Row(f"{tag}_memory_{name}", mib, None, "MiB peak") for name, mib in memory),
    ]  # fmt: skip


def _costs(*runs: Played) -> list[Row]:
    """Processor time of the whole line per person, for the plot."""
    return [
        Row(f"cost_{_short(found.people)}", 1e6 * sum(found.cpu.values()) / found.people, None,
            f"CPU µs per person, {', '.join(INFRASTRUCTURE)} included")
        for found in runs
    ]  # fmt: skip


def _short(people: int) -> str:
    for unit, size in (("m", 1_000_000), ("k", 1_000)):
        if people >= size and people % size == 0:
            return f"{people // size}{unit}"
    return str(people)
