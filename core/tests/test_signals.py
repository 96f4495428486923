"""The four signals of 2.x: sent where ``CACHE_ENABLE_SIGNALS`` is set, with the same arguments."""

import functools
from contextlib import ExitStack

import pytest

from flask_caching import Cache, SimpleCache, signals
from flask_caching_conformance.harness.threads import Gate, crowd, results

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
