"""How is a backend that knows only values, written for 2.x or for cachelib, used?"""

import json
import pickle
import zlib
from datetime import timedelta

import pytest
from flask import Flask

from flask_caching import Cache, SimpleCache, notices
from flask_caching.backends.base import BaseCache, Capability
from flask_caching.backends.foreign import ENTRY_MARK, ForeignCache, is_extended
from flask_caching.errors import CacheUnavailableError, NotSupportedError
from flask_caching.keys.function import version_name
from flask_caching.payload import Entry

from .stores import DictCache

ENTRY = Entry({"a": [1]}, ("function:f", "tag"), ("v1", "v2"))


class Tiny:
    """Has no more than a store must have; its values have to be JSON."""

    def __init__(self):
        self.texts = {}
        self.lives = {}

    def get(self, key):
        return json.loads(self.texts[key]) if key in self.texts else None

    def set(self, key, value, timeout=None):
        self.texts[key] = json.dumps(value)
        self.lives[key] = timeout
        return True

    def delete(self, key):
        return self.texts.pop(key, None) is not None


class Old(Tiny):
    """What a backend written for 2.x has; it notes which of its methods is called."""

    key_prefix = "old_"

    def __init__(self):
        super().__init__()
        self.called = []

    def has(self, key):
        self.called.append("has")
        return int(key in self.texts)

    def add(self, key, value, timeout=None):
        self.called.append("add")
        return int(key not in self.texts and self.set(key, value, timeout))

    def get_many(self, *keys):
        self.called.append("get_many")
        return [self.get(key) for key in keys]

    def set_many(self, mapping, timeout=None):
        self.called.append("set_many")
        return tuple(key for key, value in mapping.items() if self.set(key, value, timeout))

    def delete_many(self, *keys):
        self.called.append("delete_many")
        return [key for key in keys if self.delete(key)]

    def inc(self, key, delta=1):
        self.called.append("inc")
        self.set(key, (self.get(key) or 0) + delta)
        return self.get(key)

    def dec(self, key, delta=1):
        self.called.append("dec")
        return self.inc(key, -delta)

    def clear(self):
        self.called.append("clear")
        self.texts.clear()
        return 1


class Able(Old):
    """Has what came after 2.x as well."""

    capabilities = frozenset({Capability.SUBSECOND})
    remembers = False

    def unlink(self, *keys):
        self.called.append("unlink")
        return self.delete_many(*keys)

    def touch(self, key, timeout=None):
        self.called.append("touch")
        self.lives[key] = timeout
        return key in self.texts

    def prune(self):
        self.called.append("prune")
        return 3

    def close(self):
        self.called.append("close")


@pytest.fixture(params=[Tiny, Old, Able])
def wrapped(request):
    return request.param()


@pytest.fixture
def foreign(wrapped):
    return ForeignCache(wrapped)


# -- every operation, on whatever the store has ------------------------------------------


def test_values_are_stored_as_they_are(foreign, wrapped):
    assert foreign.set("key", {"a": [1]}) is True

    assert wrapped.texts == {"key": '{"a": [1]}'}
    assert foreign.get("key") == {"a": [1]}
    assert foreign.get("missing") is None


def test_several_are_read_and_written_at_once(foreign):
    assert foreign.set_many({"b": 1, "a": [2]}) == ["b", "a"]
    assert foreign.get_many("a", "missing", "b", "a") == [[2], None, 1, [2]]
    assert foreign.get_dict("a", "missing") == {"a": [2], "missing": None}


def test_has_is_a_bool(foreign):
    foreign.set("key", 1)

    assert foreign.has("key") is True
    assert foreign.has("missing") is False


def test_a_miss_is_told_from_a_value(foreign):
    foreign.set("key", 0)

    assert foreign.get_value("key", "default") == 0
    assert foreign.get_value("missing", "default") == "default"


def test_add_keeps_the_first_value(foreign):
    assert foreign.add("key", 1) is True
    assert foreign.add("key", 2) is False
    assert foreign.get("key") == 1


def test_counters_count(foreign):
    assert foreign.inc("count", 5) == 5
    assert foreign.inc("count") == 6
    assert foreign.dec("count", 2) == 4
    assert foreign.dec("count") == 3


def test_entries_are_deleted(foreign):
    foreign.set_many({"a": 1, "b": 2, "c": 3})

    assert foreign.delete("a") is True
    assert foreign.delete("a") is False
    assert foreign.delete_many("b") == ["b"]
    assert foreign.unlink("c") == ["c"]
    assert foreign.get_many("a", "b", "c") == [None] * 3


def test_close_may_be_called_twice(foreign):
    assert foreign.close() is None
    assert foreign.close() is None


# -- what the store has itself is used ---------------------------------------------------


