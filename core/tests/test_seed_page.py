"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on the core's backends and on backends of one's own.
"""

import inspect
from pathlib import Path

import pytest
from flask import Flask

import flask_caching
from flask_caching import BaseCache, Cache, NullCache, SimpleCache
from flask_caching_conformance.harness.pages import (
    assert_it_caches,
    blocks,
    hits,
    parameters,
    run,
)

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))

#: In a configuration block, what follows is the same under another name.
OTHER_NAME = "# Or use string backend name"
#: In the block on a backend of one's own, what follows belongs to the application.
REGISTER = "# Register custom backend"


@pytest.fixture
def app():
    return Flask("application")


def shown_methods(cls):
    return [name for name, value in vars(cls).items() if inspect.isroutine(value)]


def test_the_page_has_the_blocks_that_concern_the_core():
    assert list(BLOCKS) == [
        "SimpleCache: class",
        "SimpleCache: configuration",
        "NullCache: class",
        "NullCache: configuration",
        "BaseCache: class",
        "custom backend",
    ]


# -- the classes ---------------------------------------------------------------------


@pytest.mark.parametrize("cls", [SimpleCache, NullCache, BaseCache])
def test_the_signatures_of_a_class_begin_with_what_the_page_shows(cls):
    shown = run(BLOCKS[f"{cls.__name__}: class"], BaseCache=BaseCache)[cls.__name__]

    for name in shown_methods(shown):
        expected = parameters(getattr(shown, name))
        assert parameters(getattr(cls, name))[: len(expected)] == expected


@pytest.mark.parametrize("cls", [SimpleCache, NullCache, BaseCache])
def test_a_class_has_the_base_that_the_page_shows(cls):
    shown = run(BLOCKS[f"{cls.__name__}: class"], BaseCache=BaseCache)[cls.__name__]

    assert issubclass(cls, shown.__bases__)


@pytest.mark.parametrize("name", shown_methods(run(BLOCKS["BaseCache: class"])["BaseCache"]))
@pytest.mark.parametrize("cls", [SimpleCache, NullCache, BaseCache])
def test_every_method_of_the_page_is_there(cls, name):
    assert callable(getattr(cls, name))


def test_simple_cache_takes_its_parameters_by_position():
    cache = SimpleCache(10, 60, True)

    assert cache.default_timeout == 60
    assert cache.ignore_delete_many_errors is True


# -- the configuration ---------------------------------------------------------------


@pytest.mark.parametrize("until", [OTHER_NAME, None], ids=["SimpleCache", "simple"])
def test_the_configuration_of_simple_makes_a_cache_that_works(app, until):
    block = BLOCKS["SimpleCache: configuration"].partition(until or "\0")[0]

    run(block, app=app)
    cache = Cache(app)

    assert app.config["CACHE_TYPE"] == ("SimpleCache" if until else "simple")
    assert type(cache.cache) is SimpleCache
    assert_it_caches(app, cache)


def test_the_configuration_of_simple_takes_effect(app):
    run(BLOCKS["SimpleCache: configuration"], app=app)
    cache = Cache(app)

    with app.app_context():
        for number in range(1100):
            cache.set(str(number), number)
        kept = sum(cache.has(str(number)) for number in range(1100))

    assert kept == 1000
    assert cache.cache.default_timeout == 600


@pytest.mark.parametrize("until", [OTHER_NAME, None], ids=["NullCache", "null"])
def test_the_configuration_of_null_makes_a_cache_that_keeps_nothing(app, until):
    block = BLOCKS["NullCache: configuration"].partition(until or "\0")[0]

    run(block, app=app)
    cache = Cache(app)  # a warning would be an error

    assert app.config["CACHE_TYPE"] == ("NullCache" if until else "null")
    assert type(cache.cache) is NullCache
    assert hits(app, cache) == {"cached": False, "memoize": False, "get": False}


@pytest.mark.parametrize("until", [OTHER_NAME, None], ids=["NullCache", "null"])
def test_without_its_switch_the_configuration_of_null_warns(app, until):
    block = BLOCKS["NullCache: configuration"].partition(until or "\0")[0]
    run(block, app=app)
    del app.config["CACHE_NO_NULL_WARNING"]

    with pytest.warns(UserWarning, match="nothing is cached"):
        Cache(app)


def test_all_operations_of_null_succeed(app):
    run(BLOCKS["NullCache: configuration"], app=app)
    cache = Cache(app).cache

    answers = [
        cache.set("key", 1),
        cache.add("key", 1),
        cache.delete("key"),
        cache.clear(),
        cache.set_many({"key": 1}) == ["key"],
        cache.delete_many("key") == ["key"],
    ]

    assert answers == [True] * 6


# -- a backend of one's own ----------------------------------------------------------


@pytest.fixture
def custom(app, install):
    """Put the page's class where the page says that it is, and use it in an application."""
    module, register, configuration = BLOCKS["custom backend"].partition(REGISTER)
    install("myapp", {"myapp/__init__.py": "", "myapp/cache.py": module})
    run(register + configuration, app=app)
    app.config["CACHE_CUSTOM_PARAM"] = "custom"
    return Cache(app)


def test_the_custom_backend_is_found_by_its_path(custom):
    backend = custom.cache

    assert f"{type(backend).__module__}.{type(backend).__name__}" == "myapp.cache.MyCustomCache"
    assert isinstance(backend, flask_caching.BaseCache)


def test_the_custom_backend_is_given_its_option_and_the_default_timeout(custom):
    assert custom.cache.custom_param == "custom"
    assert custom.cache.default_timeout == 300


def test_the_custom_backend_serves_an_application(app, custom):
    found = hits(app, custom)

    # The page's methods keep nothing.
    assert found == {"cached": False, "memoize": False, "get": False}


def test_the_custom_backend_inherits_what_it_does_not_write(custom):
    backend = custom.cache

    assert backend.get_many("a", "b") == [None, None]
    assert backend.get_dict("a") == {"a": None}
    assert backend.has("a") is False


def test_the_block_of_the_custom_backend_runs_as_a_whole(app):
    namespace = run(BLOCKS["custom backend"], app=app)

    cache = Cache(app, config={"CACHE_TYPE": namespace["MyCustomCache"]})

    assert app.config["CACHE_TYPE"] == "myapp.cache.MyCustomCache"
    assert type(cache.cache) is namespace["MyCustomCache"]
