"""What `Cache.cached` does to types: run by a test, and read by mypy and pyright."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar, assert_type

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from flask.views import MethodView, View

from flask_caching import Cache, CachedResponse, Invalidated, Statistics
from flask_caching.typing import Timeout, TimeoutOption

app = Flask("typed")
cache = Cache(app, config={"CACHE_TYPE": "simple"})


@cache.cached(timeout=60, key_prefix="plain")
def plain(number: int = 1, *, text: str = "") -> list[str]:
    return [text] * number


@app.route("/works/<name>")
@cache.cached(query_string=True)
def view(name: str) -> ResponseReturnValue:
    return name, 200, {"X-Name": name}


@app.route("/slow")
@cache.cached()
async def slow_view() -> str:
    return "slow"


@app.route("/dynamic")
@cache.cached()
def dynamic() -> CachedResponse:
    return CachedResponse(Response("text"), timeout=timedelta(minutes=1))


@cache.cached(key_prefix="generated")
def generated() -> Iterator[str]:
    yield "text"


class Items(MethodView):
    @cache.cached()
    def get(self, name: str) -> str:
        return name


class Page(View):
    decorators: ClassVar[list[Callable[..., Any]]] = [cache.cached(timeout=50)]

    def dispatch_request(self) -> str:
        return "page"


class Shop:
    @cache.cached(key_prefix="total")
    def total(self, currency: str, rounded: bool = True) -> float:
        return 1.5

    @staticmethod
    @cache.cached(key_prefix="rate")
    def rate(currency: str) -> float:
        return 1.0


def check_that_a_function_keeps_its_signature() -> None:
    assert_type(plain(2, text="a"), list[str])
    assert_type(plain.uncached(2, text="a"), list[str])


def check_that_a_view_keeps_its_signature() -> None:
    with app.test_request_context("/works/a"):
        assert_type(view("a"), ResponseReturnValue)
        assert_type(view.uncached(name="a"), ResponseReturnValue)


def check_that_a_coroutine_function_stays_one() -> None:
    answer: Callable[[], Coroutine[Any, Any, str]] = slow_view
    uncached: Callable[[], Coroutine[Any, Any, str]] = slow_view.uncached

    assert callable(answer)
    assert callable(uncached)


def check_that_a_response_with_a_timeout_is_a_response() -> None:
    with app.test_request_context("/dynamic"):
        assert_type(dynamic(), CachedResponse)
        assert_type(dynamic().timeout, Timeout | None)
        response: Response = dynamic()

    assert response.status_code == 200


def check_that_a_method_binds_its_object() -> None:
    shop = Shop()

    assert_type(shop.total("eur"), float)
    assert_type(shop.total("eur", rounded=False), float)
    assert_type(Shop.total(shop, "eur"), float)
    assert_type(shop.total.uncached(shop, "eur"), float)
    assert_type(shop.total.cache_timeout, TimeoutOption)


def check_that_a_staticmethod_keeps_its_signature() -> None:
    assert_type(Shop.rate("eur"), float)


def check_that_a_method_view_keeps_its_methods() -> None:
    with app.test_request_context("/items/a"):
        assert_type(Items().get("a"), str)


def check_that_the_attributes_can_be_written() -> None:
    original = plain.make_cache_key
    assert_type(plain.make_cache_key(path="/"), str)
    assert_type(plain.cache_timeout, TimeoutOption)

    plain.cache_timeout = 5
    plain.cache_timeout = 2.5
    plain.cache_timeout = timedelta(minutes=1)
    plain.cache_timeout = None
    plain.cache_timeout = lambda value: value["lives"]
    plain.make_cache_key = original


def check_that_every_parameter_takes_what_is_documented() -> None:
    @cache.cached(
        timeout=lambda: timedelta(minutes=1),
        key_prefix=lambda: "key",
        unless=lambda: False,
        forced_update=lambda: False,
        is_stale=lambda value: False,
        response_filter=lambda value: True,
        query_string=False,
        hash_method=sha256,
        cache_none=True,
        make_cache_key=lambda: "key",
        source_check=False,
        response_hit_indication=True,
    )
    def answer() -> int | None:
        return None

    assert_type(answer(), int | None)


def check_that_an_answer_can_be_deleted() -> None:
    assert_type(cache.delete_cached(plain), bool)
    assert_type(cache.delete_cached(view, "/works/a", {"page": 1}), bool)
    assert_type(cache.delete_cached(view, path="/works/a", query_args="page=1"), bool)
    assert_type(cache.delete_cached(Shop().total), bool)
    with app.test_request_context("/works/a"):
        assert_type(cache.delete_cached(view, name="a"), bool)


def check_what_the_attributes_of_a_cached_function_give() -> None:
    @cache.cached(key_prefix="answer")
    def answer(number: int = 1) -> list[int]:
        return [number]

    assert_type(answer.uncached(number=2), list[int])
    assert_type(answer.refresh(2), list[int])
    assert_type(answer.stats(), Statistics)
    assert_type(answer.invalidate(), Invalidated)
    shop = Shop()
    assert_type(shop.total.refresh(shop, "eur"), float)
    assert_type(shop.total.stats(), Statistics)


def check_that_coroutine_functions_are_awaited() -> None:
    async def run() -> None:
        with app.test_request_context("/slow"):
            assert_type(await slow_view(), str)
            assert_type(await slow_view.uncached(), str)
            assert_type(await slow_view.refresh(), str)

    asyncio.run(run())