def test_the_stores_own_operations_are_used():
    able = Able()
    foreign = ForeignCache(able)

    for name, arguments in {
        "has": ["key"],
        "add": ["key", 1],
        "get_many": ["key"],
        "set_many": [{"key": 1}],
        "delete_many": ["key"],
        "unlink": ["key"],
        "inc": ["key"],
        "dec": ["key"],
        "touch": ["key"],
        "prune": [],
        "clear": [],
        "close": [],
    }.items():
        able.called.clear()
        getattr(foreign, name)(*arguments)

        assert able.called[0] == name


def test_answers_have_the_types_of_the_contract():
    foreign = ForeignCache(Able())

    assert foreign.clear() is True
    assert foreign.prune() == 3
    assert foreign.touch("missing") is False
    assert foreign.set_many({"key": 1}) == ["key"]


@pytest.mark.parametrize("operation", ["set_many", "delete_many", "unlink"])
def test_an_answer_of_nothing_is_an_empty_list(operation):
    class Silent(Able):
        def set_many(self, mapping, timeout=None):
            return None

        def delete_many(self, *keys):
            return None

    argument = {"key": 1} if operation == "set_many" else "key"

    assert getattr(ForeignCache(Silent()), operation)(argument) == []


@pytest.mark.parametrize(("answer", "listed"), [(True, ["a", "b"]), (False, [])])
def test_an_answer_of_yes_stands_for_all_keys(answer, listed):
    class Older(Tiny):
        def set_many(self, mapping, timeout=None):
            return answer

        def delete_many(self, *keys):
            return answer

    foreign = ForeignCache(Older())

    assert foreign.set_many({"a": 1, "b": 2}) == listed
    assert foreign.delete_many("a", "b") == listed
    assert foreign.unlink("a", "b") == listed


def test_functions_are_memoized_where_add_is_a_stub():
    class Stub(Tiny):
        def add(self, key, value, timeout=None):
            return True

    cache = Cache(Flask("application"), config={"CACHE_TYPE": Stub()})
    calls = []
    memoized = cache.memoize()(lambda: calls.append(1) or len(calls))

    results = [memoized(), memoized()]
    cache.delete_memoized(memoized)

    assert [*results, memoized()] == [1, 1, 2]


def test_a_set_that_answers_nothing_is_passed_on():
    class Silent(Tiny):
        def set(self, key, value, timeout=None):
            return None

    assert ForeignCache(Silent()).set("key", 1) is None


@pytest.mark.parametrize(
    ("operation", "arguments"), [("touch", ["key"]), ("prune", []), ("clear", [])]
)
def test_what_a_store_lacks_is_a_clear_error(operation, arguments):
    with pytest.raises(NotSupportedError, match=rf"Tiny does not support {operation}\(\)"):
        getattr(ForeignCache(Tiny()), operation)(*arguments)


def test_a_base_cache_tells_misses_itself():
    class Telling(BaseCache):
        def get_value(self, key, default=None):
            return None if key == "none" else default

    foreign = ForeignCache(Telling())

    assert foreign.get_value("none", "default") is None
    assert foreign.get_value("missing", "default") == "default"


def test_what_the_core_asks_about_is_the_stores():
    assert ForeignCache(Old()).key_prefix == "old_"
    assert ForeignCache(Old()).remembers is True
    assert ForeignCache(Able()).remembers is False
    assert ForeignCache(Tiny()).key_prefix is None


# -- entries with stamps -----------------------------------------------------------------


def test_an_entry_with_stamps_becomes_a_plain_list(foreign, wrapped):
    foreign.set("key", ENTRY)

    assert wrapped.get("key") == [ENTRY_MARK, {"a": [1]}, ["function:f", "tag"], ["v1", "v2"]]


@pytest.mark.parametrize(
    "store",
    [
        lambda foreign: foreign.set("key", ENTRY),
        lambda foreign: foreign.set_many({"key": ENTRY}),
        lambda foreign: foreign.add("key", ENTRY),
    ],
    ids=["set", "set_many", "add"],
)
def test_an_entry_with_stamps_comes_back_as_one(foreign, store):
    store(foreign)

    for read in (foreign.get("key"), foreign.get_value("key"), *foreign.get_many("key")):
        assert type(read) is Entry
        assert read == ENTRY


@pytest.mark.parametrize(
    "value", [[1, 2, 3, 4], ["a", "b", "c", "d"], [ENTRY_MARK], [ENTRY_MARK, 1, [], [], 5], "abcd"]
)
def test_an_applications_own_list_is_no_entry(foreign, value):
    foreign.set("key", value)

    assert foreign.get("key") == value


# -- keys and lives ----------------------------------------------------------------------

