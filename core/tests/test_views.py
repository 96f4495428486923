"""`cached`: keys made from requests, what a view may answer with, and its invalidation."""

import asyncio
import functools
import hashlib
import inspect
import itertools
from datetime import timedelta

import pytest
from flask import Blueprint, Response, abort, make_response, request
from flask.views import MethodView, View
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as BaseResponse

from flask_caching import (
    Cache,
    CachedResponse,
    cache_view_hit,
    cache_view_miss,
    notices,
)
from flask_caching.errors import ConfigError
from flask_caching.signals import cache_view_refused

#: SHA-256 of ``(('a', '1'), ('b', '2'))``, as Flask-Caching 2.5.1 puts it into keys.
A1_B2 = "640adf8deb08fffa83a5f3c6f566950fd7ba81491db12f5ab4269f059df4055a"
#: The same by MD5.
A1_B2_MD5 = "615ba0df880c87e4f70d30a886b7dee6"
#: SHA-256 of ``()``: a query string without arguments.
NO_QUERY = "2e38e77b22c314a449e91fafed92a43826ac6aa403ae6a8acb6cf58239fbaf5d"


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def cache(app, clock):
    app.config["CACHE_OPTIONS"] = {"clock": clock}
    return Cache(app)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


def texts(client, *paths):
    return [client.get(path).text for path in paths]


# -- the key -----------------------------------------------------------------------------


def test_a_view_is_cached_under_its_path(app, cache, client, number):
    @app.route("/works/<name>")
    @cache.cached()
    def work(name):
        return f"{name} {number()}"

    assert texts(client, "/works/a", "/works/a", "/works/b") == ["a 1", "a 1", "b 2"]
    assert cache.get("view//works/a") == "a 1"


