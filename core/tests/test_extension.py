"""`Cache`: applications, their settings, and what the proxies give back."""

import functools
import hashlib
import importlib
import itertools
import pickle
from datetime import timedelta

import pytest
from flask import Flask

from flask_caching import (
    MISSING,
    BaseCache,
    Cache,
    NotInitializedError,
    NullCache,
    SimpleCache,
    notices,
)
from flask_caching.errors import ConfigError


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def timed(app, clock):
    """Give a cache whose clock the test moves."""
    return Cache(app, config={"CACHE_OPTIONS": {"clock": clock}})


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


def application(name, **config):
    app = Flask(name)
    app.config.update({"CACHE_TYPE": "simple", **config})
    return app


class Minimal(BaseCache):
    """A backend as applications write them: values in, values out."""

    def __init__(self, default_timeout=300):
        super().__init__(default_timeout)
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def set(self, key, value, timeout=None):
        self.values[key] = value
        return True

    def delete(self, key):
        return self.values.pop(key, None) is not None

    def has(self, key):
        return key in self.values

    def clear(self):
        self.values.clear()
        return True


# -- applications ------------------------------------------------------------------------


def test_a_cache_is_given_its_application_when_it_is_made(app):
    cache = Cache(app)

    assert cache.app is app
    assert app.extensions["cache"][cache] is cache.cache


def test_a_cache_may_be_initialized_later(app):
    cache = Cache()
    cache.init_app(app)

    assert isinstance(app.extensions["cache"][cache], SimpleCache)


def test_a_cache_works_without_a_context_through_the_last_application():
    cache = Cache()
    cache.init_app(application("first"))
    cache.init_app(application("last"))
    cache.set("key", "of the last")

    with cache.app.app_context():
        assert cache.get("key") == "of the last"
    assert cache.app.name == "last"


def test_the_active_application_goes_before_the_last_one():
    cache, first, last = Cache(), application("first"), application("last")
    cache.init_app(first)
    cache.init_app(last)

    with first.app_context():
        cache.set("key", "of the first")
        backend = cache.cache

    assert cache.get("key") is None
    assert backend is first.extensions["cache"][cache]


def test_each_application_has_settings_of_its_own(number):
    cache = Cache()
    short = application("short", CACHE_DEFAULT_TIMEOUT=-1)
    long = application("long", CACHE_DEFAULT_TIMEOUT=50)
    cache.init_app(short)
    cache.init_app(long)

    @cache.memoize()
    def answer():
        return number()

    with short.app_context():
        expired = [answer(), answer()]
    with long.app_context():
        kept = [answer(), answer()]

    assert (expired, kept) == ([1, 2], [3, 3])


def test_each_application_has_keys_of_its_own():
    cache, md5, sha = Cache(), application("md5"), application("sha")
    cache.init_app(md5, {"CACHE_HASH_METHOD": "md5"})
    cache.init_app(sha)

    @cache.memoize()
    def answer():
        return 1

    with md5.app_context():
        first = answer.make_cache_key(answer.uncached)
    with sha.app_context():
        second = answer.make_cache_key(answer.uncached)

    assert first != second


def test_an_application_may_have_several_caches(app):
    one, other = Cache(app), Cache(app)
    one.set("key", "one")
    other.set("key", "other")

    assert [one.get("key"), other.get("key")] == ["one", "other"]
    assert set(app.extensions["cache"]) == {one, other}


def test_several_caches_of_an_application_have_settings_of_their_own(app):
    memory = Cache(app)
    off = Cache(app, config={"CACHE_TYPE": "null", "CACHE_NO_NULL_WARNING": True})

    assert isinstance(memory.cache, SimpleCache)
    assert isinstance(off.cache, NullCache)


def test_initializing_again_begins_anew(app):
    cache = Cache(app)
    cache.set("key", "value")
    cache.init_app(app)

    assert cache.get("key") is None


def test_a_cache_without_an_application_names_the_repair():
    with pytest.raises(NotInitializedError) as caught:
        Cache().get("key")

    assert str(caught.value) == (
        "This Cache has no application yet: call cache.init_app(app) when you make the "
        "application, or pass it to Cache(app)."
    )


def test_a_cache_on_another_application_names_the_repair(app):
    cache = Cache(app)

    with Flask("other").app_context(), pytest.raises(NotInitializedError) as caught:
        cache.get("key")

    assert str(caught.value) == (
        "This Cache was never initialized for the application 'other': call "
        "cache.init_app(app) when you make it."
    )


