"""The cache in the process's own memory."""

import gc
import inspect
import math
import os
import threading
import time

import pytest
from flask import Flask

from flask_caching.backends.base import Capability
from flask_caching.backends.simple import DEFAULT_THRESHOLD, SimpleCache
from flask_caching.errors import ConfigError
from flask_caching.payload import Entry
from flask_caching.settings import DEFAULTS
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, in_thread, results

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")


@pytest.fixture
def simple(clock):
    return SimpleCache(clock=clock)


class Tick(float):
    """A time that counts how often times are compared."""

    compared = 0

    def _count(name):  # noqa: N805 (no method, but what makes them)
        compare = getattr(float, name)

        def counting(self, other):
            Tick.compared += 1
            return compare(self, other)

        return counting

    __eq__, __ne__ = _count("__eq__"), _count("__ne__")
    __lt__, __le__ = _count("__lt__"), _count("__le__")
    __gt__, __ge__ = _count("__gt__"), _count("__ge__")
    __hash__ = float.__hash__

    def __add__(self, other):
        return Tick(float(self) + other)


# -- construction ------------------------------------------------------------------------


def test_its_signature_begins_as_documented():
    parameters = list(inspect.signature(SimpleCache).parameters.values())[:3]

    assert [(p.name, p.default) for p in parameters] == [
        ("threshold", 500),
        ("default_timeout", 300),
        ("ignore_errors", False),
    ]
    assert {p.kind for p in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_its_parameters_may_be_given_by_position():
    simple = SimpleCache(10, 60, True)

    assert (simple.threshold, simple.default_timeout) == (10, 60)
    assert simple.ignore_delete_many_errors is True


@pytest.mark.parametrize("name", ["ignore_errors", "ignore_delete_many_errors"])
def test_the_delete_option_has_two_names(name):
    assert SimpleCache(**{name: True}).ignore_delete_many_errors is True
    assert SimpleCache(**{name: False}).ignore_delete_many_errors is False


def test_a_threshold_of_zero_means_the_default():
    assert SimpleCache(threshold=0).threshold == DEFAULT_THRESHOLD == 500


@pytest.mark.parametrize("threshold", [-1, 1.5, "10", True, None], ids=repr)
def test_a_threshold_that_cannot_work_is_a_config_error(threshold):
    with pytest.raises(ConfigError) as caught:
        SimpleCache(threshold=threshold)

    assert caught.value.key == "CACHE_THRESHOLD"
    assert repr(threshold) in str(caught.value)


def test_its_clock_does_not_follow_a_wall_clock_that_is_set():
    assert SimpleCache()._clock is time.monotonic


def test_it_declares_what_it_can_do():
    assert SimpleCache.capabilities == {
        Capability.ATOMIC_ADD,
        Capability.ATOMIC_INC,
        Capability.BULK,
        Capability.PREFIX,
        Capability.BOUNDED,
        Capability.SUBSECOND,
        Capability.TOUCH,
        Capability.PRUNE,
    }


def test_the_factory_takes_the_threshold_from_the_configuration():
    config = {**DEFAULTS, "CACHE_THRESHOLD": 7}

    made = SimpleCache.factory(Flask("application"), config, [], {"default_timeout": 60})

    assert (made.threshold, made.default_timeout) == (7, 60)
    assert made.key_prefix is None


def test_an_option_goes_before_the_configuration():
    config = {**DEFAULTS, "CACHE_THRESHOLD": 7}

    made = SimpleCache.factory(Flask("application"), config, [], {"threshold": 8})

    assert made.threshold == 8


def test_the_factory_takes_a_callable_prefix_from_the_configuration():
    def tenant():
        return "tenant"

    config = {**DEFAULTS, "CACHE_KEY_PREFIX": tenant}

    made = SimpleCache.factory(Flask("application"), config, [], {})

    assert made.key_prefix is tenant


def test_the_factory_leaves_the_configuration_alone():
    config, options = dict(DEFAULTS), {"default_timeout": 60}

    SimpleCache.factory(Flask("application"), config, [], options)

    assert config == DEFAULTS
    assert options == {"default_timeout": 60}


# -- eviction ----------------------------------------------------------------------------


def keys_in(simple, *keys):
    """Return which keys are there, without using them."""
    return [key for key in keys if simple.has(key)]


def test_past_the_threshold_the_least_recently_used_makes_room(clock):
    simple = SimpleCache(threshold=3, clock=clock)
    simple.set_many({"a": 1, "b": 2, "c": 3})
    simple.get("a")

    simple.set("d", 4)

    assert keys_in(simple, *"abcd") == ["a", "c", "d"]


@pytest.mark.parametrize(
    "use",
    [
        lambda simple: simple.get("a"),
        lambda simple: simple.get_value("a"),
        lambda simple: simple.get_many("a"),
        lambda simple: simple.get_dict("a"),
        lambda simple: simple.set("a", 9),
        lambda simple: simple.set_many({"a": 9}),
        lambda simple: simple.inc("a"),
        lambda simple: simple.touch("a"),
    ],
    ids=["get", "get_value", "get_many", "get_dict", "set", "set_many", "inc", "touch"],
)
def test_what_was_used_stays_longer(clock, use):
    simple = SimpleCache(threshold=2, clock=clock)
    simple.set_many({"a": 1, "b": 2})

    use(simple)
    simple.set("c", 3)

    assert keys_in(simple, *"abc") == ["a", "c"]


@pytest.mark.parametrize(
    "look",
    [lambda simple: simple.has("a"), lambda simple: simple.add("a", 9)],
    ids=["has", "add"],
)
def test_looking_at_an_entry_is_no_use_of_it(clock, look):
    simple = SimpleCache(threshold=2, clock=clock)
    simple.set_many({"a": 1, "b": 2})

    look(simple)
    simple.set("c", 3)

    assert keys_in(simple, *"abc") == ["b", "c"]


def test_an_expired_entry_makes_room_before_a_live_one(clock):
    simple = SimpleCache(threshold=3, clock=clock)
    simple.set("oldest", 1, 100)
    simple.set("expired", 2, 1)
    simple.set("young", 3, 100)
    clock.advance(1)

    simple.set("new", 4)

    assert keys_in(simple, "oldest", "young", "new") == ["oldest", "young", "new"]


def test_an_expired_entry_makes_room_even_if_it_was_just_used(clock):
    simple = SimpleCache(threshold=2, clock=clock)
    simple.set("a", 1, 100)
    simple.set("b", 2, 1)
    simple.get("b")
    clock.advance(1)

    simple.set("c", 3)

    assert keys_in(simple, "a", "c") == ["a", "c"]


def test_an_entry_for_ever_is_not_the_first_to_go(clock):
    simple = SimpleCache(threshold=2, clock=clock)
    simple.set("for ever", 1, 0)
    simple.set("timed", 2, 100)
    simple.get("for ever")

    simple.set("new", 3)

    assert keys_in(simple, "for ever", "timed", "new") == ["for ever", "new"]


def test_entries_for_ever_make_room_for_one_another(clock):
    simple = SimpleCache(threshold=2, default_timeout=0, clock=clock)

    simple.set_many({"a": 1, "b": 2, "c": 3})

    assert keys_in(simple, *"abc") == ["b", "c"]


@pytest.mark.parametrize("timeout", [0, 1, 100])
def test_the_newest_survives(clock, timeout):
    simple = SimpleCache(threshold=1, clock=clock)

    for number in range(5):
        simple.set(f"key {number}", number, timeout)

        assert simple.get(f"key {number}") == number
        assert len(simple._slots) == 1


def test_a_counter_and_an_added_entry_survive_a_threshold_of_one(clock):
    simple = SimpleCache(threshold=1, clock=clock)

    assert simple.inc("count") == 1
    assert simple.inc("count") == 2
    assert simple.add("added", 1) is True
    assert keys_in(simple, "count", "added") == ["added"]


def test_overwriting_does_not_count_twice(clock):
    simple = SimpleCache(threshold=2, clock=clock)
    simple.set("a", 1)

    for _ in range(10):
        simple.set("b", 2)
        simple.inc("b")
        simple.touch("b")

    assert keys_in(simple, "a", "b") == ["a", "b"]


def test_a_write_that_stores_nothing_evicts_nothing(clock):
    simple = SimpleCache(threshold=1, clock=clock)
    simple.set("a", 1)

    simple.set("b", 2, -1)

    assert simple.get("a") == 1


def test_there_are_never_more_entries_than_the_threshold(clock):
    simple = SimpleCache(threshold=10, clock=clock)

    for number in range(100):
        simple.set_many({f"{number} {each}": each for each in range(number)}, number % 7)
        clock.advance(0.5)

        assert len(simple._slots) <= 10


def comparisons_per_write(threshold, life, step):
    """Count how often times are compared when each write evicts an entry."""
    now = Tick(0)

    def clock():
        return now

    simple = SimpleCache(threshold=threshold, clock=clock)
    for number in range(threshold):
        simple.set(f"first {number}", number, life)
    now = Tick(now + step)
    Tick.compared = 0
    for number in range(3 * threshold):
        simple.set(f"key {number}", number, life)
    return Tick.compared / (3 * threshold)


@pytest.mark.parametrize(("life", "step"), [(100, 1), (0, 1)], ids=["timed", "for ever"])
def test_the_cost_of_evicting_a_live_entry_does_not_grow_with_their_number(life, step):
    small, large = comparisons_per_write(100, life, step), comparisons_per_write(6_400, life, step)

    assert large < small * 1.5
    assert large < 30


def test_the_cost_of_evicting_an_expired_entry_grows_with_the_heap_at_most():
    small, large = comparisons_per_write(100, 100, 101), comparisons_per_write(6_400, 100, 101)

    assert large < small + 4 * math.log2(64)


# -- prune and the heap of deadlines -----------------------------------------------------


def test_prune_removes_what_has_expired_and_counts_it(simple, clock):
    simple.set_many({"a": 1, "b": [2]}, 1)
    simple.set("c", 3, 2)
    simple.set("d", 4, 0)
    clock.advance(1)

    assert simple.prune() == 2
    assert simple.prune() == 0
    assert list(simple._slots) == ["c", "d"]


def test_prune_counts_an_entry_once_however_often_it_was_written(simple, clock):
    for _ in range(5):
        simple.inc("count")
        simple.set("set", 1, 300)
    clock.advance(300)

    assert simple.prune() == 2


def test_prune_leaves_what_got_a_longer_life(simple, clock):
    simple.set("touched", 1, 1)
    simple.touch("touched", 10)
    simple.set("overwritten", 1, 1)
    simple.set("overwritten", 2, 0)
    simple.set("deleted", 1, 1)
    simple.delete("deleted")
    clock.advance(1)

    assert simple.prune() == 0
    assert simple.get_many("touched", "overwritten") == [1, 2]


def test_nobody_gathers_deadlines_while_there_is_room(simple):
    simple.set_many({"key": 1, "other": 2})

    assert simple._deadlines is None


def test_old_deadlines_do_not_pile_up(simple):
    simple.prune()
    gathered = []

    for _ in range(1_000):
        simple.set("key", 1)
        simple.inc("count")
        gathered.append(len(simple._deadlines or ()))

    assert max(gathered) == 2 * 2 + 64


def test_lives_hold_after_the_deadlines_were_gathered_anew(simple, clock):
    simple.set("timed", 1, 10)
    simple.set("for ever", 2, 0)
    simple.prune()
    for _ in range(1_000):
        simple.set("other", 3, 20)
    clock.advance(10)

    assert simple.prune() == 1
    assert keys_in(simple, "timed", "for ever", "other") == ["for ever", "other"]


def test_deleted_entries_leave_no_deadlines_behind_for_long(simple):
    simple.prune()
    gathered = []

    for number in range(1_000):
        simple.set(f"key {number}", number)
        simple.delete(f"key {number}")
        gathered.append(len(simple._deadlines or ()))

    assert max(gathered) == 64


def test_clear_forgets_the_deadlines(simple):
    simple.prune()
    simple.set("key", 1)

    simple.clear()

    assert not simple._deadlines


# -- tenants -----------------------------------------------------------------------------


class Tenants:
    """Says who is asking; a test changes it."""

    name = "one"

    def __call__(self):
        return self.name


@pytest.fixture
def tenants():
    return Tenants()


@pytest.fixture
def shared(tenants, clock):
    return SimpleCache(threshold=1_000, key_prefix=tenants, clock=clock)


def test_tenants_see_only_their_own_entries(shared, tenants):
    shared.set_many({"a": 1, "b": [1]})
    shared.inc("count", 5)

    tenants.name = "two"

    assert shared.get("a") is None
    assert shared.get_many("a", "b", "count") == [None] * 3
    assert shared.get_dict("a") == {"a": None}
    assert shared.get_value("a", "default") == "default"
    assert shared.has("a") is False
    assert shared.touch("a", 5) is False
    assert shared.delete("a") is False
    assert shared.inc("count") == 1
    assert shared.add("a", 2) is True


def test_what_one_tenant_does_leaves_the_others_alone(shared, tenants):
    shared.set_many({"a": 1, "b": [1], "count": 5})

    tenants.name = "two"
    shared.set("a", 2)
    shared.delete_many("a", "b")
    shared.inc("count")
    shared.clear()
    tenants.name = "one"

    assert shared.get_many("a", "b", "count") == [1, [1], 5]


def test_clear_keeps_to_its_tenant(shared, tenants):
    shared.set("key", 1)
    tenants.name = "two"
    shared.set("key", 2)

    assert shared.clear() is True

    assert shared.get("key") is None
    tenants.name = "one"
    assert shared.get("key") == 1


@pytest.mark.parametrize(("one", "other"), [("a", "ab"), ("", "a"), ("a", "a:")])
def test_tenant_and_key_are_told_apart(shared, tenants, one, other):
    tenants.name = one
    shared.set_many({"b": 1, "b:k": 1, ":b": 1})

    tenants.name = other

    assert shared.get_many("", "b", "k", "b:k", ":b") == [None] * 5


def test_entries_of_one_deadline_and_several_tenants_expire_together(shared, tenants, clock):
    for name in ("two", "one", "three"):
        tenants.name = name
        shared.set_many({"b": 1, "a": 2}, 5)
    clock.advance(5)

    assert shared.prune() == 6


def test_a_plain_prefix_changes_nothing(clock):
    simple = SimpleCache(key_prefix="prefix", clock=clock)
    simple.set("key", 1)

    assert simple.get("key") == 1
    simple.clear()
    assert simple.get("key") is None


# -- entries with stamps -----------------------------------------------------------------


@pytest.mark.parametrize("value", ["text", None, [1, [2]], {"a": (1,)}], ids=repr)
def test_an_entry_with_stamps_comes_back_as_one(simple, value):
    entry = Entry(value, ("function:f",), ("v1",))

    simple.set("key", entry)

    for read in (simple.get("key"), *simple.get_many("key")):
        assert type(read) is Entry
        assert read == entry
        assert type(read.value) is type(value)


def test_the_value_of_an_entry_with_stamps_is_a_copy(simple):
    value = [1]
    simple.set("key", Entry(value, ("function:f",), ("v1",)))

    value.append(2)
    simple.get("key").value.append(3)

    assert simple.get("key").value == [1]


def test_an_entry_with_stamps_is_no_counter(simple):
    entry = Entry(1, ("function:f",), ("v1",))
    simple.set("key", entry)

    with pytest.raises(TypeError, match="counter"):
        simple.inc("key")

    assert simple.get("key") == entry


def test_another_serializer_may_be_set(simple):
    class Shouting:
        def dumps(self, value):
            return repr(value).upper().encode()

        def loads(self, payload):
            return payload.decode()

    simple.serializer = Shouting()

    simple.set("key", ["a"])
    simple.set("atom", "a")

    assert simple.get_many("key", "atom") == ["['A']", "a"]


# -- what changes while it is read -------------------------------------------------------


def test_an_entry_that_vanishes_while_it_is_read_was_there():
    class Thief:
        at_work = False

        def __call__(self):
            if self.at_work:
                simple._slots.pop("key", None)
            return 0.0

    simple = SimpleCache(clock=Thief())
    simple.set("key", "value")

    Thief.at_work = True

    assert simple.get("key") == "value"
    assert simple.get("key") is None


def test_an_entry_that_vanishes_while_many_are_read_was_there(clock):
    simple = SimpleCache(clock=clock)

    class Deadline(float):
        def __le__(self, now):
            simple.delete("key")
            return False

    simple.set_many({"key": "value", "other": 1})
    simple._slots["key"] = (Deadline(), *simple._slots["key"][1:])

    assert simple.get_many("other", "key", "other") == [1, "value", 1]
    assert simple.get("key") is None


def test_reading_while_the_deadlines_are_gathered_anew_does_not_disturb_it(simple):
    simple.set_many({f"key {number}": number for number in range(100)})

    def read(phase, info):
        simple.get_many("key 1", "key 2")

    # Another thread's turn, brought about: what is collected on the way calls back.
    thresholds = gc.get_threshold()
    gc.callbacks.append(read)
    gc.set_threshold(1)
    try:
        for _ in range(400):
            simple.set("key", 1)
            simple.prune()
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(read)

    assert len(simple._deadlines) <= 2 * 101 + 64


def test_reading_while_clear_looks_for_a_tenants_entries_does_not_disturb_it(shared, tenants):
    class Reading(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            tenants.name = "reader"
            shared.get_many("a", "b")
            return str.__eq__(self, other)

    for name in ("reader", "one"):
        tenants.name = name
        shared.set_many({"a": 1, "b": 2, "c": 3})

    tenants.name = Reading("one")
    shared.clear()

    assert [place for place, _ in shared._slots.items() if place[0] != "reader"] == []
    assert len(shared._slots) == 3


def test_the_bounds_hold_under_many_threads(fast_switching):
    simple = SimpleCache(threshold=20)

    def hammer(start):
        for turn in range(150):
            key = f"key {(start * 7 + turn) % 40}"
            simple.set(key, [turn], 0.001 if turn % 5 == 0 else 60)
            simple.get(key)
            simple.get_many("key 1", "key 2", key)
            if turn % 20 == 7:
                simple.prune()
                simple.delete(key)
            if turn % 50 == 33:
                simple.clear()

    results([in_thread(hammer, start) for start in range(4)])

    assert len(simple._slots) <= 20
    simple.prune()
    timed = {(slot[0], key) for key, slot in simple._slots.items()}
    assert timed <= set(simple._deadlines)


# -- fork --------------------------------------------------------------------------------

ON_A_CHILD = {
    "get": lambda simple: simple.get("key"),
    "get_many": lambda simple: simple.get_many("key"),
    "has": lambda simple: simple.has("key"),
    "set": lambda simple: simple.set("key", 1),
    "set_many": lambda simple: simple.set_many({"key": 1}),
    "add": lambda simple: simple.add("key", 1),
    "inc": lambda simple: simple.inc("count"),
    "touch": lambda simple: simple.touch("key"),
    "delete": lambda simple: simple.delete("key"),
    "delete_many": lambda simple: simple.delete_many("key"),
    "clear": lambda simple: simple.clear(),
    "prune": lambda simple: simple.prune(),
}


@needs_fork
@pytest.mark.parametrize("operation", ON_A_CHILD.values(), ids=ON_A_CHILD.keys())
def test_a_lock_held_at_a_fork_does_not_stop_the_child(simple, operation):
    simple.set_many({"key": [1], "count": 1})

    with simple._lock():
        answer = in_child(lambda: f"answered {operation(simple)!r}")

    assert answer.startswith("answered")


@needs_fork
def test_a_child_has_the_parents_entries_and_then_its_own(simple):
    simple.set("before", [1])

    def child():
        seen = simple.get("before")
        simple.set("before", "changed")
        simple.set("child's", 1)
        return repr([seen, simple.get("before")])

    assert in_child(child) == "[[1], 'changed']"
    assert simple.get_many("before", "child's") == [[1], None]


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_fork_amid_another_threads_write_does_not_stop_the_child():
    gate = Gate()
    stopping = set()

    def clock():
        if threading.get_ident() in stopping and simple._lock().locked():
            stopping.clear()
            gate.stop()
        return 0.0

    simple = SimpleCache(clock=clock)
    simple.set("before", 1)

    def write():
        stopping.add(threading.get_ident())
        return simple.set("parent's", [1])

    def child():
        simple.set("mine", [2])
        simple.inc("before")
        return repr(simple.get_many("before", "mine", "parent's"))

    writer = in_thread(write)
    gate.await_arrival()
    answer = in_child(child)
    gate.open()

    assert answer == "[2, [2], None]"
    assert results([writer]) == [True]
    assert simple.get_many("before", "mine", "parent's") == [1, None, [1]]


def test_the_life_that_an_entry_has_left_is_told(simple, clock):
    simple.set("key", 1, 10)
    simple.set("for ever", 1, 0)
    clock.advance(4)

    assert simple.life_left("key") == 6
    assert simple.life_left("for ever") == 0
    clock.advance(6)
    assert simple.life_left("key") is None
    assert simple.life_left("missing") is None