def test_the_query_string_does_not_count_by_default(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        return str(number())

    assert texts(client, "/?page=1", "/?page=2") == ["1", "1"]


def test_a_key_prefix_may_have_a_place_for_the_path(app, cache, client):
    @app.route("/works")
    @cache.cached(key_prefix="page:%s:en")
    def works():
        return "answer"

    client.get("/works")

    assert cache.get("page:/works:en") == "answer"


def test_a_key_prefix_without_a_place_is_the_key(app, cache, client, number):
    @app.route("/works/<name>")
    @cache.cached(key_prefix="all works")
    def work(name):
        return f"{name} {number()}"

    assert texts(client, "/works/a", "/works/b") == ["a 1", "a 1"]
    assert cache.get("all works") == "a 1"


def test_a_callable_key_prefix_gives_the_key_at_each_request(app, cache, client):
    @app.route("/")
    @cache.cached(key_prefix=lambda: f"lang/{request.args['lang']}")
    def index():
        return request.args["lang"]

    assert texts(client, "/?lang=en", "/?lang=de&x=1", "/?lang=de") == ["en", "de", "de"]
    assert cache.get("lang/de") == "de"


def test_a_percent_sign_in_the_key_prefix_stands_for_itself(cache):
    @cache.cached(key_prefix="50%")
    def half():
        return "stored"

    half()

    assert cache.get("50%") == "stored"


def test_the_second_parameter_is_the_key_prefix(cache):
    @cache.cached(50, "by position")
    def answer():
        return "stored"

    answer()

    assert cache.get("by position") == "stored"


def test_all_parameters_may_be_given_by_position(app, cache, client):
    @app.route("/")
    @cache.cached(
        50,
        "page:%s:",
        lambda: False,
        lambda: False,
        lambda value: False,
        lambda value: True,
        True,
        hashlib.md5,
        True,
        None,
        False,
        True,
    )
    def index():
        return "stored"

    client.get("/?b=2&a=1")
    again = client.get("/?a=1&b=2")

    assert cache.get(f"page:/:{A1_B2_MD5}") == "stored"
    assert again.headers["hit_cache"] == "True"


def test_with_query_string_the_arguments_count_in_any_order(app, cache, client, number):
    @app.route("/search")
    @cache.cached(query_string=True)
    def search():
        return str(number())

    assert texts(client, "/search?a=1&b=2", "/search?b=2&a=1", "/search?a=1&b=3") == ["1", "1", "2"]
    assert cache.get(f"view//search{A1_B2}") == "1"


def test_with_query_string_repeated_arguments_count(app, cache, client, number):
    @app.route("/")
    @cache.cached(query_string=True)
    def index():
        return str(number())

    assert texts(client, "/?a=1&a=2", "/?a=2&a=1", "/?a=1", "/") == ["1", "1", "2", "3"]


def test_query_string_goes_with_a_callable_key_prefix(app, cache, client):
    @app.route("/")
    @cache.cached(query_string=True, key_prefix=lambda: "mine/")
    def index():
        return "stored"

    client.get("/?a=1&b=2")

    assert cache.get(f"mine/{A1_B2}") == "stored"


def test_the_hash_method_hashes_the_query_string(app, cache, client):
    @app.route("/")
    @cache.cached(query_string=True, hash_method=hashlib.md5)
    def index():
        return "stored"

    client.get("/?a=1&b=2")

    assert cache.get(f"view//{A1_B2_MD5}") == "stored"


def test_the_hash_method_is_a_setting(app, client):
    app.config["CACHE_HASH_METHOD"] = hashlib.md5
    cache = Cache(app)

    @app.route("/")
    @cache.cached(query_string=True)
    def index():
        return "stored"

    client.get("/?a=1&b=2")

    assert cache.get(f"view//{A1_B2_MD5}") == "stored"


def test_the_hash_method_is_not_called_when_decorating(cache):
    calls = []

    @cache.cached(query_string=True, hash_method=lambda *args: calls.append(args))
    def index():
        return "stored"

    assert calls == []


def test_make_cache_key_is_given_the_arguments_of_the_call(app, cache, client):
    @app.route("/works/<name>")
    @cache.cached(make_cache_key=lambda *args, **kwargs: f"{args} {kwargs}")
    def work(name):
        return name

    client.get("/works/a")

    assert cache.get("() {'name': 'a'}") == "a"


def test_make_cache_key_may_read_the_body_of_the_request(app, cache, client, number):
    @app.route("/", methods=["POST"])
    @cache.cached(make_cache_key=lambda: f"body/{request.get_data(as_text=True)}")
    def index():
        return str(number())

    answers = [client.post("/", data=body).text for body in ("a", "a", "b")]

    assert answers == ["1", "1", "2"]


def test_a_make_cache_key_that_is_not_callable_is_ignored(cache):
    with pytest.warns(UserWarning, match="'nonsense' has no effect"):

        @cache.cached(make_cache_key="nonsense", key_prefix="answer")
        def answer():
            return "stored"

    answer()

    assert cache.get("answer") == "stored"


@pytest.mark.parametrize(
    "options",
    [{"make_cache_key": lambda: 7}, {"key_prefix": lambda: 7}],
    ids=["make_cache_key", "key_prefix"],
)
def test_a_key_that_is_no_text_counts_as_its_text(cache, number, caplog, options):
    @cache.cached(**options)
    def answer():
        return number()

    assert [answer(), answer(), cache.get("7"), cache.get(7)] == [1, 1, 1, 1]
    assert caplog.messages == [
        "A cache key is a str; a key of type int is used as str(key), such as '7'."
    ]


def test_the_make_cache_key_attribute_is_told_to_use_the_request(app, cache, client):
    @app.route("/works/<name>")
    @cache.cached()
    def work(name):
        return name

    given = []
    work.make_cache_key = lambda *args, **kwargs: given.append((args, kwargs)) or "own key"
    client.get("/works/a")

    assert given == [((), {"name": "a", "use_request": True})]
    assert cache.get("own key") == "a"


def test_the_make_cache_key_parameter_goes_before_the_attribute(cache):
    @cache.cached(make_cache_key=lambda: "parameter")
    def answer():
        return "stored"

    answer.make_cache_key = lambda **kwargs: "attribute"
    answer()

    assert cache.get("parameter") == "stored"


def test_view_arguments_may_be_called_path_and_query_args(app, cache, client, number):
    @app.route("/<path:path>/of/<query_args>")
    @cache.cached()
    def page(path, query_args):
        return f"{path} {query_args} {number()}"

    assert texts(client, "/a/b/of/c", "/a/b/of/c", "/x/of/c") == ["a/b c 1", "a/b c 1", "x c 2"]
    assert cache.get("view//a/b/of/c") == "a/b c 1"


# -- source_check ------------------------------------------------------------------------


def decorated_sources(cache, **options):
    """Decorate two functions of one name that differ in nothing but their source."""

    @cache.cached(key_prefix="answer", **options)
    def answer():
        return "first"

    first = answer

    @cache.cached(key_prefix="answer", **options)
    def answer():
        return "second"

    return first, answer


def test_with_source_check_another_source_is_another_key(cache):
    first, second = decorated_sources(cache, source_check=True)

    assert [first(), second(), first()] == ["first", "second", "first"]


def test_without_source_check_the_source_does_not_count(cache):
    first, second = decorated_sources(cache)

    assert [first(), second()] == ["first", "first"]


def test_source_check_is_a_setting_that_a_decorator_may_switch_off(app):
    cache = Cache(app, config={"CACHE_SOURCE_CHECK": True})

    checked = decorated_sources(cache)
    unchecked = decorated_sources(cache, source_check=False)

    assert [each() for each in checked] == ["first", "second"]
    assert [each() for each in unchecked] == ["first", "first"]


def test_the_source_counts_together_with_the_query_string(app, cache):
    first, second = decorated_sources(cache, source_check=True, query_string=True)

    with app.test_request_context("/?a=1"):
        answers = [first(), second(), first()]

    assert answers == ["first", "second", "first"]


def test_the_hash_of_the_source_stands_behind_the_key(cache):
    @cache.cached(key_prefix="answer", source_check=True)
    def answer():
        return "stored"

    source = inspect.getsource(answer.uncached).encode()

    assert answer.make_cache_key() == "answer" + hashlib.sha256(source).hexdigest()


# -- make_cache_key ----------------------------------------------------------------------


@pytest.fixture
def work(app, cache):
    @app.route("/works/<name>")
    @cache.cached()
    def work(name):
        return name

    return work


@pytest.fixture
def search(app, cache):
    @app.route("/search")
    @cache.cached(query_string=True)
    def search():
        return request.query_string.decode()

    return search


def test_make_cache_key_gives_the_key_of_the_view_arguments(app, work):
    with app.test_request_context("/elsewhere"):
        keys = [work.make_cache_key("a"), work.make_cache_key(name="a")]

    assert keys == ["view//works/a", "view//works/a"]


def test_make_cache_key_takes_the_path_without_any_context(work):
    assert work.make_cache_key(path="/works/a") == "view//works/a"


def test_make_cache_key_may_use_the_current_request(app, work):
    with app.test_request_context("/works/b"):
        keys = [work.make_cache_key("a", use_request=True), work.make_cache_key(use_request=True)]

    assert keys == ["view//works/b", "view//works/b"]


@pytest.mark.parametrize(
    "query_args",
    ["b=2&a=1", "?b=2&a=1", {"b": 2, "a": 1}, [("b", 2), ("a", 1)], iter([("b", "2"), ("a", "1")])],
    ids=["text", "text with ?", "mapping", "pairs", "iterator"],
)
def test_make_cache_key_takes_the_query_string_in_any_form(search, query_args):
    key = search.make_cache_key(path="/search", query_args=query_args)

    assert key == f"view//search{A1_B2}"


def test_make_cache_key_takes_the_arguments_of_another_request(app, search):
    with app.test_request_context("/search?b=2&a=1"):
        args = request.args

    assert search.make_cache_key(path="/search", query_args=args) == f"view//search{A1_B2}"


@pytest.mark.parametrize("query_args", ["", {}, []], ids=["text", "mapping", "pairs"])
def test_an_empty_query_string_is_not_the_current_one(app, search, query_args):
    with app.test_request_context("/search?a=1"):
        key = search.make_cache_key(path="/search", query_args=query_args)

    assert key == f"view//search{NO_QUERY}"


def test_make_cache_key_takes_the_query_string_of_the_current_request(app, search):
    with app.test_request_context("/search?b=2&a=1"):
        keys = [search.make_cache_key(), search.make_cache_key(path="/else")]

    assert keys == [f"view//search{A1_B2}", f"view//else{A1_B2}"]


def test_a_blank_query_argument_counts(search):
    blank = search.make_cache_key(path="/search", query_args="a=")

    assert blank != search.make_cache_key(path="/search", query_args="")


@pytest.mark.parametrize(
    "arguments", [{"path": "/search"}, {"query_args": "a=1"}, {}], ids=["path", "query", "neither"]
)
def test_a_key_that_depends_on_a_request_says_so_where_there_is_none(search, arguments):
    with pytest.raises(RuntimeError, match=r"cache key of .*search depends on the request"):
        search.make_cache_key(**arguments)


def test_make_cache_key_of_a_function_with_a_key_of_its_own_is_that_key(cache):
    @cache.cached(key_prefix="answer")
    def answer(number=1):
        return number

    assert [answer.make_cache_key(), answer.make_cache_key(5)] == ["answer", "answer"]


# -- outside of requests -----------------------------------------------------------------


def test_a_function_with_a_key_of_its_own_works_outside_of_requests(cache, number):
    @cache.cached(key_prefix="answer")
    def answer():
        return number()

    assert [answer(), answer(), cache.get("answer")] == [1, 1, 1]


@pytest.mark.parametrize("options", [{}, {"key_prefix": "fixed", "query_string": True}])
def test_a_view_called_outside_of_requests_is_called_and_logged(cache, number, caplog, options):
    @cache.cached(**options)
    def view():
        return number()

    assert [view(), view()] == [1, 2]
    assert "depends on the request, and there is none" in caplog.text


def test_in_debug_a_view_called_outside_of_requests_raises(app, cache):
    app.debug = True

    @cache.cached()
    def view():
        return "never"

    with pytest.raises(RuntimeError, match="depends on the request, and there is none"):
        view()


# -- what is answered --------------------------------------------------------------------


def test_a_tuple_with_status_and_headers_is_cached_as_such(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        return f"made {number()}", 201, {"X-Made": "here"}

    client.get("/")
    again = client.get("/")

    assert (again.text, again.status_code, again.headers["X-Made"]) == ("made 1", 201, "here")


def test_a_dict_is_cached_and_answered_as_json(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        return {"number": number()}

    client.get("/")

    assert client.get("/").get_json() == {"number": 1}


def test_a_response_is_cached_with_its_headers(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        return Response(str(number()), headers={"X-Made": "here"}, mimetype="text/csv")

    client.get("/")
    again = client.get("/")

    assert (again.text, again.headers["X-Made"], again.mimetype) == ("1", "here", "text/csv")


def test_what_is_done_to_one_answer_is_not_seen_in_the_next(app, cache, client):
    @app.route("/")
    @cache.cached()
    def index():
        return Response("stored")

    @app.after_request
    def stamp(response):
        response.headers.add("X-Stamp", "once")
        return response

    client.get("/")

    assert client.get("/").headers.getlist("X-Stamp") == ["once"]


def test_a_generator_view_is_joined(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        yield "made "
        yield str(number())

    assert texts(client, "/", "/") == ["made 1", "made 1"]


@pytest.mark.parametrize("debug", [False, True])
def test_a_streamed_response_is_answered_and_not_stored_with_one_line_logged(
    app, cache, client, number, caplog, debug
):
    app.debug = debug

    @app.route("/")
    @cache.cached()
    def index():
        made = number()
        return Response(f"chunk {made} " for _ in range(2))

    assert texts(client, "/", "/") == ["chunk 1 chunk 1 ", "chunk 2 chunk 2 "]
    assert not cache.has("view//")
    assert len([each for each in caplog.records if each.name == "flask_caching"]) == 1


def test_the_answer_may_be_any_value_where_no_request_is_answered(cache):
    @cache.cached(key_prefix="answer")
    def answer():
        return {"rows": [(1, "a"), (2, None)]}

    assert [answer(), answer()] == [{"rows": [(1, "a"), (2, None)]}] * 2


# -- abort() -----------------------------------------------------------------------------


def test_an_abort_is_cached_and_raised_again(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        abort(404, description=f"missing {number()}")

    first, second = client.get("/"), client.get("/")

    assert (first.status_code, second.status_code) == (404, 404)
    assert "missing 1" in first.text
    assert "missing 1" in second.text


def test_an_abort_reaches_error_handlers_on_a_hit_too(app, cache, client):
    @app.route("/")
    @cache.cached()
    def index():
        abort(410)

    @app.errorhandler(410)
    def gone(error):
        return f"handled {error.code}", 410

    assert texts(client, "/", "/") == ["handled 410", "handled 410"]


def test_an_abort_with_a_response_is_cached_with_it(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        abort(make_response(f"gone {number()}", 410))

    client.get("/")
    again = client.get("/")

    assert (again.status_code, again.text) == (410, "gone 1")


def test_an_http_exception_that_is_returned_is_raised(cache):
    @cache.cached(key_prefix="answer")
    def answer():
        return NotFound("returned")

    with pytest.raises(NotFound, match="returned"):
        answer()
    with pytest.raises(NotFound, match="returned"):
        answer()


def test_an_abort_outside_of_requests_runs_the_function_once(cache, number):
    @cache.cached(key_prefix="answer")
    def answer():
        number()
        abort(404)

    for _ in range(2):
        with pytest.raises(NotFound):
            answer()

    assert number() == 2


def test_the_response_filter_is_given_the_response_of_an_abort(app, cache, client, number):
    given = []

    @app.route("/")
    @cache.cached(response_filter=lambda answer: given.append(answer) or False)
    def index():
        abort(404, description=f"missing {number()}")

    client.get("/")
    again = client.get("/")

    assert "missing 2" in again.text
    assert [each.status_code for each in given] == [404, 404]
    assert not any(isinstance(each, HTTPException) for each in given)


def test_an_abort_in_a_coroutine_is_cached_and_raised_again(cache, number):
    @cache.cached(key_prefix="answer")
    async def answer():
        number()
        abort(404)

    async def awaited():
        with pytest.raises(NotFound):
            await answer()

    asyncio.run(awaited())
    asyncio.run(awaited())

    assert number() == 2


def test_another_exception_of_a_view_is_not_cached(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        if number() == 1:
            raise ZeroDivisionError
        return "recovered"

    assert client.get("/").status_code == 500
    assert client.get("/").text == "recovered"


# -- CachedResponse ----------------------------------------------------------------------


def cached_response(cache, timeout, number):
    @cache.cached(timeout=50, key_prefix="answer")
    def answer():
        return CachedResponse(Response(str(number())), timeout)

    return answer


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(5, 5), (2.5, 2.5), (timedelta(seconds=5), 5), (None, 50)],
    ids=["int", "float", "timedelta", "None: the decorator's"],
)
def test_a_cached_response_lives_as_long_as_it_says(cache, clock, number, timeout, seconds):
    answer = cached_response(cache, timeout, number)

    answer()
    clock.advance(seconds - 0.25)
    before = answer().get_data(as_text=True)
    clock.advance(0.5)
    after = answer().get_data(as_text=True)

    assert (before, after) == ("1", "2")


def test_a_cached_response_with_a_timeout_of_0_lives_for_ever(cache, clock, number):
    answer = cached_response(cache, 0, number)

    answer()
    clock.advance(100 * 365 * 24 * 3600)

    assert answer().get_data() == b"1"


def test_a_cached_response_with_a_negative_timeout_is_not_kept(cache, number):
    answer = cached_response(cache, -1, number)

    assert [answer().get_data(), answer().get_data()] == [b"1", b"2"]


def test_a_cached_response_is_a_response(app, cache, client):
    @app.route("/")
    @cache.cached()
    def index():
        response = make_response("<p>", 203, {"X-Made": "here"})
        return CachedResponse(response, 5)

    client.get("/")
    again = client.get("/")

    assert (again.text, again.status_code, again.headers["X-Made"]) == ("<p>", 203, "here")


def test_a_cached_response_says_its_timeout(app):
    with app.app_context():
        response = CachedResponse(make_response("text"), 5)

    assert isinstance(response, Response)
    assert response.timeout == 5


def test_a_cached_response_takes_nothing_but_a_response():
    with pytest.raises(TypeError, match=r"takes a response, not str.*flask.make_response\(\)"):
        CachedResponse("text", 5)


# -- response_hit_indication -------------------------------------------------------------


def test_a_hit_is_indicated_in_the_header(app, cache, client):
    @app.route("/")
    @cache.cached(response_hit_indication=True)
    def index():
        return "answer"

    headers = [client.get("/").headers.get("hit_cache") for _ in range(3)]

    assert headers == [None, "True", "True"]


def test_without_the_option_a_hit_has_no_header(app, cache, client):
    @app.route("/indicated")
    @cache.cached(response_hit_indication=True)
    def indicated():
        return "answer"

    @app.route("/")
    @cache.cached()
    def index():
        return "answer"

    client.get("/indicated")
    client.get("/indicated")
    client.get("/")

    assert "hit_cache" not in client.get("/").headers


def test_a_hit_is_indicated_on_an_abort_too(app, cache, client):
    @app.route("/")
    @cache.cached(response_hit_indication=True)
    def index():
        abort(404)

    client.get("/")

    assert client.get("/").headers["hit_cache"] == "True"


def test_indicating_a_hit_outside_of_requests_does_nothing(cache, number):
    @cache.cached(key_prefix="answer", response_hit_indication=True)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


# -- signals -----------------------------------------------------------------------------


@pytest.fixture
def heard():
    """Give the list of (signal's name, what it was sent with)."""
    sent = []

    def hit(sender, **details):
        sent.append(("hit", details))

    def miss(sender, **details):
        sent.append(("miss", details))

    with cache_view_hit.connected_to(hit), cache_view_miss.connected_to(miss):
        yield sent


def test_hits_and_misses_are_signalled_where_signals_are_enabled(app, heard):
    cache = Cache(app, config={"CACHE_ENABLE_SIGNALS": True})

    @cache.cached(key_prefix="answer")
    def answer(number):
        return number

    answer(5)
    answer(number=6)

    assert heard == [
        ("miss", {"cache": cache, "cache_key": "answer", "args": (5,), "kwargs": {}}),
        ("hit", {"cache": cache, "cache_key": "answer", "args": (), "kwargs": {"number": 6}}),
    ]


def test_nothing_is_signalled_by_default(cache, heard):
    @cache.cached(key_prefix="answer")
    def answer():
        return 1

    answer()
    answer()

    assert heard == []


# -- blueprints and class-based views ----------------------------------------------------


@pytest.fixture
def shop(app, cache, number):
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @shop.route("/items/<name>")
    @cache.cached()
    def item(name):
        return f"{name} {number()}"

    app.register_blueprint(shop)
    return item


def test_a_view_of_a_blueprint_is_cached_under_its_whole_path(cache, client, shop):
    assert texts(client, "/shop/items/a", "/shop/items/a") == ["a 1", "a 1"]
    assert cache.get("view//shop/items/a") == "a 1"


def test_a_view_of_a_blueprint_is_deleted_by_its_arguments(app, cache, client, shop):
    client.get("/shop/items/a")

    with app.test_request_context("/elsewhere"):
        deleted = [cache.delete_cached(shop, name="a"), cache.delete_cached(shop, name="b")]

    assert deleted == [True, False]
    assert client.get("/shop/items/a").text == "a 2"


def test_methods_of_a_method_view_are_cached(app, cache, client, number):
    class Items(MethodView):
        @cache.cached()
        def get(self, name):
            return f"{name} {number()}"

    app.add_url_rule("/items/<name>", view_func=Items.as_view("items"))

    assert texts(client, "/items/a", "/items/a", "/items/b") == ["a 1", "a 1", "b 2"]


def test_a_method_of_a_method_view_is_deleted_by_its_path(app, cache, client, number):
    class Items(MethodView):
        @cache.cached()
        def get(self, name):
            return f"{name} {number()}"

    app.add_url_rule("/items/<name>", view_func=Items.as_view("items"))
    client.get("/items/a")

    assert cache.delete_cached(Items.get, "/items/a")
    assert client.get("/items/a").text == "a 2"


def test_a_view_class_is_cached_through_its_decorators(app, cache, client, number):
    class Item(View):
        decorators = (cache.cached(timeout=50),)

        def dispatch_request(self, name):
            return f"{name} {number()}"

    view = Item.as_view("item")
    app.add_url_rule("/items/<name>", view_func=view)

    assert texts(client, "/items/a", "/items/a", "/items/b") == ["a 1", "a 1", "b 2"]
    assert view.view_class is Item
    with app.test_request_context():
        assert cache.delete_cached(view, name="a")


def test_a_view_registered_twice_is_cached_by_path(app, cache, client, number):
    @app.route("/one")
    @app.route("/two", endpoint="two")
    @cache.cached()
    def page():
        return str(number())

    assert texts(client, "/one", "/two", "/one", "/two") == ["1", "2", "1", "2"]
    with app.test_request_context():
        assert cache.delete_cached(page)
    assert texts(client, "/one", "/two") == ["3", "2"]


def test_a_coroutine_view_is_cached(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    async def index():
        return str(number())

    assert texts(client, "/", "/") == ["1", "1"]


# -- delete_cached -----------------------------------------------------------------------


def test_delete_cached_takes_the_path(cache, client, work):
    client.get("/works/a")

    assert cache.delete_cached(work, "/works/a") is True
    assert cache.delete_cached(work, "/works/a") is False


def test_delete_cached_takes_the_path_by_name(cache, client, work):
    client.get("/works/a")

    assert cache.delete_cached(work, path="/works/a") is True


def test_delete_cached_takes_the_view_arguments(app, cache, client, work):
    client.get("/works/a")

    with app.test_request_context("/elsewhere"):
        deleted = [cache.delete_cached(work, name="b"), cache.delete_cached(work, name="a")]

    assert deleted == [False, True]


@pytest.mark.parametrize(
    "query_args",
    ["b=2&a=1", {"a": 1, "b": 2}, [("a", "1"), ("b", "2")]],
    ids=["text", "mapping", "pairs"],
)
def test_delete_cached_takes_the_query_string(cache, client, search, query_args):
    client.get("/search?a=1&b=2")

    assert cache.delete_cached(search, "/search", query_args) is True
    assert cache.delete_cached(search, path="/search", query_args=query_args) is False


def test_delete_cached_takes_the_view_arguments_and_the_query_string(app, cache, client):
    @app.route("/find/<where>")
    @cache.cached(query_string=True)
    def find(where):
        return where

    client.get("/find/here?q=tea")

    with app.test_request_context("/elsewhere?q=tea", method="POST"):
        deleted = [
            cache.delete_cached(find, where=each, query_args="q=tea") for each in ("there", "here")
        ]

    assert deleted == [False, True]


def test_delete_cached_leaves_other_query_strings(cache, client, search):
    client.get("/search?a=1&b=2")

    assert cache.delete_cached(search, "/search", "a=1") is False
    assert cache.get(f"view//search{A1_B2}") == "a=1&b=2"


def test_delete_cached_of_a_function_with_a_key_of_its_own_needs_nothing(cache):
    @cache.cached(key_prefix="answer")
    def answer():
        return "stored"

    answer()

    assert cache.delete_cached(answer) is True
    assert cache.get("answer") is None


def test_delete_cached_goes_by_a_replaced_make_cache_key(cache):
    @cache.cached(key_prefix="answer")
    def answer():
        return "stored"

    answer.make_cache_key = lambda **kwargs: 7
    answer()

    assert cache.delete_cached(answer) is True


def test_deleting_the_key_is_the_same(cache, client, work):
    client.get("/works/a")

    assert cache.delete("view//works/a") is True
    assert cache.delete_cached(work, "/works/a") is False


# -- the view policy, as far as it goes by method, status and body -----------------------


def test_another_method_than_get_is_not_cached(app, cache, client, number):
    @app.route("/", methods=["GET", "POST"])
    @cache.cached()
    def index():
        return f"{request.method} {number()}"

    answers = [client.post("/").text, client.get("/").text, client.post("/").text]

    assert answers == ["POST 1", "GET 2", "POST 3"]
    assert client.get("/").text == "GET 2"


def test_another_method_of_a_coroutine_view_is_not_cached(app, cache, client, number):
    @app.route("/", methods=["POST"])
    @cache.cached()
    async def index():
        return str(number())

    assert [client.post("/").text, client.post("/").text] == ["1", "2"]


def test_head_is_answered_with_what_get_has_stored_and_stores_nothing(app, cache, client, number):
    @app.route("/")
    @cache.cached()
    def index():
        return Response("answer", headers={"X-Number": number()})

    numbers = [
        call("/").headers["X-Number"]
        for call in (client.head, client.head, client.get, client.head, client.get)
    ]

    assert numbers == ["1", "2", "3", "3", "3"]


def test_a_function_that_is_no_view_is_cached_in_any_request(app, cache, client, number):
    @cache.cached(key_prefix="helper")
    def helper():
        return number()

    @app.route("/", methods=["POST"])
    def index():
        return str(helper())

    assert [client.post("/").text, client.post("/").text] == ["1", "1"]


@pytest.mark.parametrize("status", [500, 503, 401, 403, 407, 429, 206, 412, 416])
def test_a_status_for_one_visitor_or_one_moment_is_not_stored(app, cache, client, number, status):
    @app.route("/")
    @cache.cached()
    def index():
        return str(number()), status

    assert texts(client, "/", "/") == ["1", "2"]


def test_the_policy_is_a_setting(app, client, number):
    cache = Cache(app, config={"CACHE_VIEW_POLICY": "legacy"})

    @app.route("/", methods=["GET", "POST"])
    @cache.cached()
    def index():
        return str(number()), 500

    assert [client.post("/").text, client.get("/").text] == ["1", "1"]


def test_the_policy_is_a_parameter_too(app, client, number):
    cache = Cache(app, config={"CACHE_VIEW_POLICY": "legacy"})

    @app.route("/")
    @cache.cached(policy="safe")
    def index():
        return str(number()), 500

    assert texts(client, "/", "/") == ["1", "2"]


@pytest.mark.parametrize("policy", ["safe", "legacy"])
def test_the_statuses_to_store_can_be_given(app, cache, client, number, policy):
    @app.route("/<int:status>")
    @cache.cached(policy=policy, cache_statuses={200, 503})
    def index(status):
        return str(number()), status

    assert texts(client, "/503", "/503", "/404", "/404") == ["1", "1", "2", "3"]


def test_a_refusal_is_signalled_where_signals_are_enabled(app, client):
    refusals = []
    cache = Cache(app, config={"CACHE_ENABLE_SIGNALS": True})

    @app.route("/")
    @cache.cached()
    def index():
        return "failed", 500

    def refused(sender, **details):
        refusals.append((details["cache"], details["cache_key"], details["refusal"].rule))

    with cache_view_refused.connected_to(refused):
        client.get("/")

    assert refusals == [(cache, "view//", "c")]


@pytest.mark.parametrize("debug", [False, True])
def test_a_refusal_is_logged_once_for_a_view_and_a_rule(app, cache, client, caplog, debug):
    app.debug = debug

    @app.route("/")
    @cache.cached()
    def index():
        return "failed", 500

    texts(client, "/", "/", "/")

    assert len(caplog.messages) == 1
    assert "its status is 500 (rule c of CACHE_VIEW_POLICY)" in caplog.messages[0]


def streamed(number):
    made = number()
    return Response((f"chunk {made} " for _ in range(2)), headers={"X-Made": "here"})


@pytest.mark.parametrize(
    "answer",
    [
        lambda response: response,
        lambda response: (response, 200),
        lambda response: CachedResponse(response, 50),
        lambda response: BaseResponse(response.response),
    ],
    ids=["response", "tuple", "CachedResponse", "werkzeug's response"],
)
def test_with_buffer_a_streamed_response_is_joined_and_stored(app, cache, client, number, answer):
    @app.route("/")
    @cache.cached(buffer=True)
    def index():
        return answer(streamed(number))

    assert texts(client, "/", "/") == ["chunk 1 chunk 1 "] * 2


def test_with_buffer_the_headers_are_kept(app, cache, client, number):
    @app.route("/")
    @cache.cached(buffer=True)
    def index():
        return streamed(number)

    client.get("/")

    assert client.get("/").headers["X-Made"] == "here"


def test_with_buffer_a_cached_response_keeps_its_timeout(app, cache, client, clock, number):
    @app.route("/")
    @cache.cached(timeout=50, buffer=True)
    def index():
        return CachedResponse(streamed(number), 5)

    client.get("/")
    clock.advance(6)

    assert client.get("/").text == "chunk 2 chunk 2 "


def test_with_buffer_other_answers_are_as_they_are(app, cache, client, number):
    @app.route("/text")
    @cache.cached(buffer=True)
    def text():
        return str(number())

    @app.route("/response")
    @cache.cached(buffer=True)
    def response():
        return Response(str(number()))

    assert texts(client, "/text", "/text", "/response", "/response") == ["1", "1", "2", "2"]


def test_with_vary_on_a_headers_value_is_in_the_key(app, cache, client, number):
    @app.route("/")
    @cache.cached(vary_on=["Accept-Language"])
    def index():
        return f"{request.accept_languages} {number()}"

    languages = ["en", "de", "en", None]
    answers = [
        client.get("/", headers={"Accept-Language": each} if each else {}).text
        for each in languages
    ]

    assert answers == ["en 1", "de 2", "en 1", " 3"]


def test_delete_cached_removes_the_variant_of_the_current_request(app, cache, client, number):
    @app.route("/")
    @cache.cached(vary_on=["Accept-Language"])
    def index():
        return str(number())

    def answer(language):
        return client.get("/", headers={"Accept-Language": language}).text

    first = [answer("de"), answer("fr")]
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        removed = cache.delete_cached(index)

    assert first == ["1", "2"]
    assert removed is True
    assert [answer("de"), answer("fr")] == ["3", "2"]


@pytest.mark.parametrize("statuses", [404, "404"])
def test_cache_statuses_are_a_collection(cache, statuses):
    with pytest.raises(ConfigError, match=r"cached\(cache_statuses=…\): must be a list"):
        cache.cached(cache_statuses=statuses)
