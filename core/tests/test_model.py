"""No call returns a value older than the last invalidation completed before it began.

The values are versions of a source, so that an older value is a smaller number. First many
threads call and invalidate at random, over three kinds of stores. Then come the mistakes that a
flow like this one invites, as mutants of it: for each a schedule on which the mutant breaks the
rule, and on which the flow does not.
"""

from __future__ import annotations

import pickle
import random
import sys
import threading
from functools import partial
from itertools import chain

import pytest

from flask_caching import SimpleCache
from flask_caching.backends.base import BaseCache
from flask_caching.backends.bytestore import BytesCache
from flask_caching.flights import Outcome
from flask_caching.keys.function import version_name
from flask_caching.keys.tags import EPOCH
from flask_caching.lookup import Lookup
from flask_caching.payload import Entry
from flask_caching_conformance.harness.invalidation import InvalidationModel, Numbers
from flask_caching_conformance.harness.threads import Gate, in_thread, results
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import Source, cache_on, replace_lookup

THREADS = 12
STEPS = 420


# -- stores ------------------------------------------------------------------------------


class OldStyleCache(BaseCache):
    """As written for Flask-Caching 2.x: one key at a time, and `add` looks before it writes."""

    def __init__(self, default_timeout=300):
        super().__init__(default_timeout)
        self._pickles = {}

    def get(self, key):
        found = self._pickles.get(key)
        return None if found is None else pickle.loads(found)

    def has(self, key):
        return key in self._pickles

    def set(self, key, value, timeout=None):
        self._pickles[key] = pickle.dumps(value)
        return True

    def add(self, key, value, timeout=None):
        if self.has(key):
            return False
        return self.set(key, value, timeout)

    def delete(self, key):
        return self._pickles.pop(key, None) is not None

    def clear(self):
        self._pickles.clear()
        return True


class DictCache(BytesCache):
    """Bytes in a dict, with a compare-and-swap that is not atomic."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._payloads = {}

    def raw_get(self, name):
        return self._payloads.get(name)

    def raw_set(self, name, payload, life):
        self._payloads[name] = payload
        return True

    def raw_delete(self, name):
        return self._payloads.pop(name, None) is not None

    def raw_clear(self, prefix):
        self._payloads.clear()


def crowded_cache():
    """A store that drops entries and versions all the time, to make room."""
    return SimpleCache(threshold=8)


# -- the model ---------------------------------------------------------------------------


class Model:
    """What can be called and invalidated, and the least value that each call may give."""

    def __init__(self, cache):
        self._cache = cache
        self._source = Source()
        self._lock = threading.Lock()
        #: Whoever sets the plain key takes turns with others who invalidate it: setting an
        #: older value after a newer one is no fault of the cache's.
        self._turns = threading.Lock()
        read = self._read

        class Thing:
            def __init__(self, name):
                self._name = name

            def __repr__(self):
                return self._name

            @cache.memoize()
            def method(self, number):
                return read()

        self._function = cache.memoize()(lambda number: read())
        self._plain = cache.cached(key_prefix="plain")(read)
        self._method = Thing.method
        self._things = {name: Thing(name) for name in ("a", "b")}
        self._calls = {("plain", 0): self._plain}
        for number in range(2):
            self._calls["function", number] = partial(self._function, number)
            for name, thing in self._things.items():
                self._calls[name, number] = partial(thing.method, number)
        self._least = dict.fromkeys(self._calls, 0)
        self._versions = [
            version_name(self._function.uncached),
            *(version_name(self._method.uncached, owner) for owner in (None, *self._things)),
        ]

    def work(self, rng):
        """Do random steps; return the calls that broke the rule, with what they gave."""
        broken = []
        for _ in range(STEPS):
            step = rng.random()
            if step < 0.85:
                broken += self._call(rng)
            elif step < 0.97:
                self._invalidate(*rng.choice(self._invalidations(rng)))
            else:
                self._cache.lookup.backend.delete(rng.choice(self._versions))
        return broken

    def _read(self):
        value = self._source.value
        for _ in range(300):  # others get their chance between reading and storing
            pass
        return value

    def _call(self, rng):
        name, call = rng.choice(list(self._calls.items()))
        if name[0] == "plain" and rng.random() < 0.5:
            call = partial(self._cache.get_or_set, "plain", self._read)
        least = self._least[name]
        value = call()
        return [(name, value, least)] if value < least else []

    def _invalidations(self, rng):
        """Return each form of invalidation, after whom it concerns."""
        delete = self._cache.delete_memoized
        number = rng.randrange(2)
        name, thing = rng.choice(list(self._things.items()))
        return [
            (["function"], delete, self._function),
            (["function"], self._cache.delete_memoized_verhash, self._function),
            ([("function", number)], delete, self._function, number),
            (["a", "b"], delete, self._method),
            ([name], delete, self._method, thing),
            ([name], delete, thing.method),
            ([(name, number)], delete, self._method, thing, number),
            ([(name, number)], delete, thing.method, number),
            (["plain"], self._in_turn, self._cache.delete, "plain"),
            (["plain"], self._in_turn, self._cache.delete_many, "plain", "other"),
            (["plain"], self._in_turn, self._set_plain),
            (["plain", "function", "a", "b"], self._in_turn, self._cache.clear),
        ]

    def _invalidate(self, concerned, action, *arguments):
        changed = self._source.change()
        action(*arguments)
        with self._lock:
            for name in self._calls:
                if name in concerned or name[0] in concerned:
                    self._least[name] = max(self._least[name], changed)

    def _in_turn(self, action, *arguments):
        with self._turns:
            action(*arguments)

    def _set_plain(self):
        self._cache.set("plain", self._source.change())


@pytest.fixture
def hasty_threads():
    """Make threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("store", [SimpleCache, crowded_cache, OldStyleCache, DictCache])
