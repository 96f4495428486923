"""The types of tags, namespaces and invalidations: run by a test, and read by mypy and pyright."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, assert_type

from flask import Flask

from flask_caching import Cache, Invalidated, Namespace

cache = Cache(Flask("typed"), config={"CACHE_TYPE": "simple"})


@cache.memoize(tags=lambda number: [f"number:{number}", "numbers"])
def double(number: int) -> int:
    return 2 * number


@cache.memoize(tags=lambda number, result: f"result:{result}")
def treble(number: int) -> int:
    return 3 * number


@cache.cached(
    key_prefix="menu",
    jitter=0.1,
    stale=timedelta(minutes=1),
    lock=True,
    tags=["menu", "site"],
    versioned=True,
)
def menu() -> str:
    return "menu"


class Shelf:
    def __repr__(self) -> str:
        return "Shelf()"

    @cache.memoize(tags="books", stale=60, lock=True)
    def book(self, title: str) -> str:
        return title


def check_that_a_function_with_tags_keeps_its_signature() -> None:
    assert_type(double(1), int)
    assert_type(treble(number=1), int)
    assert_type(menu(), str)
    assert_type(Shelf().book("title"), str)


def check_what_an_invalidation_gives() -> None:
    assert_type(cache.invalidate_tags("number:1", "menu"), tuple[Invalidated, ...])
    assert_type(cache.invalidate_tags("menu", soft=True)[0].soft, bool)
    assert_type(double.invalidate(1), Invalidated)
    assert_type(double.invalidate(), Invalidated)
    assert_type(menu.invalidate(), Invalidated)
    assert_type(cache.delete_cached(menu), bool)


def check_what_a_refresh_gives() -> None:
    shelf = Shelf()
    assert_type(double.refresh(1), int)
    assert_type(menu.refresh(), str)
    assert_type(Shelf.book.refresh(shelf, "title"), str)
    assert_type(shelf.book.refresh(shelf, "title"), str)
    assert_type(shelf.book.invalidate(shelf, "title"), Invalidated)


def check_what_takes_tags() -> None:
    assert_type(cache.set("key", 1, tags="a"), bool | None)
    assert_type(cache.set("key", 1, timeout=60, tags=["a", "b"]), bool | None)
    assert_type(cache.get_or_set("number", lambda: 5, tags="a"), int)
    assert_type(
        cache.get_or_set(
            "text", "text", tags=lambda result: [result], jitter=0.5, stale=2.5, lock=True
        ),
        str,
    )


def check_what_a_namespace_gives() -> None:
    reports = cache.namespace("reports")
    assert_type(reports, Namespace)
    assert_type(reports.namespace("2026"), Namespace)
    assert_type(reports.set("key", 1, timeout=60, tags=("a",)), bool | None)
    assert_type(reports.set_many({"key": 1}), list[str])
    assert_type(reports.get("key"), Any)
    assert_type(reports.get_value("key", 0), Any)
    assert_type(reports.get_many("key", "other"), list[Any])
    assert_type(reports.get_dict("key"), dict[str, Any])
    assert_type(reports.has("key"), bool)
    assert_type(reports.delete("key"), bool)
    assert_type(reports.delete_many("key"), list[str])
    assert_type(reports.get_or_set("computed", lambda: 5), int)
    assert_type(reports.clear(), Invalidated)

    @reports.memoize(60)
    def half(number: float) -> float:
        return number / 2

    @reports.cached(key_prefix="page")
    def page() -> str:
        return "page"

    assert_type(half(1.5), float)
    assert_type(page(), str)
    assert_type(reports.delete_memoized(half, 1.5), Invalidated)
    assert_type(reports.delete_cached(page), bool)