@pytest.mark.parametrize("error", [RuntimeError, KeyError])
def test_a_missing_application_is_the_error_that_it_resembles(error):
    with pytest.raises(error):
        _ = Cache().cache


def test_decorating_needs_no_application(number):
    cache = Cache()

    @cache.memoize()
    def answer():
        return number()

    with pytest.raises(NotInitializedError):
        answer()
    cache.init_app(application("later"))

    assert [answer(), answer()] == [1, 1]


# -- configuration -----------------------------------------------------------------------


def default_timeout(cache):
    return cache.cache.default_timeout


def test_without_configuration_nothing_is_cached_with_a_warning():
    app = Flask("unconfigured")

    with pytest.warns(UserWarning, match="CACHE_TYPE is .*NullCache.*CACHE_NO_NULL_WARNING"):
        cache = Cache(app)

    assert isinstance(cache.cache, NullCache)


@pytest.mark.parametrize("name", ["NullCache", "null"])
def test_the_warning_about_null_can_be_switched_off(name):
    app = application("null", CACHE_TYPE=name, CACHE_NO_NULL_WARNING=True)

    assert isinstance(Cache(app).cache, NullCache)


@pytest.mark.parametrize("name", ["NullCache", "null"])
def test_the_warning_about_null_is_given_for_either_name(name):
    with pytest.warns(UserWarning, match="so nothing is cached"):
        Cache(application("null", CACHE_TYPE=name))


@pytest.mark.parametrize(
    "settings", [{"CACHE_TYPE": "null"}, {"CACHE_TYPE": "simple", "CACHE_TRESHOLD": 5}]
)
@pytest.mark.parametrize("made", [Cache, Cache().init_app])
def test_a_warning_about_the_settings_points_to_the_application(made, settings):
    with pytest.warns(UserWarning, match="Flask-Caching: CACHE_") as caught:
        made(application("warned", **settings))

    # An old Flask on a new Python has warnings of its own.
    ours = [each for each in caught if "Flask-Caching" in str(each.message)]
    assert [each.filename for each in ours] == [__file__]


@pytest.mark.parametrize("name", ["SimpleCache", "simple"])
def test_the_backend_goes_by_either_name(name):
    assert isinstance(Cache(application("app", CACHE_TYPE=name)).cache, SimpleCache)


def test_the_caches_configuration_goes_before_the_applications():
    app = application("app", CACHE_DEFAULT_TIMEOUT=1)

    assert default_timeout(Cache(app, config={"CACHE_DEFAULT_TIMEOUT": 2})) == 2


def test_the_configuration_of_init_app_goes_before_the_caches():
    cache = Cache(config={"CACHE_DEFAULT_TIMEOUT": 2, "CACHE_THRESHOLD": 7})
    cache.init_app(application("app"), {"CACHE_DEFAULT_TIMEOUT": 3})

    assert default_timeout(cache) == 3
    assert cache.cache.threshold == 7


def test_the_caches_configuration_holds_for_an_application_that_comes_later():
    cache = Cache(config={"CACHE_DEFAULT_TIMEOUT": 2})
    cache.init_app(application("app", CACHE_DEFAULT_TIMEOUT=1))

    assert default_timeout(cache) == 2


def test_the_default_timeout_of_the_options_goes_first():
    cache = Cache(application("app", CACHE_DEFAULT_TIMEOUT=1, CACHE_OPTIONS={"default_timeout": 4}))

    assert default_timeout(cache) == 4


def test_the_applications_configuration_is_left_as_it_is():
    app = application("app")
    before = dict(app.config)
    Cache(app, config={"CACHE_DEFAULT_TIMEOUT": 5})

    assert dict(app.config) == before


@pytest.mark.parametrize("config", ["simple", ["CACHE_TYPE"], 5])
def test_a_configuration_that_is_no_dict_is_refused(app, config):
    with pytest.raises(ValueError, match="config: must be"):
        Cache(app, config=config)
    with pytest.raises(ValueError, match="config: must be"):
        Cache().init_app(app, config)


def test_the_parameters_of_cache_may_be_given_by_position(app):
    cache = Cache(app, False, {"CACHE_DEFAULT_TIMEOUT": 5})

    assert default_timeout(cache) == 5
    assert cache.with_jinja2_ext is False
    assert cache.config == {"CACHE_DEFAULT_TIMEOUT": 5}


