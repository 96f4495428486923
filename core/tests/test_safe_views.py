"""What one visitor is answered reaches no other one, and what is for everyone stays cached."""

from __future__ import annotations

import asyncio
import functools
import gc
import io
import itertools
import re
import threading
import weakref
from importlib.metadata import version

import pytest
from flask import (
    Flask,
    Response,
    abort,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    make_response,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
)
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from flask_caching import (
    Cache,
    CachedResponse,
    ConfigError,
    SimpleCache,
    body_key,
    cache_view_refused,
    notices,
)
from flask_caching.context import active_session
from flask_caching.views import joined
from flask_caching_conformance.harness.threads import Gate, in_thread, results
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import WatchedCache, WatchedFlights

#: Visitors who come at once, besides the first one.
CROWD = 4
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FLASK = tuple(int(part) for part in version("flask").split(".")[:2])


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def app():
    app = Flask("application", static_folder=None)
    app.secret_key = "made up"
    return app


def cache_of(app, **config):
    """Give an application a cache with a watched store and watched flights."""
    cache = Cache(app, config={"CACHE_TYPE": WatchedCache(), **config})
    # Its clock stands still, so that a refusal is remembered however slow the machine is.
    cache.lookup.flights = WatchedFlights(clock=lambda: 0.0)
    return cache


@pytest.fixture
def cache(app):
    return cache_of(app)


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


class Visitor:
    """Somebody with a browser of their own, whose name is in every request and the session."""

    def __init__(self, app, name, /, **held):
        self._client = app.test_client()
        self._headers = {"X-Name": name}
        with self._client.session_transaction() as kept:
            kept.update(held)

    def ask(self, path="/", method="GET", **headers):
        headers = {**self._headers, **headers}
        return self._client.open(path, method=method, headers=headers, buffered=True)

    def read(self, path="/", method="GET", **headers):
        return self.ask(path, method, **headers).text


def known(app, name, /, **held):
    """Return a visitor whose session holds the name."""
    return Visitor(app, name, **{"name": name, **held})


def unknown(app):
    """Return a visitor whose session holds nothing."""
    return Visitor(app, "nobody")


def visitors(app, count=2):
    return [known(app, f"visitor{number}") for number in range(count)]


def name():
    return request.headers["X-Name"]


def told(response):
    """Return for whom an answer was made."""
    return re.search(r"for (\w+(?: \w+)*)", response.get_data(as_text=True))[1]


def add_view(cache, view, path="/", **options):
    """Make a function the view of a path, for all methods."""
    cached = cache.cached(**options)(view)
    cache.lookup.app.add_url_rule(path, view_func=cached, methods=METHODS)
    return cached


def stored(cache):
    return cache.lookup.statistics.stores


# -- answers for one visitor -------------------------------------------------------------


def for_visitor(**headers):
    return Response(f"for {name()}", headers=headers)


def sets_a_cookie():
    response = for_visitor()
    response.set_cookie("token", name())
    return response


def sets_a_cookie_in_a_tuple():
    return f"for {name()}", {"Set-Cookie": f"token={name()}"}


def changes_the_session():
    session["seen"] = True
    return f"for {name()}"


def flashes_a_message():
    flash("welcome")
    return f"for {name()}"


def aborts_after_changing_the_session():
    session["seen"] = True
    abort(404, description=f"for {name()}")


def says_private():
    return for_visitor(**{"Cache-Control": "private"})


def says_no_store():
    return f"for {name()}", 200, {"Cache-Control": "no-store"}


def varies_on_everything():
    return for_visitor(Vary="*")


def returns_503():
    return f"for {name()}", 503


def returns_a_response_with_401():
    return Response(f"for {name()}", 401)


def returns_json_with_429():
    return {"name": f"for {name()}"}, "429 SLOW DOWN"


def aborts_with_403():
    abort(403, description=f"for {name()}")


def aborts_with_500():
    abort(500, description=f"for {name()}")


def aborts_with_a_response():
    abort(make_response(f"for {name()}", 407))


def streams():
    return Response(iter([f"for {name()}"]))


def streams_in_a_tuple():
    return Response(iter([f"for {name()}"])), {"X-Made": "here"}


def passes_through():
    return Response([f"for {name()}".encode()], direct_passthrough=True)


def reads_the_session():
    return f"for {session['name']}"


def asks_the_session():
    return f"for {name()}" if "name" in session else "for nobody"


def reads_the_session_in_a_template():
    return render_template_string("for {{ session.name }}")


def reads_the_session_in_a_generator():
    yield "for "
    yield session["name"]


def aborts_after_reading_the_session():
    abort(404, description=f"for {session['name']}")


def varies_on_the_cookie():
    return for_visitor(Vary="Accept-Encoding, Cookie")


def varies_on_authorization():
    return f"for {name()}", {"Vary": "authorization"}


#: A rule's letter, and a view whose answer it refuses.
LEAKS = [
    ("a", sets_a_cookie),
    ("a", sets_a_cookie_in_a_tuple),
    ("a", changes_the_session),
    ("a", flashes_a_message),
    ("a", aborts_after_changing_the_session),
    ("b", says_private),
    ("b", says_no_store),
    ("b", varies_on_everything),
    ("c", returns_503),
    ("c", returns_a_response_with_401),
    ("c", returns_json_with_429),
    ("c", aborts_with_403),
    ("c", aborts_with_500),
    ("c", aborts_with_a_response),
    ("d", streams),
    ("d", streams_in_a_tuple),
    ("d", passes_through),
    ("e", reads_the_session),
    ("e", asks_the_session),
    ("e", reads_the_session_in_a_template),
    ("e", reads_the_session_in_a_generator),
    ("e", aborts_after_reading_the_session),
    ("f", varies_on_the_cookie),
    ("f", varies_on_authorization),
]
leaks = pytest.mark.parametrize(
    ("rule", "answer"), LEAKS, ids=[f"{rule}: {answer.__name__}" for rule, answer in LEAKS]
)


def as_it_is(answer):
    def view(**arguments):
        return answer(**arguments)

    return view


def as_coroutine(answer):
    async def view(**arguments):
        result = answer(**arguments)
        return "".join(result) if hasattr(result, "send") else result

    return view


kinds = pytest.mark.parametrize("kind", [as_it_is, as_coroutine])


def under(policy):
    """Say the policy in the application's setting, and in the decorator, which goes first."""
    opposite = "legacy" if policy == "safe" else "safe"
    return pytest.mark.parametrize(
        ("setting", "option", "kind"),
        [
            pytest.param(policy, None, as_it_is, id="setting"),
            pytest.param(opposite, policy, as_it_is, id="option"),
            pytest.param(policy, None, as_coroutine, id="coroutine"),
        ],
    )


@leaks
@under("legacy")
def test_under_legacy_the_second_visitor_is_given_the_answer_of_the_first(
    app, rule, answer, kind, setting, option
):
    cache = cache_of(app, CACHE_VIEW_POLICY=setting)
    add_view(cache, kind(answer), policy=option)
    first, second = visitors(app)

    given = [told(first.ask()), told(second.ask())]

    assert given == ["visitor0", "visitor0"]


