"""What does the application get, and what do the log and the hooks, while the store fails?"""

import logging
import os

import pytest
from flask import Flask, render_template_string

from flask_caching import BaseCache, Cache, SimpleCache, signals
from flask_caching.backends.base import Capability
from flask_caching.breaker import State
from flask_caching.errors import CacheUnavailableError, ConfigError, SerializationError
from flask_caching.outages import CALM, READS, WRITES, Outages, StoreLeftAloneError
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, in_thread, in_threads, results

FAILURES, PAUSE = 3, 10

READING = {
    "get": (lambda cache: cache.get("key"), None),
    "get, a default": (lambda cache: cache.get("key", "default"), "default"),
    "get_value": (lambda cache: cache.get_value("key", "default"), "default"),
    "get_many": (lambda cache: cache.get_many("key", "other"), [None, None]),
    "get_dict": (lambda cache: cache.get_dict("key", "other"), {"key": None, "other": None}),
    "has": (lambda cache: cache.has("key"), False),
}
WRITING = {
    "set": (lambda cache: cache.set("key", 1), False),
    "set_many": (lambda cache: cache.set_many({"key": 1, "other": 2}), []),
    "add": (lambda cache: cache.add("key", 1), False),
    "inc": (lambda cache: cache.inc("key"), None),
    "dec": (lambda cache: cache.dec("key"), None),
    "touch": (lambda cache: cache.touch("key", 5), False),
}
DIRECT = {**READING, **WRITING}


def memoized(number):
    return [number]


INVALIDATING = {
    "delete": lambda cache: cache.delete("key"),
    "delete_many": lambda cache: cache.delete_many("key", "other"),
    "unlink": lambda cache: cache.unlink("key"),
    "clear": lambda cache: cache.clear(),
    "delete_memoized": lambda cache: cache.delete_memoized(cache.memoize()(memoized)),
    "delete_memoized of a call": lambda cache: cache.delete_memoized(cache.memoize()(memoized), 1),
    "delete_memoized_verhash": lambda cache: cache.delete_memoized_verhash(
        cache.memoize()(memoized)
    ),
    "delete_cached": lambda cache: cache.delete_cached(cache.cached(key_prefix="key")(memoized)),
}
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")
OPERATIONS = [*sorted(READS | WRITES), "delete", "delete_many", "unlink", "clear"]
direct = pytest.mark.parametrize(("call", "answer"), DIRECT.values(), ids=DIRECT)
invalidating = pytest.mark.parametrize("call", INVALIDATING.values(), ids=INVALIDATING)


class Store(SimpleCache):
    """A store with a network, whose trips are counted and which fails as it is told."""

    capabilities = SimpleCache.capabilities | {Capability.NETWORK}
    keeps_entries = True

    def __init__(self, **options):
        super().__init__(**options)
        self.trips = []
        #: What raises: names of operations.
        self.failing = set()
        self.error = CacheUnavailableError("nobody at redis://:s3cret@cache")


def _operation(name):
    def operation(self, *args, **kwargs):
        self.trips.append(name)
        if name in self.failing:
            raise self.error
        return getattr(SimpleCache, name)(self, *args, **kwargs)

    return operation


for _name in OPERATIONS:
    setattr(Store, _name, _operation(_name))


class StoreInMemory(Store):
    """The same, without a network."""

    capabilities = SimpleCache.capabilities


@pytest.fixture
def make(clock):
    """Make a cache on an application of its own, by the test's clock."""

    def make(kind=Store, cls=Cache, **config):
        settings = {"CACHE_BREAKER_FAILURES": FAILURES, "CACHE_BREAKER_PAUSE": PAUSE, **config}
        cache = cls(Flask("application"), config={"CACHE_TYPE": kind, **settings})
        flow = cache.lookup
        flow.outages = Outages(
            flow.store, flow.settings, flow._use, flow._breaker_changed, clock=clock
        )
        return cache

    return make


@pytest.fixture
def cache(make):
    return make()


@pytest.fixture
def store(cache):
    return cache.cache


def fail(cache, times=FAILURES):
    """Let the store fail, and be asked."""
    cache.cache.failing = set(OPERATIONS)
    for _ in range(times):
        cache.get("key")


def recover(cache):
    cache.cache.failing = set()
    cache.cache.trips.clear()


def lines(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records]


# -- the policy --------------------------------------------------------------------------


