"""A worker that is behind its log folds on before it writes, within bounds."""

import math
from typing import Any

import pytest

from shared.stream import MAX_UNFLUSHED
from tests.support.held import Folded, fill, holding

pytestmark = pytest.mark.anyio


async def test_a_stage_that_is_behind_its_log_folds_on_before_it_writes(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log_follower.MOST_RECORDS", 10)
    async with holding(provisioned, stage := Folded()) as held:
        fill(provisioned, 40)
        folded = len(stage.offsets)
        while len(stage.offsets) == folded:
            await held.worker._fold_next({held.runner.place: held.runner})
        assert held.worker._holds(held.runner)
        await held.go_on()
        assert not held.worker._holds(held.runner)


async def test_it_does_not_fold_on_for_ever_and_begins_anew_after_it_wrote(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with holding(provisioned, Folded()) as held:
        monkeypatch.setattr(held.worker._follower, "more", lambda place, position: True)
        assert held.worker._holds(held.runner)
        held.runner.held_at = -math.inf
        assert not held.worker._holds(held.runner)
        await held.worker._flush(held.runner)
        assert held.worker._holds(held.runner)


async def test_nor_with_more_than_it_may_keep_unwritten(
    provisioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with holding(provisioned, stage := Folded()) as held:
        monkeypatch.setattr(held.worker._follower, "more", lambda place, position: True)
        monkeypatch.setattr(stage, "unflushed", lambda: MAX_UNFLUSHED + 1)
        assert not held.worker._holds(held.runner)