# -- CACHE_SERIALIZER --------------------------------------------------------------------


class Backwards:
    """A serializer that anyone can tell by its bytes."""

    def dumps(self, value):
        return pickle.dumps(value)[::-1]

    def loads(self, payload):
        return pickle.loads(payload[::-1])


@pytest.mark.parametrize("serializer", [Backwards, Backwards()], ids=["class", "instance"])
def test_the_serializer_is_given_to_the_backend(app, serializer):
    cache = Cache(app, config={"CACHE_SERIALIZER": serializer})
    cache.set("key", ["a list"])

    assert isinstance(cache.cache.serializer, Backwards)
    assert cache.get("key") == ["a list"]


def test_a_backend_without_serializers_is_warned_about(app):
    with pytest.warns(UserWarning, match="CACHE_SERIALIZER has no effect on Minimal"):
        Cache(app, config={"CACHE_TYPE": Minimal, "CACHE_SERIALIZER": Backwards})


@pytest.mark.parametrize("serializer", ["pickles", object(), 5])
def test_what_is_no_serializer_is_refused(app, serializer):
    with pytest.raises(ConfigError, match="CACHE_SERIALIZER: must be 'pickle', 'json'"):
        Cache(app, config={"CACHE_SERIALIZER": serializer})


# -- the proxies -------------------------------------------------------------------------


def test_get_gives_none_for_nothing(cache):
    assert cache.get("key") is None


def test_set_says_that_it_stored(cache):
    assert cache.set("key", [1, 2]) is True
    assert cache.get("key") == [1, 2]


@pytest.mark.parametrize("timeout", [5, 5.0, timedelta(seconds=5)], ids=repr)
def test_set_takes_a_timeout(timed, clock, timeout):
    timed.set("key", "value", timeout=timeout)
    clock.advance(4.9)
    before = timed.get("key")
    clock.advance(0.2)

    assert [before, timed.get("key")] == ["value", None]


def test_get_takes_a_default(cache):
    cache.set("there", "value")

    assert [cache.get("there", "default"), cache.get("gone", "default")] == ["value", "default"]
    assert cache.get("gone", default=0) == 0


def test_get_value_tells_a_stored_none_from_nothing(cache):
    cache.set("none", None)

    assert cache.get_value("none", MISSING) is None
    assert cache.get_value("gone", MISSING) is MISSING
    assert cache.get_value("gone") is None


def test_has_sees_a_stored_none(cache):
    cache.set("none", None)

    assert [cache.has("none"), cache.has("gone")] == [True, False]


def test_add_keeps_the_first_value(cache):
    added = [cache.add("key", "first"), cache.add("key", "second")]

    assert added == [True, False]
    assert cache.get("key") == "first"


def test_add_takes_a_timeout(timed, clock):
    timed.add("key", "first", 5)
    clock.advance(6)

    assert timed.add("key", "second", timeout=5) is True


def test_delete_says_whether_it_was_there(cache):
    cache.set("key", "value")

    assert [cache.delete("key"), cache.delete("key")] == [True, False]
    assert cache.get("key") is None


def test_get_many_keeps_the_order_and_doubles(cache):
    cache.set("a", 1)
    cache.set("b", 2)

    assert cache.get_many("b", "gone", "a", "b") == [2, None, 1, 2]
    assert cache.get_many() == []


def test_get_dict_has_every_key(cache):
    cache.set("a", 1)

    assert cache.get_dict("a", "gone") == {"a": 1, "gone": None}
    assert cache.get_dict() == {}


def test_set_many_gives_the_keys_stored(timed, clock):
    stored = timed.set_many({"b": 2, "a": 1}, timeout=5)
    before = timed.get_many("a", "b")
    clock.advance(6)

    assert stored == ["b", "a"]
    assert before == [1, 2]
    assert timed.get_many("a", "b") == [None, None]


def test_delete_many_gives_the_keys_that_are_gone(cache):
    cache.set_many({"a": 1, "b": 2, "c": 3})

    assert cache.delete_many("a", "gone", "b") == ["a", "gone", "b"]
    assert cache.get_many("a", "b", "c") == [None, None, 3]
    assert cache.delete_many() == []


