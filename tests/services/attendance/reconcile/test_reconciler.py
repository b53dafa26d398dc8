"""The reconciler after a fault of its own: it says so, and leaves Zoom alone for a while."""

import asyncio
from typing import Any

import pytest

from services.attendance.reconcile import reconciler
from services.attendance.reconcile.limits import LimitReached
from services.attendance.reconcile.reading import Job
from services.attendance.settings import ReconcilerSettings
from tests.support.zoom_client import T

JOB = Job("m1==", "932", "meeting")


def settings() -> ReconcilerSettings:
    return ReconcilerSettings.model_validate({
        "kafka": "127.0.0.1:1", "identity_key": b"k" * 32, "zoom_account_id": "a",
        "zoom_client_id": "c", "zoom_client_secret": "s"})  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "pause"), [(AttributeError("shape"), reconciler.AFTER_A_FAULT), (LimitReached(7), 7)]
)
def test_a_reading_that_fails_is_not_begun_again_at_once(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, pause: float
) -> None:
    async def fails(*_: Any) -> None:
        raise fault

    async def run() -> reconciler.Reconciler:
        one = reconciler.Reconciler(settings(), clock=lambda: float(T))
        await one._read(JOB)
        await one._http.aclose()
        return one

    monkeypatch.setattr(reconciler, "read_report", fails)
    one = asyncio.run(run())
    assert one._paused_until == T + pause
    assert one._trouble
