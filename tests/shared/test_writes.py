"""A view's writes gathered over a batch leave what the same writes one by one would leave."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.client import Pipeline

from shared.writes import Writes


class Told:
    """A store that keeps what a pipeline's commands leave."""

    def __init__(self) -> None:
        self.held: dict[str, dict[Any, Any]] = {}

    def mset(self, texts: dict[str, Any]) -> None:
        for key, value in texts.items():
            self.set(key, value)

    def set(self, key: str, value: Any) -> None:
        self.held[key] = {"": value}

    def hset(self, key: str, field: Any = None, value: Any = None, mapping: Any = None) -> None:
        self.held.setdefault(key, {}).update(mapping or {field: value})

    def hdel(self, key: str, *fields: Any) -> None:
        for field in fields:
            self.held.get(key, {}).pop(field, None)

    def hsetnx(self, key: str, field: Any, value: Any) -> None:
        self.held.setdefault(key, {}).setdefault(field, value)

    def sadd(self, key: str, *members: str) -> None:
        self.hset(key, mapping=dict.fromkeys(members, 1))

    srem = hdel
    zrem = hdel

    def zadd(self, key: str, members: dict[str, int]) -> None:
        self.hset(key, mapping=members)


NAMES = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("set"), st.just("text"), NAMES),
    st.tuples(st.just("hset"), st.just("hash"), NAMES, NAMES),
    st.tuples(st.just("hdel"), st.just("hash"), NAMES),
    st.tuples(st.just("hsetnx"), st.just("first"), NAMES, NAMES),
    st.tuples(st.sampled_from(["sadd", "srem"]), st.just("set"), NAMES),
    st.tuples(st.just("zadd"), st.just("order"), NAMES.map(lambda name: {name: 0})),
    st.tuples(st.just("zrem"), st.just("order"), NAMES),
)


@given(st.lists(STEPS), st.lists(STEPS))
def test_gathered_writes_leave_what_single_ones_leave(before: list[Any], batch: list[Any]) -> None:
    one_by_one, at_once, writes = Told(), Told(), Writes()
    for store in (one_by_one, at_once):
        for name, *args in before:
            getattr(store, name)(*args)
    for name, *args in batch:
        getattr(one_by_one, name)(*args)
        getattr(writes, name)(*args)
    writes.onto(at_once)
    full = [{k: v for k, v in s.held.items() if v} for s in (one_by_one, at_once)]
    assert full[0] == full[1]


@pytest.mark.parametrize("name", [n for n in vars(Writes) if not n.startswith("_") and n != "onto"])
def test_its_methods_are_a_pipeline_s(name: str) -> None:
    assert callable(getattr(Pipeline, name))
