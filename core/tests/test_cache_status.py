"""The header ``Cache-Status``: its syntax, what it says of each way to an answer, and when."""

from __future__ import annotations

import asyncio
import re

import pytest
from flask import Flask, Response, abort, make_response, request, session

from flask_caching import Cache, Capability, SimpleCache
from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching.settings import read_settings
from flask_caching.status_header import appended, member
from flask_caching_conformance.harness.threads import Gate, crowd, results

from .schedules import WatchedFlights, cache_on

TOKEN = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*"
ITEM = re.compile(
    rf'(?P<token>{TOKEN})|(?P<integer>-?[0-9]{{1,15}})|"(?P<string>(?:[ !#-\[\]-~]|\\["\\])*)"'
)
KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")


def parsed(header):
    """Parse a list of items with parameters, as RFC 9651 says; fail where it says to fail."""
    members, rest = [], header.strip(" ")
    while rest:
        name, rest = item(rest)
        parameters = {}
        while rest.startswith(";"):
            key = KEY.match(rest[1:].lstrip(" "))
            assert key, rest
            rest, value = rest[1:].lstrip(" ")[key.end() :], True
            if rest.startswith("="):
                value, rest = item(rest[1:])
            parameters[key[0]] = value
        members.append((name, parameters))
        rest = rest.lstrip(" \t")
        if not rest:
            break
        assert rest.startswith(","), rest
        rest = rest[1:].lstrip(" \t")
        assert rest, "a comma at the end"
    return members


def item(text):
    found = ITEM.match(text)
    assert found, text
    value = found["token"]
    if found["integer"]:
        value = int(found["integer"])
    elif found["string"] is not None:
        value = re.sub(r"\\(.)", r"\1", found["string"])
    return value, text[found.end() :]


def status(response):
    """Return what one cache, and no other, says of a response."""
    [(name, parameters)] = parsed(response.headers["Cache-Status"])
    assert name == "Flask-Caching"
    assert len(response.headers.getlist("Cache-Status")) == 1
    return parameters


@pytest.fixture
def app(app):
    app.config["CACHE_STATUS_HEADER"] = True
    app.secret_key = "secret"
    return app


@pytest.fixture
def visit(app):
    def visit(path="/", method="GET", **options):
        return app.test_client().open(path, method=method, **options)

    return visit


# -- the syntax --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("Flask-Caching", {"hit": True}, "Flask-Caching; hit"),
        ("a/b:c", {"fwd": "miss", "stored": False}, "a/b:c; fwd=miss"),
        ("my app", {"ttl": -5}, '"my app"; ttl=-5'),
        ('"\\', {"detail": 'so "it" is'}, '"\\"\\\\"; detail="so \\"it\\" is"'),
        ("5th", {}, '"5th"'),
        ("", {}, '""'),
    ],
)
def test_a_member_is_a_structured_item(name, parameters, expected):
    said = member(name, parameters)

    assert said == expected
    assert parsed(said) == [(name, {k: v for k, v in parameters.items() if v is not False})]


@pytest.mark.parametrize("text", ["é", "a\nb", "\x7f", "\0"])
def test_other_characters_are_refused(text):
    with pytest.raises(ValueError, match="characters"):
        member("name", {"detail": text})
    with pytest.raises(ConfigError, match="CACHE_STATUS_HEADER"):
        read_settings({"CACHE_STATUS_HEADER": text})


def test_words_of_caches_before_are_kept_in_order():
    assert appended(["a; hit", "", "b; fwd=miss"], "c") == "a; hit, b; fwd=miss, c"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, None),
        (False, None),
        ("", None),
        ("off", None),
        (True, "Flask-Caching"),
        ("true", "Flask-Caching"),
        ("web-1", "web-1"),
    ],
)
def test_the_setting_is_a_switch_or_a_name(value, name):
    assert read_settings({"CACHE_STATUS_HEADER": value}).status_header == name


def test_the_setting_is_nothing_else():
    with pytest.raises(ConfigError, match="name of the cache"):
        read_settings({"CACHE_STATUS_HEADER": ["a"]})


# -- when --------------------------------------------------------------------------------


def test_without_the_setting_there_is_no_header():
    app = Flask("silent")
    cache = Cache(app, config={"CACHE_TYPE": "simple"})
    app.route("/")(cache.cached()(lambda: "page"))

    for _ in range(2):
        assert "Cache-Status" not in app.test_client().get("/").headers


def test_a_view_that_is_not_cached_has_no_header(app, cache, visit):
    answer = cache.memoize()(lambda: "page")
    part = cache.cached(key_prefix="part")(lambda: "part")
    app.route("/")(lambda: answer() + part())

    assert "Cache-Status" not in visit().headers