@leaks
@under("safe")
def test_under_safe_every_visitor_is_given_an_answer_of_their_own(
    app, rule, answer, kind, setting, option
):
    cache = cache_of(app, CACHE_VIEW_POLICY=setting)
    add_view(cache, kind(answer), policy=option)
    first, second = visitors(app)

    given = [told(first.ask()), told(second.ask()), told(first.ask())]

    assert given == ["visitor0", "visitor1", "visitor0"]
    assert "set" not in cache.cache.trips


def answered_at_once(app, cache, answer, kind, **options):
    """Return for whom the answers are, when all ask while the first one's is being made."""
    gate = Gate()

    def stops():
        gate.stop()
        return answer()

    add_view(cache, kind(stops), **options)
    first, *others = visitors(app, CROWD + 1)
    leader = in_thread(first.ask)
    gate.await_arrival()
    followers = [in_thread(each.ask) for each in others]
    cache.lookup.flights.await_waiting(CROWD)
    gate.open()
    return [told(response) for response in results([leader, *followers])]


@leaks
@under("legacy")
def test_under_legacy_who_waits_is_given_the_answer_of_the_first(
    app, rule, answer, kind, setting, option
):
    cache = cache_of(app, CACHE_VIEW_POLICY=setting)

    given = answered_at_once(app, cache, answer, kind, policy=option)

    assert given == ["visitor0"] * (CROWD + 1)


@leaks
@under("safe")
def test_under_safe_no_refused_answer_reaches_who_waits(app, rule, answer, kind, setting, option):
    cache = cache_of(app, CACHE_VIEW_POLICY=setting)

    given = answered_at_once(app, cache, answer, kind, policy=option)

    assert given == [f"visitor{number}" for number in range(CROWD + 1)]
    assert "set" not in cache.cache.trips


def test_after_a_refusal_nobody_waits_for_another(app, cache):
    visitor, *others = visitors(app, CROWD + 1)
    all_at_once = threading.Barrier(CROWD)
    refusing = [visitor]

    def view():
        if not refusing:
            all_at_once.wait(PATIENCE)
        return for_visitor(**{"Cache-Control": "private"})

    add_view(cache, view)
    visitor.ask()
    refusing.clear()
    given = results([in_thread(each.ask) for each in others])

    assert [told(response) for response in given] == [f"visitor{n}" for n in range(1, CROWD + 1)]


def test_an_answer_for_everyone_is_made_once_for_all_who_wait(app, cache, number):
    given = answered_at_once(app, cache, lambda: f"for all {number()}", as_it_is)

    assert given == ["all 1"] * (CROWD + 1)


def test_who_waits_while_the_answer_is_refused_may_store_their_own(app, cache):
    """The first visitor is known, so the answer is theirs; the others are not."""
    gate = Gate()

    def view():
        gate.stop()
        return "for " + session.get("name", "everyone")

    add_view(cache, view)
    leader = in_thread(known(app, "ada").ask)
    gate.await_arrival()
    followers = [in_thread(unknown(app).ask) for _ in range(CROWD)]
    cache.lookup.flights.await_waiting(CROWD)
    gate.open()
    given = [told(response) for response in results([leader, *followers])]

    assert given == ["ada"] + ["everyone"] * CROWD
    assert cache.get("view//") == "for everyone"


def on_a_loop(cache, ask, view_entered, go_on):
    """Let tasks ask while the first one's answer is being made; return the answers."""

    async def ask_all():
        first = asyncio.create_task(ask("visitor0"))
        await view_entered.wait()
        others = [asyncio.create_task(ask(f"visitor{number}")) for number in range(1, CROWD + 1)]
        await asyncio.to_thread(cache.lookup.flights.await_waiting, CROWD)
        go_on.set()
        return await asyncio.gather(first, *others)

    return asyncio.run(ask_all())


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("legacy", ["visitor0"] * (CROWD + 1)),
        ("safe", [f"visitor{number}" for number in range(CROWD + 1)]),
    ],
)
@pytest.mark.parametrize("answer", [says_private, reads_the_session, aborts_with_a_response])
def test_no_refused_answer_reaches_a_task_that_waits(app, cache, answer, policy, expected):
    view_entered, go_on = asyncio.Event(), asyncio.Event()

    @cache.cached(policy=policy)
    async def view():
        view_entered.set()
        await go_on.wait()
        return answer()

    async def ask(name):
        with app.test_request_context("/", headers={"X-Name": name}):
            session["name"] = name
            try:
                result = await view()
            except Exception as error:  # noqa: BLE001 (Flask makes a response of it)
                result = app.handle_user_exception(error)
            return told(app.make_response(result))

    given = on_a_loop(cache, ask, view_entered, go_on)

    assert given == expected


# -- (g) other methods -------------------------------------------------------------------


def counted(number):
    """Return a view that says by which method and how many calls it was made."""

    def view():
        return f"{request.method} {number()}"

    return view


@pytest.mark.parametrize("method", METHODS[1:])
def test_under_legacy_all_methods_share_an_entry(app, cache, number, method):
    add_view(cache, counted(number), policy="legacy")
    first, second = visitors(app)

    given = [first.read(method=method), second.read()]

    assert given == [f"{method} 1", f"{method} 1"]


@pytest.mark.parametrize("method", METHODS[1:])
def test_under_safe_another_method_goes_past_the_cache(app, cache, number, method):
    add_view(cache, counted(number))
    first, second = visitors(app)

    given = [first.read(method=method), second.read(method=method)]

    assert given == [f"{method} 1", f"{method} 2"]
    assert cache.cache.trips == []


@pytest.mark.parametrize("method", METHODS[1:])
def test_under_safe_another_method_leaves_the_entry_of_get(app, cache, number, method):
    add_view(cache, counted(number))
    first, second = visitors(app)

    given = [first.read(), second.read(method=method), second.read()]

    assert given == ["GET 1", f"{method} 2", "GET 1"]


@pytest.mark.parametrize(
    ("policy", "expected"), [("legacy", ["POST 1", "POST 1"]), ("safe", ["POST 2", "GET 1"])]
)
def test_get_does_not_wait_for_post(app, cache, number, policy, expected):
    gate, first_is_in = Gate(), threading.Event()

    def view():
        if request.method == "POST":
            gate.stop()
        else:
            first_is_in.set()
        return f"{request.method} {number()}"

    add_view(cache, view, policy=policy)
    first, second = visitors(app)
    post = in_thread(first.read, "/", "POST")
    gate.await_arrival()
    get = in_thread(second.read)
    if policy == "legacy":
        cache.lookup.flights.await_waiting(1)
    else:
        get.result(PATIENCE)
    gate.open()

    assert results([post, get]) == expected


def test_under_safe_a_coroutine_view_is_not_cached_for_post(app, cache, number):
    async def view():
        return f"{request.method} {number()}"

    add_view(cache, view)
    (visitor,) = visitors(app, 1)

    given = [visitor.read(method="POST"), visitor.read(method="POST"), visitor.read()]

    assert given == ["POST 1", "POST 2", "GET 3"]


def empty_for_head(number):
    def view():
        calls = number()
        return Response("" if request.method == "HEAD" else "page", headers={"X-Calls": calls})

    return view


