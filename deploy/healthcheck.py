"""The container's health check: asks the process in the same container whether it is ready.

Exit code 0 when `/readyz` answers 200; else 1, with what is missing on stderr, where
`docker inspect` shows it.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_SECONDS = 3.0
_SHOWN_BYTES = 2_000


def ask(port: int) -> tuple[int, str]:
    """Status code and body of `/readyz` on this machine's port.

    Raises:
        OSError, HTTPException: nobody answers, or not in HTTP.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(_SHOWN_BYTES).decode(errors="replace")
    finally:
        connection.close()


def main() -> int:
    """Ask once and say what is missing."""
    try:
        status, body = ask(int(os.environ.get("HADIR_HTTP_PORT", "8000")))
    except (OSError, HTTPException) as problem:
        sys.stderr.write(f"no answer: {problem}\n")
        return 1
    if status != 200:
        sys.stderr.write(f"{status} {body}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
