"""How does a store of bytes become a backend?"""

import json
import pickle
import sys
import time
import types

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import MOST_KNOWN, SWAP_ATTEMPTS, BytesCache
from flask_caching.errors import (
    CacheUnavailableError,
    ConfigError,
    NotSupportedError,
    SerializationError,
)
from flask_caching.payload import Entry, pack, unpack
from flask_caching.seals import Signature

from .stores import ContendedCache, DictCache, DownCache, DriverError, FullCache


@pytest.fixture
def store():
    return {}


@pytest.fixture
def backend(store, clock):
    return DictCache(store, clock=clock)


class JSONSerializer:
    """As cachelib's: it answers None where it fails."""

    def dumps(self, value):
        try:
            return json.dumps(value).encode()
        except TypeError:
            return None

    def loads(self, payload):
        return json.loads(payload)


# -- payloads ----------------------------------------------------------------------------


def test_an_entry_is_the_serialized_value_with_its_deadline(backend, store, clock):
    backend.set("key", [1], 10)

    packed = unpack("|key", store["|key"])

    assert pickle.loads(packed.body) == [1]
    assert packed.deadline == clock.now + 10


def test_an_entry_for_ever_has_no_deadline(backend, store):
    backend.set("key", [1], 0)

    assert unpack("|key", store["|key"]).deadline == 0.0


def poisons():
    """Give payloads that were made from a good one and can't be read back."""
    good = pack("|key", pickle.dumps("wrong"), 0.0)
    flipped = bytearray(good)
    flipped[-1] ^= 1
    return {
        "empty": b"",
        "garbage": b"garbage" * 20,
        "cut": good[:-1],
        "longer": good + b"\0",
        "flipped bit": bytes(flipped),
        "another key's": pack("|other", pickle.dumps("wrong"), 0.0),
        "another version's": good.replace(b"FC\x01", b"FC\x00"),
        "of 2.x": b"!" + pickle.dumps("wrong"),
        "a plain integer": b"12",
        "no pickle": pack("|key", b"no pickle", 0.0),
        "empty body": pack("|key", b"", 0.0),
    }


poisoned = pytest.mark.parametrize("payload", poisons().values(), ids=poisons().keys())


@poisoned
def test_an_unreadable_payload_is_a_miss(backend, store, payload):
    store["|key"] = payload

    assert backend.get("key") is None
    assert backend.get_value("key", "default") == "default"
    assert backend.get_dict("key") == {"key": None}


@poisoned
def test_an_unreadable_payload_costs_only_itself(backend, store, payload):
    backend.set_many({"a": 1, "b": [2]})
    store["|key"] = payload

    assert backend.get_many("a", "key", "b") == [1, None, [2]]


@poisoned
def test_an_unreadable_payload_can_be_overwritten(backend, store, payload):
    store["|key"] = payload

    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


@poisoned
def test_an_unreadable_payload_can_be_deleted(backend, store, payload):
    store["|key"] = payload

    backend.delete("key")

    assert store == {}


@poisoned
def test_a_counter_starts_again_over_an_unreadable_payload(backend, store, clock, payload):
    store["|key"] = payload

    assert backend.inc("key", 5) == 5

    clock.advance(299.75)
    assert backend.get("key") == 5
    clock.advance(0.25)
    assert backend.get("key") is None


@pytest.mark.parametrize("payload", [b"", b"garbage", b"!" + pickle.dumps("wrong")], ids=repr)
def test_what_is_no_entry_does_not_count_as_one(backend, store, payload):
    store["|key"] = payload

    assert backend.has("key") is False
    assert backend.touch("key", 5) is False
    assert backend.delete("key") is False
    store["|key"] = payload
    assert backend.add("key", "new") is True
    assert backend.get("key") == "new"


def test_no_poison_runs_what_it_pickles(backend, store, tmp_path):
    canary = tmp_path / "canary"

    class Attack:
        def __reduce__(self):
            return (open, (str(canary), "w"))

    store["|key"] = b"!" + pickle.dumps(Attack())

    assert backend.get("key") is None
    assert not canary.exists()


