"""What every backend promises, shown on the one in memory and on a store of bytes."""

import enum
import math
import sys
import threading
import types
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flask_caching.backends.simple import SimpleCache
from flask_caching.errors import CacheError, SerializationError

from ..schedules import Gate, crowd, in_thread, results
from .stores import DictCache

BACKENDS = {
    "simple": SimpleCache,
    "tenanted": lambda **options: SimpleCache(key_prefix=lambda: "tenant", **options),
    "bytes": DictCache,
    "prefixed": lambda **options: DictCache(key_prefix="prefix", **options),
}


@pytest.fixture(params=BACKENDS)
def make(request, clock):
    """Make a backend of each kind, on the test's clock."""
    return lambda **options: BACKENDS[request.param](clock=clock, **options)


@pytest.fixture
def backend(make):
    return make()


#: Every operation that takes keys, called with one.
ON_ONE_KEY = {
    "get": lambda backend, key: backend.get(key),
    "get_value": lambda backend, key: backend.get_value(key, "default"),
    "get_many": lambda backend, key: backend.get_many("other", key),
    "get_dict": lambda backend, key: backend.get_dict("other", key),
    "has": lambda backend, key: backend.has(key),
    "set": lambda backend, key: backend.set(key, 1),
    "set_many": lambda backend, key: backend.set_many({"other": 2, key: 1}),
    "add": lambda backend, key: backend.add(key, 1),
    "inc": lambda backend, key: backend.inc(key),
    "dec": lambda backend, key: backend.dec(key),
    "touch": lambda backend, key: backend.touch(key),
    "delete": lambda backend, key: backend.delete(key),
    "delete_many": lambda backend, key: backend.delete_many("other", key),
    "unlink": lambda backend, key: backend.unlink("other", key),
}
on_every_operation = pytest.mark.parametrize(
    "operation", ON_ONE_KEY.values(), ids=ON_ONE_KEY.keys()
)

#: Every operation that takes a timeout, called with one.
WITH_TIMEOUT = {
    "set": lambda backend, timeout: backend.set("key", 1, timeout),
    "set_many": lambda backend, timeout: backend.set_many({"key": 1}, timeout),
    "add": lambda backend, timeout: backend.add("key", 1, timeout),
    "touch": lambda backend, timeout: backend.touch("key", timeout),
}
on_every_timeout = pytest.mark.parametrize(
    "operation", WITH_TIMEOUT.values(), ids=WITH_TIMEOUT.keys()
)


def unpicklable():
    return threading.Lock()


class Name(str):
    """A text of a type of its own."""

    __slots__ = ()


class Topic(str, enum.Enum):  # noqa: UP042 (both ways of writing it are out there)
    NEWS = "news"


class Reducing:
    """Calls back while it is pickled."""

    def __init__(self, callback):
        self.callback = callback

    def __reduce__(self):
        self.callback()
        return (Name, ("reduced",))


# -- keys --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        "a b",
        "a\nb\r\n",
        "nul\0byte",
        "../../etc/passwd",
        "/",
        "*?[a-z]",
        "%s|%7C|",
        "view//söt?q=1&r=2",
        "\N{FOX FACE}" * 40,
        "k" * 100_000,
    ],
    ids=lambda key: repr(key[:20]),
)
def test_any_text_is_a_key(backend, key):
    assert backend.set(key, "value") is True

    assert backend.get(key) == "value"
    assert backend.get_many(key) == ["value"]
    assert backend.has(key) is True
    assert backend.delete(key) is True
    assert backend.get(key) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("key", "KEY"),
        ("key", "key "),
        ("key", " key"),
        ("key", "key\0"),
        ("", " "),
        ("caf\u00e9", "cafe\u0301"),
        ("ss", "ß"),
        ("k" * 5_000 + "1", "k" * 5_000 + "2"),
        ("1", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("a|b", "a%7Cb"),
    ],
)
def test_distinct_keys_are_distinct_entries(backend, one, other):
    backend.set(one, 1)
    backend.set(other, 2)

    assert backend.get_many(one, other) == [1, 2]
    assert backend.delete(one) is True
    assert backend.get(other) == 2


@on_every_operation
@pytest.mark.parametrize("key", [None, 1, True, b"key", ("key",), 1.5], ids=repr)
def test_a_key_that_is_no_text_is_a_type_error(backend, operation, key):
    backend.set("other", "old")

    with pytest.raises(TypeError):
        operation(backend, key)

    assert backend.get("other") == "old"


