"""Is it found by its names, and does an application work on it?"""

from __future__ import annotations

import importlib

import pytest
from flask import Flask, render_template_string

from flask_caching import Cache, make_template_fragment_key
from flask_caching_uwsgi import UWSGICache

NAMES = [
    "uwsgi",
    "UWSGICache",
    "flask_caching.contrib.uwsgicache.UWSGICache",
    "flask_caching.contrib.UWSGICache",
    "flask_caching.backends.uwsgicache.UWSGICache",
    "flask_caching.backends.UWSGICache",
    "flask_caching.backends.uwsgi",
    "flask_caching_uwsgi.UWSGICache",
    UWSGICache,
]


@pytest.fixture
def app():
    app = Flask("application")
    app.config.update(CACHE_TYPE="uwsgi", CACHE_UWSGI_NAME="first")
    return app


@pytest.fixture
def cache(app):
    return Cache(app)


def counter():
    numbers = iter(range(1, 100))
    return lambda *arguments: next(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_each_of_its_names(app, name):
    app.config["CACHE_TYPE"] = name

    assert type(Cache(app).cache) is UWSGICache


@pytest.mark.parametrize(
    "module",
    [
        "flask_caching.backends",
        "flask_caching.backends.uwsgicache",
        "flask_caching.contrib.uwsgicache",
    ],
)
def test_the_old_imports_give_the_same_class(module):
    assert importlib.import_module(module).UWSGICache is UWSGICache


def test_a_cached_view_is_computed_once(app, cache):
    number = counter()
    app.add_url_rule("/", view_func=cache.cached()(lambda: str(number())))
    client = app.test_client()

    assert [client.get("/").text for _ in range(3)] == ["1", "1", "1"]
    cache.delete("view//")
    assert client.get("/").text == "2"


def test_two_applications_share_the_cache(app):
    other = Flask("other")
    other.config.update(app.config)
    one, two = Cache(app), Cache(other)

    one.set("key", "value")

    assert two.get("key") == "value"


def test_a_memoized_function_is_forgotten_when_told(app, cache):
    number = counter()

    @cache.memoize()
    def function(a, b=2):
        return number()

    with app.app_context():
        assert [function(1), function(1, 2), function(a=1), function(2)] == [1, 1, 1, 2]
        cache.delete_memoized(function, 1)
        assert [function(1), function(2)] == [3, 2]
        cache.delete_memoized(function)
        assert [function(1), function(2)] == [4, 5]


def test_a_template_fragment_is_rendered_once(app, cache):
    number = counter()
    template = "{% cache 60, 'box' %}{{ number() }}{% endcache %}"

    with app.test_request_context():
        pages = [render_template_string(template, number=number) for _ in range(2)]
        cache.delete(make_template_fragment_key("box"))
        pages.append(render_template_string(template, number=number))

    assert pages == ["1", "1", "2"]


def test_a_page_that_does_not_fit_is_served(app):
    app.config["CACHE_UWSGI_NAME"] = "small"
    number = counter()
    cache = Cache(app)
    app.add_url_rule("/", view_func=cache.cached()(lambda: f"{number()}" + "x" * 2_000))
    client = app.test_client()

    pages = [client.get("/") for _ in range(2)]

    assert [(page.status_code, page.text[:2]) for page in pages] == [(200, "1x"), (200, "2x")]
