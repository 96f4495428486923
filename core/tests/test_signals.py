"""The four signals of 2.x: sent where ``CACHE_ENABLE_SIGNALS`` is set, with the same arguments."""

import functools
from contextlib import ExitStack

import pytest

from flask_caching import Cache, SimpleCache, signals
from flask_caching_conformance.harness.threads import Gate, crowd, results
from flask_caching_conformance.harness.waiting import wait_until

from .schedules import cache_on

SIGNALS = ["cache_view_hit", "cache_view_miss", "cache_memoize_hit", "cache_memoize_miss"]


@pytest.fixture
def sent():
    """Give the list of (signal, its positional arguments, its arguments by name)."""
    heard = []

    def hear(name, *args, **details):
        heard.append((name, args, details))

    with ExitStack() as stack:
        for name in SIGNALS:
            receiver = functools.partial(hear, name)
            stack.enter_context(getattr(signals, name).connected_to(receiver))
        yield heard


@pytest.fixture
def cache(app):
    return Cache(app, config={"CACHE_ENABLE_SIGNALS": True})


def names(sent):
    return [name for name, _, _ in sent]


# -- what they are sent with -------------------------------------------------------------


def test_a_view_sends_the_cache_the_key_and_the_views_arguments(app, cache, sent):
    @app.route("/<name>")
    @cache.cached()
    def page(name):
        return name

    app.test_client().get("/x")
    app.test_client().get("/x")

    details = {"cache": cache, "cache_key": "view//x", "args": (), "kwargs": {"name": "x"}}
    assert sent == [
        ("cache_view_miss", (None,), details),
        ("cache_view_hit", (None,), details),
    ]


def test_a_cached_function_sends_the_calls_arguments(cache, sent):
    @cache.cached(key_prefix="key")
    def answer(a, b=2):
        return 1

    answer(1, b=3)
    answer(4)

    common = {"cache": cache, "cache_key": "key"}
    assert sent == [
        ("cache_view_miss", (None,), {**common, "args": (1,), "kwargs": {"b": 3}}),
        ("cache_view_hit", (None,), {**common, "args": (4,), "kwargs": {}}),
    ]


def test_a_memoized_function_is_sent_undecorated_besides(cache, sent):
    @cache.memoize()
    def answer(a, b=2):
        return 1

    answer(1, b=3)
    answer(a=1, b=3)

    key = answer.make_cache_key(answer.uncached, 1, 3)
    common = {"cache": cache, "cache_key": key, "f": answer.uncached}
    assert sent == [
        ("cache_memoize_miss", (None,), {**common, "args": (1,), "kwargs": {"b": 3}}),
        ("cache_memoize_hit", (None,), {**common, "args": (), "kwargs": {"a": 1, "b": 3}}),
    ]


def test_a_memoized_method_sends_its_object_among_the_arguments(cache, sent):
    class Adder:
        def __repr__(self):
            return "<Adder>"

        @cache.memoize()
        def add(self, a):
            return a

    adder = Adder()

    adder.add(1)

    [(name, _, details)] = sent
    assert (name, details["args"], details["kwargs"]) == ("cache_memoize_miss", (adder, 1), {})


# -- when they are sent ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["cache_view_miss", "cache_view_hit"]),
        ({"forced_update": lambda: True}, ["cache_view_miss", "cache_view_miss"]),
        ({"is_stale": lambda value: True}, ["cache_view_miss", "cache_view_miss"]),
        ({"response_filter": lambda value: False}, ["cache_view_miss", "cache_view_miss"]),
        ({"unless": lambda: True}, []),
    ],
    ids=["plainly", "forced", "stale", "filtered", "bypassed"],
)
def test_two_calls_of_a_cached_function_send_a_signal_each(cache, sent, options, expected):
    @cache.cached(key_prefix="key", **options)
    def answer():
        return 1

    answer()
    answer()

    assert names(sent) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["cache_memoize_miss", "cache_memoize_miss"]),
        ({"cache_none": True}, ["cache_memoize_miss", "cache_memoize_hit"]),
        ({"cache_none": True, "unless": lambda f: True}, []),
    ],
    ids=["plainly", "none-counts", "bypassed"],
)
def test_two_calls_that_give_none_send_a_signal_each(cache, sent, options, expected):
    @cache.memoize(**options)
    def nothing():
        return None

    nothing()
    nothing()

    assert names(sent) == expected


def test_a_head_request_that_is_answered_from_the_cache_is_a_hit(app, cache, sent):
    @app.route("/")
    @cache.cached()
    def page():
        return "page"

    app.test_client().get("/")
    app.test_client().head("/")

    assert names(sent) == ["cache_view_miss", "cache_view_hit"]


def test_a_function_that_raises_has_sent_its_miss(cache, sent):
    @cache.memoize()
    def failing():
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (it has no message)
        failing()

    assert names(sent) == ["cache_memoize_miss"]


def test_the_miss_is_sent_before_the_function_is_called(cache, sent):
    seen = []

    @cache.memoize()
    def answer():
        seen.extend(names(sent))
        return 1

    answer()

    assert seen == ["cache_memoize_miss"]


def test_template_fragments_and_direct_calls_send_nothing(app, cache, sent):
    cache.set("key", 1)
    cache.get("key")
    cache.get_or_set("other", 2)
    app.jinja_env.from_string("{% cache 5, 'part' %}x{% endcache %}").render()

    assert sent == []


