"""What every backend promises, shown on the one in files. Nothing here knows of files."""

from __future__ import annotations

import enum
import math
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from flask_caching.backends.base import Capability
from flask_caching.errors import SerializationError
from flask_caching.payload import Entry
from flask_caching_filesystem import FileSystemCache

from .conftest import Clock
from .helpers import in_threads

KEYS = {
    "empty": "",
    "a blank": " ",
    "blanks and line ends": "a b\r\nset x 0 0 1",
    "NUL": "nul\0byte",
    "a path": "../../etc/passwd",
    "a slash": "/",
    "backslashes": "..\\..",
    "a glob": "*?[a-z]",
    "separators": "%s|%7C|",
    "a path of a view": "view//söt?q=1&r=2",
    "250 characters": "k" * 250,
    "251 characters": "k" * 251,
    "100,000 characters": "k" * 100_000,
    "emoji": "\N{FOX FACE}" * 40,
    "its own file names": "ledger",
}
on_every_key = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())

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
WITH_TIMEOUT = {
    "set": lambda backend, timeout: backend.set("key", 1, timeout),
    "set_many": lambda backend, timeout: backend.set_many({"key": 1}, timeout),
    "add": lambda backend, timeout: backend.add("key", 1, timeout),
    "touch": lambda backend, timeout: backend.touch("key", timeout),
}
on_every_timeout = pytest.mark.parametrize(
    "operation", WITH_TIMEOUT.values(), ids=WITH_TIMEOUT.keys()
)


class Topic(str, enum.Enum):  # noqa: UP042 (both ways of writing it are out there)
    NEWS = "news"


VALUES = [
    None,
    True,
    False,
    0,
    -0.0,
    "",
    "12",
    b"",
    b"12",
    b"!\x00FC\x01",
    bytearray(b"12"),
    2**70,
    (1, [2]),
    [1, (2,)],
    {1: "int", "1": "text", (1,): "tuple", None: None},
    {1, 2},
    datetime(2038, 1, 20, 3, 14, 8, 123456, tzinfo=UTC),
    timedelta(days=-1, microseconds=1),
    Decimal("1.10"),
    Topic.NEWS,
    "x" * (1 << 20),
]

# -- keys --------------------------------------------------------------------------------


@on_every_key
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
        ("key", "key\0"),
        ("", " "),
        ("caf\u00e9", "cafe\u0301"),
        ("k" * 5_000 + "1", "k" * 5_000 + "2"),
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
@pytest.mark.parametrize("key", [None, 1, True, b"key", ("key",)], ids=repr)
def test_a_key_that_is_no_text_is_a_type_error(backend, operation, key):
    backend.set("other", "old")

    with pytest.raises(TypeError):
        operation(backend, key)

    assert backend.get("other") == "old"


@on_every_operation
def test_a_lone_surrogate_is_a_value_error(backend, operation):
    backend.set("other", "old")

    with pytest.raises(ValueError, match="encodable"):
        operation(backend, "key\ud800")

    assert backend.get("other") == "old"


def test_returned_keys_are_the_callers(backend):
    assert backend.set_many({"b": 1, "a": 2}) == ["b", "a"]
    assert backend.get_dict("a", "b") == {"a": 2, "b": 1}
    assert backend.delete_many("b", "a") == ["b", "a"]


# -- values ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_a_value_comes_back_equal_in_value_and_type(backend, value):
    assert backend.set("key", value) is True

    for read in [backend.get("key"), *backend.get_many("key"), backend.get_value("key", "other")]:
        assert type(read) is type(value)
        assert repr(read) == repr(value)


def test_a_response_comes_back(backend):
    backend.set("key", Response("body", 418, {"X-Kind": "teapot"}))

    response = backend.get("key")

    assert (response.get_data(), response.status_code) == (b"body", 418)
    assert response.headers["X-Kind"] == "teapot"


def test_16_mebibytes_are_stored_whole(backend):
    value = bytes(range(256)) * (1 << 16)

    assert backend.set("key", value) is True

    assert backend.get("key") == value


def test_an_entry_comes_back_with_its_stamps(backend):
    entry = Entry({"a": 1}, ("version",), ("stamp",))

    backend.set("key", entry)

    assert backend.get("key") == entry


def test_what_is_read_is_a_copy(backend):
    value = [1]
    backend.set("key", value)

    value.append(2)
    backend.get("key").append(3)

    assert backend.get("key") == [1]


def test_a_stored_none_is_told_from_a_miss(backend):
    backend.set("key", None)

    assert backend.get_value("key", "default") is None
    assert backend.get_value("missing", "default") == "default"
    assert backend.has("key") is True
    assert backend.add("key", 1) is False