@direct
def test_a_direct_call_is_answered_without_a_store_that_fails(cache, store, call, answer):
    store.failing = set(OPERATIONS)

    assert call(cache) == answer
    assert cache.lookup.statistics.errors == 1


@invalidating
def test_an_invalidation_that_did_not_happen_is_an_error(cache, store, call):
    store.failing = set(OPERATIONS)

    with pytest.raises(CacheUnavailableError, match="nobody"):
        call(cache)


@direct
@pytest.mark.parametrize(
    ("debug", "config"),
    [
        (True, {}),
        (False, {"CACHE_FAIL_OPEN": False}),
        (False, {"CACHE_FAIL_OPEN": "0"}),
        (False, {"CACHE_FAIL_OPEN": "legacy"}),
        (True, {"CACHE_FAIL_OPEN": "legacy"}),
    ],
    ids=repr,
)
def test_a_direct_call_raises_where_the_application_wants_that(make, call, answer, debug, config):
    cache = make(**config)
    cache.app.debug = debug
    cache.cache.failing = set(OPERATIONS)

    with pytest.raises(CacheUnavailableError, match="nobody"):
        call(cache)

    assert cache.lookup.statistics.errors == 1


@direct
def test_failing_open_may_be_wanted_while_debugging(make, call, answer):
    cache = make(CACHE_FAIL_OPEN=True)
    cache.app.debug = True
    cache.cache.failing = set(OPERATIONS)

    assert call(cache) == answer


@pytest.mark.parametrize(
    ("debug", "wanted", "raises"),
    [
        (False, None, False),
        (True, None, True),
        (False, False, True),
        (True, True, False),
        (False, "legacy", False),
        (True, "legacy", True),
    ],
)
def test_decorators_and_templates_do_as_the_setting_says(make, debug, wanted, raises):
    cache = make(CACHE_FAIL_OPEN=wanted)
    app = cache.app
    app.debug = debug
    cache.cache.failing = set(OPERATIONS)
    template = "{% cache 60, 'box' %}body{% endcache %}"
    calls = {
        "cached": cache.cached(key_prefix="key")(lambda: "body"),
        "memoize": cache.memoize()(lambda: "body"),
        "get_or_set": lambda: cache.get_or_set("key", "body"),
        "template": lambda: render_template_string(template),
        "del": lambda: render_template_string(template.replace("60", "'del'")),
    }

    with app.test_request_context():
        for call in calls.values():
            if raises:
                with pytest.raises(CacheUnavailableError):
                    call()
            else:
                assert call() == "body"


def test_an_error_of_the_operating_system_is_the_stores(cache, store):
    store.failing, store.error = {"get"}, TimeoutError("too late")

    assert cache.get("key", 5) == 5


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda cache: cache.set("key", lambda: None), SerializationError),
        (lambda cache: cache.set("key", 1, timeout=[]), TypeError),
        (lambda cache: cache.get("\ud800"), ValueError),
        (lambda cache: cache.inc("text"), TypeError),
        (lambda cache: cache.set("key", 1, no_such_option=1), TypeError),
    ],
)
def test_a_mistake_is_raised_and_is_no_outage(cache, call, error):
    cache.set("text", "no counter")

    with pytest.raises(error):
        call(cache)

    assert cache.lookup.backend is cache.cache


def test_options_of_the_backend_reach_it_and_fail_open_too(make):
    class WithOptions(Store):
        def get(self, key, default=None, **options):
            return super().get(key)

        get_many = get_dict = lambda self, *keys, **options: Store.get(self, *keys)

        def has(self, key, **options):
            return Store.get(self, key)

    cache = make(WithOptions)
    cache.cache.failing = {"get"}

    assert cache.get("key", "default", near=True) == "default"
    assert cache.get_many("key", near=True) == [None]
    assert cache.get_dict("key", near=True) == {"key": None}
    assert cache.has("key", near=True) is False


def test_the_setting_is_checked(make):
    with pytest.raises(ConfigError, match=r"CACHE_FAIL_OPEN: must be True, False, 'legacy'.*'no!'"):
        make(CACHE_FAIL_OPEN="no!")
    with pytest.raises(ConfigError, match="CACHE_BREAKER_FAILURES: must be a whole number"):
        make(CACHE_BREAKER_FAILURES=-1)
    with pytest.raises(ConfigError, match="CACHE_BREAKER_PAUSE: must be at least 0 seconds"):
        make(CACHE_BREAKER_PAUSE=-1)