def test_a_name_that_is_no_token_is_quoted(app, visit):
    cache = Cache(app, config={"CACHE_STATUS_HEADER": "my app"})
    app.route("/")(cache.cached()(lambda: "page"))

    assert visit().headers["Cache-Status"] == '"my app"; fwd=miss; stored; ttl=300'


def test_a_view_with_a_key_of_its_own_is_known_by_its_address(app, cache, visit):
    app.route("/")(cache.cached(key_prefix="home")(lambda: "page"))

    assert "stored" in status(visit())
    assert "hit" in status(visit())


def test_the_outer_one_of_two_cached_views_speaks(app, cache, visit):
    inner = app.route("/inner", endpoint="inner")(cache.cached(key_prefix="i/%s")(lambda: "page"))
    app.route("/")(cache.cached(timeout=60)(inner))
    visit("/")
    cache.delete("view//")

    assert status(visit("/")) == {"fwd": "miss", "stored": True, "ttl": 60}


def test_two_caches_speak_one_after_the_other(app, visit):
    inner = Cache(app, config={"CACHE_STATUS_HEADER": "inner"})
    outer = Cache(app, config={"CACHE_STATUS_HEADER": "outer"})
    app.route("/")(outer.cached()(inner.cached()(lambda: "page")))

    names = [name for name, _ in parsed(visit().headers["Cache-Status"])]

    assert sorted(names) == ["inner", "outer"]


def test_what_an_upstream_cache_said_comes_first(app, visit, clock):
    cache = Cache(app, config={"CACHE_TYPE": SimpleCache(clock=clock)})

    @app.route("/")
    @cache.cached()
    def page():
        response = make_response("page")
        response.headers.add("Cache-Status", "Upstream; hit")
        response.headers.add("Cache-Status", '"Another, one"; fwd=miss')
        return response

    for ours in ({"fwd": "miss", "stored": True, "ttl": 300}, {"hit": True, "ttl": 300}):
        assert parsed(visit().headers["Cache-Status"]) == [
            ("Upstream", {"hit": True}),
            ("Another, one", {"fwd": "miss"}),
            ("Flask-Caching", ours),
        ]


# -- what it says ------------------------------------------------------------------------


def test_a_miss_is_stored_and_then_a_hit(app, visit, clock):
    cache = Cache(app, config={"CACHE_TYPE": SimpleCache(clock=clock)})
    app.route("/")(cache.cached(timeout=60)(lambda: "page"))

    assert status(visit()) == {"fwd": "miss", "stored": True, "ttl": 60}
    clock.advance(12.5)
    assert status(visit()) == {"hit": True, "ttl": 47}


def test_what_lives_for_ever_has_no_ttl(app, cache, visit):
    app.route("/")(cache.cached(timeout=0)(lambda: "page"))

    assert status(visit()) == {"fwd": "miss", "stored": True}
    assert status(visit()) == {"hit": True}


def test_a_hit_is_not_asked_for_its_life_on_a_shared_store(app, visit):
    class Shared(SimpleCache):
        capabilities = SimpleCache.capabilities | {Capability.SHARED}

        def life_left(self, key):
            raise AssertionError("a trip")

    cache = Cache(app, config={"CACHE_TYPE": Shared()})
    app.route("/")(cache.cached()(lambda: "page"))

    assert status(visit()) == {"fwd": "miss", "stored": True, "ttl": 300}
    assert status(visit()) == {"hit": True}


def refused_by_a_cookie(cache):
    @cache.cached()
    def page():
        response = make_response("page")
        response.set_cookie("a", "b")
        return response

    return page


def refused_by_the_session(cache):
    @cache.cached()
    def page():
        session["user"] = 5
        return "page"

    return page


def refused_by_the_status(cache):
    return cache.cached()(lambda: abort(403))


def refused_by_a_filter(cache):
    return cache.cached(response_filter=lambda answer: False)(lambda: "page")


def refused_by_a_list(cache):
    return cache.cached(policy="legacy", cache_statuses=[404])(lambda: "page")


def bypassed(cache):
    return cache.cached(unless=lambda: True)(lambda: "page")