def test_under_legacy_get_is_given_the_empty_answer_of_head(app, cache, number):
    add_view(cache, empty_for_head(number), policy="legacy")
    (visitor,) = visitors(app, 1)

    visitor.ask(method="HEAD")

    assert visitor.read() == ""


def test_head_is_never_stored(app, cache, number):
    add_view(cache, empty_for_head(number))
    (visitor,) = visitors(app, 1)

    heads = [visitor.ask(method="HEAD").headers["X-Calls"] for _ in range(2)]

    assert heads == ["1", "2"]
    assert "set" not in cache.cache.trips
    assert visitor.read() == "page"


def test_head_is_answered_with_what_get_has_stored(app, cache, number):
    add_view(cache, empty_for_head(number))
    (visitor,) = visitors(app, 1)

    visitor.ask()
    head = visitor.ask(method="HEAD")

    assert head.headers["X-Calls"] == "1"
    assert head.headers["Content-Length"] == "4"
    assert head.text == ""


def test_a_forced_update_by_head_stores_nothing(app, cache, number):
    add_view(cache, empty_for_head(number), forced_update=lambda: request.method == "HEAD")
    (visitor,) = visitors(app, 1)

    calls = [visitor.ask(method=method).headers["X-Calls"] for method in ("GET", "HEAD", "GET")]

    assert calls == ["1", "2", "1"]


def test_get_does_not_wait_for_head(app, cache, number):
    gate = Gate()

    def view():
        if request.method == "HEAD":
            gate.stop()
        return "page"

    add_view(cache, view)
    first, second = visitors(app)
    head = in_thread(first.ask, "/", "HEAD")
    gate.await_arrival()
    given = second.read()
    gate.open()
    head.result(PATIENCE)

    assert given == "page"


def test_head_does_not_wait_for_get(app, cache):
    gate = Gate()

    def view():
        if request.method == "GET":
            gate.stop()
        return "page"

    add_view(cache, view)
    first, second = visitors(app)
    get = in_thread(first.read)
    gate.await_arrival()
    head = second.ask(method="HEAD")
    gate.open()

    assert head.status_code == 200
    assert get.result(PATIENCE) == "page"


# -- what stays cached -------------------------------------------------------------------


def is_cached(app, cache, view, *askers, **options):
    """Return whether two visitors whose sessions hold something are given one answer."""
    add_view(cache, view, **options)
    first, second = askers or visitors(app)
    given = [first.ask(), second.ask()]
    return given[0].data == given[1].data and stored(cache) == 1


@pytest.fixture
def page(number):
    def view():
        return f"page {number()}"

    return view


def test_a_page_stays_cached_for_visitors_with_a_session(app, cache, page):
    assert is_cached(app, cache, page)


def test_flashed_messages_may_be_read_before_the_request(app, cache, page):
    @app.before_request
    def read():
        g.messages = get_flashed_messages()

    assert is_cached(app, cache, page)


def test_flashed_messages_may_be_taken_out_before_the_request(app, cache, page):
    @app.before_request
    def read():
        g.messages = get_flashed_messages()

    first, second = (known(app, each, _flashes=[("message", each)]) for each in ("ada", "bob"))

    assert is_cached(app, cache, page, first, second)


def test_a_login_loader_may_read_the_session_before_the_request(app, cache, page):
    @app.before_request
    def load_user():
        g.user = session.get("name")

    assert is_cached(app, cache, page)


def test_the_session_may_be_changed_before_the_request(app, cache, page):
    @app.before_request
    def count():
        session["count"] = session.get("count", 0) + 1
        session.permanent = True

    assert is_cached(app, cache, page)


def test_the_session_may_be_changed_after_the_view(app, cache, page):
    @app.after_request
    def remember(response):
        session["last"] = session["name"]
        return response

    assert is_cached(app, cache, page)


def test_unless_may_read_the_session(app, cache, page):
    assert is_cached(app, cache, page, unless=lambda: session["name"] == "root")


@pytest.mark.parametrize(
    "option", ["forced_update", "is_stale", "response_filter", "timeout"], ids=str
)
def test_other_questions_of_the_decorator_may_read_the_session(app, cache, page, option):
    def ask(*answer):
        answers = {"response_filter": True, "timeout": 50}
        return answers.get(option, False) if session["name"] else None

    assert is_cached(app, cache, page, **{option: ask})


@pytest.mark.parametrize("option", ["key_prefix", "make_cache_key"])
def test_a_key_function_may_read_the_session(app, cache, number, option):
    add_view(cache, lambda: f"{session['name']} {number()}", **{option: lambda: session["name"]})
    first, second = visitors(app)

    given = [each.read() for each in (first, second, first, second)]

    assert given == ["visitor0 1", "visitor1 2", "visitor0 1", "visitor1 2"]


def test_an_empty_session_may_be_read(app, cache, number):
    def view():
        return f"{session.get('name')} {'name' in session} {number()}"

    assert is_cached(app, cache, view, unknown(app), unknown(app))


def test_a_template_that_leaves_the_session_alone_stays_cached(app, cache, number):
    def view():
        return render_template_string("{{ request.path }} {{ n }}", n=number())

    assert is_cached(app, cache, view)


def test_an_application_without_sessions_is_cached(number):
    app = Flask("application", static_folder=None)
    cache = cache_of(app)
    add_view(cache, lambda: f"{session.get('name')} {number()}")
    client = app.test_client()

    assert [client.get("/").text, client.get("/").text] == ["None 1", "None 1"]


class PlainSession(dict, SessionMixin):
    """A session as Flask's documentation proposes it: it says "modified" at all times."""


class SessionWithUnreadableAccess(PlainSession):
    """It says "accessed" at all times."""

    accessed = property(lambda self: True, lambda self, value: None)


class Shelf(SessionInterface):
    """Keeps one session for all."""

    def __init__(self, session_class):
        self.kept = session_class(name="ada", cart=[])

    def open_session(self, app, request):
        return self.kept

    def save_session(self, app, session, response):
        """Nothing to do: it is the very object."""


untracking = pytest.mark.parametrize("session_class", [PlainSession, SessionWithUnreadableAccess])


@untracking
def test_with_a_session_class_that_does_not_track_a_page_stays_cached(
    app, cache, page, session_class
):
    app.session_interface = Shelf(session_class)
    app.before_request(lambda: session.get("missing"))
    add_view(cache, page)
    client = app.test_client()

    assert [client.get("/").text, client.get("/").text] == ["page 1", "page 1"]


@untracking
@pytest.mark.parametrize(
    "change",
    [lambda: session.update(seen=request.path), lambda: session["cart"].append("book")],
    ids=["at the top", "deep inside"],
)
def test_with_a_session_class_that_does_not_track_a_change_is_refused(
    app, cache, number, session_class, change
):
    app.session_interface = Shelf(session_class)
    changes = iter([True, False, False])

    def view():
        if next(changes):
            change()
        return f"page {number()}"

    add_view(cache, view)
    client = app.test_client()
    given = [client.get("/").text for _ in range(3)]

    assert given == ["page 1", "page 2", "page 2"]


