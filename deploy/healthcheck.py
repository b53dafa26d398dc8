"""The container's health check: asks the process in the same container whether it is ready.

Exit code 0 when `/readyz` answers 200; else 1, with what is missing on stderr, where
`docker inspect` shows it. By a plain socket: importing an HTTP client costs four times as much
processor time, in every container, every few seconds.
"""

import os
import socket
import sys

TIMEOUT_SECONDS = 3.0
_REQUEST = b"GET /readyz HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_SHOWN_BYTES = 4_000


def ask(port: int) -> tuple[str, str]:
    """Status code ("" when the answer is not HTTP) and body of `/readyz` on this machine's port.

    Raises:
        OSError: nobody answers in time.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(_REQUEST)
        answer = b""
        while len(answer) < _SHOWN_BYTES and (part := connection.recv(_SHOWN_BYTES)):
            answer += part
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    protocol, _, rest = head.partition(" ")
    return (rest[:3] if protocol.startswith("HTTP/") else ""), body


def main() -> int:
    """Ask once and say what is missing."""
    try:
        status, body = ask(int(os.environ.get("HADIR_HTTP_PORT", "8000")))
    except OSError as problem:
        sys.stderr.write(f"no answer: {problem}\n")
        return 1
    if status != "200":
        sys.stderr.write(f"{status} {body}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