def without_a_key(cache):
    return cache.cached(make_cache_key=lambda: 1 / 0)(lambda: "page")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (refused_by_a_cookie, {"fwd": "miss", "detail": "rule a: it sets a cookie"}),
        (refused_by_the_session, {"fwd": "miss", "detail": "rule a: it changed the session"}),
        (refused_by_the_status, {"fwd": "miss", "detail": "rule c: its status is 403"}),
        (refused_by_a_filter, {"fwd": "miss", "detail": "response_filter"}),
        (refused_by_a_list, {"fwd": "miss", "detail": "its status is 200"}),
        (bypassed, {"fwd": "bypass", "detail": "unless"}),
        (without_a_key, {"fwd": "bypass", "detail": "error in a key function"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_why_an_answer_is_not_stored(app, cache, visit, caplog, make, expected):
    app.route("/", endpoint="page")(make(cache))

    assert status(visit()) == expected
    assert status(visit()) == expected


def test_a_status_that_is_stored_is_a_hit_like_any_other(app, cache, visit):
    app.route("/")(cache.cached()(lambda: abort(404)))

    first, second = visit(), visit()

    assert (first.status_code, second.status_code) == (404, 404)
    assert "stored" in status(first)
    assert "hit" in status(second)


def test_a_view_that_fails_was_a_miss(app, cache, visit):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.route("/")(cache.cached()(lambda: 1 / 0))

    response = visit()

    assert response.status_code == 500
    assert status(response) == {"fwd": "miss"}


def test_other_methods_pass_by_the_cache_and_head_may_hit(app, cache, visit):
    app.route("/", methods=["GET", "POST"])(cache.cached()(lambda: "page"))

    assert status(visit(method="HEAD")) == {"fwd": "miss"}
    assert status(visit(method="POST")) == {"fwd": "method"}
    visit()
    assert status(visit(method="POST")) == {"fwd": "method"}
    assert "hit" in status(visit(method="HEAD"))


def test_an_answer_to_a_condition_keeps_the_header(app, cache, visit):
    @app.route("/")
    @cache.cached()
    def page():
        response = make_response("page")
        response.add_etag()
        return response

    @app.after_request
    def conditional(response):
        return response.make_conditional(request)

    etag = visit().headers["ETag"]
    response = visit(headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert "hit" in status(response)


def test_a_forced_update_and_an_outdated_value_say_so(app, cache, visit):
    app.route("/f", endpoint="f")(cache.cached(forced_update=lambda: True)(lambda: "page"))
    app.route("/s", endpoint="s")(cache.cached(is_stale=lambda value: True)(lambda: "page"))

    forced = {"fwd": "request", "stored": True, "ttl": 300, "detail": "forced_update"}
    outdated = {"fwd": "stale", "stored": True, "ttl": 300, "detail": "is_stale"}
    assert status(visit("/f")) == forced
    assert status(visit("/s")) == {"fwd": "miss", "stored": True, "ttl": 300}
    assert status(visit("/s")) == outdated


def test_a_stale_answer_is_a_hit(app, visit, clock):
    cache = Cache(app, config={"CACHE_TYPE": SimpleCache(clock=clock)})
    cache.lookup.clock = clock
    app.route("/")(cache.cached(timeout=10, stale=60)(lambda: "page"))

    assert status(visit()) == {"fwd": "miss", "stored": True, "ttl": 10}
    clock.advance(11)
    assert status(visit()) == {"hit": True, "detail": "stale"}


def test_a_refresh_says_nothing_of_the_request_that_asked_for_it(app, cache, visit):
    page = cache.cached(key_prefix="v/%s")(lambda: "page")
    app.route("/", endpoint="page")(page)
    app.route("/refresh")(page.refresh)

    assert "Cache-Status" not in visit("/refresh").headers


def test_a_caller_that_waited_was_collapsed(app, visit):
    cache = Cache(app)
    cache.lookup.flights = WatchedFlights()
    gate = Gate()
    app.route("/")(cache.cached()(lambda: gate.stop() or "page"))

    callers = crowd(2, visit)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(1)
    gate.open()

    said = sorted((status(each) for each in results(callers)), key=len)
    assert said == [
        {"fwd": "miss", "collapsed": True},
        {"fwd": "miss", "stored": True, "ttl": 300},
    ]


def test_a_store_that_is_down_is_told(app, visit, caplog):
    class Down(SimpleCache):
        def get(self, key):
            raise CacheUnavailableError("down")

    cache = Cache(app, config={"CACHE_TYPE": Down()})
    app.route("/")(cache.cached()(lambda: "page"))

    assert status(visit()) == {"fwd": "miss", "detail": "store unavailable"}


def test_an_async_view_says_the_same(app, cache, visit):
    @app.route("/")
    @cache.cached()
    async def page():
        await asyncio.sleep(0)
        return "page"

    assert status(visit()) == {"fwd": "miss", "stored": True, "ttl": 300}
    assert "hit" in status(visit())


def test_the_stored_answer_does_not_hold_the_header(app, cache, visit):
    app.route("/")(cache.cached()(lambda: Response("page")))

    visit()

    assert "Cache-Status" not in cache.get("view//").headers


def test_outside_of_a_request_a_view_can_still_be_called():
    cache = cache_on(SimpleCache(), CACHE_STATUS_HEADER=True)
    function = cache.cached(key_prefix="key")(lambda: 1)

    assert (function(), function()) == (1, 1)
