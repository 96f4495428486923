"""`cached(versioned=True)`: all answers of a view, or of a path, are removed at once."""

from __future__ import annotations

import itertools

import pytest
from flask import Blueprint, request

from flask_caching import Cache, Invalidated

from .schedules import WatchedCache


@pytest.fixture
def store():
    return WatchedCache()


@pytest.fixture
def cache(app, store):
    return Cache(app, config={"CACHE_TYPE": store})


@pytest.fixture
def view(app, cache):
    count = itertools.count(1)

    @app.get("/item/<int:item>")
    @cache.cached(query_string=True, vary_on="Accept-Language", versioned=True)
    def show(item):
        return f"{item} {request.args.get('q')} {next(count)}"

    return show


@pytest.fixture
def get(app, view):
    client = app.test_client()

    def get(path, language="en"):
        return client.get(path, headers={"Accept-Language": language}).text

    return get


PATHS = ["/item/1?q=a", "/item/1?q=b", "/item/2"]


def name_of(view):
    return f"viewver/{view.__module__}.{view.__qualname__}"


def test_all_answers_are_removed_at_once(cache, view, get, store):
    before = [get(path) for path in PATHS] + [get(PATHS[0], "de")]
    again = [get(path) for path in PATHS] + [get(PATHS[0], "de")]
    store.trips.clear()

    removed = cache.delete_cached(view)

    assert again == before
    assert removed is True
    assert store.trips == ["set"]
    assert not {get(path) for path in PATHS} & {*before}
    assert get(PATHS[0], "de") not in before


@pytest.mark.parametrize("where", [{"path": "/item/1"}, {"item": 1}], ids=str)
def test_all_answers_for_a_path_are_removed_at_once(app, cache, view, get, where):
    before = [get(path) for path in PATHS] + [get(PATHS[0], "de")]

    with app.test_request_context():
        assert cache.delete_cached(view, **where) is True

    assert get("/item/2") in before
    assert not {get("/item/1?q=a"), get("/item/1?q=b"), get(PATHS[0], "de")} & {*before}


def test_one_answer_can_be_removed(app, cache, view, get):
    before = [get(path) for path in PATHS]

    with app.test_request_context(headers={"Accept-Language": "en"}):
        removed = [cache.delete_cached(view, "/item/1", query_args) for query_args in ("q=a", "q=")]

    assert removed == [True, False]
    assert get("/item/1?q=a") not in before
    assert [get(path) for path in PATHS[1:]] == before[1:]


def test_it_says_what_it_did(app, view, get):
    get("/item/1?q=a")

    with app.test_request_context(headers={"Accept-Language": "en"}):
        done = [
            view.invalidate(),
            view.invalidate(path="/item/1"),
            view.invalidate(1),
            view.invalidate(item=2),
        ]

    name = name_of(view)
    assert done == [
        Invalidated("view", name, True),
        Invalidated("path", f"{name}:/item/1", True),
        Invalidated("path", f"{name}:/item/1", True),
        Invalidated("path", f"{name}:/item/2", True),
    ]


def test_outside_of_requests_a_path_will_do(app, cache, view, get):
    before = get("/item/1?q=a")

    with app.app_context():
        cache.delete_cached(view, path="/item/1")

    assert get("/item/1?q=a") != before


def test_the_view_of_a_blueprint_is_found_by_its_arguments(app, cache):
    pages = Blueprint("pages", __name__)
    count = itertools.count(1)

    @pages.get("/page/<name>")
    @cache.cached(query_string=True, versioned=True)
    def page(name):
        return f"{name} {next(count)}"

    app.register_blueprint(pages, url_prefix="/blue")
    client = app.test_client()
    client.get("/blue/page/a?x=1")

    with app.test_request_context():
        done = page.invalidate(name="a")

    assert done.key.endswith(":/blue/page/a")
    assert client.get("/blue/page/a?x=1").text == "a 2"


def test_a_function_that_no_path_leads_to_has_one_version(app, cache):
    count = itertools.count(1)
    menu = cache.cached(key_prefix="menu", versioned=True)(lambda: next(count))

    with app.app_context():
        seen = [menu(), menu()]
        cache.delete_cached(menu)
        seen += [menu(), cache.get("menu")]

    assert seen == [1, 1, 2, 2]


def test_a_hit_takes_one_trip(get, store):
    get("/item/1")
    store.trips.clear()

    get("/item/1")

    assert store.trips == ["get_many"]


def test_without_versions_the_bare_value_lies_under_its_key(app, cache, store):
    @app.get("/plain")
    @cache.cached(query_string=True)
    def plain():
        return "plain"

    app.test_client().get("/plain")

    with app.test_request_context("/plain"):
        key = plain.make_cache_key()
    assert store.get(key) == "plain"