ON_ONE_KEY = {
    "get": lambda foreign, key: foreign.get(key),
    "get_value": lambda foreign, key: foreign.get_value(key),
    "get_many": lambda foreign, key: foreign.get_many(key),
    "get_dict": lambda foreign, key: foreign.get_dict(key),
    "has": lambda foreign, key: foreign.has(key),
    "set": lambda foreign, key: foreign.set(key, 1),
    "set_many": lambda foreign, key: foreign.set_many({key: 1}),
    "add": lambda foreign, key: foreign.add(key, 1),
    "inc": lambda foreign, key: foreign.inc(key),
    "dec": lambda foreign, key: foreign.dec(key),
    "delete": lambda foreign, key: foreign.delete(key),
    "delete_many": lambda foreign, key: foreign.delete_many(key),
    "unlink": lambda foreign, key: foreign.unlink(key),
}


@pytest.mark.parametrize("operation", ON_ONE_KEY.values(), ids=ON_ONE_KEY.keys())
@pytest.mark.parametrize(
    ("key", "error"), [(5, TypeError), (b"k", TypeError), ("\ud800", ValueError)]
)
def test_a_bad_key_never_reaches_the_store(foreign, wrapped, operation, key, error):
    with pytest.raises(error):
        operation(foreign, key)

    assert wrapped.texts == {}


WITH_TIMEOUT = {
    "set": lambda foreign, timeout: foreign.set("key", 1, timeout),
    "set_many": lambda foreign, timeout: foreign.set_many({"key": 1}, timeout),
    "add": lambda foreign, timeout: foreign.add("key", 1, timeout),
    "touch": lambda foreign, timeout: foreign.touch("key", timeout),
}
on_every_timeout = pytest.mark.parametrize(
    "operation", WITH_TIMEOUT.values(), ids=WITH_TIMEOUT.keys()
)


class Touching(Old):
    touch = Able.touch


@on_every_timeout
@pytest.mark.parametrize(
    ("timeout", "life"),
    [
        (None, None),
        (0, 0),
        (5, 5),
        (0.5, 1),
        (1.25, 2),
        (timedelta(milliseconds=1_500), 2),
        (-1, -1),
        (-0.5, -1),
        (timedelta(milliseconds=-1), -1),
    ],
    ids=repr,
)
def test_lives_are_whole_seconds_rounded_away_from_for_ever(operation, timeout, life):
    old = Touching()

    operation(ForeignCache(old), timeout)

    assert old.lives["key"] == life
    assert type(old.lives["key"]) is type(life)


@on_every_timeout
@pytest.mark.parametrize(
    ("timeout", "life"), [(0.5, 0.5), (-0.5, -0.5), (timedelta(days=1), 86_400)]
)
def test_a_store_that_takes_finer_lives_gets_them(operation, timeout, life):
    able = Able()

    operation(ForeignCache(able), timeout)

    assert able.lives["key"] == life


@on_every_timeout
@pytest.mark.parametrize(
    ("timeout", "error"), [(True, TypeError), ("5", TypeError), (float("nan"), ValueError)]
)
def test_a_bad_timeout_never_reaches_the_store(operation, timeout, error):
    old = Touching()

    with pytest.raises(error):
        operation(ForeignCache(old), timeout)

    assert old.lives == {}


# -- subclasses of the backends here -----------------------------------------------------


class Compressing:
    """Stores something else than it is given."""

    def get(self, key):
        kept = super().get(key)
        return None if kept is None else pickle.loads(zlib.decompress(kept))

    def set(self, key, value, timeout=None):
        return super().set(key, zlib.compress(pickle.dumps(value)), timeout)


class Namespacing:
    """Stores under other keys than it is given."""

    def get(self, key):
        return super().get(f"ns:{key}")

    def set(self, key, value, timeout=None):
        return super().set(f"ns:{key}", value, timeout)

    def has(self, key):
        return super().has(f"ns:{key}")

    def delete(self, key):
        return super().delete(f"ns:{key}")


class WrappingNone:
    """Stores a None as something else, as applications do that want to tell it from a miss."""

    def get(self, key, default=None):
        kept = super().get(key)
        if kept is None:
            return default
        return None if kept == "<none>" else kept

    def set(self, key, value, timeout=None):
        return super().set(key, "<none>" if value is None else value, timeout)


def extending(override, base):
    return type(f"{override.__name__}{base.__name__}", (override, base), {})


@pytest.fixture(params=[SimpleCache, DictCache])
def base(request):
    return request.param


@pytest.fixture(params=[Compressing, Namespacing, WrappingNone])
def extended(request, base):
    """Give a cache over a backend that a subclass changed."""
    return Cache(Flask("application"), config={"CACHE_TYPE": extending(request.param, base)()})


