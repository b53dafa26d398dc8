"""An ASGI application as a process: its sockets, its threads, its end."""

import os
import signal
import sys
import threading
from contextlib import suppress
from socket import SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET, socket
from typing import Any

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from shared.settings import KafkaSettings

log = structlog.get_logger()


def serve(app: Any, settings: KafkaSettings, *, at_once: int = 1, **options: Any) -> None:
    """Run an ASGI application until SIGTERM, or until one of its threads has failed. `at_once`: how
    many new connections are taken in per turn of the loop."""
    threading.excepthook = _end_process
    config = uvicorn.Config(app, host=settings.http_host, port=settings.http_port, log_config=None,
                            access_log=False, timeout_graceful_shutdown=5, server_header=False,
                            **options)  # fmt: skip
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # uvicorn raises Ctrl+C again once it has stopped
        server.run(listening(config, at_once))
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def listening(config: uvicorn.Config, at_once: int) -> list[socket]:
    """So many sockets that share the port. libuv takes one connection in per socket and turn: of
    thousands that come at once most would wait for seconds behind those that ask already."""
    one = config.bind_socket()  # ends the process if the port is another's, who might share it, too
    if at_once == 1:
        return [one]
    address = one.getsockname()
    one.close()
    return [_sharing(one.family, address) for _ in range(at_once)]


def _sharing(family: int, address: Any) -> socket:
    door = socket(family)
    door.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    door.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    door.bind(address)
    return door


def _end_process(failed: threading.ExceptHookArgs) -> None:
    """Nobody would notice a projector that is no more: its view would look whole, and stand still."""
    name = failed.thread.name if failed.thread else "a thread"
    trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
    log.critical("thread_failed", thread=name, exc_info=trace)
    os.kill(os.getpid(), signal.SIGTERM)