def test_unlink_gives_the_keys_that_are_gone(cache):
    cache.set_many({"a": 1, "b": 2})

    assert cache.unlink("a", "gone") == ["a", "gone"]
    assert cache.get_many("a", "b") == [None, 2]


def test_clear_forgets_everything(cache):
    cache.set_many({"a": 1, "b": 2})

    assert cache.clear() is True
    assert cache.get_many("a", "b") == [None, None]


def test_inc_and_dec_count(cache):
    counted = [cache.inc("key"), cache.inc("key", 5), cache.dec("key"), cache.dec("key", delta=2)]

    assert counted == [1, 6, 5, 3]
    assert cache.get("key") == 3


def test_a_counter_that_is_not_there_starts_below_zero_too(cache):
    assert cache.dec("key", 3) == -3


def test_touch_gives_a_new_life(timed, clock):
    timed.set("key", "value", timeout=5)
    touched = timed.touch("key", 50)
    clock.advance(49)

    assert touched is True
    assert timed.get("key") == "value"
    assert timed.touch("gone") is False


def test_the_backend_gives_what_cache_does_not_proxy(cache):
    assert cache.cache.prune() == 0


def test_a_key_that_is_no_text_counts_as_its_text_with_one_warning(cache, caplog):
    cache.set(7, "seven")
    read = [cache.get(7), cache.get("7"), cache.get_many(7), cache.get_dict(7), cache.has(7)]

    assert read == ["seven", "seven", ["seven"], {7: "seven"}, True]
    assert caplog.messages == [
        "A cache key is a str; a key of type int is used as str(key), such as '7'."
    ]


def test_every_proxy_takes_a_key_that_is_no_text(cache):
    cache.set_many({1: "one", 2: "two"})
    results = [
        cache.get_value(1),
        cache.add(1, "again"),
        cache.touch(1),
        cache.delete(1),
        cache.delete_many(2),
        cache.inc(3),
        cache.dec(3),
        cache.unlink(3),
        cache.get_or_set(4, "four"),
    ]

    assert results == ["one", False, True, True, ["2"], 1, 0, ["3"], "four"]


# -- get_or_set --------------------------------------------------------------------------


def test_get_or_set_stores_what_is_missing(cache):
    assert [cache.get_or_set("key", "first"), cache.get_or_set("key", "second")] == [
        "first",
        "first",
    ]
    assert cache.get("key") == "first"


def test_get_or_set_computes_only_where_it_is_missing(cache, number):
    assert [cache.get_or_set("key", number), cache.get_or_set("key", number)] == [1, 1]


def test_get_or_set_keeps_none(cache, number):
    def nothing():
        number()

    assert [cache.get_or_set("key", nothing), cache.get_or_set("key", nothing)] == [None, None]
    assert number() == 2


@pytest.mark.parametrize(
    "timeout",
    [5, timedelta(seconds=5), lambda: 5, lambda value: value["lives"]],
    ids=["int", "timedelta", "callable", "callable with the value"],
)
def test_get_or_set_takes_a_timeout(timed, clock, timeout):
    timed.get_or_set("key", {"lives": 5}, timeout)
    clock.advance(4.9)
    before = timed.has("key")
    clock.advance(0.2)

    assert [before, timed.has("key")] == [True, False]


def test_an_error_of_get_or_set_reaches_the_caller(cache):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get_or_set("key", fail)

    assert not cache.has("key")


# -- changes while a value is computed ---------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cache: cache.set("answer", "meanwhile"), "meanwhile"),
        (lambda cache: cache.set_many({"answer": "meanwhile"}), "meanwhile"),
        (lambda cache: cache.delete("answer"), None),
        (lambda cache: cache.delete_many("answer"), None),
        (lambda cache: cache.unlink("answer"), None),
        (lambda cache: cache.clear(), None),
    ],
    ids=["set", "set_many", "delete", "delete_many", "unlink", "clear"],
)
def test_what_was_computed_before_a_change_is_not_stored_after_it(cache, change, expected):
    @cache.cached(key_prefix="answer")
    def answer():
        change(cache)
        return "computed before"

    given = answer()

    assert given == "computed before"
    assert cache.get("answer") == expected


# -- entries that carry versions ---------------------------------------------------------


@pytest.fixture
def memoized(cache):
    """Give a memoized function and the key of its call, which is stored."""

    @cache.memoize()
    def answer():
        return "memoized"

    answer()
    return answer, answer.make_cache_key(answer.uncached)


