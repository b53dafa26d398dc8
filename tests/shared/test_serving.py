"""A process that serves: it ends with its threads, and takes in many who come at once."""

import asyncio
import socket
import subprocess
import sys

import pytest
import uvicorn
import uvloop

from deploy.local.ports import free_ports
from shared.serving import listening

PROCESS = """
import sys, threading
from shared.http import build_app
from shared.serving import serve
from shared.settings import KafkaSettings

def fail():
    raise RuntimeError("the projector is no more")

settings = KafkaSettings(kafka="none:9092", http_port=int(sys.argv[1]))
threading.Timer(1.0, fail).start()
serve(build_app("test", settings, list), settings)
"""


def test_a_process_ends_when_one_of_its_threads_has_failed() -> None:
    port = str(free_ports(1)[0])
    run = subprocess.run(
        [sys.executable, "-c", PROCESS, port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    assert "thread_failed" in run.stdout
    assert "the projector is no more" in run.stdout


async def _taken_in(at_once: int, turns: int) -> int:
    """How many of forty who wait at the door are in after so many turns of the loop."""
    config, loop = uvicorn.Config(list, port=0, log_config=None), asyncio.get_running_loop()
    came = []

    class Counting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            came.append(transport)

    doors = listening(config, at_once)
    servers = [await loop.create_server(Counting, sock=door) for door in doors]
    callers = [socket.create_connection(doors[0].getsockname()) for _ in range(40)]
    for _ in range(turns):
        await asyncio.sleep(0)
    found = len(came)
    for one in (*servers, *callers, *doors):
        one.close()
    return found


def test_of_many_who_connect_at_once_many_are_taken_in_per_turn() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        alone, shared = (runner.run(_taken_in(at_once, turns=3)) for at_once in (1, 64))
    assert alone < 10 < shared  # who comes to which socket is chance


def test_a_port_that_somebody_else_listens_on_is_not_shared() -> None:
    taken = listening(uvicorn.Config(list, port=0, log_config=None), 2)
    for door in taken:
        door.listen()
    port = taken[0].getsockname()[1]
    with pytest.raises(SystemExit):
        listening(uvicorn.Config(list, port=port, log_config=None), 2)
    for door in taken:
        door.close()