def test_a_session_class_that_tracks_nothing_is_judged_by_its_changes_alone(app, cache, number):
    app.session_interface = Shelf(SessionWithUnreadableAccess)
    # Flask before 3.1.3 asks the class only, so reads are noticed on the way to it.
    add_view(cache, lambda: f"page {active_session()['name']} {number()}")
    client = app.test_client()

    assert [client.get("/").text, client.get("/").text] == ["page ada 1", "page ada 1"]


@pytest.mark.parametrize("status", [200, 201, 203, 301, 302, 307, 308, 400, 404, 405, 410])
@pytest.mark.parametrize("made", ["returned", "response", "aborted"])
def test_an_answer_with_another_status_stays_cached(app, cache, number, status, made):
    def view():
        text, headers = f"made {number()}", {"Location": "/elsewhere"}
        if made == "returned":
            return text, status, headers
        response = Response(text, status, headers)
        return response if made == "response" else abort(response)

    assert is_cached(app, cache, view)
    assert visitors(app, 1)[0].ask().status_code == status


LIST_IS_JSON = pytest.mark.skipif(FLASK < (2, 2), reason="Flask does not answer lists as JSON")


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: text.encode(),
        lambda text: {"made": text},
        pytest.param(lambda text: [text], marks=LIST_IS_JSON),
        Response,
        WerkzeugResponse,
        jsonify,
        lambda text: (text, 201),
        lambda text: (text, "201 MADE"),
        lambda text: (text.encode(), 201),
        lambda text: (text, {"X-Made": "here"}),
        lambda text: (text, [("X-Made", "here"), ("X-Made", "there")]),
        lambda text: (text, 404, {"X-Made": "here"}),
        lambda text: (text, 404, None),
        lambda text: ({"made": text}, 201),
        pytest.param(lambda text: ([text], 201, {"X-Made": "here"}), marks=LIST_IS_JSON),
        lambda text: (Response(text, 202), {"X-Made": "here"}),
        lambda text: (Response(text, 202), 203, {"X-Made": "here"}),
        lambda text: redirect(f"/{text}"),
        lambda text: (part for part in ("made ", text)),
        lambda text: (part for part in (b"made ", text.encode())),
    ],
    ids=[
        "text",
        "bytes",
        "dict",
        "list",
        "Response",
        "Werkzeug's Response",
        "jsonify",
        "status",
        "status as text",
        "bytes and status",
        "headers",
        "list of headers",
        "status and headers",
        "status and None",
        "dict and status",
        "list, status and headers",
        "Response and headers",
        "Response, status and headers",
        "redirect",
        "generator",
        "generator of bytes",
    ],
)
def test_whatever_a_view_may_return_stays_cached(app, cache, number, form):
    add_view(cache, lambda: form(f"page-{number()}"))
    first, second = visitors(app)

    given = [
        (response.status, response.data, sorted(response.headers))
        for response in (first.ask(), second.ask())
    ]

    assert given[0] == given[1]
    assert stored(cache) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda text: abort(404),
        lambda text: abort(404, description=text),
        lambda text: abort(Response(text, 404)),
        lambda text: abort(make_response({"made": text}, 410)),
    ],
    ids=["bare", "description", "response", "JSON"],
)
@kinds
def test_an_abort_stays_cached(app, cache, number, make, kind):
    assert is_cached(app, cache, kind(lambda: make(f"missing {number()}")))
    assert number() == 2


@kinds
def test_a_cached_response_stays_cached(app, cache, number, kind):
    assert is_cached(app, cache, kind(lambda: CachedResponse(Response(f"page {number()}"), 5)))


@pytest.mark.parametrize("rows", [(["row"], [1, 2]), (["row"], ("a", "b", "c")), ("a", {1: 2})])
@pytest.mark.parametrize("policy", ["safe", "legacy"])
def test_a_function_may_return_a_tuple_that_is_no_answer(cache, number, rows, policy):
    @cache.cached(key_prefix="rows", policy=policy)
    def function():
        return *rows, number()

    assert [function(), function()] == [(*rows, 1), (*rows, 1)]


# -- the rules and the key ---------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"query_string": True}, {"key_prefix": "page:%s:en"}])
def test_a_read_of_the_session_counts_under_every_key_by_path(app, cache, options):
    add_view(cache, reads_the_session, **options)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


OWN_KEYS = [
    {"key_prefix": "one for all"},
    {"key_prefix": lambda: "one for all"},
    {"make_cache_key": lambda: "one for all"},
]
own_keys = pytest.mark.parametrize(
    "options", OWN_KEYS, ids=["key_prefix", "callable key_prefix", "make_cache_key"]
)


@own_keys
@pytest.mark.parametrize(
    "answer", [reads_the_session, asks_the_session, varies_on_the_cookie, varies_on_authorization]
)
def test_under_an_own_key_the_visitor_is_the_applications_business(app, cache, options, answer):
    add_view(cache, answer, **options)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor0"]


@own_keys
@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_under_an_own_key_any_method_is_stored(app, cache, number, options, method):
    add_view(cache, counted(number), **options)
    first, second = visitors(app)

    first.ask(method=method)

    assert second.read() == f"{method} 1"


@own_keys
@pytest.mark.parametrize(
    "answer",
    [
        sets_a_cookie,
        sets_a_cookie_in_a_tuple,
        changes_the_session,
        says_private,
        varies_on_everything,
        returns_a_response_with_401,
        aborts_with_403,
        aborts_with_a_response,
        streams,
        passes_through,
    ],
)
def test_under_an_own_key_what_an_answer_says_of_itself_counts(app, cache, options, answer):
    add_view(cache, answer, **options)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


@pytest.mark.parametrize("answer", [says_no_store, returns_503, returns_json_with_429])
def test_with_make_cache_key_a_tuple_is_an_answer_too(app, cache, answer):
    add_view(cache, answer, make_cache_key=lambda: "one for all")
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


@pytest.mark.parametrize("answer", [says_no_store, returns_503, returns_json_with_429])
@pytest.mark.parametrize("prefix", ["one for all", lambda: "one for all"])
def test_without_a_place_for_the_path_a_tuple_is_a_value(app, cache, answer, prefix):
    add_view(cache, answer, key_prefix=prefix)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor0"]


def test_a_make_cache_key_that_is_ignored_leaves_the_rules_of_the_default_key(app, cache):
    with pytest.warns(UserWarning, match="'nonsense' has no effect"):
        add_view(cache, reads_the_session, make_cache_key="nonsense")
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_a_cached_function_called_by_a_view_may_read_the_session(app, cache, number):
    @cache.cached(key_prefix="greeting")
    def greeting():
        return f"{session['name']} {number()}"

    app.add_url_rule("/", view_func=greeting)
    first, second = visitors(app)

    assert [first.read(), second.read()] == ["visitor0 1", "visitor0 1"]


def test_what_a_cached_function_reads_counts_for_the_view_that_calls_it(app, cache):
    greeting = cache.cached(make_cache_key=lambda: session["name"])(reads_the_session)

    def view():
        return greeting()

    add_view(cache, view)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_outside_of_requests_the_rules_have_nothing_to_say(cache, number):
    @cache.cached(key_prefix="answer")
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


# -- cache_statuses ----------------------------------------------------------------------

ASKED = frozenset({200, 301, 404, 401, 503})


