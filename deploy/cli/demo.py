"""`hadir demo`: the whole system, one realistic webinar of the past, and the truth beside it."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.bars import progress
from deploy.cli.console import console, interruptible
from deploy.cli.errors import Failed
from deploy.local.running import CARD, LOCK, holding, write_card
from deploy.local.settings import LocalSettings, local_settings

# The webinar lies in the past: once it was played, its clocks (rule L2) pass within seconds.
GRACE_SECONDS, RETRY_WINDOW_SECONDS = 2, 3
DAY, NINE_IN_JAKARTA = 86_400, 2 * 3600


def command(
    participants: Annotated[int, typer.Option(min=1, max=1_000_000)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed is the same webinar.")] = 1,
    preset: Annotated[str, typer.Option(help="calm, realistic, ugly or national.")] = "realistic",
    once: Annotated[bool, typer.Option("--once", help="Exit when done.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the results here.")
    ] = None,
) -> None:
    """The whole system and one realistic webinar, checked against the truth; until Ctrl-C.

    Exit code 1 if one verdict, second, certificate or counter differs from the truth.
    """
    settings, world = _settings(local_settings()), _world(participants, seed, preset)
    right: list[bool] = []
    with interruptible() as asked:
        try:
            with _clean(settings.data_dir), _shown(settings, world, once, json_file) as answer:
                right.append(answer)
                while not once and not asked.wait(3600):
                    """The system stays up until somebody asks it to stop."""
        except KeyboardInterrupt:
            console().print("Stopped; no process and no port is left.")
    if not right:
        raise Failed("It was stopped before the end.")
    if not all(right):
        raise Failed("Something differs from the truth; see the table.")


def _settings(mine: LocalSettings) -> LocalSettings:
    """A folder and ports of its own, so that a system that runs here is left alone."""
    prefix = f"demo-{int(time.time())}." if mine.kafka else mine.topic_prefix
    changes = {"data_dir": mine.data_dir / "demo", "port_base": 0, "topic_prefix": prefix}
    return mine.model_copy(update=changes)


@contextmanager
def _clean(data: Path) -> Iterator[None]:
    """Be alone on the demo's folder, and begin with an empty one."""
    with holding(data):
        for entry in data.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()
        yield


def _world(participants: int, seed: int, preset: str) -> Any:
    from deploy.cli.errors import CannotDo
    from deploy.simulator.delivery import World
    from deploy.simulator.scenario import PRESETS

    if preset not in PRESETS:
        raise CannotDo(f"There is no preset {preset!r}: {', '.join(PRESETS)}.")
    yesterday = (int(time.time()) // DAY - 1) * DAY + NINE_IN_JAKARTA
    return World(
        PRESETS[preset](
            participants=participants,
            seed=seed,
            start=yesterday,
            grace_seconds=GRACE_SECONDS,
            retry_window_seconds=RETRY_WINDOW_SECONDS,
        )
    )


@contextmanager
def _shown(
    settings: LocalSettings, world: Any, once: bool, json_file: Path | None
) -> Iterator[bool]:
    """The system, after the webinar was played and told of; gives whether everything was right."""
    from deploy.cli.demo_tables import endpoints_of, result_of, tell
    from deploy.local.stack import Stack

    began, out = time.monotonic(), console()
    out.print(
        f"A webinar of yesterday for {world.scenario.participants} people. Its clocks stand still "
        f"while it is played, and are then set to seconds instead of hours: grace "
        f"{GRACE_SECONDS} s, waiting for Zoom's retries {RETRY_WINDOW_SECONDS} s."
    )
    stack = Stack(settings, say=out.print, restarted=lambda _: publish())

    def publish() -> None:
        write_card(settings.data_dir / CARD, stack.describe())

    with stack:
        publish()
        card = stack.describe()
        out.print(f"The system is ready after {sum(card['seconds'].values()):.1f} s.")
        ran = _run(world, card)
        endpoints = endpoints_of(card, ran)
        result = result_of(world, ran, time.monotonic() - began, endpoints)
        if json_file is not None:
            json_file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        tell(result, ran, settings.data_dir, once)
        yield ran.right


def _run(world: Any, card: dict[str, Any]) -> Any:
    from deploy.simulator.run import run
    from deploy.simulator.system import Addresses

    with progress() as shown:
        tasks: dict[str, Any] = {}

        def watch(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = shown.add_task(phase, total=total or None)
            shown.update(tasks[phase], completed=done)

        return run(world, Addresses.of(card), watch=watch)