def test_no_call_returns_a_value_older_than_the_last_invalidation(store):
    seed = random.randrange(2**32)
    model = Model(cache_on(store()))

    workers = [in_thread(model.work, random.Random(f"{seed} {each}")) for each in range(THREADS)]
    broken = list(chain.from_iterable(results(workers)))

    assert not broken, f"seed {seed}: (call, value, least value) {broken[:5]}"


@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("store", [SimpleCache, crowded_cache, OldStyleCache, DictCache])
def test_nor_one_older_than_the_last_invalidation_of_a_tag_or_a_namespace(store):
    seed = random.randrange(2**32)
    model = InvalidationModel(cache_on(store()), Numbers())

    broken = model.work_in_threads(THREADS, str(seed), STEPS)

    assert not broken, f"seed {seed}: {broken[:5]}"


# -- the mutants -------------------------------------------------------------------------


class VersionCreatedLate(Lookup):
    """Creates a missing version together with the entry, after computing."""

    def _settled(self, call, flight, versions):
        flight.versions = versions
        return ()

    def _store(self, call, flight, value, stamps):
        stamps = super()._settled(call, flight, flight.versions)
        return super()._store(call, flight, value, stamps)


class StampsReadLate(Lookup):
    """Reads the versions after computing."""

    def _store(self, call, flight, value, stamps):
        stamps = super()._settled(call, flight, ())
        return super()._store(call, flight, value, stamps)


class FlightNotForgotten(Lookup):
    """Deletes, and lets a computation under way store its value afterwards."""

    def forget(self, *keys):
        pass


class FlightForgottenLate(Lookup):
    """Deletes first, and only then forgets the flight."""

    def delete(self, key, counts):
        gone = self.backend.delete(key)
        self.forget(key)
        return gone