def statuses_stored(app, cache, **options):
    """Return which answers are stored, of those with the statuses asked."""
    add_view(cache, lambda status: ("answer", status), "/<int:status>", **options)
    (visitor,) = visitors(app, 1)
    for status in ASKED:
        visitor.ask(f"/{status}")
    return {status for status in ASKED if cache.has(f"view//{status}")}


def test_by_default_errors_of_a_moment_and_of_a_visitor_are_not_stored(app, cache):
    assert statuses_stored(app, cache) == {200, 301, 404}


@pytest.mark.parametrize("policy", ["safe", "legacy"])
@pytest.mark.parametrize(
    "statuses", [{200}, [200, 404], (503,), {401, 301}, (), range(200, 400)], ids=repr
)
def test_the_statuses_given_are_stored_and_no_others(app, cache, policy, statuses):
    found = statuses_stored(app, cache, policy=policy, cache_statuses=statuses)

    assert found == ASKED & set(statuses)


def test_the_statuses_given_hold_for_aborts_too(app, cache, number):
    def view(status):
        abort(status, description=f"page {number()}")

    add_view(cache, view, "/<int:status>", cache_statuses={503})
    (visitor,) = visitors(app, 1)
    given = {status: [visitor.read(f"/{status}") for _ in range(2)] for status in (503, 404)}

    assert given[503][0] == given[503][1]
    assert given[404][0] != given[404][1]


def test_a_status_that_is_given_does_not_excuse_the_rest(app, cache):
    add_view(cache, says_private, cache_statuses={200})

    visitors(app, 1)[0].ask()

    assert not cache.has("view//")


# -- vary_on -----------------------------------------------------------------------------


def test_the_values_of_headers_may_be_in_the_key(app, cache, number):
    def view():
        return f"{request.headers.get('Accept-Language')} {number()}"

    add_view(cache, view, vary_on=["Accept-Language"])
    first, second = visitors(app)

    given = [
        first.read(**{"Accept-Language": "en"}),
        second.read(**{"Accept-Language": "en"}),
        second.read(**{"Accept-Language": "de"}),
        first.read(),
        second.read(),
    ]

    assert given == ["en 1", "en 1", "de 2", "None 3", "None 3"]


def test_a_missing_header_is_not_an_empty_one(app, cache, number):
    add_view(cache, lambda: str(number()), vary_on=["X-Flavour"])
    (visitor,) = visitors(app, 1)

    assert [visitor.read(), visitor.read(**{"X-Flavour": ""})] == ["1", "2"]


def test_values_of_one_header_are_not_taken_for_those_of_another(app, cache, number):
    add_view(cache, lambda: str(number()), vary_on=["X-One", "X-Two"])
    (visitor,) = visitors(app, 1)

    given = [
        visitor.read(**{"X-One": "a", "X-Two": "b"}),
        visitor.read(**{"X-One": "b", "X-Two": "a"}),
        visitor.read(**{"X-One": "a', 'b"}),
    ]

    assert given == ["1", "2", "3"]


def test_the_order_and_the_case_of_the_headers_do_not_count(app, cache, number):
    def view():
        return str(number())

    add_view(cache, view, "/one", vary_on=["X-One", "X-Two"], key_prefix="shared")
    view.__name__ = "other"
    add_view(cache, view, "/two", vary_on=["x-two", "x-one"], key_prefix="shared")
    (visitor,) = visitors(app, 1)

    given = [visitor.read(path, **{"X-One": "a", "X-Two": "b"}) for path in ("/one", "/two")]

    assert given == ["1", "1"]


@pytest.mark.parametrize("vary_on", [["Cookie"], ("cookie",), "Cookie"], ids=repr)
def test_with_the_cookie_in_the_key_every_visitor_has_an_entry(app, cache, number, vary_on):
    def view():
        return Response(f"{session['name']} {number()}", headers={"Vary": "Cookie"})

    add_view(cache, view, vary_on=vary_on)
    first, second = visitors(app)

    given = [each.read() for each in (first, second, first, second)]

    assert given == ["visitor0 1", "visitor1 2", "visitor0 1", "visitor1 2"]


def test_with_the_cookie_in_the_key_those_who_come_at_once_are_answered_apart(app, cache):
    gate = Gate()

    def view():
        gate.stop()
        return f"for {session['name']}"

    add_view(cache, view, vary_on=["Cookie"])
    everyone = visitors(app, CROWD)
    asked = [in_thread(each.ask) for each in everyone]
    gate.await_arrival(CROWD)
    gate.open()

    assert [told(response) for response in results(asked)] == [f"visitor{n}" for n in range(CROWD)]
    assert stored(cache) == CROWD


def test_with_authorization_in_the_key_every_bearer_has_an_entry(app, cache, number):
    def view():
        bearer = request.headers["Authorization"]
        return f"{bearer} {number()}", {"Vary": "Authorization"}

    add_view(cache, view, vary_on=["Authorization"])
    (visitor,) = visitors(app, 1)

    given = [visitor.read(Authorization=bearer) for bearer in ("one", "two", "one", "two")]

    assert given == ["one 1", "two 2", "one 1", "two 2"]


def test_with_another_header_in_the_key_the_session_still_counts(app, cache):
    add_view(cache, reads_the_session, vary_on=["Accept-Language", "Authorization"])
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_headers_in_the_key_go_with_the_query_string(app, cache, number):
    add_view(cache, lambda: str(number()), query_string=True, vary_on=["X-One"])
    (visitor,) = visitors(app, 1)

    given = [
        visitor.read("/?a=1", **{"X-One": "a"}),
        visitor.read("/?a=2", **{"X-One": "a"}),
        visitor.read("/?a=1", **{"X-One": "b"}),
        visitor.read("/?a=1", **{"X-One": "a"}),
    ]

    assert given == ["1", "2", "3", "1"]


# -- buffer ------------------------------------------------------------------------------


@pytest.fixture
def closed():
    return []


@pytest.mark.parametrize("policy", ["safe", "legacy"])
@pytest.mark.parametrize("response_class", [Response, WerkzeugResponse])
@kinds
def test_a_streamed_response_is_joined_and_stored(
    app, cache, number, closed, policy, response_class, kind
):
    def view():
        def chunks():
            yield "streamed "
            yield str(number())

        response = response_class(chunks(), 201, {"X-Made": "here"}, mimetype="text/csv")
        response.call_on_close(lambda: closed.append("closed"))
        return response

    add_view(cache, kind(view), buffer=True, policy=policy)
    first, second = visitors(app)
    given = [first.ask(), second.ask()]

    assert [each.text for each in given] == ["streamed 1", "streamed 1"]
    assert [each.status_code for each in given] == [201, 201]
    assert [(each.headers["X-Made"], each.mimetype) for each in given] == [("here", "text/csv")] * 2
    assert closed == ["closed"]


def test_a_streamed_response_in_a_tuple_is_joined_and_stored(app, cache, number):
    def view():
        return Response(iter([f"streamed {number()}"])), 201, {"X-Made": "here"}

    add_view(cache, view, buffer=True)
    first, second = visitors(app)
    given = [first.ask(), second.ask()]

    assert [each.text for each in given] == ["streamed 1", "streamed 1"]
    assert [(each.status_code, each.headers["X-Made"]) for each in given] == [(201, "here")] * 2


