"""`f.invalidate(…)` and `f.refresh(…)` of decorated functions."""

from __future__ import annotations

import asyncio
import functools
import itertools

import pytest

from flask_caching.errors import CacheUnavailableError

from .schedules import WatchedCache, cache_on


@pytest.fixture
def store():
    return WatchedCache()


@pytest.fixture
def cache(store):
    return cache_on(store)


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


def named(number):
    def count():
        return number()

    return count


@pytest.fixture
def shelf_class(cache, number):
    class Shelf:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return self.name

        @cache.memoize()
        def book(self, title):
            return number()

        @classmethod
        @cache.memoize()
        def count(cls):
            return number()

        @staticmethod
        @cache.memoize()
        def half(value):
            return number()

    return Shelf


# -- invalidate --------------------------------------------------------------------------


def test_a_call_or_all_calls_are_invalidated(cache, number):
    call = cache.memoize()(lambda a, b=0: number())

    before = [call(1), call(2)]
    done = [call.invalidate(1, b=0), call.invalidate(1)]
    one = [call(1), call(2)]
    done.append(call.invalidate())

    assert [before, one, [call(1), call(2)]] == [[1, 2], [3, 2], [4, 5]]
    assert [each.scope for each in done] == ["call", "call", "function"]
    assert [each.removed for each in done] == [True, False, True]


def test_a_method_takes_its_object_first(shelf_class):
    one, other = shelf_class("one"), shelf_class("other")
    before = [one.book("a"), one.book("b"), other.book("a")]

    done = [one.book.invalidate(one, "a"), shelf_class.book.invalidate(other)]

    assert before == [1, 2, 3]
    assert [one.book("a"), one.book("b"), other.book("a")] == [4, 2, 5]
    assert [each.scope for each in done] == ["call", "object"]


def test_a_classmethod_takes_its_class_first(shelf_class):
    class Derived(shelf_class):
        pass

    before = [shelf_class.count(), Derived.count()]
    Derived.count.invalidate(Derived)

    assert before == [1, 2]
    assert [shelf_class.count(), Derived.count()] == [1, 3]


@pytest.mark.parametrize("action", ["invalidate", "refresh"])
def test_a_method_without_its_object_is_an_error(shelf_class, action):
    with pytest.raises(TypeError, match=r"'a' has no method .*Shelf\.book.*first argument"):
        getattr(shelf_class("one").book, action)("a")


def test_a_staticmethod_takes_no_object(shelf_class):
    before = shelf_class.half(1)

    shelf_class.half.invalidate(1)

    assert [before, shelf_class.half(1)] == [1, 2]


def test_a_cached_function_s_answer_is_invalidated(cache, number):
    menu = cache.cached(key_prefix="menu")(named(number))

    seen = [menu(), menu()]
    done = [menu.invalidate(), menu.invalidate()]

    assert [*seen, menu()] == [1, 1, 2]
    assert [(each.scope, each.key, each.removed) for each in done] == [
        ("call", "menu", True),
        ("call", "menu", False),
    ]


@pytest.mark.parametrize("operation", ["delete", "set"])
def test_an_invalidation_that_did_not_happen_is_an_error(cache, store, number, operation):
    call = cache.memoize()(lambda a: number())
    call(1)
    store.failing = (operation,)

    with pytest.raises(CacheUnavailableError):
        call.invalidate(*([1] if operation == "delete" else []))


# -- refresh -----------------------------------------------------------------------------


def test_a_refreshed_call_is_computed_and_stored(cache, number):
    call = cache.memoize()(lambda a: number())

    seen = [call(1), call.refresh(1), call(1), call.refresh(a=2), call(2)]

    assert seen == [1, 2, 2, 3, 3]


def test_a_refreshed_method_takes_its_object_first(shelf_class):
    one = shelf_class("one")

    assert [one.book("a"), one.book.refresh(one, "a"), one.book("a")] == [1, 2, 2]


def test_a_refreshed_answer_is_that_of_the_request(app, cache, number):
    @cache.cached(query_string=True)
    def view():
        return str(number())

    with cache.lookup.app.test_request_context("/?a=1"):
        seen = [view(), view.refresh(), view()]
    with cache.lookup.app.test_request_context("/?a=2"):
        seen.append(view())

    assert seen == ["1", "2", "2", "3"]


def test_a_coroutine_is_refreshed_as_it_is_called(cache, number):
    @cache.memoize()
    async def count():
        return number()

    async def run():
        return [await count(), await count.refresh(), await count()]

    assert asyncio.run(run()) == [1, 2, 2]
    assert [count(), count.refresh(), count()] == [2, 3, 3]


def test_what_fails_leaves_what_was_stored(cache):
    failing = False

    @cache.memoize()
    def count():
        if failing:
            raise RuntimeError("failed")
        return 1

    count()
    failing = True

    with pytest.raises(RuntimeError):
        count.refresh()
    assert count() == 1


def test_where_the_cache_is_bypassed_the_function_is_called(cache, number):
    call = cache.memoize(unless=lambda: True)(named(number))

    assert [call.refresh(), call.refresh()] == [1, 2]


def test_a_refreshed_call_keeps_its_tags(cache, number):
    call = cache.memoize(tags=lambda result: f"n:{result}")(named(number))

    seen = [call(), call.refresh(), call()]
    cache.invalidate_tags("n:1")
    seen.append(call())
    cache.invalidate_tags("n:2")
    seen.append(call())

    assert seen == [1, 2, 2, 2, 3]
