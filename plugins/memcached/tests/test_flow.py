"""Does a clear by another process outdate what is being computed?"""

from __future__ import annotations

import functools

import pytest
from flask import Flask, render_template_string

from flask_caching import Cache

from .servers import keys_on

SLOW = "{% cache 60, 'box' %}{{ compute() }}{% endcache %}"


@pytest.fixture
def config(servers, prefix):
    return {
        "CACHE_TYPE": "memcached",
        "CACHE_MEMCACHED_SERVERS": [server.address for server in servers],
        "CACHE_KEY_PREFIX": prefix,
    }


@pytest.fixture
def app():
    return Flask("application")


@pytest.fixture
def cache(app, config):
    return Cache(app, config=config)


@pytest.fixture
def other(config):
    """The backend of another process."""
    return Cache(Flask("other"), config=config).cache


def memoized(app, cache, compute):
    return cache.memoize()(compute)


def cached(app, cache, compute):
    return cache.cached(key_prefix="plain")(compute)


def through_get_or_set(app, cache, compute):
    return functools.partial(cache.get_or_set, "plain", compute)


def in_a_template(app, cache, compute):
    def render():
        with app.test_request_context():
            return int(render_template_string(SLOW, compute=compute))

    return render


any_way = pytest.mark.parametrize("way", [memoized, cached, through_get_or_set, in_a_template])


@any_way
@pytest.mark.parametrize("was_used", [True, False], ids=["used before", "used first"])
def test_a_clear_amid_a_computation_outdates_its_result(app, cache, other, way, was_used):
    numbers = iter(range(1, 10))
    if was_used:
        other.set_many({f"key {number}": number for number in range(30)})

    def compute():
        number = next(numbers)
        if number == 1:
            other.clear()
        return number

    call = way(app, cache, compute)

    assert [call() for _ in range(3)] == [1, 2, 2]


@any_way
def test_what_is_computed_after_a_clear_is_kept(app, cache, other, way):
    numbers = iter(range(1, 10))
    call = way(app, cache, lambda: next(numbers))

    assert [call(), call()] == [1, 1]
    other.clear()
    assert [call(), call()] == [2, 2]


def test_a_stale_value_that_is_computed_amid_a_clear_is_outdated(cache, other):
    numbers = iter(range(1, 10))

    def compute():
        number = next(numbers)
        if number == 2:
            other.clear()
        return number

    call = cache.cached(key_prefix="plain", is_stale=lambda value: value == 1)(compute)

    assert [call() for _ in range(4)] == [1, 2, 3, 3]


def test_a_value_that_uses_the_cache_when_it_is_pickled_is_kept(cache, servers):
    keys = [key for server in servers for key in keys_on(cache.cache, server, 2)]
    call = cache.cached(key_prefix="plain")(lambda: Nested(cache, keys))

    call()

    assert call().keys == keys
    assert cache.get_many(*keys) == keys


class Nested:
    def __init__(self, cache, keys):
        self.cache, self.keys = cache, keys

    def __reduce__(self):
        for key in self.keys:
            assert self.cache.set(key, key) is True
        return Nested, (None, self.keys)


def test_a_clear_outdates_a_value_that_uses_the_cache_when_it_is_pickled(cache, other):
    numbers = iter(range(1, 10))
    cache.set_many({f"key {number}": number for number in range(30)})

    def compute():
        number = next(numbers)
        if number == 1:
            other.clear()
        return Nesting(cache, number)

    call = cache.cached(key_prefix="plain")(compute)

    assert [call().number for _ in range(3)] == [1, 2, 2]


class Nesting:
    def __init__(self, cache, number):
        self.cache, self.number = cache, number

    def __reduce__(self):
        self.cache.get_or_set(f"inner {self.number}", self.number)
        return Nesting, (None, self.number)


def test_a_note_that_is_made_of_an_entry_is_for_that_entry_only(cache):
    backend = cache.cache
    backend.get("key")

    assert backend.note_miss("other") is None
    assert backend.note_miss("key") is None
    backend.get("key")
    noted = backend.note_miss("key")
    backend.clear()

    assert backend.set_computed("other", 1, noted=noted) is True
    assert backend.set_computed("key", 2, noted=noted) is True
    assert backend.set_computed("without", 3) is True
    assert backend.get_many("other", "key", "without") == [1, None, 3]


def test_a_clear_outdates_what_is_computed_in_place_of_an_outdated_entry(app, cache, other):
    def compute():
        other.clear()
        return "before the clear"

    with app.app_context():
        cache.set("key", "outdated", tags="a")
        cache.invalidate_tags("a")
        cache.get_or_set("key", compute)

        assert cache.get("key") is None