def test_a_file_that_is_sent_is_joined_stored_and_closed(app, cache, tmp_path):
    path = tmp_path / "page.txt"
    path.write_text("a file")
    opened = []

    def view():
        response = send_file(path)
        opened.append(response.response)
        return response

    add_view(cache, view, buffer=True)
    first, second = visitors(app)
    given = [first.ask(), second.ask()]

    assert [each.text for each in given] == ["a file", "a file"]
    assert [each.headers["Content-Length"] for each in given] == ["6", "6"]
    assert [each.headers["ETag"] for each in given] == [given[0].headers["ETag"]] * 2
    assert [each.file.closed for each in opened] == [True]


def test_a_file_in_memory_that_is_sent_is_joined_and_stored(app, cache, number):
    def view():
        content = io.BytesIO(f"made {number()}".encode())
        return send_file(content, mimetype="text/plain", download_name="made.txt")

    add_view(cache, view, buffer=True)
    first, second = visitors(app)

    assert [first.read(), second.read()] == ["made 1", "made 1"]


def test_a_stream_that_breaks_is_closed_and_not_stored(app, cache, closed):
    def view():
        def chunks():
            yield "first"
            raise ZeroDivisionError

        response = Response(chunks())
        response.call_on_close(lambda: closed.append("closed"))
        return response

    add_view(cache, view, buffer=True)
    (visitor,) = visitors(app, 1)

    assert visitor.ask().status_code == 500
    assert closed == ["closed"]
    assert "set" not in cache.cache.trips


def test_what_a_stream_reads_while_it_is_joined_counts(app, cache):
    def view():
        def chunks():
            yield "for "
            yield session["name"]

        return Response(stream_with_context(chunks()))

    add_view(cache, view, buffer=True)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_a_joined_response_is_judged_by_the_other_rules(app, cache):
    def view():
        return Response(iter([f"for {name()}"]), headers={"Cache-Control": "private"})

    add_view(cache, view, buffer=True)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_who_waits_for_a_joined_response_is_given_it(app, cache, number):
    def answer():
        return Response(iter([f"for all {number()}"]))

    given = answered_at_once(app, cache, answer, as_it_is, buffer=True)

    assert given == ["all 1"] * (CROWD + 1)


def test_a_response_that_is_whole_is_left_as_it_is():
    response = Response("whole")

    assert joined(response) is response


def test_a_cached_response_that_is_joined_keeps_its_timeout():
    response = joined(CachedResponse(Response(iter(["streamed"])), 5))

    assert isinstance(response, CachedResponse)
    assert (response.timeout, response.get_data()) == (5, b"streamed")


def test_without_buffer_a_streamed_response_is_answered_as_a_stream(app, cache, number, closed):
    def view():
        response = Response(f"{part} " for part in ("streamed", number()))
        response.call_on_close(lambda: closed.append("closed"))
        return response

    add_view(cache, view)
    first, second = visitors(app)

    assert [first.read(), second.read()] == ["streamed 1 ", "streamed 2 "]
    assert closed == ["closed", "closed"]


# -- what the application is told --------------------------------------------------------


def test_a_view_is_warned_about_once_for_each_rule(app, cache, caplog):
    answers = iter([says_private, says_no_store, says_private, returns_503, returns_503])

    def view():
        return next(answers)()

    add_view(cache, view)
    (visitor,) = visitors(app, 1)

    for _ in range(5):
        visitor.ask()

    assert len(caplog.messages) == 2
    assert "rule b of CACHE_VIEW_POLICY" in caplog.messages[0]
    assert "rule c of CACHE_VIEW_POLICY" in caplog.messages[1]


def test_each_view_is_warned_about(app, cache, caplog):
    add_view(cache, says_private, "/one")
    add_view(cache, says_no_store, "/two")
    (visitor,) = visitors(app, 1)

    for path in ("/one", "/two", "/one", "/two"):
        visitor.ask(path)

    assert len(caplog.messages) == 2
    assert "says_private" in caplog.messages[0]
    assert "says_no_store" in caplog.messages[1]


@pytest.mark.parametrize(
    ("answer", "reason", "repair"),
    [
        (sets_a_cookie, "it sets a cookie", "after_request"),
        (changes_the_session, "it changed the session", "cached(unless=…)"),
        (says_private, "its Cache-Control says private", "don't decorate the view"),
        (varies_on_everything, "its Vary is *", "name the headers"),
        (returns_503, "its status is 503", "cached(cache_statuses=…)"),
        (streams, "its body is streamed", "cached(buffer=True)"),
        (reads_the_session, "it read what is in the session", "cached(make_cache_key=…)"),
        (varies_on_the_cookie, "its Vary names cookie", "cached(vary_on=…)"),
    ],
)
def test_the_warning_names_the_view_the_reason_and_the_repair(
    app, cache, caplog, answer, reason, repair
):
    add_view(cache, answer)

    visitors(app, 1)[0].ask()

    (message,) = caplog.messages
    assert f"{answer.__module__}.{answer.__name__}" in message
    assert reason in message
    assert repair in message
    assert "cached(policy='legacy')" in message


def test_nothing_is_said_of_an_answer_that_is_stored(app, cache, caplog, page):
    add_view(cache, page)

    visitors(app, 1)[0].ask()

    assert caplog.messages == []


@leaks
def test_every_refusal_is_counted(app, cache, rule, answer):
    add_view(cache, answer)
    first, second = visitors(app)

    for visitor in (first, second, first):
        visitor.ask()

    assert cache.lookup.statistics.refusals == 3
    assert cache.lookup.statistics.stores == 0
    assert cache.lookup.statistics.hits == 0


def test_under_legacy_nothing_is_refused(app, cache):
    add_view(cache, says_private, policy="legacy")

    visitors(app, 1)[0].ask()

    assert cache.lookup.statistics.refusals == 0


@pytest.fixture
def heard():
    sent = []

    def hear(sender, **details):
        sent.append(details)

    with cache_view_refused.connected_to(hear):
        yield sent


@leaks
@kinds
def test_a_refusal_is_signalled_where_signals_are_enabled(app, heard, rule, answer, kind):
    cache = cache_of(app, CACHE_ENABLE_SIGNALS=True)
    add_view(cache, kind(lambda **work: answer()), "/works/<work>")

    visitors(app, 1)[0].ask("/works/a")

    (details,) = heard
    assert details.pop("refusal").rule == rule
    assert details == {
        "cache": cache,
        "cache_key": "view//works/a",
        "args": (),
        "kwargs": {"work": "a"},
    }


def test_a_refusal_is_not_signalled_by_default(app, cache, heard):
    add_view(cache, says_private)

    visitors(app, 1)[0].ask()

    assert heard == []


def test_what_is_stored_is_not_signalled_as_refused(app, heard, page):
    cache = cache_of(app, CACHE_ENABLE_SIGNALS=True)
    add_view(cache, page)

    visitors(app, 1)[0].ask()

    assert heard == []


# -- the setting -------------------------------------------------------------------------

WRONG = [None, "", "Safe", "strict", True, 1, ["safe"]]


