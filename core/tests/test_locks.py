"""`lock=True`: of all processes that share a store, one computes. Two caches stand for two."""

from __future__ import annotations

import asyncio

import pytest

from flask_caching.backends.base import Capability
from flask_caching.errors import CacheUnavailableError
from flask_caching.locks import LONGEST_PAUSE, SharedLock, pauses
from flask_caching.refreshing import Refreshes
from flask_caching_conformance.harness.clock import Clock
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_conformance.harness.waiting import PATIENCE, wait_until

from .backends.stores import DictCache
from .schedules import cache_on

LIFE = 1000


class SharedStore(DictCache):
    """A store that processes share, and that counts who asks for a lock."""

    keeps_entries = True
    capabilities = frozenset({*DictCache.capabilities, Capability.SHARED})
    fails = False

    def __init__(self, **options):
        super().__init__(**options)
        self.asked = 0

    def add(self, key, value, timeout=None):
        if key.startswith("lock/"):
            if self.fails:
                raise CacheUnavailableError("add is failing")
            self.asked += 1
        return super().add(key, value, timeout)


@pytest.fixture
def store(clock):
    return SharedStore(clock=clock)


@pytest.fixture
def caches(store):
    return [cache_on(store, longest_wait=LIFE) for _ in range(2)]


class Computation:
    """Stops at a gate while it computes, and gives a number more each time."""

    def __init__(self):
        self.count = 0
        self.gate = Gate()
        self.error = None

    def function(self):
        def number():
            self.count += 1
            value = self.count
            self.gate.stop()
            if self.error is not None and value == 1:
                raise self.error
            return value

        return number


@pytest.fixture
def computation():
    return Computation()


def memoized(cache, function):
    return cache.memoize(lock=True)(function)


def cached(cache, function):
    return cache.cached(key_prefix="plain", lock=True)(function)


def through_get_or_set(cache, function):
    return lambda: cache.get_or_set("plain", function, lock=True)


any_way = pytest.mark.parametrize("decorate", [memoized, cached, through_get_or_set])


@any_way
def test_one_computes_and_the_others_get_what_it_stored(caches, store, computation, decorate):
    function = computation.function()
    one, other = (decorate(cache, function) for cache in caches)
    first = in_thread(one)
    computation.gate.await_arrival()
    second = in_thread(other)
    wait_until(lambda: store.asked > 2)

    computation.gate.open()

    assert [first.result(PATIENCE), second.result(PATIENCE)] == [1, 1]
    assert computation.count == 1
    assert not [name for name in store.store if "lock/" in name]


@any_way
def test_where_it_fails_the_next_one_computes(caches, store, computation, decorate):
    function = computation.function()
    one, other = (decorate(cache, function) for cache in caches)
    computation.error = RuntimeError("failed")
    first = in_thread(one)
    computation.gate.await_arrival()
    second = in_thread(other)
    wait_until(lambda: store.asked > 2)

    computation.gate.open()

    assert second.result(PATIENCE) == 2
    with pytest.raises(RuntimeError):
        first.result(PATIENCE)


def test_the_lock_of_one_who_is_gone_holds_others_up_for_its_life(
    caches, store, clock, computation
):
    computation.gate.open()
    call = through_get_or_set(caches[0], computation.function())
    assert SharedLock(store, "plain", LIFE).acquire()
    waiting = in_thread(call)
    wait_until(lambda: store.asked > 2)
    before = computation.count

    clock.advance(LIFE + 1)

    assert waiting.result(PATIENCE) == 1
    assert before == 0


def test_a_value_that_came_just_before_the_lock_is_taken(caches, store, computation):
    computation.gate.open()
    function = computation.function()
    one, other = (through_get_or_set(cache, function) for cache in caches)
    read = caches[1].lookup.read

    def reading_late(*args):
        """Let the other one compute and release between this one's miss and its lock."""
        found = read(*args)
        caches[1].lookup.read = read
        one()
        return found

    caches[1].lookup.read = reading_late

    assert other() == 1
    assert computation.count == 1


def test_a_coroutine_waits_without_holding_up_the_loop(caches, store):
    began = asyncio.Event()

    async def run():
        going_on, count = asyncio.Event(), []

        async def number():
            count.append(1)
            began.set()
            await going_on.wait()
            return len(count)

        one, other = (cache.memoize(lock=True)(number) for cache in caches)
        first = asyncio.create_task(one())
        await began.wait()
        second = asyncio.create_task(other())
        await asyncio.to_thread(wait_until, lambda: store.asked > 2)
        going_on.set()
        return [await first, await second]

    assert asyncio.run(run()) == [1, 1]


def test_a_store_that_fails_is_done_without(caches, store, computation):
    computation.gate.open()
    store.fails = True

    assert through_get_or_set(caches[0], computation.function())() == 1


def test_what_each_is_to_compute_nobody_waits_for(caches, store):
    call = caches[0].memoize(lock=True, response_filter=lambda value: False)(lambda: 1)
    call()
    asked = store.asked

    call()

    assert store.asked == asked


def test_a_store_of_this_process_has_no_use_for_it(computation):
    computation.gate.open()
    store = DictCache()
    trips = []
    store.add = lambda *args: trips.append(args)

    through_get_or_set(cache_on(store), computation.function())()

    assert trips == []


def test_of_the_processes_one_refreshes_a_stale_value(caches, store, clock, computation):
    function = computation.function()
    computation.gate.open()
    calls = []
    for cache in caches:
        cache.lookup.clock = clock
        cache.lookup.refreshes = Refreshes(longest=LIFE, clock=clock)
        calls.append(cache.memoize(10, stale=LIFE, lock=True)(function))
    seen = [calls[0]()]
    computation.gate.close()
    clock.advance(11)

    seen.append(calls[0]())
    computation.gate.await_arrival(2)
    seen.append(calls[1]())
    wait_until(lambda: not caches[1].lookup.refreshes._table().begun)
    computation.gate.open()
    wait_until(lambda: not caches[0].lookup.refreshes._table().begun)

    assert [*seen, calls[1]()] == [1, 1, 1, 2]


# -- the lock ----------------------------------------------------------------------------


def test_a_lock_is_one_s_until_it_is_given_back(store):
    one, other = SharedLock(store, "key", LIFE), SharedLock(store, "key", LIFE)

    taken = [one.acquire(), other.acquire()]
    one.release()

    assert [*taken, other.acquire()] == [True, False, True]


def test_another_one_s_lock_is_left_alone(store):
    one, other = SharedLock(store, "key", LIFE), SharedLock(store, "key", LIFE)
    one.acquire()
    store.delete("lock/key")
    other.acquire()

    one.release()

    assert not SharedLock(store, "key", LIFE).acquire()


def test_a_lock_that_may_have_expired_is_left_to_expire(store, clock):
    lock = SharedLock(store, "key", LIFE, clock)
    lock.acquire()
    clock.advance(LIFE * 0.95)

    lock.release()

    assert store.has("lock/key")


def test_pauses_get_longer_up_to_a_limit_and_end():
    clock = Clock()

    seen = []
    for pause in pauses(10, clock):
        seen.append(pause)
        clock.advance(pause)

    assert seen[0] < 0.01
    assert LONGEST_PAUSE / 2 <= seen[-1] <= LONGEST_PAUSE
    assert 10 <= sum(seen) < 10 + LONGEST_PAUSE
