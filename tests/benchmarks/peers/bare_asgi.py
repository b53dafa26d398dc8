"""The least that a server can do with a delivery: read the body, answer 200. Nothing is kept."""

import sys
from typing import Any

import uvicorn

ANSWER = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """One plain ASGI application."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(ANSWER)
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
