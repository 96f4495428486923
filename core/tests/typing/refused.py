"""What type checkers refuse of a user's mistakes. Read by mypy and pyright, and never run.

An ignore that nothing needs any more is an error of both.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask

from flask_caching import BaseCache, Cache, CachedResponse

app = Flask("typed")
cache = Cache(app, config={"CACHE_TYPE": "simple"})


@cache.memoize(60)
def add(a: int, b: int = 0) -> int:
    return a + b


@cache.memoize()
async def fetch(name: str) -> bytes:
    return name.encode()


@cache.cached(key_prefix="total")
def total(currency: str) -> float:
    return 1.5


class Shop:
    @cache.memoize()
    def price(self, item: str) -> int:
        return len(item)


if TYPE_CHECKING:

    def wrong_calls() -> None:
        add("1")  # type: ignore[arg-type]
        add(1, 2, 3)  # type: ignore[call-arg]
        add(1, c=2)  # type: ignore[call-arg]
        add()  # type: ignore[call-arg]
        add.uncached("1")  # type: ignore[arg-type]
        add.refresh("1")  # type: ignore[arg-type]
        add.nothing()  # type: ignore[attr-defined]
        total()  # type: ignore[call-arg]
        total(5)  # type: ignore[arg-type]
        total.uncached(5)  # type: ignore[arg-type]
        total.delete_memoized()  # type: ignore[attr-defined]
        Shop().price(5)  # type: ignore[arg-type]
        Shop().price()  # type: ignore[call-arg]
        Shop.price("item")  # type: ignore[arg-type, call-arg]
        text: str = add(1)  # type: ignore[assignment]
        number: int = total("eur")  # type: ignore[assignment]
        assert text or number

    async def wrong_awaits() -> None:
        length: int = len(fetch("name"))  # type: ignore[arg-type]
        answer: str = await fetch("name")  # type: ignore[assignment]
        await fetch(5)  # type: ignore[arg-type]
        assert length or answer

    def wrong_attributes() -> None:
        add.cache_timeout = [60]  # type: ignore[assignment]
        total.make_cache_key = "key"  # type: ignore[assignment]
        shop = Shop()
        shop.price.uncached = None  # type: ignore[assignment, misc]

    def wrong_arguments() -> None:
        cache.cached(timeout=[60])  # type: ignore[arg-type]
        cache.cached(timeot=60)  # type: ignore[call-arg]
        cache.cached(60, policy="unsafe")  # type: ignore[arg-type]
        cache.cached(unless=True)  # type: ignore[arg-type]
        cache.cached(key_prefix=5)  # type: ignore[arg-type]
        cache.cached(cache_statuses=200)  # type: ignore[arg-type]
        cache.cached(make_cache_key="key")  # type: ignore[arg-type]
        cache.memoize(key_prefix="key")  # type: ignore[call-arg]
        cache.memoize(args_to_ignore=5)  # type: ignore[arg-type]
        cache.memoize(stale="soon")  # type: ignore[arg-type]
        cache.memoize(tags=5)  # type: ignore[arg-type]
        cache.memoize(lock=None)  # type: ignore[arg-type]

    def without_parentheses() -> None:
        @cache.cached  # type: ignore[arg-type]
        def page() -> str:
            return "page"

        @cache.memoize
        def double(number: int) -> int:
            return 2 * number

        page()  # type: ignore[call-arg]
        double(1)  # type: ignore[arg-type]

    def wrong_proxies() -> None:
        cache.get(5)  # type: ignore[arg-type]
        cache.set("key")  # type: ignore[call-arg]
        cache.set("key", 1, timeout="60")  # type: ignore[arg-type]
        cache.get_many(["a", "b"])  # type: ignore[arg-type]
        cache.set_many([("a", 1)])  # type: ignore[arg-type]
        cache.inc("key", 1.5)  # type: ignore[arg-type]
        cache.delete(None)  # type: ignore[arg-type]
        cache.invalidate_tags(["a", "b"])  # type: ignore[arg-type]
        cache.namespace(5)  # type: ignore[arg-type]
        text: str = cache.get_or_set("key", lambda: 5)  # type: ignore[assignment]
        assert text
        CachedResponse(None, timeout="60")  # type: ignore[arg-type]
        Cache(app, config="simple")  # type: ignore[arg-type]
        Cache({"CACHE_TYPE": "simple"})  # type: ignore[arg-type]
        cache.init_app()  # type: ignore[call-arg]

    class WrongBackend(BaseCache):
        def get(self, key: int) -> Any:  # type: ignore[override]
            return None

        def delete(self, key: str) -> str:  # type: ignore[override]
            return key


def check_that_what_is_right_beside_it_runs() -> None:
    assert (add(1, b=2), total("eur"), Shop().price("item")) == (3, 1.5, 4)