@pytest.mark.parametrize(
    "operation", [call for name, call in ON_ONE_KEY.items() if name != "set_many"]
)
def test_a_key_that_cannot_be_hashed_is_a_type_error(backend, operation):
    with pytest.raises(TypeError):
        operation(backend, ["key"])


@on_every_operation
def test_a_lone_surrogate_is_a_value_error(backend, operation):
    backend.set("other", "old")

    with pytest.raises(ValueError, match="encodable"):
        operation(backend, "key\ud800")

    assert backend.get("other") == "old"


@pytest.mark.parametrize(("key", "text"), [(Name("news"), "news"), (Topic.NEWS, "news")])
def test_a_subclass_of_str_is_the_same_key_as_its_text(backend, key, text):
    backend.set(key, 1)

    assert backend.get(text) == 1
    assert backend.add(text, 2) is False
    assert backend.inc(key) == 2
    assert backend.delete(text) is True
    assert backend.get(key) is None


def test_returned_keys_are_the_callers(backend):
    assert backend.set_many({"b": 1, "a": 2}) == ["b", "a"]
    assert backend.get_dict("a", "b") == {"a": 2, "b": 1}
    assert backend.delete_many("b", "a") == ["b", "a"]


# -- values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        1,
        1.0,
        -0.0,
        "",
        "12",
        b"",
        b"12",
        bytearray(b"12"),
        2**70,
        -(2**70),
        (1, [2]),
        [1, (2,)],
        [],
        {},
        set(),
        {1: "int", "1": "text", (1,): "tuple", None: None},
        frozenset({1}),
        datetime(2038, 1, 20, 3, 14, 8, 123456, tzinfo=UTC),
        timedelta(days=-1, microseconds=1),
        Decimal("1.10"),
        complex(1, 2),
        Name("name"),
        Topic.NEWS,
        range(3),
    ],
    ids=repr,
)
def test_a_value_comes_back_equal_in_value_and_type(backend, value):
    assert backend.set("key", value) is True

    for read in [
        backend.get("key"),
        backend.get_value("key", "default"),
        *backend.get_many("key"),
        backend.get_dict("key")["key"],
    ]:
        assert type(read) is type(value)
        assert repr(read) == repr(value)
        assert read == value


def test_a_response_comes_back(backend):
    backend.set("key", Response("body", 418, {"X-Kind": "teapot"}))

    read = backend.get("key")

    assert isinstance(read, Response)
    assert (read.get_data(), read.status_code, read.headers["X-Kind"]) == (b"body", 418, "teapot")


@pytest.mark.parametrize(
    "store",
    [
        lambda backend, value: backend.set("key", value),
        lambda backend, value: backend.set_many({"key": value}),
        lambda backend, value: backend.add("key", value),
    ],
    ids=["set", "set_many", "add"],
)
def test_changing_what_was_stored_changes_nothing_in_the_cache(backend, store):
    value = {"list": [1]}
    store(backend, value)

    value["list"].append(2)

    assert backend.get("key") == {"list": [1]}


@pytest.mark.parametrize(
    "read",
    [
        lambda backend: backend.get("key"),
        lambda backend: backend.get_value("key"),
        lambda backend: backend.get_many("key")[0],
        lambda backend: backend.get_dict("key")["key"],
    ],
    ids=["get", "get_value", "get_many", "get_dict"],
)
def test_changing_what_was_read_changes_nothing_in_the_cache(backend, read):
    backend.set("key", {"list": [1]})

    read(backend)["list"].append(2)

    assert read(backend) == {"list": [1]}


def test_one_entry_read_twice_in_a_call_is_two_copies(backend):
    backend.set("key", [1])

    first, second = backend.get_many("key", "key")

    assert first is not second


@pytest.mark.parametrize(
    "store",
    [
        lambda backend: backend.set("key", unpicklable(), 1_000),
        lambda backend: backend.set_many({"key": 1, "bad": unpicklable()}, 1_000),
        lambda backend: backend.set_many({"bad": unpicklable(), "key": 1}, 1_000),
        lambda backend: backend.add("bad", unpicklable()),
    ],
    ids=["set", "set_many last", "set_many first", "add"],
)
def test_a_value_that_cannot_be_serialized_leaves_the_old_value_and_its_life(backend, clock, store):
    backend.set("key", "old", 10)

    with pytest.raises(SerializationError):
        store(backend)

    clock.advance(9.75)
    assert backend.get_many("key", "bad") == ["old", None]
    clock.advance(0.25)
    assert backend.get("key") is None


