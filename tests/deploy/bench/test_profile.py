"""The profile: which part of the code a look at the worker's stack counts for."""

import pytest

from deploy.bench.profile import shares

MAIN = "thread (7): MainThread;run_worker (worker.py:1);StreamWorker._{} (stream.py:9);"


def seen(how: str, *frames: str) -> str:
    return MAIN.format(how) + ";".join(frames)


@pytest.mark.parametrize(("part", "stack"), [
    ("fold", seen("follow", "Runner.fold", "CPyDef_identify___IdentifyStage___fold (x.so)", "malloc")),
    ("fold", seen("follow", "Runner.fold", "IdentifyStage.fold (identify.py:3)", "loads")),
    ("facts", seen("follow", "Runner.fold", "CPyDef_decide___DecideStage___fold (x.so)")),
    ("tell", seen("flush", "CPyDef_identify___flush_IdentifyStage_gen (x.so)", "malloc")),
    ("decide", seen("flush", "CPyDef_decide___flush_DecideStage_gen (x.so)",
                    "CPyDef_outcomes___publish_Outcomes_gen (x.so)")),
    ("decide", seen("flush", "DecideStage.flush (decide.py:9)", "Outcomes.publish (outcomes.py:9)")),
    ("write", seen("flush", "CPyDef_decide___flush_DecideStage_gen (x.so)",
                   "CPyDef_outcomes____publish_Outcomes_gen (x.so)")),
    ("tick", seen("tick", "CPyDef_identify___IdentifyStage___tick (x.so)")),
    ("libraries", seen("follow", "Runner.fold", "loads (orjson.so)")),
    ("rest", seen("follow", "send (selector_events.py:1)")),
])  # fmt: skip
def test_a_look_counts_for_the_part_that_stands_on_the_stack(part: str, stack: str) -> None:
    assert shares([f"{stack} 5"]) == [(part, 100.0)]


def test_waiting_and_other_threads_are_left_out() -> None:
    waits = seen(
        "follow", "select (selectors.py:468)", "epoll_wait (libc.so.6)", "0x7f (libc.so.6)"
    )
    other = "thread (8): asyncio_0;IdentifyStage.fold (identify.py:3)"
    fold, tell = seen("follow", "IdentifyStage.fold"), seen("flush", "IdentifyStage.flush")
    assert shares([f"{waits} 9", f"{other} 9", f"{fold} 3", f"{tell} 1"]) == [
        ("fold", 75.0),
        ("tell", 25.0),
    ]