class ObjectHandedOver(Lookup):
    """Gives the leader's object to those who waited, instead of reading the store."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._computed = {}

    def _store(self, call, flight, value, stamps):
        self._computed[flight] = value
        return super()._store(call, flight, value, stamps)

    def _join(self, call, miss, may_wait):
        join, sent = super()._join(call, miss, may_wait), None
        while True:
            try:
                flight = join.send(sent)
            except StopIteration as done:
                return done.value
            sent = yield flight
            if sent is Outcome.STORED:
                return None, self._computed[flight]


class EpochWrittenLate(Lookup):
    """Writes the tag first, and then the epoch."""

    def invalidate_tags(self, *names, soft=False):
        self.outdate(*names)
        self.outdate(EPOCH)


class EpochNotWritten(Lookup):
    """Writes the tag only."""

    def invalidate_tags(self, *names, soft=False):
        self.outdate(*names)


class EpochReadLate(Lookup):
    """Takes the epoch for the one of before, when the result is there."""

    def _store(self, call, flight, value, stamps):
        return super()._store(call, flight, value, (self.backend.get(EPOCH), *stamps[1:]))


class EpochComparedEarly(Lookup):
    """Compares the epoch before it reads the versions of the result's tags."""

    def _store(self, call, flight, value, stamps):
        if self.backend.get(EPOCH) != stamps[0]:
            return Outcome.REFUSED
        rest = call.result_names(value)
        found = self.stamps(rest)
        names, stamps = (*call.keys[:-1], *rest), (*stamps, *found)
        self.seen.set(call.keys[-1], Entry(value, names, stamps))
        return Outcome.STORED


class EpochCreatedLate(Lookup):
    """Does not make sure that there is an epoch before anything is computed."""

    def stamps(self, names, versions=()):
        if names[:1] != (EPOCH,):
            return super().stamps(names, versions)
        epoch = versions[0] if versions else self.backend.get(EPOCH)
        return (epoch, *super().stamps(names[1:], versions[1:]))


class TagsOfTheResultNotRead(Lookup):
    """Answers with an entry whose tags are the result's after one trip."""

    def _read_marked(self, keys, versions, entry, landings, keeps_none, counts):
        return entry.value


class VersionsCounted(Lookup):
    """Counts versions up, so that a lost one may come back."""

    def outdate(self, *names):
        for name in names:
            self.backend.set(name, str(int(self.backend.get(name) or 0) + 1))

    def stamps(self, names, versions=()):
        for name in names:
            self.backend.add(name, "1")
        return super().stamps(names)


# -- the schedules -----------------------------------------------------------------------


class SteppedCache(SimpleCache):
    """A store that can be made to do something else after a deletion, the next write or read."""

    keeps_entries = True
    after_delete = None
    after_next_set = None
    after_next_read = None

    def set(self, key, value, timeout=None):
        stored = super().set(key, value, timeout)
        self._then("after_next_set")
        return stored

    def get_value(self, key, default=None):
        value = super().get_value(key, default)
        self._then("after_next_read")
        return value

    def get_many(self, *keys):
        values = super().get_many(*keys)
        self._then("after_next_read")
        return values

    def _then(self, name):
        action = getattr(self, name)
        if action is not None:
            setattr(self, name, None)
            action()

    def delete(self, key):
        gone = super().delete(key)
        if self.after_delete is not None:
            self.after_delete()
        return gone


class Schedule:
    """A function that stops in its first computation, between reading and returning."""

    def __init__(self, cache, decorate):
        self.cache = cache
        self.source = Source()
        self._computing = Gate()
        self.function = decorate(self._compute)
        self._first = in_thread(self.function)
        self._computing.await_arrival()

    def finish_the_first_call(self):
        self._computing.open()
        self._first.result(PATIENCE)

    def _compute(self, number=0):
        value = self.source.value
        self._computing.stop()
        return value


def a_function_is_invalidated_while_it_computes(cache):
    schedule = Schedule(cache, cache.memoize())

    least = schedule.source.change()
    cache.delete_memoized(schedule.function)
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_key_is_deleted_while_it_is_computed(cache):
    schedule = Schedule(cache, cache.cached(key_prefix="plain"))

    least = schedule.source.change()
    cache.delete("plain")
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_computation_ends_in_the_middle_of_a_deletion(cache):
    schedule = Schedule(cache, cache.memoize())

    least = schedule.source.change()
    cache.lookup.backend.after_delete = schedule.finish_the_first_call
    cache.delete_memoized(schedule.function, 0)

    return schedule.function(), least


def the_version_is_lost_after_an_invalidation(cache):
    schedule = Schedule(cache, cache.memoize())

    least = schedule.source.change()
    cache.delete_memoized(schedule.function)
    cache.lookup.backend.delete(version_name(schedule.function.uncached))
    second = in_thread(schedule.function)
    cache.lookup.flights.await_waiting(1)
    schedule.finish_the_first_call()

    return second.result(PATIENCE), least