@pytest.fixture
def removed_class(backend, monkeypatch):
    """Store a value under "removed", of a class that is gone afterwards."""
    module = types.ModuleType("application_of_yesterday")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.Gone = type("Gone", (), {"__module__": module.__name__})
    backend.set("removed", module.Gone())
    assert type(backend.get("removed")) is module.Gone
    del module.Gone
    return "removed"


def test_a_value_whose_class_is_gone_is_a_miss(backend, removed_class):
    assert backend.get(removed_class) is None
    assert backend.get_value(removed_class, "default") == "default"


def test_a_value_whose_class_is_gone_costs_only_itself(backend, removed_class):
    backend.set_many({"a": 1, "b": [2]})

    assert backend.get_many("a", removed_class, "b") == [1, None, [2]]
    assert backend.get_dict("a", removed_class) == {"a": 1, removed_class: None}


def test_a_value_whose_class_is_gone_can_be_overwritten(backend, removed_class):
    assert backend.set(removed_class, "new") is True
    assert backend.get(removed_class) == "new"


def test_a_value_whose_class_is_gone_can_be_deleted(backend, removed_class):
    assert backend.delete_many(removed_class) == [removed_class]
    assert backend.has(removed_class) is False
    assert backend.add(removed_class, "new") is True


def test_a_value_is_pickled_outside_of_any_lock(backend):
    def call_back():
        backend.set("inner", 1)
        backend.inc("count")
        backend.add("added", 2)
        backend.delete_many("nothing")
        backend.touch("inner", 5)

    stored = in_thread(backend.set_many, {"outer": Reducing(call_back), "next": [1]})

    assert results([stored]) == [["outer", "next"]]
    assert backend.get_many("inner", "added", "outer", "next") == [1, 2, "reduced", [1]]
    assert backend.get("count") >= 1


class Unpickled:
    """Calls back while it is unpickled."""

    callback = None

    def __getstate__(self):
        return {"state": 1}

    def __setstate__(self, state):
        type(self).callback()


def test_a_value_is_unpickled_outside_of_any_lock(backend, monkeypatch):
    backend.set("key", Unpickled())

    def call_back():
        backend.set("inner", 1)
        backend.delete("key")
        backend.clear()

    monkeypatch.setattr(Unpickled, "callback", staticmethod(call_back))

    read = results([in_thread(backend.get, "key")])

    assert type(read[0]) is Unpickled
    assert backend.has("key") is False


# -- time --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (1, 1),
        (0.25, 0.25),
        (1.5, 1.5),
        (2.0, 2),
        (timedelta(seconds=2), 2),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (2_592_001, 2_592_001),
        (timedelta(days=30, seconds=1), 2_592_001),
        (3_652 * 86_400, 3_652 * 86_400),
        (5_000_000_000, 5_000_000_000),
    ],
    ids=repr,
)
def test_an_entry_is_readable_for_its_life_and_gone_after_it(backend, clock, timeout, seconds):
    backend.set("key", "value", timeout)

    clock.advance(seconds - 0.125)
    assert backend.get("key") == "value"
    assert backend.has("key") is True
    clock.advance(0.125)
    assert backend.get("key") is None
    assert backend.has("key") is False


@pytest.mark.parametrize("timeout", [10**400, 1e300, timedelta.max], ids=["int", "float", "delta"])
@on_every_timeout
def test_a_life_longer_than_can_be_expressed_is_very_long(backend, clock, operation, timeout):
    if operation is WITH_TIMEOUT["touch"]:
        backend.set("key", 1, 5)

    assert operation(backend, timeout)

    clock.advance(1e12)
    assert backend.get("key") == 1


def test_a_death_longer_ago_than_can_be_expressed_is_a_death(backend):
    assert backend.set("key", 1, -(10**400)) is True
    assert backend.get("key") is None


def test_no_timeout_means_the_default(make, clock):
    backend = make(default_timeout=5)
    backend.set("set", 1)
    backend.set_many({"set_many": 1})
    backend.add("add", 1, None)
    backend.inc("inc")

    clock.advance(4.75)
    assert backend.get_many("set", "set_many", "add", "inc") == [1, 1, 1, 1]
    clock.advance(0.25)
    assert backend.get_many("set", "set_many", "add", "inc") == [None] * 4


