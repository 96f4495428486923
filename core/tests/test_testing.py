"""What can a test of an application do with its cache?"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from flask_caching import BaseCache, Cache, NullCache, SimpleCache
from flask_caching.errors import NotInitializedError
from flask_caching.testing import in_memory

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


@pytest.fixture
def client(app, cache, number):
    @app.route("/")
    @cache.cached(timeout=60)
    def index():
        return str(number())

    return app.test_client()


@pytest.fixture
def number():
    count = iter(range(1, 100))
    return lambda: next(count)


def test_it_begins_empty_and_leaves_nothing(app, cache):
    cache.set("before", 1)
    before = cache.cache

    with in_memory(app):
        found = cache.get("before")
        cache.set("within", 1)

    assert found is None
    assert cache.cache is before
    assert cache.get_many("before", "within") == [1, None]


def test_it_counts_from_zero_and_the_count_before_goes_on(app, cache):
    cache.get("before")

    with in_memory(app):
        cache.set("key", 1)
        cache.get("key")
        cache.get("other")
        within = cache.stats()

    assert (within.hits, within.misses, within.stores) == (1, 1, 1)
    assert (cache.stats().hits, cache.stats().misses) == (0, 1)


@pytest.mark.parametrize("passed", [61, 60.5, timedelta(minutes=2)])
def test_a_timeout_ends_when_the_test_says_so(app, client, passed):
    with in_memory(app) as test:
        first = [client.get("/").text, client.get("/").text]
        test.advance(59)
        still = client.get("/").text
        test.advance(passed)
        then = client.get("/").text

    assert (first, still, then) == (["1", "1"], "1", "2")


def test_time_moves_for_stale_values_too(app, cache, number):
    app.add_url_rule("/", view_func=cache.cached(timeout=60, stale=60)(lambda: str(number())))
    client = app.test_client()

    with in_memory(app) as test:
        first = client.get("/").text
        test.advance(61)
        stale = client.get("/", buffered=True).text  # refreshed when the response is closed
        fresh = client.get("/").text
        told = cache.stats().stale

    assert (first, stale, fresh, told) == ("1", "1", "2", 1)


def test_the_default_timeout_is_the_applications(app, cache):
    cache.init_app(app, {"CACHE_DEFAULT_TIMEOUT": 5})

    with in_memory(app) as test:
        cache.set("key", 1)
        test.advance(4)
        before = cache.get("key")
        test.advance(2)

        assert (before, cache.get("key")) == (1, None)


def test_caching_can_be_switched_off_and_on_again(app, cache, client):
    with in_memory(app) as test:
        first = client.get("/").text
        with test.off():
            off = [client.get("/").text, client.get("/").text]
            kind = type(cache.cache)
        again = client.get("/").text

    assert (first, off, kind, again) == ("1", ["2", "3"], NullCache, "1")


def test_it_is_in_memory_whatever_the_configured_store(app):
    class Store(BaseCache):
        def get(self, key):
            raise AssertionError("the store was asked")

        set = delete = get

    cache = Cache(app, config={"CACHE_TYPE": Store})

    with in_memory(app):
        cache.set("key", 1)
        memoized = cache.memoize()(lambda: 2)

        assert (cache.get("key"), memoized(), memoized()) == (1, 2, 2)
        assert type(cache.cache) is SimpleCache


def test_the_serializer_is_the_applications(app):
    cache = Cache(app, config={"CACHE_SERIALIZER": "json"})

    with in_memory(app), pytest.raises(ValueError, match="JSON can't carry"):
        cache.set("key", (1, 2))


def test_every_cache_of_the_application_is_in_memory(app, cache):
    other = Cache(app, with_jinja2_ext=False)
    before = cache.cache, other.cache

    with in_memory(app):
        within = cache.cache, other.cache
        cache.set("key", 1)

        assert other.get("key") is None

    assert not {*within} & {*before}
    assert (cache.cache, other.cache) == before


def test_fragments_of_templates_are_in_it(app, cache, number):
    template = "{% cache 60, 'name' %}{{ number() }}{% endcache %}"

    with in_memory(app) as test, app.app_context():
        told = [render_template_string(template, number=number) for _ in range(2)]
        test.advance(61)
        told.append(render_template_string(template, number=number))

    assert told == ["1", "1", "2"]


def test_what_a_test_raises_leaves_the_store_as_it_was(app, cache):
    before = cache.cache

    with pytest.raises(ZeroDivisionError), in_memory(app):
        raise ZeroDivisionError

    assert cache.cache is before


def test_an_application_without_a_cache_is_told_so():
    with pytest.raises(NotInitializedError, match=r"'bare' has no cache: call cache\.init_app"):
        in_memory(Flask("bare")).__enter__()


# -- the fixture, in a real run -----------------------------------------------------------

CONFTEST = """
import pytest
from flask import Flask
from flask_caching import BaseCache, Cache

pytest_plugins = ["flask_caching.pytest_plugin"]
cache = Cache()


class Store(BaseCache):
    def get(self, *_):
        raise AssertionError("the store was asked")

    set = delete = get
"""
TESTS = """
import pytest
from conftest import Store, cache
from flask import Flask


@pytest.fixture(scope="session")
def app():
    app = Flask("shop")
    cache.init_app(app, {"CACHE_TYPE": Store})
    app.add_url_rule("/", view_func=cache.cached(timeout=60)(lambda: "page"))
    return app


@pytest.fixture
def client(app, cache_in_test):
    return app.test_client()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_nothing(client, turn):
    client.get("/")
    client.get("/")

    assert (cache.stats().misses, cache.stats().hits) == (1, 1)


def test_the_page_is_computed_anew_after_a_minute(client, cache_in_test):
    client.get("/")
    cache_in_test.advance(61)
    client.get("/")

    assert cache.stats().misses == 2


def test_without_the_cache(client, cache_in_test):
    with cache_in_test.off():
        client.get("/")
        client.get("/")

    assert cache.stats().hits == 0
"""


def test_the_fixture_gives_each_test_an_empty_cache(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=4)


def test_what_the_page_shows_can_be_run(pytester, app, cache):
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    pytester.makepyfile(shown[0])

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=2)
    exec(shown[1], {"app": app, "cache": cache})


def test_a_run_that_does_not_ask_for_the_fixture_imports_nothing(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_there():
            assert not [name for name in sys.modules if name.split(".")[0] == "flask_caching"]
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)


def test_the_core_needs_no_pytest():
    source = """
        import sys

        sys.modules["pytest"] = None
        import flask_caching.testing
    """

    subprocess.run([sys.executable, "-c", textwrap.dedent(source)], check=True)