@pytest.mark.parametrize(
    ("value", "read"),
    [("true", True), ("no", False), (1, True), ("legacy", "legacy"), ("", None), (None, None)],
)
def test_the_setting_may_come_from_the_environment(make, value, read):
    assert make(CACHE_FAIL_OPEN=value).lookup.settings.fail_open is read


#: What removes always tries the store; the rest makes no trip.
REMOVING = {"delete", "delete_many", "unlink", "clear", "prune"}
WITHOUT_A_TRIP = {"factory", "note_miss", "close", "life"}


def test_of_each_operation_of_a_backend_it_is_known_what_it_is():
    operations = {name for name, value in vars(BaseCache).items() if callable(value)}
    operations |= {
        name for name, value in vars(BaseCache).items() if isinstance(value, classmethod)
    }
    public = {name for name in operations if not name.startswith("_")}

    assert public == READS | WRITES | REMOVING | WITHOUT_A_TRIP


# -- the log -----------------------------------------------------------------------------

BEGUN = ("ERROR", "Answered without the cache: no answer")


def test_an_outage_is_two_lines_however_many_calls_it_lasts(cache, store, caplog, clock):
    store.error = CacheUnavailableError("no answer")
    fail(cache, 100)
    clock.advance(PAUSE)
    recover(cache)
    for _ in range(100):
        cache.get("key")

    assert lines(caplog) == [
        BEGUN,
        (
            "WARNING",
            "The cache is back after 10.0 s, in which 100 calls were answered without it.",
        ),
    ]
    assert caplog.records[0].exc_info[1] is store.error


def test_a_password_in_an_error_is_not_logged(cache, caplog):
    fail(cache)

    assert "s3cret" not in caplog.text
    assert "nobody at redis://:(hidden)@cache" in caplog.text


def test_the_next_outage_is_said_again(cache, caplog, clock):
    for _ in range(2):
        fail(cache)
        clock.advance(PAUSE)
        recover(cache)
        cache.get("key")

    assert [level for level, _ in lines(caplog)] == ["ERROR", "WARNING"] * 2


def test_another_kind_of_error_within_an_outage_is_said_too(make, caplog):
    cache = make(StoreInMemory)
    fail(cache)
    cache.cache.error = PermissionError("read only")
    fail(cache)

    assert [level for level, _ in lines(caplog)] == ["ERROR"] * 2


def test_a_store_that_fails_now_and_then_has_one_outage(make, caplog, clock):
    # One of several servers is down: the keys of the others are answered.
    cache = make(CACHE_BREAKER_PAUSE=0)
    for _ in range(50):
        fail(cache, 1)
        clock.advance(CALM / 2)
        recover(cache)
        cache.get("key")
    assert len(caplog.records) == 1

    clock.advance(CALM)
    cache.get("key")

    assert lines(caplog)[1:] == [
        ("WARNING", "The cache is back after 26.0 s, in which 50 calls were answered without it.")
    ]


def test_a_store_that_reads_and_does_not_write_has_one_outage(make, caplog, clock):
    cache = make(StoreInMemory)
    cache.cache.failing = {"set"}
    for number in range(5):
        cache.get_or_set(str(number), "value")
        clock.advance(2 * PAUSE)
    assert len(caplog.records) == 1

    recover(cache)
    cache.get_or_set("key", "value")

    assert len(caplog.records) == 2


def test_what_raises_is_not_said_to_be_answered(make, caplog, clock):
    cache = make(CACHE_FAIL_OPEN=False)
    cache.cache.failing = {"get"}
    for _ in range(2):
        with pytest.raises(CacheUnavailableError):
            cache.get("key")
    recover(cache)
    clock.advance(PAUSE)
    cache.get("key")

    assert caplog.records == []
    assert cache.lookup.backend is cache.cache


def test_an_error_of_a_key_function_is_no_outage(cache, caplog):
    answer = cache.cached(make_cache_key=lambda: {}["no key"])(lambda: "answer")

    assert [answer(), answer()] == ["answer", "answer"]
    assert len(caplog.records) == 2
    assert cache.lookup.backend is cache.cache


# -- the breaker -------------------------------------------------------------------------


def test_a_store_that_is_well_is_talked_to_without_anything_in_between(cache):
    cache.get("key")

    assert cache.lookup.backend is cache.lookup.seen is cache.lookup.store is cache.cache