def test_the_default_default_is_five_minutes(backend, clock):
    backend.set("key", 1)

    clock.advance(299)
    assert backend.get("key") == 1
    clock.advance(1)
    assert backend.get("key") is None


def test_the_default_may_be_a_timedelta(make, clock):
    backend = make(default_timeout=timedelta(minutes=1))
    backend.set("key", 1)

    clock.advance(59.75)
    assert backend.get("key") == 1
    clock.advance(0.25)
    assert backend.get("key") is None


@pytest.mark.parametrize("default", [True, "300", None, [5]], ids=repr)
def test_a_default_of_another_type_is_a_type_error(make, default):
    with pytest.raises(TypeError, match="timeout"):
        make(default_timeout=default)


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, timedelta()], ids=repr)
def test_a_timeout_of_zero_never_expires(backend, clock, zero):
    backend.set("key", 1, zero)

    clock.advance(100 * 365 * 86_400)

    assert backend.get("key") == 1
    assert backend.has("key") is True


def test_a_default_of_zero_never_expires(make, clock):
    backend = make(default_timeout=0)
    backend.set("key", 1)
    backend.inc("count")

    clock.advance(100 * 365 * 86_400)

    assert backend.get_many("key", "count") == [1, 1]


@on_every_timeout
@pytest.mark.parametrize("timeout", [True, False, "10", "", [], b"1", 1j], ids=repr)
def test_a_timeout_of_another_type_is_a_type_error(backend, clock, operation, timeout):
    backend.set("key", "old", 10)

    with pytest.raises(TypeError, match="timeout"):
        operation(backend, timeout)

    clock.advance(9.75)
    assert backend.get("key") == "old"
    clock.advance(0.25)
    assert backend.get("key") is None


@on_every_timeout
@pytest.mark.parametrize("timeout", [math.nan, math.inf, -math.inf], ids=repr)
def test_a_timeout_that_is_not_finite_is_a_value_error(backend, clock, operation, timeout):
    backend.set("key", "old", 10)

    with pytest.raises(ValueError, match="finite"):
        operation(backend, timeout)

    clock.advance(9.75)
    assert backend.get("key") == "old"
    clock.advance(0.25)
    assert backend.get("key") is None


@pytest.mark.parametrize("timeout", [True, math.nan], ids=repr)
def test_a_bad_timeout_of_set_many_stores_none_of_the_keys(backend, timeout):
    with pytest.raises((TypeError, ValueError)):
        backend.set_many({"a": 1, "b": 2}, timeout)

    assert backend.get_many("a", "b") == [None, None]


negative = pytest.mark.parametrize("timeout", [-1, -0.5, -1e-9, timedelta(seconds=-3)], ids=repr)


@negative
def test_a_negative_timeout_leaves_nothing_readable(backend, timeout):
    backend.set("key", "old")

    assert backend.set("key", "new", timeout) is True

    assert backend.get("key") is None
    assert backend.has("key") is False
    assert backend.delete("key") is False


@negative
def test_set_many_with_a_negative_timeout_lists_the_keys_and_leaves_nothing(backend, timeout):
    backend.set("a", "old")

    assert backend.set_many({"a": 1, "b": 2}, timeout) == ["a", "b"]

    assert backend.get_many("a", "b") == [None, None]


@negative
def test_add_with_a_negative_timeout_is_true_where_nothing_was(backend, timeout):
    assert backend.add("key", 1, timeout) is True

    assert backend.has("key") is False


@negative
def test_add_with_a_negative_timeout_leaves_a_live_entry_alone(backend, clock, timeout):
    backend.set("key", "old", 10)

    assert backend.add("key", "new", timeout) is False

    clock.advance(9.75)
    assert backend.get("key") == "old"


@negative
def test_touch_with_a_negative_timeout_ends_a_live_entry(backend, timeout):
    backend.set("key", "old")

    assert backend.touch("key", timeout) is True

    assert backend.get("key") is None


def test_a_negative_default_leaves_nothing_readable(make):
    backend = make(default_timeout=-1)

    assert backend.set("key", 1) is True
    assert backend.add("added", 1) is True
    assert backend.inc("count", 3) == 3
    assert backend.get_many("key", "added", "count") == [None] * 3


def test_lives_are_independent(backend, clock):
    backend.set("short", 1, 1)
    backend.set("long", 2, 3)
    backend.set("for ever", 3, 0)

    seen = [backend.get_many("short", "long", "for ever")]
    for _ in range(3):
        clock.advance(1)
        seen.append(backend.get_many("short", "long", "for ever"))

    assert seen == [[1, 2, 3], [None, 2, 3], [None, 2, 3], [None, None, 3]]