@pytest.mark.parametrize(
    "write",
    [
        lambda backend: backend.set("key", threading.Lock()),
        lambda backend: backend.set_many({"new": 1, "key": threading.Lock()}),
        lambda backend: backend.add("new", threading.Lock()),
    ],
    ids=["set", "set_many", "add"],
)
def test_what_cannot_be_serialized_leaves_the_old_value_and_its_life(backend, clock, write):
    backend.set("key", "old", 10)

    with pytest.raises(SerializationError):
        write(backend)

    assert backend.get_many("key", "new") == ["old", None]
    clock.advance(10)
    assert backend.get("key") is None


# -- time --------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [1, 0.2, timedelta(seconds=1), timedelta(days=30, seconds=1)])
def test_a_life_is_as_long_as_asked(backend, clock, timeout):
    seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
    backend.set("key", 1, timeout)

    clock.advance(seconds - 0.01)
    assert backend.get("key") == 1
    clock.advance(0.02)
    assert backend.get("key") is None
    assert backend.has("key") is False


def test_a_life_that_begins_late_in_a_second_is_not_cut(backend, clock):
    clock.now = 1_000_000.9
    backend.set("key", 1, 1)

    clock.advance(0.95)

    assert backend.get("key") == 1


@pytest.mark.parametrize("timeout", [0, 10 * 365 * 86_400, 200 * 365 * 86_400, 10**12])
def test_long_lives_are_not_lost(backend, clock, timeout):
    backend.set("key", 1, timeout)

    clock.advance(5 * 365 * 86_400)

    assert backend.get("key") == 1


@pytest.mark.parametrize("default", [20, 0])
def test_no_timeout_means_the_default(make, clock, default):
    backend = make(default_timeout=default)
    backend.set("key", 1)

    clock.advance(19)
    assert backend.get("key") == 1
    clock.advance(1)
    assert backend.get("key") == (None if default else 1)


def test_a_negative_timeout_means_already_expired(backend):
    for key in ("set", "touch", "live"):
        backend.set(key, 1)

    assert backend.set("set", 2, -1) is True
    assert backend.set_many({"many": 2}, -1) == ["many"]
    assert backend.add("add", 2, -1) is True
    assert backend.add("live", 2, -1) is False
    assert backend.touch("touch", -1) is True

    assert backend.get_many("set", "many", "add", "live", "touch") == [None, None, None, 1, None]


@on_every_timeout
@pytest.mark.parametrize("timeout", [True, "10", [1], b"1"], ids=repr)
def test_a_timeout_of_another_type_is_a_type_error(backend, operation, timeout):
    backend.set("key", "old")

    with pytest.raises(TypeError):
        operation(backend, timeout)

    assert backend.get("key") == "old"


@on_every_timeout
@pytest.mark.parametrize("timeout", [math.nan, math.inf, -math.inf])
def test_a_timeout_that_is_no_number_is_a_value_error(backend, operation, timeout):
    backend.set("key", "old")

    with pytest.raises(ValueError, match="finite"):
        operation(backend, timeout)

    assert backend.get("key") == "old"


@pytest.mark.parametrize(("old", "new"), [(100, 10), (10, 100), (0, 10), (10, 0)])
def test_overwriting_replaces_the_life(backend, clock, old, new):
    backend.set("key", 1, old)
    backend.set("key", 2, new)

    clock.advance(50)

    assert backend.get("key") == (None if new == 10 else 2)


def test_reading_does_not_extend_a_life(backend, clock):
    backend.set("key", 1, 10)
    for _ in range(10):
        backend.get("key")
        backend.has("key")
        clock.advance(1)

    assert backend.get("key") is None


def test_what_has_expired_is_gone_from_every_operation(backend, clock):
    def expired():
        backend.set("key", 5, 1)
        clock.advance(1)

    expired()
    assert backend.get_many("key") == [None]
    expired()
    assert backend.has("key") is False
    expired()
    assert backend.delete("key") is False
    expired()
    assert backend.touch("key") is False
    expired()
    assert backend.inc("key") == 1
    expired()
    assert backend.add("key", "new") is True
    assert backend.get("key") == "new"


# -- operations --------------------------------------------------------------------------


def test_an_empty_cache_answers_every_read(backend):
    assert backend.get("key") is None
    assert backend.get_many("a", "b") == [None, None]
    assert backend.get_dict("a") == {"a": None}
    assert backend.has("key") is False
    assert backend.delete("key") is False
    assert backend.touch("key") is False
    assert backend.prune() == 0
    assert backend.clear() is True


def test_empty_calls_answer_empty(backend):
    assert (backend.get_many(), backend.set_many({}), backend.delete_many()) == ([], [], [])