def test_has_reads_no_value(backend, monkeypatch):
    module = types.ModuleType("application_of_today")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.Gone = type("Gone", (), {"__module__": module.__name__})
    backend.set("key", module.Gone())
    del module.Gone

    assert backend.has("key") is True


def test_another_keys_bytes_are_not_handed_over(backend, store):
    backend.set("mine", "my value")
    backend.set("yours", "your value")

    store["|mine"] = store["|yours"]

    assert backend.get("mine") is None


# -- stamps ------------------------------------------------------------------------------


def test_an_entry_with_stamps_comes_back_as_one(backend):
    entry = Entry([1], ("function:f", "tag"), ("v1", "v2"))

    backend.set("key", entry)

    assert backend.get("key") == entry
    assert type(backend.get("key")) is Entry
    assert backend.get_many("key") == [entry]


def test_the_stamps_travel_in_the_header(backend, store):
    backend.set("key", Entry([1], ("function:f",), ("v1",)))

    packed = unpack("|key", store["|key"])

    assert (packed.names, packed.stamps) == (("function:f",), ("v1",))
    assert pickle.loads(packed.body) == [1]


def test_touch_keeps_the_stamps(backend):
    entry = Entry([1], ("function:f",), ("v1",))
    backend.set("key", entry)

    backend.touch("key", 1_000)

    assert backend.get("key") == entry


def test_a_stamped_entry_is_no_counter(backend):
    entry = Entry(1, ("function:f",), ("v1",))
    backend.set("key", entry)

    with pytest.raises(TypeError, match="counter"):
        backend.inc("key")

    assert backend.get("key") == entry


# -- serializers -------------------------------------------------------------------------


def test_another_serializer_may_be_given(store):
    backend = DictCache(store, serializer=JSONSerializer())

    backend.set("key", [1, None])

    assert unpack("|key", store["|key"]).body == b"[1, null]"
    assert backend.get("key") == [1, None]
    assert backend.inc("count", 2) == 2


def test_a_failure_of_a_serializer_that_answers_none_is_an_error(store):
    backend = DictCache(store, serializer=JSONSerializer())

    with pytest.raises(SerializationError):
        backend.set("key", {1, 2})

    assert store == {}


# -- prefixes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "other"),
    [("a", "ab"), ("", "a"), ("a", "a|"), ("a|b", "a"), ("%7C", "|"), ("a", "A"), ("a%", "a")],
)
def test_prefixes_share_no_entry(store, prefix, other):
    mine, theirs = DictCache(store, key_prefix=prefix), DictCache(store, key_prefix=other)
    keys = ["", "b", "|b", "b|", "%7C"]

    mine.set_many(dict.fromkeys(keys, "mine"))

    assert theirs.get_many(*keys) == [None] * len(keys)


@pytest.mark.parametrize(
    ("prefix", "other"), [("a", "ab"), ("", "a"), ("a", "a|"), ("a|", "a"), ("%", "%25")]
)
def test_clear_keeps_to_its_prefix(store, prefix, other):
    mine, theirs = DictCache(store, key_prefix=prefix), DictCache(store, key_prefix=other)
    for backend in (mine, theirs):
        backend.set_many({"": 1, "b": 2, "|b": 3})

    mine.clear()

    assert mine.get_many("", "b", "|b") == [None] * 3
    assert theirs.get_many("", "b", "|b") == [1, 2, 3]


def test_clear_leaves_what_is_not_a_caches(store):
    store.update({"a": b"foreign", "ab|": b"foreign"})
    backend = DictCache(store, key_prefix="a")
    backend.set("key", 1)

    backend.clear()

    assert store == {"a": b"foreign", "ab|": b"foreign"}