def test_reading_does_not_extend_a_life(backend, clock):
    backend.set("key", 1, 2)

    clock.advance(1.75)
    backend.get("key")
    backend.get_many("key")
    backend.get_value("key")
    backend.has("key")
    backend.add("key", 2, 100)
    clock.advance(0.25)

    assert backend.get("key") is None


@pytest.mark.parametrize(("first", "second"), [(1, 100), (100, 1), (0, 1), (1, 0), (0.5, None)])
def test_overwriting_replaces_the_life(backend, clock, first, second):
    backend.set("key", "old", first)
    backend.set("key", "new", second)
    length = 300 if second is None else second or 10_000

    clock.advance(length - 0.25)
    assert backend.get("key") == "new"
    clock.advance(0.25)
    assert backend.get("key") == ("new" if second == 0 else None)


def test_a_life_begins_when_the_value_is_ready(backend, clock):
    slow = Reducing(lambda: clock.advance(60))

    backend.set("key", slow, 1)

    clock.advance(0.75)
    assert backend.get("key") == "reduced"


def test_what_has_expired_is_gone_from_every_operation(backend, clock):
    backend.set_many(dict.fromkeys(["a", "b", "c", "d", "e"], 5), 1)
    clock.advance(1)

    assert backend.get("a") is None
    assert backend.get_value("a", "default") == "default"
    assert backend.get_many("a", "b") == [None, None]
    assert backend.get_dict("a") == {"a": None}
    assert backend.has("a") is False
    assert backend.touch("a", 10) is False
    assert backend.delete("b") is False
    assert backend.add("c", "new") is True
    assert backend.inc("d") == 1
    assert backend.dec("e") == -1


# -- operations --------------------------------------------------------------------------


def test_a_missing_key_reads_as_none(backend):
    assert backend.get("key") is None
    assert backend.get_many("key") == [None]
    assert backend.get_dict("key") == {"key": None}
    assert backend.has("key") is False


def test_a_miss_is_told_from_a_stored_none(backend):
    backend.set("none", None)

    assert backend.get_value("none", "default") is None
    assert backend.get_value("missing", "default") == "default"
    assert backend.get_value("missing") is None
    assert backend.has("none") is True


@pytest.mark.parametrize("value", [None, False, 0, "", b"", []], ids=repr)
def test_has_is_true_for_values_that_are_false(backend, value):
    backend.set("key", value)

    assert backend.has("key") is True


def test_get_many_keeps_the_order_and_the_duplicates(backend):
    backend.set_many({"a": 1, "b": [2], "c": None})

    assert backend.get_many("b", "missing", "a", "b", "c") == [[2], None, 1, [2], None]


def test_get_dict_has_every_key_asked(backend):
    backend.set_many({"a": 1, "b": [2]})

    assert backend.get_dict("b", "missing", "a", "b") == {"b": [2], "missing": None, "a": 1}


def test_set_many_lists_what_is_stored_in_the_mappings_order(backend):
    mapping = {"b": 1, "a": 2, "c": None}

    assert backend.set_many(mapping) == ["b", "a", "c"]
    assert backend.set_many(mapping) == ["b", "a", "c"]
    assert backend.get_many(*mapping) == [1, 2, None]
    assert mapping == {"b": 1, "a": 2, "c": None}


def test_set_many_gives_each_key_the_life(backend, clock):
    backend.set("a", "for ever", 0)
    backend.set_many({"a": 1, "b": 2}, 5)

    clock.advance(4.75)
    assert backend.get_many("a", "b") == [1, 2]
    clock.advance(0.25)
    assert backend.get_many("a", "b") == [None, None]


def test_set_overwrites_value_and_type(backend):
    backend.set("key", [1])

    assert backend.set("key", "text") is True
    assert backend.get("key") == "text"


def test_add_stores_what_is_absent(backend):
    assert backend.add("key", [1]) is True
    assert backend.get("key") == [1]


@pytest.mark.parametrize("first", [None, False, 0, "", [1]], ids=repr)
def test_add_keeps_the_first_value(backend, first):
    backend.set("key", first)

    assert backend.add("key", "second") is False
    assert backend.get_value("key", "default") == first


