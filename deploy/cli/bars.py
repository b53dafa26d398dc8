"""Progress bars on stderr; nothing on a terminal that is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.console import console


def progress() -> Progress:
    """The look of all our bars."""
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(),
    )


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[..., None]]:
    """One bar; call what it gives with how much is done."""
    with progress() as shown:
        task = shown.add_task(what, total=total)

        def done(count: int, *_: int) -> None:
            shown.update(task, completed=count)

        yield done
        shown.update(task, completed=total)