def test_add_keeps_the_first_value_and_its_life(backend, clock):
    assert backend.add("key", 1, 10) is True
    assert backend.add("key", 2, 100) is False

    assert backend.get("key") == 1
    clock.advance(10)
    assert backend.get("key") is None
    assert backend.add("key", 3) is True


def test_many_values_come_in_the_order_of_their_keys(backend):
    backend.set_many({"a": 1, "b": 2})

    assert backend.get_many("b", "missing", "a", "b") == [2, None, 1, 2]
    assert backend.get_dict("b", "missing") == {"b": 2, "missing": None}


def test_deleting_answers_whether_there_was_something(backend):
    backend.set_many({"a": 1, "b": 2, "c": 3})

    assert backend.delete("a") is True
    assert backend.delete("a") is False
    assert backend.delete_many("a", "b", "b") == ["a", "b"]
    assert backend.get_many("a", "b", "c") == [None, None, 3]


def test_a_thousand_keys_at_once(make):
    backend = make(threshold=0)
    values = {f"key {number}": number for number in range(1_000)}

    assert backend.set_many(values) == list(values)
    assert backend.get_dict(*values) == values
    assert backend.delete_many(*values) == list(values)
    assert backend.get_many(*values) == [None] * 1_000


def test_touch_gives_a_new_life_and_keeps_value_and_stamps(backend, clock):
    entry = Entry("value", ("version",), ("stamp",))
    backend.set("key", entry, 10)

    assert backend.touch("key", 100) is True

    clock.advance(99)
    assert backend.get("key") == entry
    assert backend.touch("key", 0) is True
    clock.advance(10**6)
    assert backend.get("key") == entry


def test_closing_twice_is_fine(backend):
    backend.set("key", 1)

    backend.close()
    backend.close()

    assert backend.get("key") == 1


# -- counters ----------------------------------------------------------------------------


def test_counters_count(backend):
    assert backend.inc("key") == 1
    assert backend.inc("key", 5) == 6
    assert backend.dec("key", 10) == -4
    assert backend.dec("other") == -1
    assert backend.get("key") == -4
    assert type(backend.get("key")) is int


def test_a_counter_keeps_its_remaining_life(backend, clock):
    backend.set("key", 5, 10)
    clock.advance(5)

    assert backend.inc("key") == 6

    clock.advance(4.9)
    assert backend.get("key") == 6
    clock.advance(0.1)
    assert backend.get("key") is None


@pytest.mark.parametrize("value", ["1", None, [1], True, 1.0], ids=repr)
def test_what_is_no_counter_is_a_type_error_and_stays(backend, value):
    backend.set("key", value)

    with pytest.raises(TypeError):
        backend.inc("key")

    assert backend.get_value("key", "missing") == value


def test_counters_end_at_64_bits(backend):
    backend.set("key", 2**63 - 1)

    with pytest.raises(OverflowError):
        backend.inc("key")

    assert backend.get("key") == 2**63 - 1


# -- prefixes and clear ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"), [("a", "ab"), ("a*", "ab"), ("", "a"), ("ä", "a"), ("a", "a|"), ("A", "a")]
)
def test_clear_keeps_to_its_prefix(make, one, other):
    first, second = make(key_prefix=one), make(key_prefix=other)
    first.set("key", 1)
    second.set("key", 2)

    assert first.clear() is True

    assert (first.get("key"), second.get("key")) == (None, 2)


def test_prefix_and_key_are_not_ambiguous(make):
    one, other = make(key_prefix="a"), make(key_prefix="a:b")

    one.set("b:k", 1)
    other.set("k", 2)

    assert (one.get("b:k"), other.get("k")) == (1, 2)


def test_a_callable_prefix_keeps_tenants_apart(make):
    tenant = ["a"]
    backend = make(key_prefix=lambda: tenant[0])
    backend.set("key", "of a")

    tenant[0] = "b"
    assert backend.get("key") is None
    backend.set("key", "of b")
    backend.clear()

    assert make(key_prefix="a").get("key") == "of a"
    assert backend.get("key") is None


def test_a_cleared_cache_can_be_used(backend):
    backend.set("key", 1)
    backend.clear()

    assert backend.get("key") is None
    assert backend.set("key", 2) is True
    assert backend.get("key") == 2


def test_prune_counts_what_has_expired(backend, clock):
    backend.set_many({"a": 1, "b": 2}, 10)
    backend.set_many({"c": 3}, 100)
    backend.set_many({"d": 4}, 0)
    clock.advance(10)

    assert backend.prune() == 2
    assert backend.prune() == 0
    assert backend.get_many("a", "b", "c", "d") == [None, None, 3, 4]


