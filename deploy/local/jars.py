"""The broker's jars: pinned by version and SHA-256 in kafka.jars, fetched once by jgo.

`python -m deploy.local.jars` resolves them anew and prints the file.
"""

import hashlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.cache import cache_dir, locked
from deploy.local.errors import CannotStart
from deploy.local.say import Say

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"  # else Kafka's log goes nowhere
PINS = Path(__file__).with_name("kafka.jars")
ATTEMPTS = 4


class Jar(NamedTuple):
    """One pinned jar; `coordinate` is group:artifact:version."""

    coordinate: str
    sha256: str

    def path(self, folder: Path) -> Path:
        """Where it lies in a Maven repository layout."""
        group, artifact, version = self.coordinate.split(":")
        return folder.joinpath(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def pinned(pins: Path = PINS) -> list[Jar]:
    """The jars of a file of pins."""
    lines = pins.read_text().splitlines()
    return [Jar(*line.split()) for line in lines if line and not line.startswith("#")]


def fingerprint(pins: Path = PINS) -> str:
    """Identifies a set of jars."""
    return hashlib.sha256(pins.read_bytes()).hexdigest()[:12]


def ensure_jars(say: Say, pins: Path = PINS) -> list[Path]:
    """The paths of all jars, fetched and checked when they are not there yet.

    Raises:
        CannotStart: a jar cannot be fetched or is not the pinned one.
    """
    folder, jars = cache_dir() / "jars", pinned(pins)
    checked = folder / f".checked-{fingerprint(pins)}"
    with locked(folder):
        if not checked.exists() or not all(jar.path(folder).exists() for jar in jars):
            _fetch_all(folder, jars, say)
            checked.touch()
    return [jar.path(folder) for jar in jars]


def _fetch_all(folder: Path, jars: list[Jar], say: Say) -> None:
    version = jars[0].coordinate.rpartition(":")[2]
    say(f"Fetching Kafka {version} ({len(jars)} jars, some 50 to 80 MB, only this once) …")
    context = _maven(folder)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda jar: _fetch(context, folder, jar), jars))


def _maven(folder: Path) -> Any:
    try:
        from jgo.maven import MavenContext
    except ImportError:
        raise CannotStart(
            "The package jgo is not installed (the extra `local` of this distribution brings it);"
            " or set HADIR_KAFKA to a broker of yours."
        ) from None
    return MavenContext(repo_cache=folder, timeout=60)


def _fetch(context: Any, folder: Path, jar: Jar) -> None:
    path = jar.path(folder)
    for attempt in range(ATTEMPTS):
        if path.exists() and sha256(path) == jar.sha256:
            return
        path.unlink(missing_ok=True)  # torn by an interrupted download, or not the pinned one
        time.sleep(attempt**2)
        problem = _download(context, jar)
    if not (path.exists() and sha256(path) == jar.sha256):
        raise CannotStart(
            f"{jar.coordinate} could not be fetched (a network is needed; behind a proxy with its own "
            f"certificates, REQUESTS_CA_BUNDLE): {problem}."
        )


def _download(context: Any, jar: Jar) -> str:
    import requests

    try:
        _artifact(context, jar.coordinate).resolve()
    except (requests.RequestException, RuntimeError, OSError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "its SHA-256 is not the pinned one"


def sha256(path: Path) -> str:
    """The file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve() -> Iterable[Jar]:
    """All jars that the broker needs, resolved anew through their POMs.

    The logging binding is taken without its own wishes: its POM would change Kafka's versions.
    """
    from jgo.maven import Dependency

    context = _maven(cache_dir() / "jars")
    inputs, transitive = context.resolver.resolve([Dependency(_artifact(context, KAFKA))])
    for found in (*(d.artifact for d in (*inputs, *transitive)), _artifact(context, LOGGING)):
        coordinate = f"{found.groupId}:{found.artifactId}:{found.version}"
        yield Jar(coordinate, sha256(found.resolve()))


def _artifact(context: Any, coordinate: str) -> Any:
    group, artifact, version = coordinate.split(":")
    return context.project(group, artifact).at_version(version).artifact()


def main() -> None:
    """Print kafka.jars."""
    print("# group:artifact:version sha256; made by `python -m deploy.local.jars`")
    for jar in resolve():
        print(*jar)


if __name__ == "__main__":
    main()
