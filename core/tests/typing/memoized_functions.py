"""What `Cache.memoize` does to types: run by a test, and read by mypy and pyright."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any, Literal, assert_type

from flask import Flask

from flask_caching import Cache, Invalidated, Statistics
from flask_caching.typing import TimeoutOption

cache = Cache(Flask("typed"), config={"CACHE_TYPE": "simple"})


@cache.memoize(60)
def add(a: int, b: int = 0, *rest: int, text: str = "") -> str:
    return f"{a + b + sum(rest)}{text}"


@cache.memoize()
async def fetch(name: str) -> bytes:
    return name.encode()


@cache.memoize()
def maybe(name: str) -> str | None:
    return name or None


class Adder:
    def __init__(self, start: int) -> None:
        self.start = start

    def __repr__(self) -> str:
        return f"Adder({self.start})"

    @cache.memoize(timeout=timedelta(minutes=1))
    def add(self, number: int, *, twice: bool = False) -> int:
        return self.start + number * (2 if twice else 1)

    @cache.memoize()
    async def fetch(self, name: str) -> bytes:
        return name.encode()

    @staticmethod
    @cache.memoize()
    def half(number: float) -> float:
        return number / 2

    @cache.memoize()
    @staticmethod
    def third(number: float) -> float:
        return number / 3


def check_that_a_function_keeps_its_signature() -> None:
    assert_type(add(1, 2, 3, text="!"), str)
    assert_type(add.uncached(1, b=2), str)
    assert_type(maybe("a"), str | None)


def check_that_a_method_binds_its_object() -> None:
    adder = Adder(1)

    assert_type(adder.add(2, twice=True), int)
    assert_type(Adder.add(adder, 2), int)
    assert_type(adder.add.uncached(adder, 2), int)
    assert_type(adder.add.cache_timeout, TimeoutOption)


def check_that_a_staticmethod_keeps_its_signature_in_either_order() -> None:
    assert_type(Adder.half(1.5), float)
    assert_type(Adder.third(1.5), float)


def check_that_coroutine_functions_are_awaited() -> None:
    async def run() -> None:
        assert_type(await fetch("a"), bytes)
        assert_type(await Adder(1).fetch("a"), bytes)

    asyncio.run(run())


def check_that_the_attributes_can_be_written() -> None:
    original = add.make_cache_key
    assert_type(add.make_cache_key(add.uncached, 1), str)

    add.cache_timeout = 5
    add.cache_timeout = lambda: 5
    add.cache_timeout = None
    add.make_cache_key = original


def check_that_every_parameter_takes_what_is_documented() -> None:
    @cache.memoize(
        timeout=lambda value: 60,
        make_name=lambda name: name.upper(),
        unless=lambda: False,
        forced_update=lambda: False,
        is_stale=lambda value: False,
        response_filter=lambda value: True,
        hash_method=sha256,
        cache_none=True,
        source_check=False,
        args_to_ignore=["b"],
    )
    def answer(a: int, b: object = None) -> dict[str, Any]:
        return {"a": a}

    assert_type(answer(1), dict[str, Any])


def check_that_an_invalidation_says_what_it_did() -> None:
    adder = Adder(1)

    done = cache.delete_memoized(add)
    assert_type(done, Invalidated)
    assert_type(
        done.scope, Literal["function", "object", "call", "view", "path", "tag", "namespace"]
    )
    assert_type(done.key, str)
    assert_type(done.removed, bool)
    cache.delete_memoized(add, 1, b=2)
    cache.delete_memoized(adder.add)
    cache.delete_memoized(Adder.add, adder, 2)
    cache.delete_memoized(Adder.half)
    cache.delete_memoized(add.uncached)
    assert_type(cache.delete_memoized_verhash(add), None)
    assert_type(add.delete_memoized(), Invalidated)
    assert_type(adder.add.delete_memoized(), Invalidated)


def check_what_the_attributes_of_a_memoized_function_give() -> None:
    adder = Adder(1)

    assert_type(add.stats(), Statistics)
    assert_type(add.refresh(1, 2), str)
    assert_type(add.invalidate(1), Invalidated)
    assert_type(adder.add.stats(), Statistics)
    assert_type(adder.add.refresh(adder, 2), int)
    assert_type(adder.add.make_cache_key(Adder.add.uncached, adder, 2), str)


def check_that_a_class_can_be_memoized_and_a_lambda() -> None:
    assert_type(cache.memoize()(Adder)(1), Adder)
    assert_type(cache.memoize(60)(lambda: 5)(), int)
