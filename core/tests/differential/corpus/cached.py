"""`Cache.cached`: each parameter, the keys, the lives, and the attributes of what it returns."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask import Response, abort, jsonify, make_response, request

from flask_caching import Cache, CachedResponse

from .record import counter, make_app, scenario
from .stores import OLD


@scenario
def timeout(see):
    app = make_app(**OLD, CACHE_DEFAULT_TIMEOUT=77)
    cache = Cache(app)
    number = counter()
    for given in (None, 0, 5, 60):
        cached = cache.cached(timeout=given, key_prefix=f"key {given}")(number)
        see(f"{given}: first", cached())
        see(f"{given}: second", cached())
        see(f"{given}: stored with", cache.cache.timeouts[f"key {given}"])
    see("keys", cache.cache.keys)


@scenario(since=(2, 5))
def timeout_as_timedelta_or_text(see):
    cache = Cache(make_app(**OLD))
    for given in (timedelta(minutes=2), timedelta(milliseconds=300), timedelta(0), "90", "0"):
        cache.cached(timeout=given, key_prefix="key")(counter())()
        see(f"{given} is stored with", cache.cache.timeouts["key"])
        cache.delete("key")


@scenario
def negative_timeout(see):
    cache = Cache(make_app())
    cached = cache.cached(timeout=-1, key_prefix="key")(counter())
    see("calls", [cached(), cached()])
    see("there", cache.has("key"))


@scenario
def cache_timeout_attribute(see):
    cache = Cache(make_app(**OLD))
    cached = cache.cached(timeout=5, key_prefix="key")(counter())
    see("as given", cached.cache_timeout)
    cached.cache_timeout = 9
    cached()
    see("stored with", cache.cache.timeouts["key"])


@scenario
def default_timeout(see):
    app = make_app(CACHE_DEFAULT_TIMEOUT=-1)
    cache = Cache(app)
    cached = cache.cached(key_prefix="key")(counter())
    see("a negative default keeps nothing", [cached(), cached()])
    kept = cache.cached(timeout=60, key_prefix="key")(counter())
    see("a timeout goes before it", [kept(), kept()])


@scenario
def key_prefix(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    def view(**arguments):
        return str(number())

    rules = {
        "/plain/<name>": cache.cached(),
        "/percent/<name>": cache.cached(key_prefix="page:%s!"),
        "/fixed/<name>": cache.cached(key_prefix="everyone"),
        "/callable/<name>": cache.cached(key_prefix=lambda: f"by {request.method}"),
        "/empty/<name>": cache.cached(key_prefix=""),
        "/deep/<path:name>": cache.cached(key_prefix="%s"),
    }
    for rule, decorate in rules.items():
        app.add_url_rule(rule, rule, decorate(view))
    client = app.test_client()
    for rule in rules:
        pages = []
        for name in ("a", "b", "a", "ä ö", "50%25s"):
            path = rule.partition("<")[0] + name
            pages.append(client.get(path).text)
        see(f"{rule}: pages", pages)
        see(f"{rule}: keys", cache.cache.keys)
        cache.clear()
    see.page("the query string is no part", client.get("/plain/a?x=1"))
    see.page("of the key", client.get("/plain/a?x=2"))


@scenario
def key_prefix_with_percent_signs(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()
    for place, given in enumerate(("100%", "%(path)s", "%s %s", "100% %s", "%d", "%%s")):
        view = cache.cached(key_prefix=given)(lambda: str(number()))
        app.add_url_rule(f"/{place}", f"view {place}", view)
    client = app.test_client()
    for place in range(6):
        see(f"{place}", [client.get(f"/{place}").text, client.get(f"/{place}").text])
    see("keys", cache.cache.keys)


@scenario
def views_with_arguments_of_any_name(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    @app.route("/<key>/<timeout>/<args>")
    @cache.cached()
    def view(key, timeout, args):
        return f"{key} {timeout} {args}"

    @app.route("/f/<f>")
    @cache.cached()
    def f_view(f):
        return "page"

    @app.route("/<use_request>")
    @cache.cached()
    def request_view(use_request):
        return f"page {number()}"

    client = app.test_client()
    see.page("use_request", client.get("/x"))
    see.page("use_request again", client.get("/x"))
    see.page("key", client.get("/b/c/d"))
    see.page("key again", client.get("/b/c/d"))
    see.page("f", client.get("/f/a"))
    see("keys", cache.cache.keys)


@scenario
def key_prefix_by_position(see):
    cache = Cache(make_app(**OLD))
    cached = cache.cached(60, "key")(counter())
    see("calls", [cached(), cached()])
    see("keys", cache.cache.keys)


@scenario
def unless(see):
    app = make_app()
    cache = Cache(app)
    asked = []

    def refuse(f, *args, **kwargs):
        asked.append((f.__name__, list(args), kwargs))
        return kwargs.get("name") == "never"

    number = counter()

    @app.route("/<name>")
    @cache.cached(unless=refuse)
    def view(name):
        return f"{name} {number()}"

    client = app.test_client()
    for step, name in enumerate(("often", "often", "never", "never")):
        see.page(f"{step} {name}", client.get(f"/{name}"))
    see("asked", asked)
    for answer in (True, 1, "yes", False, None):
        cached = cache.cached(key_prefix=f"key {answer}", unless=lambda answer=answer: answer)(
            counter()
        )
        see(f"unless gives {answer!r}", [cached(), cached()])
    cached = cache.cached(key_prefix="no callable", unless="always")(counter())
    see("unless is no callable", [cached(), cached()])
    cached = cache.cached(key_prefix="keyword", unless=lambda *, on=True: on)(counter())
    see("unless takes keywords only", [cached(), cached()])


@scenario
def unless_leaves_the_entry_alone(see):
    cache = Cache(make_app())
    off = [False, True, False]
    cached = cache.cached(key_prefix="key", unless=lambda: off.pop(0))(counter())
    see("calls", [cached(), cached(), cached()])


@scenario
def unless_raises(see):
    cache = Cache(make_app())

    def unless():
        raise LookupError("no answer")

    cached = cache.cached(key_prefix="key", unless=unless)(counter())
    see.outcome("a call", cached)


@scenario
def forced_update(see):
    cache = Cache(make_app())
    for answer in (True, 1, False):
        asked = []

        def force(answer=answer, asked=asked):
            asked.append(1)
            return answer

        cached = cache.cached(key_prefix=f"key {answer!r}", forced_update=force)(counter())
        see(f"{answer!r}", [cached(), cached(), cached()])
        see(f"{answer!r} asked", len(asked))


@scenario
def forced_update_stores(see):
    cache = Cache(make_app())
    force = [False, True, False]
    cached = cache.cached(key_prefix="key", forced_update=lambda: force.pop(0))(counter())
    see("calls", [cached(), cached(), cached()])
    see("stored", cache.get("key"))


@scenario
def forced_update_is_given_the_arguments(see):
    app = make_app()
    cache = Cache(app)
    asked = []

    def force(*args, **kwargs):
        asked.append((list(args), kwargs))
        return kwargs["name"] == "fresh"

    number = counter()

    @app.route("/<name>")
    @cache.cached(forced_update=force)
    def view(name):
        return f"{name} {number()}"

    client = app.test_client()
    for step, name in enumerate(("fresh", "fresh", "old", "old")):
        see.page(f"{step} {name}", client.get(f"/{name}"))
    see("asked", asked)


@scenario
def forced_update_raises(see):
    cache = Cache(make_app())

    def force():
        raise LookupError("no answer")

    cached = cache.cached(key_prefix="key", forced_update=force)(counter())
    see("the function answers", [cached(), cached()])
    see("nothing is stored", cache.has("key"))


@scenario(since=(2, 5))
def is_stale(see):
    cache = Cache(make_app())
    asked = []

    def stale(value):
        asked.append(value)
        return value < 3

    cached = cache.cached(key_prefix="key", is_stale=stale)(counter())
    see("calls", [cached() for _ in range(5)])
    see("asked for stored values", sorted(set(asked)))
    for answer in (1, "yes", None):
        cached = cache.cached(key_prefix=f"key {answer}", is_stale=lambda value, a=answer: a)(
            counter()
        )
        see(f"{answer!r} is not True", [cached(), cached()])


@scenario(since=(2, 5))
def is_stale_is_given_the_arguments(see):
    app = make_app()
    cache = Cache(app)
    asked = []

    def stale(value, name):
        asked.append((value, name))
        return name == "always"

    number = counter()

    @app.route("/<name>")
    @cache.cached(is_stale=stale)
    def view(name):
        return f"{name} {number()}"

    client = app.test_client()
    for step, name in enumerate(("always", "always", "never", "never")):
        see.page(f"{step} {name}", client.get(f"/{name}"))
    see("asked", sorted(set(asked)))


@scenario
def response_filter(see):
    for answer in (True, 1, "yes", False, 0, None, []):
        cache = Cache(make_app())
        given = []

        def keep(value, answer=answer, given=given):
            given.append(value)
            return answer

        cached = cache.cached(key_prefix="key", response_filter=keep)(counter())
        see(f"{answer!r}", [cached(), cached()])
        see(f"{answer!r} was given", given)


@scenario
def response_filter_sees_the_response(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/<int:status>")
    @cache.cached(response_filter=lambda response: response.status_code == 200)
    def view(status):
        return Response(f"{status} {number()}", status)

    client = app.test_client()
    for step, status in enumerate((200, 200, 404, 404)):
        see.page(f"{step} {status}", client.get(f"/{status}"))


@scenario
def response_filter_raises(see):
    cache = Cache(make_app())

    def keep(value):
        raise LookupError("no answer")

    cached = cache.cached(key_prefix="key", response_filter=keep)(counter())
    see.outcome("a call", cached)
    see("stored", cache.has("key"))


@scenario
def query_string(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    @app.route("/search/<where>")
    @cache.cached(query_string=True)
    def search(where):
        return str(number())

    client = app.test_client()
    queries = (
        "",
        "?a=1&b=2",
        "?b=2&a=1",
        "?a=1",
        "?a=1&a=2",
        "?a=2&a=1",
        "?a=",
        "?a",
        "?a=1&b=",
        "?%C3%A4=%20",
    )
    for query in queries:
        see.page(f"{query or 'no query'}", client.get(f"/search/here{query}"))
    see.page("elsewhere", client.get("/search/there?a=1"))
    see("keys", cache.cache.keys)


@scenario
def query_string_with_a_prefix(see):
    for given in ("fixed", "page:%s", lambda: "made"):
        app = make_app(**OLD)
        cache = Cache(app)
        number = counter()
        view = cache.cached(key_prefix=given, query_string=True)(
            lambda number=number: str(number())
        )
        app.add_url_rule("/a", "a", view)
        app.add_url_rule("/b", "b", view)
        client = app.test_client()
        pages = [client.get(url).text for url in ("/a?x=1", "/a?x=1", "/a?x=2", "/b?x=1")]
        name = given if isinstance(given, str) else "callable"
        see(f"{name}: pages", pages)
        see(f"{name}: keys", cache.cache.keys)


@scenario
def hash_method(see):
    for method in (hashlib.md5, hashlib.sha1, hashlib.sha512):
        app = make_app(**OLD)
        cache = Cache(app)
        number = counter()
        view = cache.cached(query_string=True, hash_method=method)(
            lambda number=number: str(number())
        )
        app.add_url_rule("/a", "a", view)
        client = app.test_client()
        pages = [client.get(url).text for url in ("/a?x=1", "/a?x=1", "/a?x=2")]
        see(f"{method.__name__}: pages", pages)
        see(f"{method.__name__}: length of the keys", [len(key) for key in cache.cache.keys])


@scenario(since=(2, 5))
def hash_method_as_a_setting(see):
    app = make_app(**OLD, CACHE_HASH_METHOD=hashlib.md5)
    cache = Cache(app)
    app.add_url_rule("/a", "a", cache.cached(query_string=True)(lambda: "a"))
    app.test_client().get("/a?x=1")
    see("keys", cache.cache.keys)


@scenario
def cache_none(see):
    for given in (False, True):
        cache = Cache(make_app())
        number = counter()
        calls = []

        def nothing(number=number, calls=calls):
            calls.append(number())

        cached = cache.cached(key_prefix="key", cache_none=given)(nothing)
        see(f"{given}: values", [cached(), cached()])
        see(f"{given}: calls", len(calls))
        see(f"{given}: stored", cache.has("key"))


@scenario
def falsy_values(see):
    cache = Cache(make_app())
    for value in (0, "", False, [], {}, b"", 0.0, ()):
        calls = []

        def give(value=value, calls=calls):
            calls.append(1)
            return value

        cached = cache.cached(key_prefix=f"key {value!r}")(give)
        see(f"{value!r}", [cached(), cached(), len(calls)])


@scenario
def make_cache_key(see):
    app = make_app(**OLD)
    cache = Cache(app)
    asked = []

    def key(*args, **kwargs):
        asked.append((list(args), kwargs))
        return f"{kwargs['name']}/{request.args.get('page')}"

    number = counter()

    @app.route("/<name>")
    @cache.cached(make_cache_key=key, key_prefix="unused", query_string=True)
    def view(name):
        return f"{name} {number()}"

    client = app.test_client()
    for step, url in enumerate(("/a?page=1", "/a?page=1&x=2", "/a?page=2", "/b?page=1")):
        see.page(f"{step} {url}", client.get(url))
    see("keys", cache.cache.keys)
    see("asked", asked)


@scenario
def make_cache_key_is_no_callable(see):
    cache = Cache(make_app(**OLD))
    cached = cache.cached(key_prefix="key", make_cache_key="other")(counter())
    see("calls", [cached(), cached()])
    see("keys", cache.cache.keys)


@scenario
def make_cache_key_raises(see):
    for debug in (False, True):
        app = make_app()
        app.debug = debug
        cache = Cache(app)

        def key():
            raise LookupError("no key")

        cached = cache.cached(make_cache_key=key)(counter())
        see.outcome(f"debug {debug}", cached)


@scenario
def make_cache_key_gives_no_text(see):
    cache = Cache(make_app())
    for key in (7, ("a", 1), None):
        cached = cache.cached(make_cache_key=lambda key=key: key)(counter())
        see(f"{key!r}", [cached(), cached()])


@scenario
def make_cache_key_attribute(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    @app.route("/item/<int:number_>")
    @cache.cached()
    def item(number_):
        return str(number())

    with app.test_request_context("/item/3"):
        see("of the request", item.make_cache_key(use_request=True, number_=3))
        see("of other arguments", item.make_cache_key(number_=9))
        see("by position", item.make_cache_key(9))
    client = app.test_client()
    item.make_cache_key = lambda *args, **kwargs: f"{sorted(kwargs.items())}"
    see.page("replaced", client.get("/item/3"))
    see("keys", cache.cache.keys)


@scenario(since=(2, 5))
def make_cache_key_attribute_with_a_path(see):
    app = make_app(**OLD)
    cache = Cache(app)

    @app.route("/search")
    @cache.cached(query_string=True)
    def search():
        return "found"

    @app.route("/item/<int:number>")
    @cache.cached(key_prefix="item:%s")
    def item(number):
        return "item"

    see("path", item.make_cache_key(path="/item/4"))
    for given in ("a=1&b=2", "?b=2&a=1", {"a": 1, "b": 2}, [("b", "2"), ("a", "1")], "", "a=&b"):
        see(f"query {given!r}", search.make_cache_key(path="/search", query_args=given))
    app.test_client().get("/search?b=2&a=1")
    see("keys", cache.cache.keys)
    with app.test_request_context("/item/3?x=1"):
        see("of arguments", item.make_cache_key(number=4))
        see("of the request", item.make_cache_key(use_request=True))
        see("of the query", search.make_cache_key(path="/search"))


@scenario(since=(2, 5))
def views_with_arguments_called_path_and_query_args(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    @app.route("/files/<path:path>")
    @cache.cached()
    def files(path):
        return f"{path} {number()}"

    @app.route("/ask/<query_args>")
    @cache.cached(query_string=True)
    def ask(query_args):
        return f"{query_args} {number()}"

    client = app.test_client()
    for url in ("/files/a/b", "/files/c", "/ask/a?x=1", "/ask/b?x=1"):
        see.page(url, client.get(url))
        see.page(f"{url} again", client.get(url))
    see("keys", cache.cache.keys)


@scenario
def source_check(see):
    app = make_app(**OLD)
    cache = Cache(app)
    first = cache.cached(key_prefix="key", source_check=True)(lambda: "first")
    other = cache.cached(key_prefix="key", source_check=True)(lambda: "an other")
    see("two functions under one prefix", [first(), other(), first(), other()])
    see("keys", [(key[:3], len(key)) for key in cache.cache.keys])
    same = cache.cached(key_prefix="same")(lambda: "first")
    again = cache.cached(key_prefix="same")(lambda: "an other")
    see("without", [same(), again()])


@scenario
def source_check_as_a_setting(see):
    cache = Cache(make_app(**OLD, CACHE_SOURCE_CHECK=True))
    first = cache.cached(key_prefix="key")(lambda: "first")
    other = cache.cached(key_prefix="key")(lambda: "an other")
    off = cache.cached(key_prefix="key", source_check=False)(lambda: "off")
    see("calls", [first(), other(), off(), first()])
    see("keys", [(key[:3], len(key)) for key in cache.cache.keys])


@scenario
def source_check_with_a_query_string(see):
    app = make_app(**OLD)
    cache = Cache(app)
    app.add_url_rule("/a", "a", cache.cached(query_string=True, source_check=True)(lambda: "a"))
    client = app.test_client()
    client.get("/a?x=1")
    client.get("/a?x=2")
    see("entries", len(cache.cache.keys))


@scenario
def response_hit_indication(see):
    app = make_app()
    cache = Cache(app)

    @app.route("/said/<name>")
    @cache.cached(response_hit_indication=True)
    def said(name):
        return name

    @app.route("/unsaid")
    @cache.cached()
    def unsaid():
        return "unsaid"

    client = app.test_client()
    for step, url in enumerate(("/said/a", "/said/a", "/said/b", "/unsaid", "/unsaid", "/said/a")):
        see.page(f"{step} {url}", client.get(url), "hit_cache")


@scenario
def all_by_position(see):
    app = make_app(**OLD)
    cache = Cache(app)
    cached = cache.cached(30, "key", lambda: False, lambda: False)(counter())
    see("calls", [cached(), cached()])
    see("stored with", cache.cache.timeouts)


@scenario
def attributes(see):
    app = make_app()
    cache = Cache(app)

    @cache.cached(timeout=12, key_prefix="key")
    def documented(a: int = 1) -> str:
        """What it says."""
        return "value"

    see("name", [documented.__name__, documented.__doc__, documented.__qualname__[-10:]])
    see("uncached", documented.uncached())
    see("wrapped", documented.__wrapped__ is documented.uncached)
    see("timeout", documented.cache_timeout)
    see("key", documented.make_cache_key())
    see("stored by uncached", cache.has("key"))


@scenario
def arguments_do_not_count(see):
    cache = Cache(make_app())

    @cache.cached(key_prefix="key")
    def add(a, b=1):
        return a + b

    see("calls", [add(1), add(2, b=3)])


@scenario
def outside_of_requests(see):
    for debug in (False, True):
        app = make_app()
        app.debug = debug
        cache = Cache(app)
        fixed = cache.cached(key_prefix="key")(counter())
        see(f"debug {debug}: a fixed key", [fixed(), fixed()])
        by_path = cache.cached()(counter())
        see.outcome(f"debug {debug}: a key by path", by_path)
        by_query = cache.cached(key_prefix="key", query_string=True)(counter())
        see.outcome(f"debug {debug}: a key by query", by_query)
        with app.app_context():
            see(f"debug {debug}: in a context", fixed())


@scenario
def kinds_of_answers(see):
    app = make_app()
    cache = Cache(app)
    number = counter()
    answers = {
        "text": lambda: f"text {number()}",
        "bytes": lambda: f"bytes {number()}".encode(),
        "dict": lambda: {"number": number()},
        "list": lambda: [number()],
        "status": lambda: (f"made {number()}", 201),
        "headers": lambda: (f"headed {number()}", {"X-Mine": "yes"}),
        "both": lambda: (f"both {number()}", 202, {"X-Mine": "yes"}),
        "response": lambda: Response(f"response {number()}", 203, {"X-Mine": "yes"}),
        "made": lambda: make_response(f"made {number()}", 202),
        "json": lambda: jsonify(number=number()),
        "redirect": lambda: (str(number()), 302, {"Location": "/elsewhere"}),
        "empty": lambda: ("", 204),
    }
    for name, answer in answers.items():
        app.add_url_rule(f"/{name}", name, cache.cached()(answer))
    client = app.test_client()
    for name in answers:
        see.page(name, client.get(f"/{name}"), "X-Mine", "Content-Type", "Location")
        see.page(f"{name} again", client.get(f"/{name}"), "X-Mine", "Content-Type", "Location")


@scenario
def answers_are_copies(see):
    cache = Cache(make_app())
    cached = cache.cached(key_prefix="key")(lambda: {"list": [1]})
    cached()["list"].append(2)
    cached()["list"].append(3)
    see("the third answer", cached())


@scenario
def after_request_functions(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.after_request
    def count(response):
        response.headers["X-Count"] = number()
        return response

    @app.route("/")
    @cache.cached()
    def index():
        return Response("page")

    client = app.test_client()
    see.page("first", client.get("/"), "X-Count")
    see.page("second", client.get("/"), "X-Count")


@scenario
def generator_of_text(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached()
    def index():
        yield "page "
        yield str(number())

    client = app.test_client()
    see.page("first", client.get("/"))
    see.page("second", client.get("/"))
    parts = cache.cached(key_prefix="mixed")(lambda: (each for each in ("a", 1)))
    see("mixed", [parts(), parts()])
    parts = cache.cached(key_prefix="bytes")(lambda: (each for each in (b"a", b"b")))
    see("bytes", [parts(), parts()])


@scenario
def streamed_response(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached()
    def index():
        return Response(part for part in ("page ", str(number())))

    client = app.test_client()
    see.page("first", client.get("/"))
    see.page("second", client.get("/"))
    see("stored", cache.has("view//"))


@scenario
def aborted(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/<int:status>")
    @cache.cached()
    def view(status):
        abort(status, description=f"number {number()}")

    client = app.test_client()
    for status in (404, 410, 400, 418):
        for turn in ("first", "second"):
            answer = client.get(f"/{status}")
            see(f"{status} {turn}", [answer.status_code, "number" in answer.text])
        see(f"{status} stored", cache.has(f"view//{status}"))
    see("calls", number() - 1)


@scenario
def aborted_with_a_filter(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached(response_filter=lambda response: response.status_code == 200)
    def view():
        number()
        abort(404)

    client = app.test_client()
    see("statuses", [client.get("/").status_code, client.get("/").status_code])
    see("calls", number() - 1)


@scenario
def aborted_outside_of_requests(see):
    cache = Cache(make_app())
    number = counter()

    @cache.cached(key_prefix="key")
    def view():
        number()
        abort(404)

    see.outcome("first", view)
    see.outcome("second", view)
    see("calls", number() - 1)


@scenario
def the_function_raises(see):
    cache = Cache(make_app())
    number = counter()

    @cache.cached(key_prefix="key")
    def fails():
        raise ZeroDivisionError(number())

    see.outcome("first", fails)
    see.outcome("second", fails)
    see("calls", number() - 1)
    see("stored", cache.has("key"))


@scenario
def cached_response(see):
    app = make_app(**OLD)
    cache = Cache(app)

    @app.route("/<int:seconds>")
    @cache.cached(timeout=50)
    def view(seconds):
        return CachedResponse(make_response("page", 201), seconds)

    @app.route("/none")
    @cache.cached(timeout=50)
    def none():
        return CachedResponse(make_response("page"), None)

    client = app.test_client()
    for seconds in (7, 0):
        see.page(f"{seconds} first", client.get(f"/{seconds}"))
        see.page(f"{seconds} second", client.get(f"/{seconds}"))
        see(f"{seconds} stored with", cache.cache.timeouts[f"view//{seconds}"])
    with app.test_request_context():
        response = CachedResponse(make_response("page"), 7)
        see("timeout", response.timeout)
        see("is a response", isinstance(response, Response))
    client.get("/none")
    see("none stored with", cache.cache.timeouts["view//none"])


@scenario(since=(2, 5))
def cached_response_with_a_timedelta(see):
    app = make_app(**OLD)
    cache = Cache(app)
    app.add_url_rule(
        "/",
        "view",
        cache.cached()(lambda: CachedResponse(make_response("page"), timedelta(minutes=1))),
    )
    app.test_client().get("/")
    see("stored with", cache.cache.timeouts["view//"])


@scenario
def nothing_is_cached(see):
    app = make_app(CACHE_TYPE="NullCache", CACHE_NO_NULL_WARNING=True)
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached()
    def index():
        return str(number())

    client = app.test_client()
    see.page("first", client.get("/"))
    see.page("second", client.get("/"))
    cached = cache.cached(key_prefix="key", cache_none=True)(lambda: None)
    see("none", [cached(), cached()])


@scenario(since=(2, 5))
def delete_cached(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/item/<int:item>")
    @cache.cached()
    def view(item):
        return str(number())

    @app.route("/search")
    @cache.cached(query_string=True)
    def search():
        return str(number())

    fixed = cache.cached(key_prefix="key")(number)
    client = app.test_client()
    see("pages", [client.get("/item/1").text, client.get("/item/2").text])
    see("by path", cache.delete_cached(view, "/item/1"))
    see("by path again", cache.delete_cached(view, path="/item/1"))
    with app.test_request_context():
        see("by arguments", cache.delete_cached(view, item=2))
    see("pages anew", [client.get("/item/1").text, client.get("/item/2").text])
    client.get("/search?a=1")
    see("by query", cache.delete_cached(search, "/search", {"a": 1}))
    see("by another query", cache.delete_cached(search, "/search", "a=2"))
    fixed()
    see("by nothing", cache.delete_cached(fixed))


@scenario(since=(2, 5))
def signals(see):
    from flask_caching import cache_view_hit, cache_view_miss

    for enabled in (True, False):
        app = make_app(CACHE_ENABLE_SIGNALS=enabled)
        cache = Cache(app)
        heard = []

        def hear(name, heard=heard):
            def receive(sender, **facts):
                key = facts["cache_key"]
                heard.append((name, sorted(facts), key, list(facts["args"]), facts["kwargs"]))

            return receive

        receivers = [(cache_view_hit, hear("hit")), (cache_view_miss, hear("miss"))]
        for signal, receive in receivers:
            signal.connect(receive)
        app.add_url_rule("/<name>", "view", cache.cached()(lambda name: name))
        client = app.test_client()
        client.get("/a")
        client.get("/a")
        client.get("/b")
        for signal, receive in receivers:
            signal.disconnect(receive)
        see(f"enabled {enabled}", heard)


@scenario
def coroutine_view(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached()
    async def index():
        return str(number())

    client = app.test_client()
    see.page("first", client.get("/"))
    see.page("second", client.get("/"))
