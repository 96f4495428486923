"""The types of the proxies of `Cache`: run by a test, and read by mypy and pyright."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, assert_type

from flask import Flask

from flask_caching import BaseCache, Cache, Statistics, make_template_fragment_key

cache = Cache()
cache.init_app(Flask("typed"), {"CACHE_TYPE": "simple"})


def number() -> int:
    return 5


def check_what_the_proxies_give() -> None:
    assert_type(cache.set("key", [1], timeout=60), bool | None)
    assert_type(cache.get("key"), Any)
    assert_type(cache.get_value("key", 0), Any)
    assert_type(cache.has("key"), bool)
    assert_type(cache.add("key", 1, timedelta(minutes=1)), bool)
    assert_type(cache.touch("key", 2.5), bool)
    assert_type(cache.get_many("key", "other"), list[Any])
    assert_type(cache.get_dict("key", "other"), dict[str, Any])
    assert_type(cache.set_many({"a": 1}), list[str])
    assert_type(cache.inc("counter"), int | None)
    assert_type(cache.dec("counter", 2), int | None)
    assert_type(cache.delete("key"), bool)
    assert_type(cache.delete_many("a", "b"), list[str])
    assert_type(cache.unlink("a", "b"), list[str])
    assert_type(cache.clear(), bool)


def check_what_get_or_set_gives() -> None:
    assert_type(cache.get_or_set("computed", number), int)
    assert_type(cache.get_or_set("computed", lambda: 5, timeout=60), int)
    assert_type(cache.get_or_set("value", "default"), str)


def check_what_else_there_is() -> None:
    assert_type(cache.cache, BaseCache)
    assert_type(cache.app, Flask | None)
    assert_type(make_template_fragment_key("name", vary_on=["a", 5]), str)


@cache.cached(key_prefix="typed")
def cached_number() -> int:
    return 5


class Numbers:
    @cache.memoize()
    def number(self) -> int:
        return 5


def check_what_is_counted() -> None:
    assert_type(cache.stats(), Statistics)
    assert_type(cached_number.stats(), Statistics)
    assert_type(Numbers.number.stats(), Statistics)
    assert_type(Numbers().number.stats(), Statistics)
    assert_type(cache.stats().hits, int)
    assert_type(cache.stats().hit_ratio, float)
    assert_type(cache.stats().as_dict(), dict[str, float])


def check_what_get_or_set_gives_of_other_defaults() -> None:
    assert_type(cache.get_or_set("list", list[int]), list[int])
    assert_type(cache.get_or_set("none", lambda: None), None)
    assert_type(cache.get_or_set("seconds", 2.5, timeout=timedelta(minutes=1)), float)
    assert_type(cache.get_or_set("tagged", number, tags=["a"], stale=60), int)