def test_after_failures_in_a_row_the_store_is_left_alone(cache, store):
    fail(cache)
    store.trips.clear()

    answers = [call(cache) for call, _ in DIRECT.values()]

    assert answers == [answer for _, answer in DIRECT.values()]
    assert cache.cached(key_prefix="key")(lambda: "answer")() == "answer"
    assert cache.memoize()(lambda: "answer")() == "answer"
    assert store.trips == []
    assert cache.lookup.outages.breaker.state is State.OPEN


def test_who_wants_errors_is_told_that_the_store_was_not_asked(make):
    cache = make(CACHE_FAIL_OPEN=False)
    cache.cache.failing = {"get"}
    for _ in range(FAILURES):
        with pytest.raises(CacheUnavailableError):
            cache.get("key")

    with pytest.raises(
        StoreLeftAloneError,
        match=r"failed 3 times in a row and is asked again in 10.0 s. It failed with: nobody at "
        r"redis://:\(hidden\)@cache",
    ):
        cache.get("key")


def test_a_success_in_between_keeps_it_closed(cache, store):
    for _ in range(10):
        fail(cache, FAILURES - 1)
        recover(cache)
        cache.get("key")

    assert cache.lookup.outages.breaker.state is State.CLOSED


def test_it_closes_by_itself_and_everything_works_as_before(cache, store, clock):
    calls = []
    answer = cache.memoize()(lambda: calls.append("called") or len(calls))
    fail(cache)
    answer()
    clock.advance(PAUSE)
    recover(cache)

    assert [answer() for _ in range(3)] == [2, 2, 2]
    assert cache.lookup.backend is cache.lookup.seen is store


def test_a_probe_that_fails_leaves_the_store_alone_for_another_pause(cache, store, clock):
    fail(cache)
    clock.advance(PAUSE)
    store.trips.clear()

    fail(cache, 5)

    assert store.trips == ["get"]


def test_one_caller_probes_and_the_others_do_not_wait_for_it(make, clock):
    gate = Gate()

    class Slow(Store):
        def get(self, key):
            if key == "slow":
                gate.stop()
            return super().get(key)

    cache = make(Slow)
    fail(cache)
    clock.advance(PAUSE)
    recover(cache)
    probe = in_thread(lambda: cache.get("slow", "default"))
    gate.await_arrival()

    others = in_threads(8, lambda _: cache.get("key", "without"))

    assert others == ["without"] * 8
    assert cache.cache.trips == []
    gate.open()
    assert results([probe]) == ["default"]
    assert cache.lookup.outages.breaker.state is State.CLOSED


def test_a_mistake_of_the_probe_leaves_the_probe_to_the_next_caller(cache, clock):
    fail(cache)
    clock.advance(PAUSE)
    recover(cache)

    with pytest.raises(SerializationError):
        cache.set("key", lambda: None)

    assert cache.lookup.outages.breaker.state is State.OPEN
    assert cache.set("key", 1) is True
    assert cache.lookup.outages.breaker.state is State.CLOSED


@invalidating
def test_invalidation_tries_the_store_while_it_is_left_alone(cache, store, call):
    fail(cache)
    store.trips.clear()

    with pytest.raises(CacheUnavailableError, match="nobody"):
        call(cache)

    assert store.trips != []


@invalidating
def test_invalidation_works_while_reading_is_still_left_alone(cache, store, call):
    cache.set("key", 1)
    fail(cache)
    recover(cache)

    call(cache)

    assert store.trips != []


@pytest.mark.parametrize(
    ("kind", "config"),
    [(StoreInMemory, {}), (Store, {"CACHE_BREAKER_FAILURES": 0})],
    ids=["no network", "switched off"],
)
def test_without_a_breaker_each_call_asks(make, kind, config):
    cache = make(kind, **config)

    fail(cache, 50)

    assert cache.cache.trips == ["get"] * 50
    assert cache.lookup.outages.breaker is None


def test_the_first_failure_may_open_it(make):
    cache = make(CACHE_BREAKER_FAILURES=1)

    fail(cache, 5)

    assert cache.cache.trips == ["get"]


def test_errors_that_are_not_of_an_unavailable_store_do_not_open_it(cache, store):
    store.error = PermissionError("read only")

    fail(cache, 10)

    assert cache.lookup.outages.breaker.state is State.CLOSED