@pytest.mark.parametrize("policy", WRONG, ids=repr)
def test_a_view_policy_that_does_not_exist_is_refused(app, policy):
    with pytest.raises(ConfigError, match="must be 'safe' or 'legacy', not ") as caught:
        Cache(app, config={"CACHE_TYPE": "simple", "CACHE_VIEW_POLICY": policy})

    assert caught.value.key == "CACHE_VIEW_POLICY"


@pytest.mark.parametrize("policy", WRONG[1:], ids=repr)
def test_a_policy_that_does_not_exist_is_refused_when_decorating(cache, policy):
    with pytest.raises(ConfigError, match="must be 'safe' or 'legacy', not ") as caught:
        cache.cached(policy=policy)(says_private)

    assert caught.value.key == "cached(policy=…)"


def test_each_application_has_its_own_policy():
    cache = Cache()
    view = cache.cached()(reads_the_session)
    apps = {policy: Flask(policy) for policy in ("safe", "legacy")}
    for policy, app in apps.items():
        app.secret_key = "made up"
        app.add_url_rule("/", view_func=view)
        cache.init_app(app, {"CACHE_TYPE": "simple", "CACHE_VIEW_POLICY": policy})

    given = {policy: [told(each.ask()) for each in visitors(app)] for policy, app in apps.items()}

    assert given == {"safe": ["visitor0", "visitor1"], "legacy": ["visitor0", "visitor0"]}


# -- what Flask sees of the session ------------------------------------------------------


def leave():
    """Do nothing with the session."""


def read():
    return session.get("name")


def ask():
    return "name" in session


def write():
    session["name"] = "changed"


USES = [leave, read, ask, write]


def seen_by_flask(is_cached, before, view_does, held):
    """Return what two requests of a visitor leave in the session's flags and the headers."""
    app = Flask("application", static_folder=None)
    app.secret_key = "made up"
    flags, calls = [], []

    @app.before_request
    def use_the_session():
        before()

    @app.after_request
    def note(response):
        kept = active_session()
        flags.append((kept.accessed, kept.modified))
        return response

    def view():
        calls.append("call")
        view_does()
        return "page"

    if is_cached:
        add_view(cache_of(app), view)
    else:
        app.add_url_rule("/", view_func=view)
    visitor = known(app, "ada") if held else unknown(app)
    responses = [visitor.ask(), visitor.ask()]
    headers = [(each.headers.get("Vary"), "Set-Cookie" in each.headers) for each in responses]
    return list(zip(flags, headers, strict=True)), len(calls)


@pytest.mark.parametrize("held", [True, False], ids=["held", "empty"])
@pytest.mark.parametrize("view_does", USES)
@pytest.mark.parametrize("before", USES)
def test_on_a_miss_flask_sees_the_session_as_without_the_cache(before, view_does, held):
    with_cache, _ = seen_by_flask(True, before, view_does, held)
    without, _ = seen_by_flask(False, before, view_does, held)

    assert with_cache[0] == without[0]


@pytest.mark.parametrize("held", [True, False], ids=["held", "empty"])
@pytest.mark.parametrize("before", USES)
def test_on_a_hit_flask_sees_what_was_done_before_the_view(before, held):
    with_cache, calls = seen_by_flask(True, before, leave, held)
    without, _ = seen_by_flask(False, before, leave, held)

    assert calls == 1
    assert with_cache[1] == without[1]


def test_a_view_that_changes_the_session_changes_it_at_every_visit(app, cache):
    def view():
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    add_view(cache, view)
    (visitor,) = visitors(app, 1)

    assert [visitor.read() for _ in range(3)] == ["1", "2", "3"]


# -- body_key ----------------------------------------------------------------------------


@pytest.fixture
def search(app, cache, number):
    """Give a client of a view that is cached by the body of its request."""

    def view():
        return f"{request.method} {number()}"

    add_view(cache, view, make_cache_key=body_key)
    app.add_url_rule("/other", endpoint="other", view_func=app.view_functions["view"])
    return app.test_client()


def test_a_post_is_cached_by_its_json(search):
    bodies = [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}]

    given = [search.post("/", json=body).text for body in bodies]

    assert given == ["POST 1", "POST 1", "POST 2"]


def test_a_post_is_cached_by_its_form(search):
    bodies = [{"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "1"}, {}]

    given = [search.post("/", data=body).text for body in bodies]

    assert given == ["POST 1", "POST 1", "POST 2", "POST 3"]


def test_a_request_without_a_body_is_cached_by_its_method_path_and_query(search):
    given = [
        search.get("/").text,
        search.get("/").text,
        search.post("/").text,
        search.put("/").text,
        search.get("/?a=1").text,
        search.get("/other").text,
        search.get("/other").text,
    ]

    assert given == ["GET 1", "GET 1", "POST 2", "PUT 3", "GET 4", "GET 5", "GET 5"]


def test_an_error_in_answer_to_a_body_is_not_cached(app, cache, number):
    add_view(cache, lambda: ({"error": number()}, 500), make_cache_key=body_key)
    client = app.test_client()

    assert [client.post("/", json={}).get_json()["error"] for _ in range(2)] == [1, 2]


def test_broken_json_is_refused_by_the_view_as_without_a_cache(app, cache, number):
    add_view(cache, lambda: {"got": request.get_json(), "n": number()}, make_cache_key=body_key)
    client = app.test_client()

    given = [
        client.post("/", data=body, content_type="application/json")
        for body in ("{broken", "{}", "null", "null")
    ]

    assert [each.status_code for each in given] == [400, 200, 200, 200]
    assert [each.get_json() for each in given[1:]] == [
        {"got": {}, "n": 1},
        {"got": None, "n": 2},
        {"got": None, "n": 2},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"a=1&b=2", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"&&", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"{broken", "content_type": "application/json"},
        {"data": b"bytes", "content_type": "application/octet-stream"},
        {"data": b"bytes"},
    ],
)
def test_after_body_key_the_view_can_read_the_raw_body(app, body):
    with app.test_request_context("/", method="POST", **body):
        body_key()

        assert request.get_data() == body["data"]


def upload(content=b"text", filename="a.txt", mimetype="text/plain"):
    """Return the key of a request with a file."""
    head = f'Content-Disposition: form-data; name="file"; filename="{filename}"'
    head = f"--end\r\n{head}\r\nContent-Type: {mimetype}\r\n\r\n"
    body = head.encode() + content + b"\r\n--end--\r\n"
    form = "multipart/form-data; boundary=end"
    with Flask("application").test_request_context(
        "/", method="POST", data=body, content_type=form
    ):
        key = body_key()
        assert request.files["file"].read() == content
        return key


def test_a_file_counts_by_its_content_its_name_and_its_type():
    keys = {
        upload(),
        upload(b"other"),
        upload(filename="b.txt"),
        upload(mimetype="text/html"),
    }

    assert len(keys) == 4
    assert upload() in keys


def test_a_file_too_large_for_memory_counts_by_its_content():
    one, other = b"a" * 600_000, b"a" * 599_999 + b"b"

    assert upload(one) == upload(one)
    assert upload(one) != upload(other)


# -- cached functions within cached views ------------------------------------------------