@pytest.mark.parametrize("config", [{}, {"CACHE_ENABLE_SIGNALS": False}])
def test_nothing_is_sent_where_signals_are_not_enabled(app, sent, config):
    cache = Cache(app, config=config)
    cached = cache.cached(key_prefix="key")(lambda: 1)
    memoized = cache.memoize()(lambda: 1)

    for function in (cached, memoized, cached, memoized):
        function()

    assert sent == []


# -- callers that waited -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["view", "memoize"])
def test_a_caller_that_waited_sends_the_hit_that_it_is(sent, kind):
    cache = cache_on(SimpleCache(), CACHE_ENABLE_SIGNALS=True)
    gate = Gate()

    def slow():
        gate.stop()
        return 1

    decorate = cache.cached(key_prefix="key") if kind == "view" else cache.memoize()
    slow = decorate(slow)
    callers = crowd(3, slow)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(2)

    gate.open()

    assert results(callers) == [1, 1, 1]
    assert names(sent) == [f"cache_{kind}_miss"] + [f"cache_{kind}_hit"] * 2
    assert all(details["cache"] is cache for _, _, details in sent)


def test_a_caller_that_waited_for_what_was_not_stored_sends_a_miss(sent):
    cache = cache_on(SimpleCache(), CACHE_ENABLE_SIGNALS=True)
    gate = Gate()

    @cache.cached(key_prefix="key", response_filter=lambda value: False)
    def slow():
        gate.stop()
        return 1

    callers = crowd(3, slow)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(2)

    gate.open()

    assert results(callers) == [1, 1, 1]
    assert names(sent) == ["cache_view_miss"] * 3


def test_a_caller_that_waited_for_an_error_sends_a_miss(sent):
    cache = cache_on(SimpleCache(), CACHE_ENABLE_SIGNALS=True)
    gate = Gate()

    @cache.memoize()
    def slow():
        gate.stop()
        raise LookupError("nothing")

    callers = crowd(3, slow)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(2)

    gate.open()

    for caller in callers:
        with pytest.raises(LookupError, match="nothing"):
            results([caller])
    assert names(sent) == ["cache_memoize_miss"] * 3


# -- of events ---------------------------------------------------------------------------

EVENTS = ["hit", "miss", "store", "refuse", "delete", "invalidate", "stale", "wait", "error"]


@pytest.fixture
def told():
    """Give the list of (event, the arguments by name) of the signals of events."""
    heard = []

    def hear(event, _sender, **details):
        heard.append((event, details))

    with ExitStack() as stack:
        for event in EVENTS:
            receiver = functools.partial(hear, event)
            stack.enter_context(getattr(signals, f"cache_{event}").connected_to(receiver))
        yield heard


def refused(cache):
    cache.cached(key_prefix="key", response_filter=lambda value: False)(lambda: 1)()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda cache: cache.get("key"), ["miss key"]),
        (lambda cache: cache.set("key", 1) and cache.get("key"), ["store key", "hit key"]),
        (lambda cache: cache.set_many({"a": 1, "b": 2}), ["store a", "store b"]),
        (lambda cache: cache.get_or_set("key", 1), ["miss key", "store key"]),
        (lambda cache: cache.cached(key_prefix="key")(lambda: 1)(), ["miss key", "store key"]),
        (refused, ["miss key", "refuse key"]),
        (lambda cache: cache.delete("key"), ["delete key"]),
        (lambda cache: cache.delete_many("a", "b"), ["delete a", "delete b"]),
        (lambda cache: cache.clear(), ["invalidate "]),
        (lambda cache: cache.invalidate_tags("a"), ["invalidate tagver/a"]),
        (lambda cache: cache.namespace("n").clear(), ["invalidate nsver/n"]),
    ],
)
def test_each_event_has_a_signal(app, cache, told, act, expected):
    act(cache)

    assert [f"{event} {details['cache_key']}" for event, details in told] == expected
    for _, details in told:
        assert details.keys() == {"app", "cache", "cache_key"}
        assert (details["app"], details["cache"]) == (app, cache)


def test_waiting_and_stale_values_have_a_signal(clock, told):
    store = SimpleCache(clock=clock)
    cache = cache_on(store, CACHE_ENABLE_SIGNALS=True)
    cache.lookup.clock = clock
    gate = Gate()
    function = cache.cached(key_prefix="key", timeout=10, stale=60)(lambda: gate.stop() or 1)

    callers = crowd(2, function)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(1)
    gate.open()
    results(callers)
    clock.advance(11)
    function()

    wait_until(lambda: len(told) == 6)
    events = [event for event, _ in told]
    assert events[:4] == ["miss", "wait", "store", "hit"]
    # The one who computes it anew, in the background, may be first to tell.
    assert sorted(events[4:]) == ["stale", "store"]


def test_an_error_has_a_signal(cache, told, caplog):
    cache.cached(key_prefix=lambda: 1 / 0)(lambda: 1)()

    assert [event for event, _ in told] == ["error"]


def test_events_send_nothing_where_signals_are_not_enabled(app, told):
    cache = Cache(app)

    cache.set("key", 1)
    cache.get("key")

    assert told == []
    assert cache.lookup.observers == []


def test_a_receiver_that_raises_is_logged_and_the_call_answered(cache, caplog):
    def fail(_sender, **details):
        raise RuntimeError("no")

    with signals.cache_miss.connected_to(fail):
        answer = cache.get_or_set("key", 42)

    assert answer == 42
    assert caplog.messages == ["A receiver of the signal 'cache-miss' failed and was ignored."]