def test_prefix_and_key_are_joined_without_ambiguity(store):
    DictCache(store, key_prefix="a").set("b:k", 1)
    DictCache(store, key_prefix="a:b").set("k", 2)

    assert DictCache(store, key_prefix="a").get("b:k") == 1
    assert DictCache(store, key_prefix="a:b").get("k") == 2


def test_a_callable_prefix_is_asked_at_each_operation():
    tenant = "one"
    backend = DictCache(key_prefix=lambda: tenant)
    backend.set_many({"key": 1, "count": 5})

    tenant = "two"
    seen_by_two = [backend.get("key"), backend.has("key"), backend.inc("count")]
    backend.set("key", 2)
    backend.clear()
    tenant = "one"

    assert seen_by_two == [None, False, 1]
    assert backend.get_dict("key", "count") == {"key": 1, "count": 5}


def test_a_callable_prefix_that_gives_no_text_is_named():
    backend = DictCache(key_prefix=lambda: 5)

    with pytest.raises(ConfigError, match="CACHE_KEY_PREFIX: gave 5, and must give a str"):
        backend.get("key")


# -- trips -------------------------------------------------------------------------------


def test_empty_calls_make_no_trip(backend):
    backend.get_many()
    backend.get_dict()
    backend.set_many({})
    backend.delete_many()

    assert backend.trips == []


@pytest.mark.parametrize(
    "call",
    [
        lambda backend: backend.set_many({"a": 1, "b\ud800": 2}),
        lambda backend: backend.set_many({"a": 1}, "5"),
        lambda backend: backend.delete_many("a", 5),
        lambda backend: backend.inc("a", "5"),
        lambda backend: backend.add("a", object, float("nan")),
        lambda backend: backend.touch("a", True),
    ],
)
def test_what_is_refused_makes_no_trip(backend, call):
    with pytest.raises((TypeError, ValueError)):
        call(backend)

    assert backend.trips == []


def test_a_miss_is_told_from_a_stored_none_in_one_trip(backend):
    backend.get_value("key", "default")

    assert backend.trips == ["get"]


def test_bulk_operations_hand_all_names_over_at_once(clock):
    handed = []

    class Bulk(DictCache):
        def raw_get_many(self, names):
            handed.append(list(names))
            return super().raw_get_many(names)

        def raw_set_many(self, payloads, life):
            handed.append(list(payloads))
            return super().raw_set_many(payloads, life)

        def raw_delete_many(self, names):
            handed.append(list(names))
            super().raw_delete_many(names)

    bulk = Bulk(clock=clock)
    bulk.set_many({"b": 1, "a": 2})
    bulk.get_many("a", "b", "a")
    bulk.delete_many("b", "a", "b")
    bulk.set_many({"a": 1}, -1)

    assert handed == [["|b", "|a"], ["|a", "|b", "|a"], ["|b", "|a"], ["|a"]]


@pytest.mark.parametrize(("timeout", "life"), [(10, 10), (0, 0), (None, 300), (0.5, 0.5)])
def test_the_store_is_told_how_long_it_must_keep_an_entry(backend, timeout, life):
    lives = []
    for call in (
        lambda: backend.set("set", 1, timeout),
        lambda: backend.set_many({"many": 1}, timeout),
        lambda: backend.add("added", 1, timeout),
        lambda: backend.touch("set", timeout),
    ):
        call()
        lives.append(backend.last_life)

    assert lives == [life] * 4


def test_counting_tells_the_store_the_remaining_life(backend, clock):
    backend.set("count", 1, 10)
    clock.advance(4)
    backend.inc("count")
    timed = backend.last_life
    backend.set("count", 1, 0)
    backend.inc("count")

    assert (timed, backend.last_life) == (6, 0)


def test_the_clock_is_the_wall_clock_which_processes_share():
    assert BytesCache()._clock is time.time


# -- a store that refuses ----------------------------------------------------------------


def test_a_write_that_the_store_refuses_is_false():
    full = FullCache()

    assert full.set("key", 1) is False
    assert full.add("key", 1) is False
    assert full.store == {}


