"""``flask cache explain``: what is told of a request, and what is left alone."""

from __future__ import annotations

import functools
import json

import pytest
from flask import Flask, abort, g, make_response, request, session
from flask.views import MethodView, View

from flask_caching import Cache, Capability, SimpleCache
from flask_caching.cli import cache as commands
from flask_caching.errors import CacheUnavailableError


class SharedCache(SimpleCache):
    capabilities = SimpleCache.capabilities | {Capability.SHARED}


@pytest.fixture
def app(clock):
    app = Flask("application")
    app.secret_key = "s3cret-key"
    app.config["CACHE_TYPE"] = SharedCache(clock=clock)
    return app


@pytest.fixture
def cache(app, clock):
    cache = Cache(app)
    cache.lookup.clock = clock
    return cache


@pytest.fixture
def explain(app):
    """Give what the command tells, as JSON."""

    def explain(*args):
        result = app.test_cli_runner().invoke(commands, ["explain", *args, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    return explain


@pytest.fixture
def shown(app):
    """Give what the command shows to people, by title."""

    def shown(*args):
        result = app.test_cli_runner().invoke(commands, ["explain", *args])
        assert result.exit_code == 0, result.output
        return dict(line.split("  ", 1) for line in result.output.splitlines())

    return shown


def page_of(app, cache, path="/", function=lambda: "page", methods=("GET", "POST"), **options):
    calls = []

    def page(**kwargs):
        calls.append(request.method)
        return function(**kwargs)

    app.route(path, methods=methods, endpoint="page")(cache.cached(**options)(page))
    return calls


# -- the key and the store ---------------------------------------------------------------


def test_what_is_not_stored_is_a_miss_and_the_view_is_not_called(app, cache, explain):
    calls = page_of(app, cache)

    told = explain("/")

    assert (told["verdict"], told["would_store"]) == ("miss", None)
    assert "--run" in told["why"]
    assert told["stored"]["state"] == "nothing"
    assert (told["key"], told["policy"], told["backend"]) == ("view//", "safe", "SharedCache")
    assert told["request"] == "GET /"
    assert told["view"].endswith(".page")
    assert calls == []
    assert not cache.has("view//")


def test_what_is_stored_is_a_hit_with_the_life_that_it_has_left(app, cache, explain, clock):
    page_of(app, cache, timeout=60)
    app.test_client().get("/")
    clock.advance(18)

    told = explain("/")

    assert told["verdict"] == "hit"
    assert told["stored"] == {
        "state": "fresh",
        "fresh_for": None,
        "life_left": 42,
        "outdated_by": [],
    }


def test_what_lives_for_ever_has_no_life_to_leave(app, cache, explain, shown):
    page_of(app, cache, timeout=0)
    app.test_client().get("/")

    assert explain("/")["stored"]["life_left"] == 0
    assert "stays for ever" in shown("/")["in the store"]


def test_the_key_is_that_of_a_request_with_this_query_and_these_headers(app, cache, explain):
    page_of(app, cache, "/<name>", lambda name: name, query_string=True, vary_on=["Accept"])
    app.test_client().get("/x?a=1&b=2", headers={"Accept": "text/plain"})

    told = explain("/x?b=2", "--query", "a=1", "--header", "Accept: text/plain")

    assert told["verdict"] == "hit"
    assert explain("/x?b=2", "--header", "Accept: text/plain")["verdict"] == "miss"
    assert explain("/x?a=1&b=2", "--header", "Accept: text/html")["verdict"] == "miss"


def test_tags_and_versions_are_told_and_which_one_outdates(app, cache, explain, shown):
    page_of(app, cache, tags=["user:1", "news"], versioned=True)
    app.test_client().get("/")

    before = explain("/")
    cache.invalidate_tags("news")
    after = explain("/")

    assert {"tag user:1", "tag news"} < set(before["depends_on"])
    assert any(each.startswith("view ") for each in before["depends_on"])
    assert before["verdict"] == "hit"
    assert (after["verdict"], after["stored"]["state"]) == ("miss", "outdated")
    assert after["stored"]["outdated_by"] == ["tag news"]
    assert "by tag news" in shown("/")["in the store"]


@pytest.mark.parametrize("stored_with", [{}, {"tags": "other"}], ids=["no tags", "others"])
def test_what_was_stored_without_a_tag_of_the_view_does_not_count(app, cache, explain, stored_with):
    calls = page_of(app, cache, tags="news")
    cache.set("view//", "from before", **stored_with)

    told = explain("/")
    app.test_client().get("/")

    assert (told["verdict"], told["stored"]["state"]) == ("miss", "outdated")
    assert calls == ["GET"]


def test_tags_of_the_result_are_told_of_what_is_stored(app, cache, explain):
    page_of(app, cache, tags=lambda result: ["of-" + result])

    before = explain("/")
    app.test_client().get("/")
    after = explain("/")

    assert before["depends_on"] == []
    assert "More tags are known only from the answer." in before["notes"]
    assert after["depends_on"] == ["tag of-page"]
    assert after["verdict"] == "hit"


def test_a_namespace_is_told(app, cache, explain):
    page_of(app, cache.namespace("reports"))
    app.test_client().get("/")

    told = explain("/")

    assert told["depends_on"] == ["namespace reports"]
    assert told["key"] == "ns/reports|view//"
    assert told["verdict"] == "hit"


def test_a_stale_answer_is_told_with_both_of_its_lives(app, cache, explain, clock):
    page_of(app, cache, timeout=10, stale=60, tags="a")
    app.test_client().get("/")

    fresh = explain("/")
    clock.advance(11)
    stale = explain("/")

    assert fresh["depends_on"] == ["tag a"]
    assert (fresh["verdict"], fresh["stored"]["fresh_for"]) == ("hit", 10)
    assert fresh["stored"]["life_left"] == 70
    assert (stale["verdict"], stale["stored"]["state"]) == ("stale", "stale")


def test_a_soft_invalidation_makes_stale(app, cache, explain):
    page_of(app, cache, timeout=10, stale=60, tags="a")
    app.test_client().get("/")

    cache.invalidate_tags("a", soft=True)

    told = explain("/")
    assert (told["verdict"], told["stored"]["outdated_by"]) == ("stale", ["tag a"])


def test_head_is_answered_with_what_get_has_stored_and_never_stored(app, cache, explain):
    page_of(app, cache)
    assert explain("/", "--method", "head")["verdict"] == "miss"
    app.test_client().get("/")

    told = explain("/", "--method", "head")

    assert (told["verdict"], told["would_store"]) == ("hit", False)
    assert told["why"] == "only the answer to GET is"


def test_a_store_in_memory_is_another_one_than_the_servers(app, explain):
    cache = Cache(app, config={"CACHE_TYPE": "simple"})
    page_of(app, cache)

    assert "lies in the memory of each process" in explain("/")["notes"][0]


def test_a_store_that_cant_be_asked_says_why_without_secrets(app, explain, caplog):
    class Down(SharedCache):
        def get_value(self, key, default=None):
            raise CacheUnavailableError("nobody at redis://:s3cret@cache")

    cache = Cache(app, config={"CACHE_TYPE": Down()})
    page_of(app, cache)

    told = explain("/")

    assert (told["verdict"], told["reason"]) == ("miss", "the store can't be asked")
    assert "nobody at redis://:(hidden)@cache" in told["stored"]["state"]


# -- why the cache is not asked ----------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "options", "reason"),
    [
        (("--method", "post"), {}, "rule g: only GET and HEAD are answered from the cache"),
        ((), {"unless": lambda: True}, "unless() returned True"),
        ((), {"make_cache_key": lambda: g.user}, "the key can't be made: AttributeError"),
    ],
)
def test_why_a_request_passes_by_the_cache(app, cache, explain, args, options, reason):
    calls = page_of(app, cache, **options)

    told = explain("/", *args)

    assert told["verdict"] == "bypass"
    assert told["reason"].startswith(reason)
    assert calls == []


def test_post_has_a_key_under_the_old_policy(app, cache, explain):
    page_of(app, cache, policy="legacy")

    told = explain("/", "--method", "post")

    assert (told["verdict"], told["policy"], told["key"]) == ("miss", "legacy", "view//")


def test_a_forced_update_is_a_miss_whatever_is_stored(app, cache, explain):
    page_of(app, cache, forced_update=lambda: True)
    app.test_client().get("/")

    told = explain("/")

    assert (told["verdict"], told["stored"]["state"]) == ("miss", "fresh")
    assert told["reason"] == "forced_update() returned True, so it is computed anew"


def test_an_address_without_a_view_and_a_view_without_a_cache_say_so(app, cache, explain):
    app.route("/plain")(lambda: "page")

    assert explain("/nothing")["reason"] == "no view answers it (Not Found)"
    assert explain("/plain")["reason"] == "the view is not decorated with cached()"
    assert explain("plain")["request"] == "GET /plain"


# -- where the decorator stands ----------------------------------------------------------


def test_a_view_is_found_under_other_decorators_and_in_classes(app, cache, explain):
    def logged(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            return function(*args, **kwargs)

        return inner

    class Method(MethodView):
        @cache.cached()
        def get(self):
            return "page"

    class Dispatched(View):
        @cache.cached()
        def dispatch_request(self):
            return "page"

    class Decorated(View):
        decorators = [cache.cached()]

        def dispatch_request(self):
            return "page"

    app.route("/logged")(logged(cache.cached()(lambda: "page")))
    for kind in (Method, Dispatched, Decorated):
        app.add_url_rule(f"/{kind.__name__}", view_func=kind.as_view(kind.__name__))

    for name in ("logged", "Method", "Dispatched", "Decorated"):
        app.test_client().get(f"/{name}")
        told = explain(f"/{name}")
        assert (told["verdict"], told["key"]) == ("hit", f"view//{name}")
        assert explain(f"/{name}", "--run")["would_store"] is True


# -- with --run --------------------------------------------------------------------------


def with_cookie():
    response = make_response("page")
    response.set_cookie("a", "b")
    return response


def with_session():
    session["user"] = 5
    return "page"


@pytest.mark.parametrize(
    ("function", "options", "status", "why", "repair"),
    [
        (with_cookie, {}, 200, "rule a: it sets a cookie", "after_request"),
        (with_session, {}, 200, "rule a: it changed the session", "unless"),
        (lambda: abort(403), {}, 403, "rule c: its status is 403", "cache_statuses"),
        (lambda: 1 / 0, {}, None, "the view raised ZeroDivisionError", ""),
        (lambda: "page", {"response_filter": lambda value: False}, 200, "response_filter", ""),
    ],
)
def test_why_an_answer_would_not_be_stored(
    app, cache, explain, caplog, function, options, status, why, repair
):
    calls = page_of(app, cache, function=function, **options)

    told = explain("/", "--run")

    assert (told["would_store"], told["status"]) == (False, status)
    assert told["why"].startswith(why)
    assert repair in told["repair"]
    assert calls == ["GET"]


def test_an_answer_that_would_be_stored_is_not(app, cache, explain):
    calls = page_of(app, cache, timeout=lambda value: 60, tags=lambda result: "of-" + result)

    told = explain("/", "--run")

    assert (told["would_store"], told["timeout"], told["status"]) == (True, 60, 200)
    assert told["depends_on"] == ["tag of-page"]
    assert calls == ["GET"]
    assert not cache.has("view//")


def test_what_is_stored_stays_and_the_view_works_as_before(app, cache, explain):
    calls = page_of(app, cache)
    app.test_client().get("/")

    told = explain("/", "--run")
    app.test_client().get("/")

    assert told["verdict"] == "hit"
    assert calls == ["GET", "GET"]
    cache.clear()
    app.test_client().get("/")
    assert cache.has("view//")


def test_the_functions_before_the_request_are_called(app, cache, explain):
    app.before_request(lambda: setattr(g, "user", "me"))
    page_of(app, cache, make_cache_key=lambda: f"of-{g.user}")

    assert explain("/")["verdict"] == "bypass"
    assert "--run does" in explain("/")["notes"][-1]
    assert explain("/", "--run")["key"] == "of-me"


@pytest.mark.parametrize("answer", [lambda: "login", lambda: abort(401)])
def test_a_function_before_the_request_may_answer_it(app, cache, explain, answer):
    app.before_request(answer)
    calls = page_of(app, cache)

    told = explain("/", "--run")

    assert told["reason"] == "a function before the request answered it"
    assert calls == []


def test_an_async_view_is_run(app, cache, explain):
    @app.route("/")
    @cache.cached()
    async def page():
        return "page"

    assert explain("/", "--run")["would_store"] is True


# -- what is shown -----------------------------------------------------------------------


def test_it_is_shown_to_people(app, cache, shown):
    page_of(app, cache, tags="news")
    app.test_client().get("/")

    lines = shown("/")

    assert lines["request"].strip() == "GET /"
    assert lines["verdict"].strip() == "hit"
    assert lines["depends on"].strip() == "tag news"
    assert lines["in the store"].strip() == "fresh, 300 s left"
    assert lines["would store"].strip() == "unknown: that depends on the answer; --run computes it"


def test_no_value_and_no_secret_is_shown(app, cache):
    def function():
        return f"value-of-the-page {request.headers['Authorization']}"

    page_of(app, cache, function=function, vary_on=["Authorization"], query_string=True)
    header = {"Authorization": "Bearer s3cret"}
    app.test_client().get("/?token=s3cret", headers=header)
    args = ["explain", "/?token=s3cret", "--header", "Authorization: Bearer s3cret", "--run"]

    for extra in ([], ["--json"]):
        output = app.test_cli_runner().invoke(commands, [*args, *extra]).output
        assert "s3cret" not in output
        assert "value-of" not in output
        assert "hit" in output


@pytest.mark.parametrize("args", [["--header", "nothing"], ["--query", "=1"]])
def test_what_is_no_pair_is_refused(app, cache, args):
    result = app.test_cli_runner().invoke(commands, ["explain", "/", *args])

    assert result.exit_code == 2
    assert "is not what" in result.output


def test_the_help_says_what_is_called(app, cache):
    output = app.test_cli_runner().invoke(commands, ["explain", "--help"]).output

    assert "The view is not called" in output
    assert "--run" in output