@pytest.mark.parametrize(
    "read",
    [
        lambda cache, key: cache.get(key),
        lambda cache, key: cache.get(key, "default"),
        lambda cache, key: cache.get_value(key),
        lambda cache, key: cache.get_many(key)[0],
        lambda cache, key: cache.get_dict(key)[key],
        lambda cache, key: cache.get_or_set(key, "default"),
    ],
    ids=["get", "get with default", "get_value", "get_many", "get_dict", "get_or_set"],
)
def test_reading_the_key_of_a_call_gives_its_value(cache, memoized, read):
    _, key = memoized

    assert read(cache, key) == "memoized"


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda cache, key: cache.get(key), None),
        (lambda cache, key: cache.get(key, "default"), "default"),
        (lambda cache, key: cache.get_value(key, "default"), "default"),
        (lambda cache, key: cache.get_many(key)[0], None),
        (lambda cache, key: cache.get_dict(key)[key], None),
        (lambda cache, key: cache.get_or_set(key, "default"), "default"),
    ],
    ids=["get", "get with default", "get_value", "get_many", "get_dict", "get_or_set"],
)
def test_once_invalidated_the_key_of_a_call_gives_nothing(cache, memoized, read, expected):
    answer, key = memoized
    cache.delete_memoized(answer)

    assert read(cache, key) == expected


def test_deleting_the_key_of_a_call_forgets_it(cache, number):
    @cache.memoize()
    def answer():
        return number()

    answer()
    deleted = cache.delete(answer.make_cache_key(answer.uncached))

    assert deleted is True
    assert answer() == 2


# -- a backend of the application's own --------------------------------------------------


def test_a_backend_of_the_applications_own_answers_the_proxies(app):
    cache = Cache(app, config={"CACHE_TYPE": Minimal})
    cache.set("key", "value")

    assert cache.cache.values == {"key": "value"}
    assert [cache.get("key"), cache.get("gone", "default"), cache.get_many("key")] == [
        "value",
        "default",
        ["value"],
    ]


def test_a_backend_of_the_applications_own_carries_memoized_calls(app, number):
    cache = Cache(app, config={"CACHE_TYPE": Minimal})

    @cache.memoize()
    def answer():
        return number()

    before = [answer(), answer()]
    cache.delete_memoized(answer)

    assert before == [1, 1]
    assert [answer(), answer()] == [2, 2]
    assert cache.get(answer.make_cache_key(answer.uncached)) == 2


# -- subclasses that override ------------------------------------------------------------


class Instrumented(Cache):
    """Writes down what is read, stored and deleted, as applications do."""

    def __init__(self, *args, **kwargs):
        self.seen = []
        super().__init__(*args, **kwargs)

    def get(self, *args, **kwargs):
        value = super().get(*args, **kwargs)
        self.seen.append(("get", value))
        return value

    def set(self, *args, **kwargs):
        self.seen.append(("set", args[1], kwargs["timeout"]))
        return super().set(*args, **kwargs)


@pytest.fixture
def instrumented(app):
    return Instrumented(app)


def test_an_overridden_proxy_sees_what_cached_does(instrumented, number):
    @instrumented.cached(timeout=50, key_prefix="answer")
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]
    assert instrumented.seen == [("get", None), ("set", 1, 50), ("get", 1)]


def test_an_overridden_proxy_sees_plain_values_of_memoized_calls(instrumented, number):
    @instrumented.memoize(timeout=50)
    def answer():
        return number()

    before = [answer(), answer()]
    seen = list(instrumented.seen)
    instrumented.delete_memoized(answer)

    assert [*before, answer()] == [1, 1, 2]
    assert seen == [("get", None), ("set", 1, 50), ("get", 1)]


def test_an_overridden_proxy_may_change_what_is_stored(app, number):
    class Doubling(Cache):
        def set(self, key, value, timeout=None):
            return super().set(key, value * 2, timeout)

    cache = Doubling(app)

    @cache.memoize()
    def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


def test_a_subclass_may_override_the_decorators(app):
    class Short(Cache):
        def cached(self, timeout=7, **kwargs):
            return super().cached(timeout=timeout, **kwargs)

        def memoize(self, timeout=8, **kwargs):
            return super().memoize(timeout=timeout, **kwargs)

    cache = Short(app)

    @cache.cached(key_prefix="cached")
    def cached():
        return 1

    @cache.memoize()
    def memoized():
        return 1

    assert [cached.cache_timeout, memoized.cache_timeout] == [7, 8]