def a_tag_is_invalidated_while_it_computes(cache):
    schedule = Schedule(cache, cache.memoize(tags="a"))

    least = schedule.source.change()
    cache.invalidate_tags("a")
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_namespace_is_cleared_while_it_computes(cache):
    space = cache.namespace("space")
    schedule = Schedule(cache, space.memoize())

    least = schedule.source.change()
    space.clear()
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_tag_of_the_result_is_invalidated_while_it_computes(cache):
    schedule = Schedule(cache, cache.memoize(tags=lambda result: "a"))

    least = schedule.source.change()
    cache.invalidate_tags("a")
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_computation_ends_in_the_middle_of_an_invalidation(cache):
    schedule = Schedule(cache, cache.memoize(tags=lambda result: "a"))

    least = schedule.source.change()
    cache.lookup.backend.after_next_set = schedule.finish_the_first_call
    cache.invalidate_tags("a")

    return schedule.function(), least


def a_tag_is_invalidated_after_the_first_read_of_a_result_that_is_there(cache):
    source, store = Source(), cache.lookup.backend

    @cache.memoize(tags=lambda result: "a")
    def function():
        value = source.value
        if value == 1:
            store.after_next_read = invalidate
        return value

    def invalidate():
        source.change()
        cache.invalidate_tags("a")

    function()
    return function(), source.value


def the_epoch_is_lost_after_an_invalidation(cache):
    schedule = Schedule(cache, cache.memoize(tags=lambda result: "a"))

    least = schedule.source.change()
    cache.invalidate_tags("a")
    cache.lookup.backend.delete(EPOCH)
    schedule.finish_the_first_call()

    return schedule.function(), least


def a_tag_of_a_stored_result_is_invalidated(cache):
    source = Source()
    function = cache.memoize(tags=lambda result: "a")(lambda: source.value)
    function()

    least = source.change()
    cache.invalidate_tags("a")

    return function(), least


def the_version_is_lost_before_an_invalidation(cache):
    source = Source()
    function = cache.memoize(tags="a")(lambda: source.value)
    function()
    cache.lookup.backend.delete("tagver/a")

    least = source.change()
    cache.invalidate_tags("a")

    return function(), least


mistakes = pytest.mark.parametrize(
    ("mutant", "schedule"),
    [
        (VersionCreatedLate, a_function_is_invalidated_while_it_computes),
        (StampsReadLate, a_function_is_invalidated_while_it_computes),
        (FlightNotForgotten, a_key_is_deleted_while_it_is_computed),
        (FlightForgottenLate, a_computation_ends_in_the_middle_of_a_deletion),
        (ObjectHandedOver, the_version_is_lost_after_an_invalidation),
        (VersionCreatedLate, a_tag_is_invalidated_while_it_computes),
        (StampsReadLate, a_tag_is_invalidated_while_it_computes),
        (VersionCreatedLate, a_namespace_is_cleared_while_it_computes),
        (StampsReadLate, a_namespace_is_cleared_while_it_computes),
        (VersionsCounted, the_version_is_lost_before_an_invalidation),
        (EpochNotWritten, a_tag_of_the_result_is_invalidated_while_it_computes),
        (EpochReadLate, a_tag_of_the_result_is_invalidated_while_it_computes),
        (EpochWrittenLate, a_computation_ends_in_the_middle_of_an_invalidation),
        (EpochComparedEarly, a_tag_is_invalidated_after_the_first_read_of_a_result_that_is_there),
        (EpochCreatedLate, the_epoch_is_lost_after_an_invalidation),
        (TagsOfTheResultNotRead, a_tag_of_a_stored_result_is_invalidated),
    ],
    ids=lambda each: each.__name__,
)


@mistakes
def test_the_schedule_shows_the_mistake(mutant, schedule):
    cache = cache_on(SteppedCache())
    replace_lookup(cache, mutant)

    value, least = schedule(cache)

    assert value < least


@mistakes
def test_the_flow_does_not_make_it(mutant, schedule):
    cache = cache_on(SteppedCache())

    value, least = schedule(cache)

    assert value >= least
