"""From an exception to one plain sentence and an exit code; what is not expected stays a traceback."""

from collections.abc import Sequence

FAILED, MISUSED = 1, 2
# By name, so that a command line that needs no Kafka does not import its client.
_CODES = {
    "deploy.local.errors.CannotStart": MISUSED,
    "deploy.local.errors.DidNotStart": FAILED,
    "deploy.native.tree.NotCompiled": MISUSED,
    "deploy.local.compiler.NoCompiler": MISUSED,
    "deploy.bench.load.GeneratorWasTheLimit": FAILED,
    "deploy.cli.errors.CannotDo": MISUSED,
    "deploy.cli.errors.Failed": FAILED,
    "shared.settings.MissingSetting": MISUSED,
    "builtins.TimeoutError": FAILED,
    "kafka.errors.KafkaError": FAILED,
    "redis.exceptions.RedisError": FAILED,
    "httpx.HTTPError": FAILED,
    "services.attendance.reconcile.limits.LimitReached": FAILED,
    "services.attendance.reconcile.zoom_client.ZoomProblem": FAILED,
}


class CannotDo(Exception):
    """The command was used wrongly, or something that it needs is missing."""


class Failed(Exception):
    """The command ran and did not succeed, or found a difference."""


def _names(kind: type[BaseException]) -> Sequence[str]:
    return [f"{k.__module__}.{k.__qualname__}" for k in kind.__mro__]


def code_and_sentence(problem: Exception) -> tuple[int, str]:
    """The exit code and what to tell; an unexpected exception is raised again."""
    for name in _names(type(problem)):
        if name in _CODES:
            return _CODES[name], str(problem) or type(problem).__name__
    raise problem