def counting(result=None):
    """Make a function that counts its calls."""
    calls = []

    def counted():
        calls.append(1)
        return result

    counted.calls = calls
    return counted


@pytest.mark.parametrize("result", [[1], None], ids=repr)
def test_a_subclass_keeps_what_functions_give(extended, result):
    function, plain = counting(result), counting(result)
    memoized = extended.memoize(cache_none=True)(function)
    cached = extended.cached(key_prefix="plain", cache_none=True)(plain)

    results = [memoized(), memoized(), cached(), cached()]

    assert results == [result] * 4
    assert [len(function.calls), len(plain.calls)] == [1, 1]


def test_what_a_subclass_keeps_of_a_function_can_be_invalidated(extended):
    function = counting([1])
    memoized = extended.memoize()(function)

    memoized()
    extended.delete_memoized(memoized)
    memoized()
    memoized()

    assert len(function.calls) == 2


def test_each_way_of_reading_goes_through_the_override(extended):
    extended.set("a", [1])
    extended.set("none", None)

    assert extended.get("a") == [1]
    assert extended.get("a", "default") == [1]
    assert extended.get_value("a", "default") == [1]
    assert extended.get_value("none", "default") is None
    assert extended.get_value("missing", "default") == "default"
    assert extended.get_many("a", "missing") == [[1], None]
    assert extended.get_dict("a", "missing") == {"a": [1], "missing": None}


def test_each_way_of_writing_goes_through_the_override(extended):
    assert extended.set_many({"a": [1]}) == ["a"]
    assert extended.add("b", [2]) is True
    assert extended.add("b", [3]) is False
    assert extended.inc("count", 5) == 5
    assert extended.dec("count") == 4

    backend = extended.cache
    assert [backend.get(key) for key in ("a", "b", "count")] == [[1], [2], 4]


def test_each_way_of_deleting_goes_through_the_override(extended):
    for key in "abc":
        extended.set(key, [1])

    deleted = [extended.delete("a"), extended.delete_many("b"), extended.unlink("c")]

    assert deleted == [True, ["b"], ["c"]]
    assert [extended.cache.get(key) for key in "abc"] == [None] * 3


class Renamed:
    """Overrides nothing."""


class Declared(Namespacing):
    """Says itself that it takes entries."""

    keeps_entries = True


@pytest.mark.parametrize("override", [Renamed, Declared])
def test_a_subclass_that_keeps_entries_is_used_as_it_is(base, override):
    backend = extending(override, base)()

    cache = Cache(Flask("application"), config={"CACHE_TYPE": backend})

    assert cache.lookup.backend is backend


@pytest.mark.parametrize("override", [Compressing, Namespacing, WrappingNone])
def test_a_subclass_of_an_extended_class_is_extended_too(base, override):
    assert is_extended(extending(Renamed, extending(override, base)))
    assert not is_extended(extending(Declared, extending(override, base)))


# -- the versions of functions -----------------------------------------------------------


@pytest.fixture
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


def test_a_version_lives_30_days_at_most_also_after_an_invalidation():
    tiny = Tiny()
    cache = Cache(Flask("application"), config={"CACHE_TYPE": tiny})
    memoized = cache.memoize()(lambda: 1)
    name = version_name(memoized.uncached)

    memoized()
    made = tiny.lives.pop(name)
    cache.delete_memoized(memoized)

    assert [made, tiny.lives[name]] == [30 * 24 * 3600] * 2


class Forgetful(Tiny):
    """Takes long lives, and keeps nothing under them."""

    def set(self, key, value, timeout=None):
        return True if timeout and timeout > 3600 else super().set(key, value, timeout)


def test_a_store_that_does_not_keep_versions_is_named_once(nothing_was_told_yet, caplog):
    cache = Cache(Flask("application"), config={"CACHE_TYPE": Forgetful()})
    function = counting()
    memoized = cache.memoize()(function)

    for _ in range(3):
        memoized()

    assert len(function.calls) == 3
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("Forgetful does not keep versions")


def test_an_invalidation_that_a_store_refuses_is_an_error():
    class Refusing(Tiny):
        def set(self, key, value, timeout=None):
            return False

    cache = Cache(Flask("application"), config={"CACHE_TYPE": Refusing()})
    memoized = cache.memoize()(lambda: 1)

    with pytest.raises(CacheUnavailableError, match="nothing was invalidated"):
        cache.delete_memoized(memoized)


def test_the_life_that_an_entry_has_left_is_asked_where_it_can_be(clock):
    plain, knowing = ForeignCache(Tiny()), ForeignCache(SimpleCache(clock=clock))
    for backend in (plain, knowing):
        backend.set("key", 1, 10)

    assert plain.life_left("key") is None
    assert knowing.life_left("key") == 10