def under_the_cookie(cache, function):
    return cache.cached(key_prefix="inner", vary_on=["Cookie"])(function)


def under_an_own_key(cache, function):
    return cache.cached(make_cache_key=lambda: f"inner/{name()}")(function)


def under_an_own_prefix(cache, function):
    return cache.cached(key_prefix=lambda: f"inner/{name()}")(function)


def memoized_by_name(cache, function):
    by_name = cache.memoize()(lambda who: function())
    return lambda: by_name(name())


def as_a_fragment(cache, function):
    template = "{% cache 60, 'inner', name %}{{ function() }}{% endcache %}"
    return lambda: render_template_string(template, name=name(), function=function)


BY_SESSION = [under_an_own_key, under_an_own_prefix, memoized_by_name, as_a_fragment]
nested = pytest.mark.parametrize("nest", [under_the_cookie, *BY_SESSION])


class Greeting:
    """Reads the session, and counts how often."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return f"for {session.get('name', 'nobody')}"


@pytest.fixture
def greeting():
    """Give a function that reads the session; how often, in its `calls`."""
    greeting = Greeting()

    def greet():
        return greeting()

    greet.count = lambda: greeting.calls
    return greet


@nested
def test_what_is_cached_for_a_visitor_keeps_the_view_around_it_from_others(
    app, cache, greeting, nest
):
    inner = nest(cache, greeting)
    add_view(cache, lambda: f"page {inner()}")
    first, second = visitors(app)

    given = [told(each.ask()) for each in (first, first, second, second, first)]

    assert given == ["visitor0", "visitor0", "visitor1", "visitor1", "visitor0"]
    assert cache.get("view//") is None
    assert greeting.count() == 2


@nested
def test_a_hit_alone_keeps_the_view_around_it_from_others(app, cache, greeting, nest):
    inner = nest(cache, greeting)
    app.add_url_rule("/inner", "inner", inner)
    add_view(cache, lambda: f"page {inner()}")
    first, second = visitors(app)

    given = [told(first.ask("/inner")), told(first.ask()), told(second.ask())]

    assert given == ["visitor0", "visitor0", "visitor1"]
    assert cache.get("view//") is None


@nested
def test_what_another_call_computed_meanwhile_keeps_the_view_from_others(app, cache, nest):
    gate = Gate()

    def greet():
        gate.stop()
        return f"for {session['name']}"

    inner = nest(cache, greet)
    app.add_url_rule("/inner", "inner", inner)
    add_view(cache, lambda: f"page {inner()}")
    visitor, twin, other = known(app, "ada"), known(app, "ada"), known(app, "bob")
    leader = in_thread(visitor.read, "/inner")
    gate.await_arrival()
    follower = in_thread(twin.read)
    cache.lookup.flights.await_waiting(1)

    gate.open()

    assert results([leader, follower]) == ["for ada", "page for ada"]
    assert other.read() == "page for bob"


@nested
def test_a_view_under_safe_is_kept_from_others_where_all_else_is_legacy(app, greeting, nest):
    cache = cache_of(app, CACHE_VIEW_POLICY="legacy")
    inner = nest(cache, greeting)
    add_view(cache, lambda: f"page {inner()}", policy="safe")
    first, second = visitors(app)

    given = [told(each.ask()) for each in (first, first, second)]

    assert given == ["visitor0", "visitor0", "visitor1"]


def test_what_is_cached_under_the_cookie_is_personal_from_its_first_call(app, cache):
    inner = under_the_cookie(cache, lambda: f"for {name()}")
    add_view(cache, lambda: f"page {inner()}")
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


@pytest.mark.parametrize("nest", BY_SESSION)
def test_a_view_around_what_leaves_the_session_alone_stays_cached(app, cache, number, nest):
    inner = nest(cache, lambda: f"inner {number()}")
    add_view(cache, lambda: f"page {number()} {inner()}")
    visitor, other = visitors(app)

    computed = visitor.read()
    cache.delete("view//")
    around_a_hit = visitor.read()

    assert [computed, around_a_hit] == ["page 1 inner 2", "page 3 inner 2"]
    assert other.read() == around_a_hit


@pytest.mark.parametrize("nest", BY_SESSION)
def test_without_a_session_the_view_around_stays_cached(app, cache, number, greeting, nest):
    inner = nest(cache, greeting)
    add_view(cache, lambda: f"page {number()} {inner()}")
    known(app, "ada").read()

    given = [unknown(app).read() for _ in range(3)]
    cache.delete("view//")
    around_a_hit = [unknown(app).read() for _ in range(2)]

    assert given == ["page 2 for nobody"] * 3
    assert around_a_hit == ["page 3 for nobody"] * 2


def test_a_permanent_session_that_holds_nothing_else_may_be_read(app, cache, number):
    @app.before_request
    def make_permanent():
        session.permanent = True

    def view():
        return f"{session.get('name')} {number()}"

    assert is_cached(app, cache, view, unknown(app), unknown(app))


def test_a_permanent_session_that_holds_a_name_may_not_be_read(app, cache):
    @app.before_request
    def make_permanent():
        session.permanent = True

    add_view(cache, reads_the_session)
    first, second = visitors(app)

    assert [told(first.ask()), told(second.ask())] == ["visitor0", "visitor1"]


def test_an_application_is_freed_after_a_refusal_was_logged(caplog):
    def answer_one_request(cache):
        app = Flask("application", static_folder=None)
        app.secret_key = "made up"
        cache.init_app(app, {"CACHE_TYPE": "simple"})

        def view():
            return sets_a_cookie() if app.debug is False else ""

        add_view(cache, view)
        with app.app_context():
            known(app, "ada").ask()
        cache.app = None
        return weakref.ref(app)

    application = answer_one_request(Cache())
    gc.collect()

    assert "is not cached: it sets a cookie" in caplog.text
    assert application() is None


@pytest.mark.parametrize("kind", ["cached", "memoize", "fragment"])
def test_what_another_process_stored_counts_as_made_from_the_session(kind):
    shared = SimpleCache()

    def application():
        app = Flask("application")
        app.secret_key = "secret"
        cache = Cache(app, config={"CACHE_TYPE": shared})

        @cache.cached(key_prefix=lambda: "box of " + session["user"])
        def box():
            return "box of " + session["user"]

        @cache.memoize()
        def note(who):
            return "note of " + session["user"]

        def fragment(who):
            template = "{% cache 60, 'frag', who %}frag of {{ session.user }}{% endcache %}"
            return render_template_string(template, who=who)

        inner = {"cached": lambda who: box(), "memoize": note, "fragment": fragment}[kind]

        @app.route("/alone")
        def alone():
            return inner(session["user"])

        @app.route("/")
        @cache.cached()
        def outer():
            return "page with " + inner(request.headers["X-Who"])

        return app

    def visitor(app, who):
        client = app.test_client()
        with client.session_transaction() as opened:
            opened["user"] = who
        return client

    visitor(application(), "alice").get("/alone")
    restarted = application()
    alice, bob = (
        visitor(restarted, who).get("/", headers={"X-Who": who}).get_data(as_text=True)
        for who in ("alice", "bob")
    )

    assert alice.startswith("page with ")
    assert alice.endswith(" of alice")
    assert bob.endswith(" of bob")