def test_set_many_leaves_out_what_the_store_refuses():
    full = FullCache({"|a": b"", "|c": b""})

    assert full.set_many({"c": 1, "b": 2, "a": 3}) == ["c", "a"]


def test_a_counter_that_the_store_refuses_is_an_outage():
    full = FullCache()

    with pytest.raises(CacheUnavailableError, match=r"FullCache\.inc failed: the store refused"):
        full.inc("count")
    full.refusal = False
    with pytest.raises(CacheUnavailableError, match=r"FullCache\.inc gave up"):
        full.inc("count")


def test_a_new_life_that_the_store_refuses_is_false(backend):
    backend.set("key", 1)
    backend.raw_swap = lambda *arguments: None

    assert backend.touch("key", 5) is False


def test_what_the_store_refuses_is_not_tried_again():
    full = FullCache()

    full.add("key", 1)

    assert full.trips.count("swap") == 1


# -- a store that others write to --------------------------------------------------------


@pytest.mark.parametrize("lost", [1, SWAP_ATTEMPTS - 1])
def test_a_write_is_tried_again_when_another_writer_came_first(lost):
    contended = ContendedCache()
    contended.lost = lost
    assert contended.add("key", [1]) is True
    contended.lost = lost
    assert contended.inc("count") == 1
    contended.lost = lost
    assert contended.inc("count") == 2
    contended.lost = lost
    assert contended.touch("key", 5) is True

    assert contended.get_many("key", "count") == [[1], 2]


def test_a_write_is_not_tried_for_ever():
    contended = ContendedCache()
    contended.set("there", 1)

    contended.lost = sys.maxsize
    assert contended.add("key", 1) is False
    assert contended.touch("there", 5) is False
    with pytest.raises(CacheUnavailableError):
        contended.inc("count")

    assert contended.trips.count("swap") == 3 * SWAP_ATTEMPTS


def test_a_delete_that_another_writer_did_first_is_false(backend, store):
    class Raced(DictCache):
        def raw_delete(self, name):
            self.store.clear()
            return super().raw_delete(name)

    raced = Raced(store)
    raced.set("key", 1)

    assert raced.delete("key") is False


# -- a store that is down ----------------------------------------------------------------

ON_A_STORE = {
    "get": lambda backend: backend.get("key"),
    "get_value": lambda backend: backend.get_value("key", "default"),
    "get_many": lambda backend: backend.get_many("key"),
    "get_dict": lambda backend: backend.get_dict("key"),
    "has": lambda backend: backend.has("key"),
    "set": lambda backend: backend.set("key", 1),
    "set negative": lambda backend: backend.set("key", 1, -1),
    "set_many": lambda backend: backend.set_many({"key": 1}),
    "set_many negative": lambda backend: backend.set_many({"key": 1}, -1),
    "add": lambda backend: backend.add("key", 1),
    "inc": lambda backend: backend.inc("key"),
    "dec": lambda backend: backend.dec("key"),
    "touch": lambda backend: backend.touch("key"),
    "delete": lambda backend: backend.delete("key"),
    "delete_many": lambda backend: backend.delete_many("key"),
    "unlink": lambda backend: backend.unlink("key"),
    "clear": lambda backend: backend.clear(),
}
on_every_operation = pytest.mark.parametrize(
    "operation", ON_A_STORE.values(), ids=ON_A_STORE.keys()
)


@on_every_operation
def test_a_store_that_is_down_is_one_error_chained_to_the_drivers(operation):
    with pytest.raises(CacheUnavailableError) as caught:
        operation(DownCache())

    assert isinstance(caught.value.__cause__, DriverError)


def test_the_error_names_backend_operation_and_cause():
    with pytest.raises(CacheUnavailableError) as caught:
        DownCache().get("key")

    assert str(caught.value) == "DownCache.get failed: DriverError: connection refused"


