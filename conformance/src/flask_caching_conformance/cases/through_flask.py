"""Does an application work on it: views, memoized functions, template fragments?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, has_app_context, render_template_string

from flask_caching import make_template_fragment_key
from flask_caching.backends.base import Capability

from ..bench import Bench
from ..catalogue import case
from ..timeline import Timeline
from ..workshop import Workshop


def counter() -> Callable[..., int]:
    """Return a function that answers 1, 2, 3 and so on, whatever it is given."""
    numbers = iter(range(1, 100))
    return lambda *_: next(numbers)


class ThroughFlask(Bench):
    """Through Flask."""

    @pytest.fixture
    def app(self) -> Flask:
        return Flask(__name__)

    @case("C-FLK-01", "A cached view is computed once, until its entry is deleted.")
    def test_a_cached_view_is_computed_once(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()
        app.add_url_rule("/", view_func=cache.cached()(lambda: str(number())))
        client = app.test_client()

        assert [client.get("/").text for _ in range(3)] == ["1", "1", "1"]
        assert cache.delete("view//") is True
        assert client.get("/").text == "2"

    @case("C-FLK-02", "A cached view is computed again when its life is over.")
    def test_a_cached_view_is_computed_again_after_its_life(
        self, make: Workshop, app: Flask, timeline: Timeline
    ) -> None:
        cache, number = make.cache(app), counter()
        view = cache.cached(timeout=timeline.short)(lambda: str(number()))
        app.add_url_rule("/", view_func=view)
        client = app.test_client()

        assert client.get("/").text == "1"
        timeline.nearly(timeline.short)
        assert client.get("/").text == "1"
        timeline.over(timeline.short)
        assert client.get("/").text == "2"

    @case("C-FLK-03", "Query strings are told apart, whatever the order of their parts.")
    def test_query_strings_are_told_apart(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()
        view = cache.cached(query_string=True)(lambda: str(number()))
        app.add_url_rule("/", view_func=view)
        client = app.test_client()

        pages = [client.get(url).text for url in ("/?a=1&b=2", "/?b=2&a=1", "/?a=2", "/")]

        assert pages == ["1", "1", "2", "3"]

    @case("C-FLK-04", "`unless` and `forced_update` are obeyed.")
    def test_unless_and_forced_update_are_obeyed(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()
        unless, forced = [False], [False]
        view = cache.cached(unless=lambda: unless[0], forced_update=lambda: forced[0])(
            lambda: str(number())
        )
        app.add_url_rule("/", view_func=view)
        client = app.test_client()

        assert [client.get("/").text for _ in range(2)] == ["1", "1"]
        unless[0] = True
        assert client.get("/").text == "2"
        unless[0], forced[0] = False, True
        assert client.get("/").text == "3"
        forced[0] = False
        assert client.get("/").text == "3"

    @case(
        "C-FLK-05", "A memoized function is computed once for its arguments, until it is deleted."
    )
    def test_a_memoized_function_is_forgotten_when_told(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()

        @cache.memoize()
        def function(a: int, b: int = 2) -> int:
            return number(a, b)

        with app.app_context():
            assert [function(1), function(1, 2), function(a=1), function(2)] == [1, 1, 1, 2]
            cache.delete_memoized(function, 1)
            assert [function(1), function(2)] == [3, 2]
            cache.delete_memoized(function)
            assert [function(1), function(2)] == [4, 5]

    @case("C-FLK-06", "A cached `None` is a value.")
    def test_none_is_cached(self, make: Workshop, app: Flask) -> None:
        cache, calls = make.cache(app), []

        @cache.memoize(cache_none=True)
        def function() -> None:
            calls.append(1)

        with app.app_context():
            assert [function(), function()] == [None, None]

        assert calls == [1]

    @case("C-FLK-07", "A template fragment is rendered once, until its entry is deleted.")
    def test_a_template_fragment_is_rendered_once(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()
        template = "{% cache 60, 'box' %}{{ number() }}{% endcache %}"

        with app.test_request_context():
            pages = [render_template_string(template, number=number) for _ in range(2)]
            cache.delete(make_template_fragment_key("box"))
            pages.append(render_template_string(template, number=number))

        assert pages == ["1", "1", "2"]

    @case(
        "C-FLK-08", "One `Cache` on two applications with two prefixes: each has its own entries."
    )
    def test_two_applications_have_their_own_entries(self, make: Workshop, prefix: str) -> None:
        one, two = Flask(__name__), Flask("two")
        first = make.cache(one, CACHE_KEY_PREFIX=prefix + "one")
        second = make.cache(two, CACHE_KEY_PREFIX=prefix + "two")

        with one.app_context():
            first.set("key", 1)
        with two.app_context():
            second.set("key", 2)

            assert second.get("key") == 2
        with one.app_context():
            assert first.get("key") == 1

    @case(
        "C-FLK-09", "Where the version under which functions are memoized is gone, they recompute."
    )
    def test_a_cleared_store_only_recomputes(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()

        @cache.memoize()
        def function(a: int) -> int:
            return number(a)

        with app.app_context():
            assert [function(1), function(1)] == [1, 1]
            cache.clear()
            assert [function(1), function(1)] == [2, 2]
            cache.delete_memoized(function)
            assert [function(1), function(1)] == [3, 3]

    @case("C-FLK-10", "Results of any type are cached as they are.")
    def test_results_come_back_as_they_were(self, make: Workshop, app: Flask) -> None:
        cache = make.cache(app)
        kinds: dict[str, Any] = {"none": None, "tuple": (1, [2]), "int": 5, "bytes": b"5"}

        @cache.memoize()
        def function(kind: str) -> Any:
            return kinds[kind]

        with app.app_context():
            for kind, value in kinds.items():
                first, second = function(kind), function(kind)
                assert (type(first), first) == (type(second), second) == (type(value), value)

    @case("C-FLK-11", "A backend is made, and used by `Cache`, outside of an application context.")
    def test_no_context_is_needed(self, make: Workshop, app: Flask) -> None:
        assert not has_app_context()

        cache = make.cache(app)

        assert cache.set("key", [1]) is True
        assert cache.get("key") == [1]
        assert cache.get_many("key", "missing") == [[1], None]
        assert cache.delete_many("key") == ["key"]

    @case("C-FLK-12", "A cached response comes back whole: body, status and headers.")
    def test_a_response_comes_back_whole(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()

        @app.route("/")
        @cache.cached()
        def view() -> tuple[str, int, dict[str, str]]:
            return f"page {number()}", 203, {"X-Kind": "made up"}

        client = app.test_client()

        pages = [client.get("/") for _ in range(2)]

        assert [page.text for page in pages] == ["page 1"] * 2
        assert [page.status_code for page in pages] == [203] * 2
        assert [page.headers["X-Kind"] for page in pages] == ["made up"] * 2

    @case(
        "C-FLK-13",
        "A `clear` amid the computation of a memoized function is not lost: its result is stale.",
    )
    def test_a_clear_amid_a_computation_is_not_lost(self, make: Workshop, app: Flask) -> None:
        cache, number = make.cache(app), counter()
        shared = Capability.SHARED in cache.cache.capabilities
        other = make() if shared else cache.cache
        clears = iter([True, True])

        @cache.memoize()
        def function(a: int) -> int:
            result = number(a)
            if next(clears, False):
                assert other.clear() is True
            return result

        with app.app_context():
            assert [function(1), function(1)] == [1, 2]
            assert [function(1), function(1)] == [3, 3]
