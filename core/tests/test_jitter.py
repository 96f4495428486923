"""`jitter=`: what was stored together does not expire together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flask_caching import Cache, SimpleCache
from flask_caching.errors import ConfigError

from .backends.stores import DictCache
from .schedules import cache_on


class Recording(SimpleCache):
    """A store that keeps the lives that it was told."""

    keeps_entries = True

    def __init__(self, default_timeout=300):
        super().__init__(default_timeout=default_timeout)
        self.lives = []

    def set(self, key, value, timeout=None):
        if not key.startswith("memver/"):
            self.lives.append(timeout)
        return super().set(key, value, timeout)


class Foreign(Recording):
    """The same, as written for 2.x."""

    def get(self, key):
        return super().get(key)


def memoized(cache, **options):
    return cache.memoize(**options)(lambda number: number)


def cached(cache, **options):
    names = iter(range(1000))
    function = cache.cached(key_prefix=lambda: f"key {next(names)}", **options)(lambda: 1)
    return lambda number: function()


def through_get_or_set(cache, **options):
    return lambda number: cache.get_or_set(f"key {number}", lambda: 1, **options)


any_way = pytest.mark.parametrize("decorate", [memoized, cached, through_get_or_set])


@any_way
@pytest.mark.parametrize(
    ("timeout", "longest"),
    [(100, 100), (timedelta(seconds=100), 100), (None, 300)],
    ids=["number", "timedelta", "default"],
)
def test_lives_are_spread_and_none_is_longer(decorate, timeout, longest):
    store = Recording()
    call = decorate(cache_on(store), timeout=timeout, jitter=0.5)

    for number in range(200):
        call(number)

    assert len(set(store.lives)) > 100
    assert longest / 2 <= min(store.lives) < 0.6 * longest
    assert 0.9 * longest < max(store.lives) <= longest


@any_way
def test_without_it_lives_are_what_they_were(decorate):
    store = Recording()
    call = decorate(cache_on(store), timeout=100)

    call(1)

    assert store.lives == [100]


@any_way
def test_for_ever_stays_for_ever(decorate):
    store = Recording()
    call = decorate(cache_on(store), timeout=0, jitter=0.5)

    call(1)

    assert store.lives == [0]


def test_a_backend_written_for_2_x_has_a_default_of_its_own():
    store = Foreign(default_timeout=1000)
    call = memoized(cache_on(store), jitter=0.1)

    for number in range(50):
        call(number)

    assert 900 <= min(store.lives) <= max(store.lives) <= 1000


def test_it_works_on_a_store_of_bytes():
    call = memoized(cache_on(DictCache()), timeout=100, jitter=0.9)

    assert [call(1), call(1)] == [1, 1]


@pytest.mark.parametrize("jitter", [-0.1, 1, 2, "0.1", True, None, float("nan")])
@pytest.mark.parametrize("decorator", [Cache.cached, Cache.memoize])
def test_what_is_no_share_of_a_life_is_refused(cache, decorator, jitter):
    with pytest.raises(ConfigError, match=r"jitter=…: .*0\.1 for a tenth, not "):
        decorator(cache, jitter=jitter)
    with pytest.raises(ConfigError, match="jitter"):
        cache.get_or_set("key", 1, jitter=jitter)