@pytest.mark.parametrize(
    ("failing", "operation"),
    [
        ("set", lambda backend: backend.set("key", "new")),
        ("set", lambda backend: backend.set_many({"key": "new"})),
        ("swap", lambda backend: backend.inc("count")),
        ("swap", lambda backend: backend.touch("key", 5)),
        ("swap", lambda backend: backend.add("absent", 1)),
        ("delete", lambda backend: backend.delete("key")),
        ("delete", lambda backend: backend.set("key", "new", -1)),
    ],
)
def test_a_write_that_fails_leaves_the_old_value(failing, operation):
    backend = DownCache()
    backend.failing = frozenset()
    backend.set_many({"key": "old", "count": 1})

    backend.failing = {failing}
    with pytest.raises(CacheUnavailableError):
        operation(backend)

    assert backend.get_many("key", "count", "absent") == ["old", 1, None]


@on_every_operation
def test_recovery_needs_nothing_but_the_store(operation):
    backend = DownCache()
    with pytest.raises(CacheUnavailableError):
        operation(backend)

    backend.failing = frozenset()
    operation(backend)

    assert backend.set("key", 1) is True
    assert backend.get("key") == 1


def test_delete_many_answers_an_empty_list_where_failures_are_ignored():
    backend = DownCache(ignore_delete_many_errors=True)

    assert backend.delete_many("a", "b") == []


def test_an_error_that_is_not_the_stores_passes():
    class Broken(DictCache):
        def raw_get(self, name):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Broken().get("key")


def test_system_errors_are_the_stores_where_nothing_else_is_said():
    class Disk(BytesCache):
        def raw_get(self, name):
            raise PermissionError("read-only")

    with pytest.raises(CacheUnavailableError, match="PermissionError: read-only"):
        Disk().get("key")


# -- what a subclass does not write ------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        (lambda backend: backend.get("key"), "raw_get"),
        (lambda backend: backend.set("key", 1), "raw_set"),
        (lambda backend: backend.delete_many("key"), "raw_delete"),
        (lambda backend: backend.clear(), "clear"),
        (lambda backend: backend.touch("key"), "touch"),
        (lambda backend: backend.prune(), "prune"),
    ],
    ids=["get", "set", "delete_many", "clear", "touch", "prune"],
)
def test_a_missing_primitive_is_a_clear_error(operation, named):
    with pytest.raises(NotSupportedError) as caught:
        operation(BytesCache())

    assert caught.value.operation == named


class SwaplessCache(BytesCache):
    """Has the four primitives that can't be derived."""

    capabilities = frozenset({Capability.TOUCH})

    def __init__(self):
        super().__init__()
        self.store = {}

    def raw_get(self, name):
        return self.store.get(name)

    def raw_set(self, name, payload, life):
        self.store[name] = payload
        return True

    def raw_delete(self, name):
        return self.store.pop(name, None) is not None


def test_swaps_are_derived_from_reading_and_writing():
    backend = SwaplessCache()

    assert backend.add("key", 1) is True
    assert backend.add("key", 2) is False
    assert backend.inc("key", 5) == 6
    assert backend.touch("key", 10) is True
    assert backend.get("key") == 6


def test_a_derived_swap_writes_only_over_what_is_expected():
    backend = SwaplessCache()
    backend.raw_set("name", b"other", 0)

    assert backend.raw_swap("name", b"expected", b"new", 0) is False
    assert backend.raw_swap("name", None, b"new", 0) is False
    assert backend.store == {"name": b"other"}


class BulkCache(BytesCache):
    """Has the operations on many names only."""

    def __init__(self, store):
        super().__init__()
        self.store = store

    def raw_get_many(self, names):
        return [self.store.get(name) for name in names]

    def raw_set_many(self, payloads, life):
        taken = {name: payload for name, payload in payloads.items() if len(payload) < 1_000}
        self.store.update(taken)
        return list(taken)

    def raw_delete_many(self, names):
        return len([self.store.pop(name) for name in names if name in self.store])


