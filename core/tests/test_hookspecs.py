"""Hook plugins: which hooks there are, when they are called, and what happens if one fails."""

import inspect
import logging
import sys

import pluggy
import pytest

from flask_caching import Cache, SimpleCache, hookspecs
from flask_caching.registry import Registry

METRICS = """
ready, events = [], []

def cache_ready(app, cache, backend):
    ready.append((app, cache, backend))

def cache_event(app, cache, event, key):
    events.append((app, cache, event, key))
"""

RAISING = """
def cache_ready():
    raise RuntimeError("not ready")

def cache_event(event):
    raise RuntimeError(f"no {event}")
"""


@pytest.fixture
def metrics(install):
    """Install a plugin that notes what it is told."""
    install("acme-metrics", {"acme_metrics.py": METRICS}, plugins={"metrics": "acme_metrics"})
    return lambda: sys.modules["acme_metrics"]


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("hook", "parameters"),
    [
        (hookspecs.factory, ["app", "config", "args", "kwargs"]),
        (hookspecs.cache_ready, ["app", "cache", "backend"]),
        (hookspecs.cache_event, ["app", "cache", "event", "key"]),
    ],
)
def test_a_hook_has_these_parameters_and_is_documented(hook, parameters):
    assert list(inspect.signature(hook).parameters) == parameters
    assert inspect.getdoc(hook)
    assert hook("app", *parameters[1:]) is None


def test_a_plugin_is_loaded_with_the_registry(metrics):
    Registry()

    assert metrics().__name__ == "acme_metrics"


def test_cache_ready_is_told_of_each_application(app, metrics):
    cache = Cache(app)

    (told,) = metrics().ready
    assert told == (app, cache, app.extensions["cache"][cache])


def test_cache_event_is_told_of_miss_store_and_hit(app, metrics):
    cache = Cache(app)
    answer = cache.cached(key_prefix="answer")(lambda: 42)

    with app.app_context():
        answer()
        answer()

    assert metrics().events == [
        (app, cache, "miss", "answer"),
        (app, cache, "store", "answer"),
        (app, cache, "hit", "answer"),
    ]


def test_cache_event_is_told_of_a_refusal(app, metrics):
    cache = Cache(app)
    answer = cache.cached(key_prefix="answer", response_filter=lambda value: False)(lambda: 42)

    with app.app_context():
        answer()

    assert [event for *_, event, _ in metrics().events] == ["miss", "refuse"]


def test_cache_event_is_told_of_an_error_of_the_store(app, metrics):
    class Down(SimpleCache):
        def get_value(self, key, default=None):
            raise ConnectionError("down")

        get = get_value

    cache = Cache(app, config={"CACHE_TYPE": Down})
    answer = cache.cached(key_prefix="answer")(lambda: 42)

    with app.app_context():
        given = answer()

    assert given == 42
    assert [event for *_, event, _ in metrics().events] == ["error", "miss"]


def test_a_plugin_takes_the_arguments_that_it_names_in_any_order(app, install):
    source = "told = []\ndef cache_event(key, event): told.append((key, event))"
    install("acme", {"acme_order.py": source}, plugins={"order": "acme_order"})
    cache = Cache(app)

    with app.app_context():
        cache.get_or_set("answer", 42)

    assert sys.modules["acme_order"].told == [("answer", "miss"), ("answer", "store")]


def test_a_plugin_may_be_an_object(app, install):
    source = """
    class Counter:
        count = 0

        def cache_event(self):
            self.count += 1

    counter = Counter()
    """
    install("acme", {"acme_counter.py": source}, plugins={"counter": "acme_counter:counter"})
    cache = Cache(app)

    with app.app_context():
        cache.get_or_set("answer", 42)

    assert sys.modules["acme_counter"].counter.count == 2


def test_a_plugin_that_raises_is_logged_and_the_call_answered(app, install, caplog):
    install("acme", {"acme_raising.py": RAISING}, plugins={"raising": "acme_raising"})

    cache = Cache(app)
    with app.app_context():
        answer = cache.get_or_set("answer", 42)

    assert answer == 42
    assert set(messages(caplog)) == {
        "The plugin 'flask_caching.plugins:raising' failed and was ignored."
    }
    assert [str(record.exc_info[1]) for record in caplog.records] == [
        "not ready",
        "no miss",
        "no store",
    ]


def test_a_plugin_that_raises_does_not_keep_another_from_being_told(app, metrics, install, caplog):
    install("raising", {"acme_raising.py": RAISING}, plugins={"raising": "acme_raising"})

    cache = Cache(app)
    with app.app_context():
        cache.get_or_set("answer", 42)

    assert len(metrics().ready) == 1
    assert [event for *_, event, _ in metrics().events] == ["miss", "store"]


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1/0", ZeroDivisionError),
        ("import nowhere", ModuleNotFoundError),
        (METRICS + "def cache_ready(application): ...", pluggy.PluginValidationError),
    ],
    ids=["module raises", "import missing", "wrong parameter"],
)
def test_a_broken_plugin_is_logged_and_left_out(app, install, caplog, source, cause):
    install("acme", {"acme_broken.py": source}, plugins={"broken": "acme_broken"})

    registry = Registry()

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.name == "flask_caching"
    assert record.getMessage() == (
        "The plugin 'broken' of the distribution acme could not be loaded and is left out."
    )
    assert record.exc_info[0] is cause
    assert registry.observers("cache_event") == []
    assert registry.observers("cache_ready") == []


def test_a_broken_plugin_leaves_the_others_untouched(app, metrics, install, caplog):
    install("acme", {"acme_broken.py": "1/0"}, plugins={"broken": "acme_broken"})

    Cache(app)

    assert len(metrics().ready) == 1
    assert len(caplog.records) == 1


def test_with_no_plugin_there_is_nobody_to_tell():
    registry = Registry([])

    assert registry.observers("cache_event") == []
    assert registry.observers("cache_ready") == []


def test_a_marked_plugin_comes_first_where_it_asks_to(install):
    source = """
    import pluggy

    hookimpl = pluggy.HookimplMarker("flask_caching")
    told = []

    class Plugin:
        def __init__(self, name):
            self.name = name

        @hookimpl(tryfirst=True)
        def cache_ready(self):
            told.append(self.name)

        def cache_event(self):
            told.append(self.name)

    class Unmarked(Plugin):
        def cache_ready(self):
            told.append(self.name)

    first, other = Plugin("first"), Unmarked("other")
    """
    points = {"a": "acme_order:first", "b": "acme_order:other"}
    install("acme", {"acme_order.py": source}, plugins=points)

    for ready in Registry().observers("cache_ready"):
        ready(app=None, cache=None, backend=None)

    assert sys.modules["acme_order"].told == ["first", "other"]