def test_add_keeps_the_first_life(backend, clock):
    backend.add("key", 1, 5)
    backend.add("key", 2, 1_000)

    clock.advance(4.75)
    assert backend.get("key") == 1
    clock.advance(0.25)
    assert backend.get("key") is None


def test_add_stores_again_after_a_delete(backend):
    backend.add("key", 1)
    backend.delete("key")

    assert backend.add("key", 2) is True
    assert backend.get("key") == 2


def test_of_racing_adds_one_wins(backend, fast_switching):
    for race in range(30):
        gate = Gate()

        def add(mine, key=f"key {race}", gate=gate):
            gate.stop()
            return backend.add(key, mine)

        racers = [in_thread(add, mine) for mine in range(8)]
        gate.await_arrival(8)
        gate.open()

        won = results(racers)

        assert won.count(True) == 1
        assert backend.get(f"key {race}") == won.index(True)


def test_delete_is_true_only_for_a_live_entry(backend, clock):
    backend.set("key", None)
    backend.set("other", 1)

    assert backend.delete("key") is True
    assert backend.delete("key") is False
    assert backend.delete("missing") is False
    assert backend.get("other") == 1


def test_delete_many_lists_what_is_gone_once_each_and_in_order(backend):
    backend.set_many({"a": 1, "b": 2, "c": 3})

    assert backend.delete_many("missing", "b", "a", "b") == ["missing", "b", "a"]
    assert backend.get_many("a", "b", "c") == [None, None, 3]


def test_delete_many_with_a_bad_key_deletes_nothing(backend):
    backend.set("a", 1)

    with pytest.raises(TypeError):
        backend.delete_many("a", 5)

    assert backend.get("a") == 1


def test_unlink_answers_as_delete_many(backend):
    backend.set_many({"a": 1, "b": 2})

    assert backend.unlink("b", "missing", "b") == ["b", "missing"]
    assert backend.get_many("a", "b") == [1, None]


def test_empty_calls_answer_empty_lists(backend):
    assert backend.get_many() == []
    assert backend.get_dict() == {}
    assert backend.set_many({}) == []
    assert backend.delete_many() == []
    assert backend.unlink() == []


def test_clear_removes_every_entry(backend):
    backend.set_many({"a": 1, "b": [2], "c": 3}, 0)

    assert backend.clear() is True

    assert backend.get_many("a", "b", "c") == [None] * 3
    assert backend.clear() is True
    assert backend.add("a", "new") is True


def test_close_may_be_called_twice(backend):
    assert backend.close() is None
    assert backend.close() is None


def test_touch_gives_a_live_entry_a_new_life(backend, clock):
    backend.set("key", [1], 5)

    assert backend.touch("key", 10) is True

    clock.advance(9.75)
    assert backend.get("key") == [1]
    clock.advance(0.25)
    assert backend.get("key") is None


@pytest.mark.parametrize(("timeout", "length"), [(None, 300), (1, 1), (timedelta(days=1), 86_400)])
def test_touch_takes_every_timeout(backend, clock, timeout, length):
    backend.set("key", 1, 5)

    backend.touch("key", timeout)

    clock.advance(length - 0.25)
    assert backend.get("key") == 1
    clock.advance(0.25)
    assert backend.get("key") is None


def test_touch_with_zero_makes_an_entry_stay_for_ever(backend, clock):
    backend.set("key", 1, 5)

    assert backend.touch("key", 0) is True

    clock.advance(1e9)
    assert backend.get("key") == 1


def test_touch_of_a_missing_key_is_false_and_stores_nothing(backend):
    assert backend.touch("key", 10) is False
    assert backend.has("key") is False


# -- counters ----------------------------------------------------------------------------


def test_an_absent_counter_starts_at_the_step(backend):
    assert backend.inc("a") == 1
    assert backend.inc("b", 5) == 5
    assert backend.dec("c") == -1
    assert backend.dec("d", 5) == -5
    assert backend.inc("e", 0) == 0
    assert backend.get_many(*"abcde") == [1, 5, -1, -5, 0]


@pytest.mark.parametrize(("delta", "total"), [(1, 8), (0, 7), (-9, -2), (10**15, 10**15 + 7)])
def test_inc_adds_and_answers_the_sum(backend, delta, total):
    backend.set("count", 7)

    answer = backend.inc("count", delta)

    assert (type(answer), answer) == (int, total)
    assert (type(backend.get("count")), backend.get("count")) == (int, total)