def test_operations_on_many_names_serve_for_one(store):
    backend = BulkCache(store)

    assert backend.set("key", 1) is True
    assert backend.set("large", b"0" * 1_000) is False
    assert list(store) == ["|key"]
    assert backend.get("key") == 1
    assert backend.has("key") is True
    assert backend.delete("key") is True
    assert backend.delete("key") is False
    assert store == {}


class PrunedCache(DictCache):
    capabilities = DictCache.capabilities | {Capability.PRUNE}

    def raw_prune(self, prefix, now):
        self.trip("prune")
        self.asked = prefix, now
        return 2


def test_pruning_is_told_the_prefix_and_the_time(clock):
    backend = PrunedCache(clock=clock, key_prefix="a")

    assert backend.prune() == 2
    assert backend.asked == ("a|", clock())


def test_pruning_a_store_that_is_down_is_one_error(monkeypatch):
    backend = PrunedCache()
    monkeypatch.setattr(backend, "trip", DownCache().trip)
    monkeypatch.setattr(DownCache, "failing", {"prune"})

    with pytest.raises(CacheUnavailableError, match=r"PrunedCache\.prune failed: DriverError"):
        backend.prune()


# -- construction ------------------------------------------------------------------------


class ConfiguredCache(BytesCache):
    settings = {"CACHE_FOO_URL": "url", "CACHE_FOO_SIZE": "size"}

    def __init__(self, url, size=5, default_timeout=300):
        super().__init__(default_timeout)
        self.url = url
        self.size = size


class TimelessCache(BytesCache):
    def __init__(self):
        super().__init__(7)


def configured(cls, *args, options=None, **config):
    return Cache(
        Flask("application"),
        config={"CACHE_TYPE": cls, "CACHE_ARGS": args, "CACHE_OPTIONS": options, **config},
    ).cache


def test_settings_reach_the_constructor():
    backend = configured(ConfiguredCache, CACHE_FOO_URL="foo://", CACHE_FOO_SIZE=0)

    assert (backend.url, backend.size) == ("foo://", 0)


def test_options_go_before_settings():
    backend = configured(ConfiguredCache, CACHE_FOO_URL="foo://", options={"url": "bar://"})

    assert (backend.url, backend.size) == ("bar://", 5)


def test_an_option_or_an_argument_serves_for_a_setting():
    assert configured(ConfiguredCache, options={"url": "bar://"}).url == "bar://"
    assert configured(ConfiguredCache, "baz://").url == "baz://"


@pytest.mark.parametrize("given", [{}, {"CACHE_FOO_URL": None}, {"CACHE_FOO_URL": ""}])
def test_a_setting_that_the_constructor_needs_is_named(given):
    with pytest.raises(ConfigError, match="CACHE_FOO_URL: is not set, and ConfiguredCache needs"):
        configured(ConfiguredCache, **given)


def test_a_constructor_need_not_take_what_every_cache_has():
    backend = configured(
        ConfiguredCache,
        CACHE_FOO_URL="foo://",
        CACHE_KEY_PREFIX="mine",
        CACHE_IGNORE_ERRORS=True,
    )

    assert backend.name("key") == "mine|key"
    assert backend.ignore_delete_many_errors is True
    assert configured(TimelessCache).default_timeout == 7


def test_a_prefix_among_the_options_goes_before_the_setting():
    options = {"key_prefix": "", "ignore_delete_many_errors": False}
    backend = configured(
        BytesCache, CACHE_KEY_PREFIX="mine", CACHE_IGNORE_ERRORS=True, options=options
    )

    assert backend.name("key") == "|key"
    assert backend.ignore_delete_many_errors is False


class TidyCache(DictCache):
    """Removes what readers found expired or broken."""

    def raw_discard(self, name, payload):
        self.trip("discard")
        if self.store.get(name) == payload:
            del self.store[name]