def test_a_subclass_may_make_the_keys_of_memoized_calls(app):
    class Suffixed(Cache):
        def _memoize_make_cache_key(self, *args, **kwargs):
            make_cache_key = super()._memoize_make_cache_key(*args, **kwargs)
            return lambda f, *args, **kwargs: f"{make_cache_key(f, *args, **kwargs)}:en"

    cache = Suffixed(app)

    @cache.memoize(make_name=lambda name: "name", args_to_ignore=["b"])
    def answer(a, b=0):
        return a + b

    first = [answer(1, 2), answer(1, 3), answer(2)]
    key = answer.make_cache_key(answer.uncached, 1)
    deleted = cache.delete_memoized(answer, 1)

    assert first == [3, 3, 2]
    assert key.endswith(":en")
    assert (deleted.key, deleted.removed) == (key, True)


def test_keys_made_by_a_subclass_may_count_arguments_that_the_function_does_not_take(app):
    class ByLanguage(Cache):
        language = "en"

        def _memoize_make_cache_key(self, *args, **kwargs):
            make_cache_key = super()._memoize_make_cache_key(*args, **kwargs)
            return lambda f, *a, **kw: make_cache_key(f, *a, language=self.language, **kw)

    cache = ByLanguage(app)

    @cache.memoize()
    def answer():
        return cache.language

    @cache.memoize()
    def variadic(**kwargs):
        return cache.language

    english = [answer(), variadic()]
    cache.language = "de"

    assert [english, [answer(), variadic()]] == [["en", "en"], ["de", "de"]]


# -- hook plugins ------------------------------------------------------------------------


def test_a_hook_plugin_is_told_that_the_cache_is_ready(app, install):
    module = """
        ready = []

        def cache_ready(app, cache, backend):
            ready.append((app, cache, backend))
        """
    install("ready-plugin", {"ready_plugin.py": module}, plugins={"ready": "ready_plugin"})

    cache = Cache(app)

    ready_plugin = importlib.import_module("ready_plugin")
    assert ready_plugin.ready == [(app, cache, cache.cache)]


def test_the_attributes_of_the_settings_are_empty_before_there_is_an_application():
    cache = Cache()

    found = cache.hash_method, cache.source_check, cache.serializer, cache.enable_signals

    assert found == (None, None, None, False)


def test_the_attributes_of_the_settings_are_those_of_the_active_application(app):
    cache = Cache()
    other = Flask("other")
    cache.init_app(app, {"CACHE_TYPE": "simple", "CACHE_SOURCE_CHECK": True})
    cache.init_app(other, {"CACHE_TYPE": "simple", "CACHE_HASH_METHOD": hashlib.md5})

    with app.app_context():
        found = cache.hash_method, cache.source_check, cache.serializer, cache.enable_signals

    assert found == (hashlib.sha256, True, None, False)


def test_a_backend_put_into_the_extensions_is_used_from_then_on(app, cache):
    calls = []

    @cache.memoize()
    def double(number):
        calls.append(number)
        return 2 * number

    other = SimpleCache()
    with app.app_context():
        double(1)
        first = cache.cache
        app.extensions["cache"][cache] = other
        cache.set("key", "value")
        answers = double(1), double(1)

    assert calls == [1, 1]
    assert answers == (2, 2)
    assert other.get("key") == "value"
    assert first.get("key") is None


def test_the_keys_in_memory_can_be_listed(app, cache):
    with app.app_context():
        cache.set_many({"a/1": 1, "a/2": 2, "b": 3})

        assert [key for key in cache.cache._cache if key.startswith("a/")] == ["a/1", "a/2"]


# -- options that only the backend knows -------------------------------------------------