# -- threads -----------------------------------------------------------------------------


def test_of_racing_adds_one_wins(backend):
    wins = in_threads(8, lambda number: [backend.add(f"key {n}", number) for n in range(20)])

    for attempts in zip(*wins, strict=True):
        assert sorted(attempts) == [False] * 7 + [True]


def test_racing_increments_all_count(backend):
    totals = in_threads(8, lambda number: [backend.inc("key") for _ in range(25)])

    assert sorted(total for each in totals for total in each) == list(range(1, 201))


def test_threads_never_read_a_torn_value(backend):
    backend.set("key", b"0" * 100_000)

    def write_and_read(number):
        for _ in range(20):
            backend.set("key", b"%d" % number * 100_000)
            if len(set(backend.get("key"))) != 1:
                return "torn"
        return "whole"

    assert in_threads(6, write_and_read) == ["whole"] * 6


def test_user_code_may_use_the_cache_while_it_is_pickled(backend):
    class Reentrant:
        def __reduce__(self):
            backend.set("key", "from within")
            backend.inc("counter")
            return (str, ("reduced",))

    assert backend.set("key", Reentrant()) is True

    assert backend.get("key") == "reduced"
    assert backend.get("counter") == 1


# -- the model ---------------------------------------------------------------------------

model_keys = st.sampled_from(["a", "b", "c"])
timeouts = st.sampled_from([None, 0, 5, 50, -1])


class AgainstADict(RuleBasedStateMachine):
    """Two backends on one folder answer as a dict with deadlines does."""

    folder = None

    @initialize()
    def begin(self):
        self.clock = Clock()
        options = {"cache_dir": self.folder, "key_prefix": "model", "clock": self.clock}
        self.backends = [FileSystemCache(**options), FileSystemCache(**options)]
        self.backends[0].clear()
        self.model = {}

    def live(self, key):
        value, deadline = self.model.get(key, (None, -1))
        return None if deadline <= self.clock() else value

    def put(self, key, value, timeout):
        life = 300 if timeout is None else timeout
        self.model[key] = (value, self.clock() + life if life else math.inf)

    @rule(key=model_keys, which=st.integers(0, 1))
    def get(self, key, which):
        assert self.backends[which].get(key) == self.live(key)

    @rule(key=model_keys, value=st.integers(0, 9), timeout=timeouts, which=st.integers(0, 1))
    def set(self, key, value, timeout, which):
        assert self.backends[which].set(key, value, timeout) is True
        self.put(key, value, timeout)

    @rule(key=model_keys, value=st.integers(0, 9), timeout=timeouts, which=st.integers(0, 1))
    def add(self, key, value, timeout, which):
        absent = self.live(key) is None
        assert self.backends[which].add(key, value, timeout) is absent
        if absent:
            self.put(key, value, timeout)

    @rule(key=model_keys, delta=st.integers(-3, 3), which=st.integers(0, 1))
    def inc(self, key, delta, which):
        old = self.live(key)
        total = (old or 0) + delta
        assert self.backends[which].inc(key, delta) == total
        if old is None:
            self.put(key, total, None)
        else:
            self.model[key] = (total, self.model[key][1])

    @rule(key=model_keys, timeout=timeouts, which=st.integers(0, 1))
    def touch(self, key, timeout, which):
        old = self.live(key)
        assert self.backends[which].touch(key, timeout) is (old is not None)
        if old is not None:
            self.put(key, old, timeout)

    @rule(key=model_keys, which=st.integers(0, 1))
    def delete(self, key, which):
        assert self.backends[which].delete(key) is (self.live(key) is not None)
        self.model.pop(key, None)

    @rule(which=st.integers(0, 1))
    def clear(self, which):
        self.backends[which].clear()
        self.model.clear()

    @rule(which=st.integers(0, 1))
    def prune(self, which):
        self.backends[which].prune()

    @rule(seconds=st.sampled_from([1, 4, 60]))
    def wait(self, seconds):
        self.clock.advance(seconds)


def test_it_answers_as_a_dict_does(folder):
    class Machine(AgainstADict):
        pass

    Machine.folder = folder
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None)
    )


@given(
    key=st.text(),
    value=st.recursive(
        st.none() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    ),
)
@settings(max_examples=50, deadline=None)
def test_generated_keys_and_values_come_back(tmp_path_factory, key, value):
    backend = FileSystemCache(tmp_path_factory.getbasetemp() / "generated")

    assert backend.set(key, value) is True

    assert backend.get_value(key, "missing") == value


def test_it_declares_what_it_can(backend):
    assert FileSystemCache.capabilities == set(Capability) - {Capability.BULK, Capability.NETWORK}