@pytest.mark.parametrize(
    "read", [lambda backend: backend.get("key"), lambda backend: backend.get_many("key")]
)
def test_readers_hand_over_what_has_expired_or_is_no_entry(clock, read):
    backend = TidyCache(clock=clock)
    backend.set("key", 1, 10)
    clock.advance(10)
    read(backend)
    assert backend.store == {}

    backend.store[backend.name("key")] = b"garbage"
    read(backend)
    assert backend.store == {}


def test_what_can_be_read_and_what_is_missing_is_not_handed_over():
    backend = TidyCache()
    backend.set("key", None)

    backend.get_many("key", "missing")

    assert "discard" not in backend.trips


def test_reading_does_not_fail_where_discarding_does():
    class StubbornCache(DictCache):
        def raw_discard(self, name, payload):
            raise DriverError("read-only")

    backend = StubbornCache()
    backend.store[backend.name("key")] = b"garbage"

    assert backend.get_value("key", "miss") == "miss"


def test_a_password_in_a_drivers_error_is_not_told():
    class Remote(DictCache):
        def raw_get(self, name):
            raise DriverError("no answer from redis://app:hunter2@db:6379/0")

    with pytest.raises(CacheUnavailableError, match=r"redis://app:\(hidden\)@db:6379") as caught:
        Remote().get("key")

    assert "hunter2" not in str(caught.value)


# -- how long it lives -------------------------------------------------------------------


def test_the_life_that_an_entry_has_left_is_told(backend, clock):
    backend.set("key", 1, 10)
    backend.set("for ever", 1, 0)
    clock.advance(4)

    assert backend.life_left("key") == 6
    assert backend.life_left("for ever") == 0
    clock.advance(6)
    assert backend.life_left("key") is None
    assert backend.life_left("missing") is None


# -- texts that are known again ----------------------------------------------------------


@pytest.fixture
def unpickled(backend, monkeypatch):
    """What was unpickled, one after the other."""
    found = []

    def loads(body):
        found.append(pickle.loads(body))
        return found[-1]

    monkeypatch.setattr(backend, "_loads", loads)
    return found


def test_a_text_that_lay_there_before_is_not_unpickled_again(backend, unpickled):
    backend.set("version", "one", 0)

    assert [backend.get_many("version", "other") for _ in range(3)] == [["one", None]] * 3
    assert unpickled == ["one"]


def test_another_text_is_read_anew(backend, unpickled):
    backend.set("version", "one", 0)
    backend.get_many("version")

    backend.set("version", "two", 0)

    assert backend.get_many("version") == ["two"]
    backend.delete("version")
    assert backend.get_many("version") == [None]


def test_a_text_that_is_known_expires(backend, clock):
    backend.set("version", "one", 10)
    assert backend.get_many("version") == ["one"]

    clock.advance(10)

    assert backend.get_many("version") == [None]


def test_what_lies_under_another_name_is_not_known(backend, store):
    backend.set("version", "one", 0)
    backend.get_many("version")

    store["|other"] = store["|version"]

    assert backend.get_many("other", "version") == [None, "one"]


def test_a_text_is_known_under_its_seal_only(backend):
    backend.set("version", "one", 0)
    backend.get_many("version")
    secret = []
    backend.seal_by(lambda: Signature(b"secret") if secret else None)
    assert backend.get_many("version") == ["one"]

    secret.append("late")

    assert backend.get_many("version") == [None]


def test_only_short_texts_among_few_are_kept(backend):
    values = {"short": "text", "long": "x" * 300, "list": [1], "number": 1}
    backend.set_many(values)
    backend.get_many(*values)
    backend.get_many(*map(str, range(20)), "short", "other")

    assert list(backend._known_texts) == ["|short"]


def test_no_more_texts_are_kept_than_there_is_room_for(backend):
    for number in range(MOST_KNOWN + 5):
        backend.set(f"key {number}", "text")
        backend.get_many(f"key {number}")

    assert len(backend._known_texts) == 5
