"""The usual gateway: FastAPI, signature over the raw body, JSON, `send_and_wait` per delivery."""

import hmac
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, HTTPException, Request

SECRET, TOPIC = os.environ["BENCH_SECRET"].encode(), os.environ["BENCH_TOPIC"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """A producer as its documentation advises for durability and throughput."""
    app.state.producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["BENCH_KAFKA"], acks="all", enable_idempotence=True,
        linger_ms=5, max_batch_size=128 * 1024,
    )  # fmt: skip
    await app.state.producer.start()
    yield
    await app.state.producer.stop()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/zoom/webhooks")
async def receive(request: Request) -> dict[str, str]:
    """Verify, write one record, wait for its acknowledgement."""
    body = await request.body()
    stamp = request.headers.get("x-zm-request-timestamp", "")
    signed = hmac.new(SECRET, f"v0:{stamp}:".encode() + body, "sha256").hexdigest()
    if not hmac.compare_digest(f"v0={signed}", request.headers.get("x-zm-signature", "")):
        raise HTTPException(401)
    if abs(time.time() - int(stamp)) > 6000:
        raise HTTPException(401)
    meeting = json.loads(body)["payload"]["object"]
    key = f"{meeting['uuid']}|{meeting['participant']['participant_uuid']}".encode()
    await request.app.state.producer.send_and_wait(TOPIC, body, key=key)
    return {"status": "accepted"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