def test_dec_subtracts_below_zero(backend):
    backend.set("count", 2)

    assert backend.dec("count", 5) == -3
    assert backend.dec("count", -1) == -2
    assert backend.dec("count") == -3


def test_an_integer_of_a_subtype_is_a_step(backend):
    class Step(enum.IntEnum):
        TWO = 2

    answer = backend.inc("count", Step.TWO)

    assert (type(answer), answer) == (int, 2)


@pytest.mark.parametrize("delta", [True, 1.0, "1", None], ids=repr)
def test_a_step_that_is_no_integer_is_a_type_error(backend, delta):
    backend.set("count", 1)

    with pytest.raises(TypeError, match="delta"):
        backend.inc("count", delta)
    with pytest.raises(TypeError, match="delta"):
        backend.dec("count", delta)

    assert backend.get("count") == 1


@pytest.mark.parametrize("value", ["1", b"1", None, True, 1.0, [1], {}], ids=repr)
def test_counting_what_is_no_integer_is_a_type_error_that_leaves_it(backend, clock, value):
    backend.set("key", value, 5)

    with pytest.raises(TypeError, match="counter"):
        backend.inc("key")
    with pytest.raises(TypeError, match="counter"):
        backend.dec("key")

    assert backend.get_value("key", "default") == value
    clock.advance(5)
    assert backend.has("key") is False


@pytest.mark.parametrize(
    ("edge", "step"), [(2**63 - 1, 1), (-(2**63), -1), (2**62, 2**62), (2**70, 1)], ids=hex
)
def test_a_counter_beyond_64_bits_is_an_overflow_that_leaves_it(backend, edge, step):
    backend.set("count", edge)

    with pytest.raises(OverflowError):
        backend.inc("count", step)
    with pytest.raises(OverflowError):
        backend.dec("count", -step)

    assert backend.get("count") == edge


@pytest.mark.parametrize("delta", [2**63 - 1, -(2**63)], ids=hex)
def test_a_counter_reaches_the_edges_of_64_bits(backend, delta):
    assert backend.inc("count", delta) == delta
    assert backend.get("count") == delta


@pytest.mark.parametrize("delta", [2**63, -(2**63) - 1], ids=hex)
def test_an_absent_counter_does_not_start_beyond_64_bits(backend, delta):
    with pytest.raises(OverflowError):
        backend.inc("count", delta)

    assert backend.has("count") is False


def test_counting_keeps_the_remaining_life(backend, clock):
    backend.set("count", 1, 10)
    clock.advance(5)

    backend.inc("count")
    backend.dec("count", 5)

    clock.advance(4.75)
    assert backend.get("count") == -3
    clock.advance(0.25)
    assert backend.get("count") is None


def test_counting_keeps_a_life_for_ever(backend, clock):
    backend.set("count", 1, 0)

    backend.inc("count")

    clock.advance(1e9)
    assert backend.get("count") == 2


def test_an_expired_counter_starts_again_with_the_default_life(make, clock):
    backend = make(default_timeout=20)
    backend.set("count", 41, 1)
    clock.advance(1)

    assert backend.inc("count") == 1

    clock.advance(19.75)
    assert backend.get("count") == 1
    clock.advance(0.25)
    assert backend.get("count") is None


def test_no_racing_increment_is_lost(backend, fast_switching):
    def count():
        for _ in range(50):
            backend.inc("count")
            backend.dec("other", 2)

    results(crowd(4, count))

    assert backend.get_many("count", "other") == [200, -400]


# -- all at once -------------------------------------------------------------------------


def test_all_operations_run_from_many_threads(backend, fast_switching):
    keys = [f"key {number}" for number in range(5)]

    def hammer(start):
        for turn in range(60):
            key = keys[(start + turn) % len(keys)]
            backend.set(key, [key])
            assert backend.get(key) in ([key], None)
            assert all(value in ([of], None) for of, value in backend.get_dict(*keys).items())
            backend.add(key, [key], 0.5)
            backend.touch(key, 10)
            backend.has(key)
            backend.inc(f"count {start}")
            if turn % 10 == 3:
                backend.delete(key)
                backend.delete_many(*keys)
                backend.set_many({each: [each] for each in keys})

    results([in_thread(hammer, start) for start in range(4)])

    assert [backend.get(f"count {start}") for start in range(4)] == [60] * 4