class Optioned(Minimal):
    """Takes an option in each operation, and notes what it is called with."""

    def __init__(self):
        super().__init__()
        self.called = []

    def get(self, key, default=None, touch=False):
        self.called.append(("get", touch))
        return self.values.get(key, default)

    def get_many(self, *keys, default=None):
        self.called.append(("get_many", default))
        return [self.values.get(key, default) for key in keys]

    def get_dict(self, *keys, default=None):
        self.called.append(("get_dict", default))
        return {key: self.values.get(key, default) for key in keys}

    def has(self, key, touch=False):
        self.called.append(("has", touch))
        return key in self.values

    def set(self, key, value, timeout=None, tags=()):
        self.called.append(("set", tags))
        return super().set(key, value, timeout)

    def set_many(self, mapping, timeout=None, tags=()):
        self.called.append(("set_many", tags))
        self.values.update(mapping)
        return list(mapping)

    def add(self, key, value, timeout=None, tags=()):
        self.called.append(("add", tags))
        return self.values.setdefault(key, value) is value

    def inc(self, key, delta=1, start=0):
        self.called.append(("inc", start))
        self.values[key] = self.values.get(key, start) + delta
        return self.values[key]

    def dec(self, key, delta=1, start=0):
        self.called.append(("dec", start))
        self.values[key] = self.values.get(key, start) - delta
        return self.values[key]

    def delete(self, key, quietly=False):
        self.called.append(("delete", quietly))
        return super().delete(key)

    def delete_many(self, *keys, quietly=False):
        self.called.append(("delete_many", quietly))
        return [key for key in keys if self.values.pop(key, None) is not None]

    def unlink(self, *keys, quietly=False):
        self.called.append(("unlink", quietly))
        return [key for key in keys if self.values.pop(key, None) is not None]


@pytest.mark.parametrize(
    ("call", "called", "answer"),
    [
        (lambda cache: cache.get("key", touch=True), ("get", True), 1),
        (lambda cache: cache.get("gone", 5, touch=True), ("get", True), 5),
        (lambda cache: cache.get_many("key", "gone", default=5), ("get_many", 5), [1, 5]),
        (
            lambda cache: cache.get_dict("key", "gone", default=5),
            ("get_dict", 5),
            {"key": 1, "gone": 5},
        ),
        (lambda cache: cache.has("key", touch=True), ("has", True), True),
        (lambda cache: cache.set("new", 2, tags=("a",)), ("set", ("a",)), True),
        (lambda cache: cache.set_many({"new": 2}, tags=("a",)), ("set_many", ("a",)), ["new"]),
        (lambda cache: cache.add("new", 2, tags=("a",)), ("add", ("a",)), True),
        (lambda cache: cache.inc("count", 2, start=10), ("inc", 10), 12),
        (lambda cache: cache.dec("count", 2, start=10), ("dec", 10), 8),
        (lambda cache: cache.delete("key", quietly=True), ("delete", True), True),
        (
            lambda cache: cache.delete_many("key", "gone", quietly=True),
            ("delete_many", True),
            ["key"],
        ),
        (lambda cache: cache.unlink("key", "gone", quietly=True), ("unlink", True), ["key"]),
    ],
    ids=[
        "get",
        "get with default",
        "get_many",
        "get_dict",
        "has",
        "set",
        "set_many",
        "add",
        "inc",
        "dec",
        "delete",
        "delete_many",
        "unlink",
    ],
)
def test_an_option_reaches_the_backend(app, call, called, answer):
    cache = Cache(app, config={"CACHE_TYPE": Optioned()})
    cache.cache.values["key"] = 1

    given = call(cache)

    assert given == answer
    assert cache.cache.called == [called]


def test_an_option_that_the_backend_does_not_take_is_an_error(cache):
    with pytest.raises(TypeError, match="labels"):
        cache.set("key", "value", labels=("a",))


def test_a_value_that_is_set_with_options_is_found_by_the_flow(app, number):
    cache = Cache(app, config={"CACHE_TYPE": Optioned()})
    cache.set("answer", "set", tags=("a",))

    @cache.cached(key_prefix="answer")
    def answer():
        return number()

    assert answer() == "set"


@pytest.mark.parametrize(
    "call",
    [
        lambda cache: cache.get(["a", "b"]),
        lambda cache: cache.get_many(["a", "b"]),
        lambda cache: cache.get_dict(["a", "b"]),
        lambda cache: cache.delete(["a", "b"]),
        lambda cache: cache.delete_many(["a", "b"]),
        lambda cache: cache.unlink(["a", "b"]),
    ],
    ids=["get", "get_many", "get_dict", "delete", "delete_many", "unlink"],
)
def test_a_list_of_keys_without_its_star_is_an_error(cache, call):
    cache.set("a", 1)

    with pytest.raises(TypeError):
        call(cache)

    assert cache.get("a") == 1