def test_a_backend_that_knows_only_values_has_a_breaker_where_it_has_a_network(make):
    class Own(BaseCache):
        capabilities = frozenset({Capability.NETWORK})
        asked = 0

        def get(self, key):
            self.asked += 1
            raise CacheUnavailableError("down")

    cache = make(Own)
    for _ in range(10):
        assert cache.get("key") is None

    assert cache.cache.asked == FAILURES


def test_a_subclass_that_overrides_proxies_is_answered_too(make, clock):
    class Counting(Cache):
        reads = 0

        def get(self, *args, **kwargs):
            self.reads += 1
            return super().get(*args, **kwargs)

    cache = make(cls=Counting)
    answer = cache.cached(key_prefix="key")(lambda: "answer")
    functions = [answer, cache.memoize()(lambda: "answer")]
    cache.cache.failing = set(OPERATIONS)
    assert [function() for function in functions * 5] == ["answer"] * 10
    cache.cache.trips.clear()

    assert [function() for function in functions] == ["answer"] * 2
    assert cache.cache.trips == []

    clock.advance(PAUSE)
    recover(cache)
    before = cache.reads
    assert [function() for function in functions * 2] == ["answer"] * 4
    assert cache.reads == before + 4
    assert cache.lookup.backend is cache.cache


def test_each_application_has_its_own(make, clock):
    one, other = make(), make()
    fail(one)
    one.init_app(other.app, {"CACHE_TYPE": Store})

    with other.app.app_context():
        one.set("key", 1)

        assert one.get("key") == 1
    assert one.lookup.outages.breaker.state is State.CLOSED


def test_a_refusal_that_is_noted_when_the_store_is_back_begins_no_outage(cache, caplog):
    # A thread was refused, another one's probe closed the breaker and ended the outage meanwhile.
    cache.lookup.outages.note(StoreLeftAloneError("late"), writing=False, is_answered=True)

    assert cache.lookup.backend is cache.cache
    assert caplog.records == []
    fail(cache, FAILURES - 1)
    assert cache.lookup.outages.breaker.state is State.CLOSED


@needs_fork
def test_a_child_that_is_forked_in_an_outage_answers_and_recovers_by_itself(cache, clock):
    fail(cache)

    def child():
        refused = cache.get("key", "without")
        clock.advance(PAUSE)
        recover(cache)
        cache.set("key", "value")
        return [refused, cache.get("key"), cache.lookup.outages.breaker.state.name]

    with cache.lookup.outages._lock():
        assert in_child(child) == ["without", "value", "CLOSED"]
    assert cache.lookup.outages.breaker.state is State.OPEN


# -- who is told -------------------------------------------------------------------------


def test_hooks_and_signals_are_told_when_it_opens_and_closes(make, clock):
    cache = make(CACHE_ENABLE_SIGNALS=True)
    events, heard = [], []
    cache.lookup.observers = [lambda **details: events.append((details["event"], details["key"]))]
    with (
        signals.cache_breaker_opened.connected_to(lambda _, cache: heard.append(("opened", cache))),
        signals.cache_breaker_closed.connected_to(lambda _, cache: heard.append(("closed", cache))),
    ):
        fail(cache)
        clock.advance(PAUSE)
        recover(cache)
        cache.get("key")

    assert heard == [("opened", cache), ("closed", cache)]
    assert [event for event in events if event[1] == ""] == [("open", ""), ("close", "")]
    assert events.count(("error", "key")) == FAILURES


def test_no_signal_is_sent_where_they_are_not_enabled(cache):
    heard = []
    with signals.cache_breaker_opened.connected_to(lambda _, cache: heard.append(cache)):
        fail(cache)

    assert heard == []


def test_many_threads_see_answers_only_while_the_store_comes_and_goes(make, clock, caplog):
    caplog.set_level(logging.CRITICAL, "flask_caching")
    cache = make()
    answer = cache.memoize()(lambda number: [number])

    def visit(number):
        for turn in range(200):
            if number == 0:
                cache.cache.failing = set(OPERATIONS) if turn % 20 < 10 else set()
                clock.advance(PAUSE / 5)
            assert answer(turn % 7) == [turn % 7]
            assert cache.get("key", "default") == "default"

    in_threads(6, visit)
    recover(cache)
    for _ in range(3):
        clock.advance(PAUSE)
        cache.get("key")
        cache.get_or_set("written", 1)

    assert cache.lookup.backend is cache.cache
    assert cache.lookup.outages.breaker.state is State.CLOSED