# -- against a model ---------------------------------------------------------------------

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=4,
)
encodable = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("kind", BACKENDS)
def test_any_plain_value_under_any_key_comes_back(kind):
    backend = BACKENDS[kind]()

    @settings(max_examples=60, deadline=None)
    @given(encodable, plain_values)
    def check(key, value):
        assert backend.set(key, value) is True
        read = backend.get_value(key, "default")
        assert type(read) is type(value)
        assert repr(read) == repr(value)

    check()


KEYS = st.sampled_from(["a", "A", "", "a|b"])
VALUES = st.sampled_from([None, 0, 1, "1", [1], {"a": (1,)}, 2**63 - 1])
TIMEOUTS = st.sampled_from([None, 0, 1, 2.5, 7, -1, -0.5, timedelta(seconds=3)])


class Model(RuleBasedStateMachine):
    """A dict of (value, deadline), which the backend must never differ from."""

    make = None

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.entries = {}

    @initialize()
    def start(self):
        self.backend = type(self).make(clock=lambda: self.now, default_timeout=5)

    def live(self, key):
        entry = self.entries.get(key)
        return entry if entry is not None and entry[1] > self.now else None

    def store(self, key, value, timeout):
        seconds = 5 if timeout is None else timeout
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        self.entries[key] = (value, self.now + seconds if seconds else math.inf)

    def read(self, key):
        return self.live(key)[0] if self.live(key) else None

    @rule(seconds=st.sampled_from([0.5, 1, 2, 4.5]))
    def advance(self, seconds):
        self.now += seconds

    @rule(key=KEYS, value=VALUES, timeout=TIMEOUTS)
    def set(self, key, value, timeout):
        assert self.backend.set(key, value, timeout) is True
        self.store(key, value, timeout)

    @rule(entries=st.dictionaries(KEYS, VALUES), timeout=TIMEOUTS)
    def set_many(self, entries, timeout):
        assert self.backend.set_many(entries, timeout) == list(entries)
        for key, value in entries.items():
            self.store(key, value, timeout)

    @rule(key=KEYS, value=VALUES, timeout=TIMEOUTS)
    def add(self, key, value, timeout):
        absent = self.live(key) is None
        assert self.backend.add(key, value, timeout) is absent
        if absent:
            self.store(key, value, timeout)

    @rule(key=KEYS, timeout=TIMEOUTS)
    def touch(self, key, timeout):
        live = self.live(key)
        assert self.backend.touch(key, timeout) is (live is not None)
        if live:
            self.store(key, live[0], timeout)

    @rule(key=KEYS, delta=st.integers(-3, 3), operation=st.sampled_from(["inc", "dec"]))
    def count(self, key, delta, operation):
        live = self.live(key)
        step = delta if operation == "inc" else -delta
        count = getattr(self.backend, operation)
        if live is None:
            assert count(key, delta) == step
            self.store(key, step, None)
        elif type(live[0]) is not int:
            with pytest.raises(TypeError):
                count(key, delta)
        elif live[0] + step >= 2**63:
            with pytest.raises(OverflowError):
                count(key, delta)
        else:
            assert count(key, delta) == live[0] + step
            self.entries[key] = (live[0] + step, live[1])

    @rule(key=KEYS)
    def delete(self, key):
        assert self.backend.delete(key) is (self.live(key) is not None)
        self.entries.pop(key, None)

    @rule(keys=st.lists(KEYS))
    def delete_many(self, keys):
        assert self.backend.delete_many(*keys) == list(dict.fromkeys(keys))
        for key in keys:
            self.entries.pop(key, None)

    @precondition(lambda self: len(self.entries) > 2)
    @rule()
    def clear(self):
        assert self.backend.clear() is True
        self.entries.clear()

    @rule(keys=st.lists(KEYS))
    def read_several(self, keys):
        assert self.backend.get_many(*keys) == [self.read(key) for key in keys]

    @invariant()
    def agrees_with_the_model(self):
        for key in ["a", "A", "", "a|b"]:
            live = self.live(key)
            assert self.backend.has(key) is (live is not None)
            assert self.backend.get(key) == self.read(key)
            assert self.backend.get_value(key, "default") == (live[0] if live else "default")


@pytest.mark.parametrize("kind", BACKENDS)
def test_no_sequence_of_operations_differs_from_a_model(kind):
    class Machine(Model):
        make = staticmethod(BACKENDS[kind])

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=30, stateful_step_count=30, deadline=None)
    )


def test_every_error_of_a_backend_on_purpose_is_a_cache_error(backend):
    with pytest.raises(CacheError):
        backend.set("key", unpicklable())
