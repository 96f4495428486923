"""The rules of the view policy, each by itself: what an answer says, what happens to a session."""

from __future__ import annotations

import io
from collections import UserDict
from http import HTTPStatus

import pytest
from flask import Flask, Response, flash, get_flashed_messages, session
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Forbidden, InternalServerError, NotFound, Unauthorized
from werkzeug.wrappers import Response as WerkzeugResponse
from werkzeug.wsgi import FileWrapper

from flask_caching.context import active_session
from flask_caching.view_policy import Answer, SafePolicy, SessionWatch

VIEW = SafePolicy(is_view=True, by_path=True)
#: A view with a `make_cache_key` of its own.
OWN_KEY = SafePolicy(is_view=True, by_path=False)
#: A function whose `key_prefix` has no place for the path.
FUNCTION = SafePolicy(is_view=False, by_path=False)


def watched(read=False, changed=False):
    """Return what has been noticed of the session."""
    watch = SessionWatch()
    watch.read, watch.changed = read, changed
    return watch


def rule_of(value, policy=VIEW, **noticed):
    """Return the letter of the rule that refuses an answer, or ``None``."""
    refusal = policy.refusal(value, watched(**noticed))
    return None if refusal is None else refusal.rule


def streamed():
    return Response(iter(["chunk"]))


# -- what is read of an answer -----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("text", 200),
        (b"bytes", 200),
        ({"json": 1}, 200),
        (["json"], 200),
        (None, 200),
        (("text", 201), 201),
        (("text", "202 ACCEPTED"), 202),
        (("text", "203"), 203),
        (("text", HTTPStatus.NOT_FOUND), 404),
        (("text", {"X-Made": "here"}), 200),
        (("text", 404, {"X-Made": "here"}), 404),
        (("text", None, {"X-Made": "here"}), 200),
        (("text", 404, None), 404),
        ((Response("text", 410), {"X-Made": "here"}), 410),
        ((Response("text", 410), 404), 404),
        (Response("text", 304), 304),
        (WerkzeugResponse("text", 304), 304),
        (NotFound(), 404),
        (Unauthorized(response=Response("text", 418)), 418),
    ],
    ids=repr,
)
def test_the_status_is_read_of_whatever_a_view_may_answer(value, status):
    answer = Answer.of(value)

    assert answer.status == status


@pytest.mark.parametrize(
    "extra",
    [
        {"X-Made": "here"},
        [("X-Made", "here")],
        (("X-Made", "here"),),
        Headers({"X-Made": "here"}),
        {"X-Made": ["here"]},
    ],
    ids=["dict", "list", "tuple", "Headers", "dict of lists"],
)
@pytest.mark.parametrize("status", [(), (201,)], ids=["two", "three"])
def test_the_headers_are_read_of_a_tuple(extra, status):
    answer = Answer.of(("text", *status, extra))

    assert answer.headers["x-made"] == "here"


def test_the_headers_of_a_response_in_a_tuple_are_read_too():
    response = Response("text", headers={"X-Inner": "response"})

    answer = Answer.of((response, {"X-Outer": "tuple"}))

    assert answer.response is response
    assert dict(answer.headers).items() >= {"X-Inner": "response", "X-Outer": "tuple"}.items()


def test_the_headers_of_a_response_in_a_tuple_are_left_as_they_are():
    response = Response("text")

    Answer.of((response, {"X-Outer": "tuple"}))

    assert "X-Outer" not in response.headers


@pytest.mark.parametrize(
    "value",
    [
        ("rows", [1, 2]),
        ("rows", ["ab"]),
        ("rows", ("a", "b", "c")),
        ("rows", {"name": "two\nlines"}),
        ("rows", {1: 2}),
        pytest.param(("rows", object()), id="an object"),
        ("rows", float("inf")),
        ("rows", ""),
        ("rows",),
        ("rows", 500, {}, "more"),
        (),
    ],
    ids=repr,
)
@pytest.mark.parametrize("policy", [VIEW, OWN_KEY, FUNCTION], ids=["view", "own key", "function"])
def test_a_tuple_that_is_no_answer_is_a_value_like_any_other(value, policy):
    assert Answer.of(value).status == 200
    assert rule_of(value, policy) is None


# -- the rules ---------------------------------------------------------------------------


def with_header(name, value):
    return Response("text", headers={name: value})


REFUSED = [
    ("a", with_header("Set-Cookie", "a=1")),
    ("a", ("text", {"set-cookie": "a=1"})),
    ("b", with_header("Cache-Control", "no-store")),
    ("b", with_header("Cache-Control", "max-age=5, Private")),
    ("b", with_header("Cache-Control", 'private="X-Name, X-Other"')),
    ("b", ("text", 200, {"Cache-Control": "private"})),
    ("b", ("text", [("Cache-Control", "max-age=5"), ("Cache-Control", "no-store")])),
    ("b", with_header("Vary", "*")),
    ("b", with_header("Vary", "Accept, *")),
    ("c", ("text", 500)),
    ("c", ("text", 503, {"Retry-After": "5"})),
    ("c", ("text", "599 OWN")),
    ("c", Response("text", 401)),
    ("c", Response("text", 407)),
    ("c", (Response("text"), 429)),
    ("c", Response(status=304)),
    ("c", Response("te", 206)),
    ("c", Forbidden()),
    ("c", InternalServerError()),
    ("d", streamed()),
    ("d", (streamed(), 200)),
    ("d", Response(FileWrapper(io.BytesIO(b"file")), direct_passthrough=True)),
    ("d", Response([b"in pieces"], direct_passthrough=True)),
    ("f", with_header("Vary", "Cookie")),
    ("f", with_header("Vary", "Accept-Encoding, cookie")),
    ("f", ("text", {"Vary": "Authorization"})),
]


@pytest.mark.parametrize(("rule", "value"), REFUSED)
def test_an_answer_that_may_be_one_visitors_own_is_refused(rule, value):
    assert rule_of(value) == rule


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"json": 1},
        Response("text"),
        Response(["in", "pieces"]),
        with_header("Cache-Control", "public, max-age=60"),
        with_header("Cache-Control", "no-cache"),
        with_header("Cache-Control", "max-age=60, own-private=1"),
        with_header("Vary", "Accept-Encoding, Accept-Language"),
        with_header("X-Private", "private"),
        ("text", 200),
        ("text", 301, {"Location": "/"}),
        Response("text", 302),
        Response("text", 404),
        ("text", 499),
        ("text", 600),
        NotFound(),
    ],
)
def test_an_answer_for_everyone_is_shared(value):
    assert rule_of(value) is None


def test_a_changed_session_refuses_any_answer():
    assert rule_of("text", changed=True) == "a"


def test_a_read_session_refuses_an_answer_by_path():
    assert rule_of("text", read=True) == "e"


def test_a_header_is_looked_at_before_the_session():
    assert rule_of(with_header("Cache-Control", "private"), read=True) == "b"


def test_a_refusal_names_its_reason_and_the_repair():
    refusal = VIEW.refusal(("text", 503), watched())

    assert refusal == ("c", "its status is 503", "name it in cached(cache_statuses=…)")


def test_a_refusal_for_vary_names_the_headers():
    refusal = VIEW.refusal(("text", {"Vary": "Cookie, Authorization"}), watched())

    assert refusal.reason == "its Vary names authorization, cookie"
    assert "vary_on" in refusal.repair


# -- under another key than the default one ----------------------------------------------


@pytest.mark.parametrize(("rule", "value"), REFUSED)
def test_under_an_own_key_what_the_answer_says_of_itself_counts(rule, value):
    assert rule_of(value, OWN_KEY) == (None if rule == "f" else rule)


def test_under_an_own_key_the_session_may_be_read():
    assert rule_of("text", OWN_KEY, read=True) is None


def test_under_an_own_key_the_session_may_not_be_changed():
    assert rule_of("text", OWN_KEY, changed=True) == "a"


@pytest.mark.parametrize(("rule", "value"), REFUSED)
def test_of_a_function_only_responses_and_cookies_are_judged(rule, value):
    is_response = rule == "a" or Answer.of(value).response is not None
    expected = rule if is_response and rule != "f" else None

    assert rule_of(value, FUNCTION) == expected


def test_a_function_may_read_the_session_and_not_change_it():
    assert rule_of("value", FUNCTION, read=True) is None
    assert rule_of("value", FUNCTION, changed=True) == "a"


@pytest.mark.parametrize("value", [(["rows"], 500), ("text", 401), ("text", 404)], ids=repr)
def test_a_number_in_a_functions_tuple_is_no_status(value):
    assert rule_of(value, FUNCTION) is None
    assert rule_of(value, SafePolicy(False, False, statuses={200})) is None


# -- cache_statuses and vary_on ----------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "shared"),
    [({200}, {200}), ({200, 503}, {200, 503}), ([401], {401}), ((), set()), (range(600), None)],
    ids=repr,
)
def test_the_statuses_given_are_shared_and_no_others(statuses, shared):
    asked = {200, 301, 401, 404, 503}
    policy = SafePolicy(True, True, statuses)

    found = {status for status in asked if rule_of(("text", status), policy) is None}

    assert found == (asked if shared is None else shared)


@pytest.mark.parametrize(
    ("vary_on", "vary", "rule"),
    [
        ({"cookie"}, "Cookie", None),
        ({"authorization"}, "Authorization", None),
        ({"cookie", "authorization"}, "Cookie, Authorization", None),
        ({"cookie"}, "Cookie, Authorization", "f"),
        ({"accept-language"}, "Cookie", "f"),
        ({"cookie"}, "*", "b"),
    ],
)
def test_a_header_in_the_key_may_be_in_vary(vary_on, vary, rule):
    policy = SafePolicy(True, True, vary_on=frozenset(vary_on))

    assert rule_of(with_header("Vary", vary), policy) == rule


def test_with_the_cookie_in_the_key_the_session_may_be_read():
    policy = SafePolicy(True, True, vary_on=frozenset({"cookie"}))

    assert rule_of("text", policy, read=True) is None


def test_with_another_header_in_the_key_the_session_may_not_be_read():
    policy = SafePolicy(True, True, vary_on=frozenset({"authorization"}))

    assert rule_of("text", policy, read=True) == "e"


def test_with_the_cookie_in_the_key_the_session_may_not_be_changed():
    policy = SafePolicy(True, True, vary_on=frozenset({"cookie"}))

    assert rule_of("text", policy, changed=True) == "a"


# -- the session, as Flask's own class keeps it ------------------------------------------


class PlainSession(dict, SessionMixin):
    """A session as Flask's documentation proposes it; it says "modified" at all times."""


class SessionThatSaysAlways(PlainSession):
    """Flags that tell nothing, whatever is put into them."""

    accessed = property(lambda self: True, lambda self, value: None)
    modified = property(lambda self: True, lambda self, value: None)


class SessionWithReadOnlyModified(PlainSession):
    modified = property(lambda self: True)


class SessionWithoutFlags(UserDict):
    """No more than a mapping."""


class Opened(SessionInterface):
    def __init__(self, opened):
        self._opened = opened

    def open_session(self, app, request):
        return self._opened

    def save_session(self, app, session, response):
        raise AssertionError("no response is made here")


def held_as(session_class, **content):
    """Return the context of a request whose session holds something."""
    app = Flask("application", static_folder=None)
    opened = session_class(content)
    app.session_interface = Opened(opened)
    return app.test_request_context()


def noticed(act, **content):
    """Return what is noticed of something done to a session of Flask's own class."""
    watch = SessionWatch()
    with held_as(SecureCookieSession, **content), watch:
        act()
    return watch.read, watch.changed


@pytest.mark.parametrize(
    "read",
    [
        lambda: session["name"],
        lambda: session.get("name"),
        lambda: session.get("missing"),
        lambda: "name" in session,
        lambda: "missing" in session,
        lambda: len(session),
        lambda: bool(session),
        lambda: list(session),
        lambda: dict(session),
        lambda: list(session.items()),
        lambda: list(session.values()),
        lambda: len(session.copy()),
        lambda: session == {},
        lambda: session.permanent,
        lambda: f"{session}",
        get_flashed_messages,
    ],
    ids=[
        "item",
        "get",
        "get missing",
        "in",
        "missing in",
        "len",
        "bool",
        "iteration",
        "dict",
        "items",
        "values",
        "copy",
        "comparison",
        "permanent",
        "text",
        "flashed messages",
    ],
)
def test_however_a_session_is_read_it_is_noticed(read):
    assert noticed(read, name="ada") == (True, False)


@pytest.mark.parametrize(
    "read", [lambda: session.get("name"), lambda: "name" in session, get_flashed_messages]
)
def test_reading_an_empty_session_tells_nothing(read):
    assert noticed(read) == (False, False)


def test_leaving_the_session_alone_is_no_reading():
    assert noticed(lambda: None, name="ada") == (False, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda: session.update(name="bob"),
        lambda: session.__setitem__("name", "ada"),
        lambda: session.pop("name"),
        lambda: session.setdefault("other", 1),
        lambda: [session.clear()],
        lambda: setattr(session, "permanent", True),
        lambda: setattr(session, "modified", True),
        lambda: flash("welcome"),
    ],
    ids=["update", "the same", "pop", "setdefault", "clear", "permanent", "by hand", "flash"],
)
def test_however_a_session_is_changed_it_is_noticed(change):
    assert noticed(change, name="ada")[1]


def test_an_empty_session_that_is_filled_is_changed():
    assert noticed(lambda: session.update(name="ada"))[1]


def test_taking_flashed_messages_out_is_a_change():
    read_and_changed = noticed(get_flashed_messages, _flashes=[("message", "welcome")])

    assert read_and_changed == (True, True)


def test_what_happened_before_is_not_noticed():
    watch = SessionWatch()

    with held_as(SecureCookieSession, name="ada"):
        session["seen"] = session["name"]
        with watch:
            pass

    assert (watch.read, watch.changed) == (False, False)


def test_what_happens_afterwards_is_not_noticed():
    watch = SessionWatch()

    with held_as(SecureCookieSession, name="ada"):
        with watch:
            pass
        session["seen"] = session["name"]

    assert (watch.read, watch.changed) == (False, False)


def test_a_change_after_an_earlier_one_is_noticed():
    watch = SessionWatch()

    with held_as(SecureCookieSession, name="ada"):
        session["seen"] = 1
        with watch:
            session["seen"] = 2

    assert watch.changed


def test_what_happened_is_noticed_where_the_code_raises():
    watch = SessionWatch()

    def read_and_fail():
        with watch:
            raise NotFound(session["name"])

    with held_as(SecureCookieSession, name="ada"), pytest.raises(NotFound, match="ada"):
        read_and_fail()

    assert watch.read


def test_an_inner_watch_notices_only_what_is_under_it():
    outer, inner = SessionWatch(), SessionWatch()

    with held_as(SecureCookieSession, name="ada"), outer:
        with inner:
            pass
        session["name"]

    assert (outer.read, inner.read) == (True, False)


def test_a_watch_alone_is_no_reading_for_an_outer_one():
    outer, inner = SessionWatch(), SessionWatch()

    with held_as(SecureCookieSession, name="ada"), outer, inner:
        pass

    assert not outer.read


def test_an_outer_watch_notices_what_an_inner_one_does():
    outer, inner = SessionWatch(), SessionWatch()

    with held_as(SecureCookieSession, name="ada"), outer, inner:
        session["seen"] = session["name"]

    assert (outer.read, outer.changed) == (True, True)
    assert (inner.read, inner.changed) == (True, True)


def test_outside_of_requests_nothing_is_noticed():
    watch = SessionWatch()

    with watch:
        pass

    assert (watch.read, watch.changed) == (False, False)


def test_the_session_is_the_same_object_before_and_after():
    with held_as(SecureCookieSession, name="ada"):
        before = active_session()
        with SessionWatch():
            during = active_session()
        after = active_session()

    assert before is during
    assert before is after


def test_under_a_watch_the_session_looks_like_itself():
    with held_as(SecureCookieSession, name="ada"), SessionWatch():
        looks = isinstance(session, SecureCookieSession), session["name"], "name" in session

    assert looks == (True, "ada", True)


# -- the session's flags -----------------------------------------------------------------


def flags_after(*steps, watch):
    """Return the flags of a session after some steps, the last one under a watch or not."""
    *before, last = steps
    with held_as(SecureCookieSession, name="ada"):
        for step in before:
            step()
        if watch:
            with SessionWatch():
                last()
        else:
            last()
        kept = active_session()
        return kept.accessed, kept.modified


def leave():
    """Do nothing."""


def read():
    return session["name"]


def ask():
    return "name" in session


def write():
    session["name"] = "bob"


@pytest.mark.parametrize("first", [leave, read, ask, write])
@pytest.mark.parametrize("second", [leave, read, ask, write])
def test_the_flags_are_afterwards_as_without_a_watch(first, second):
    assert flags_after(first, second, watch=True) == flags_after(first, second, watch=False)


# -- sessions of other classes -----------------------------------------------------------

OTHER_CLASSES = [
    PlainSession,
    SessionThatSaysAlways,
    SessionWithReadOnlyModified,
    SessionWithoutFlags,
]


@pytest.fixture(params=OTHER_CLASSES)
def other_class(request):
    return request.param


def noticed_of(session_class, act, **content):
    watch = SessionWatch()
    with held_as(session_class, **content), watch:
        act(active_session())
    return watch


def test_a_session_that_does_not_track_is_unchanged_where_nothing_is_done(other_class):
    watch = noticed_of(other_class, lambda kept: None, name="ada")

    assert (watch.read, watch.changed) == (False, False)


def test_of_a_session_that_does_not_track_a_change_is_noticed(other_class):
    def change(kept):
        kept["name"] = "bob"

    assert noticed_of(other_class, change, name="ada").changed


def test_of_a_session_that_does_not_track_a_change_deep_inside_is_noticed(other_class):
    def change(kept):
        kept["cart"].append("book")

    assert noticed_of(other_class, change, cart=[]).changed


class Account:
    """Compares by identity."""


def test_a_session_that_does_not_track_may_hold_any_object(other_class):
    watch = noticed_of(other_class, lambda kept: None, account=Account())

    assert not watch.changed


def test_a_session_that_does_not_track_may_hold_what_can_not_be_pickled(other_class):
    unpicklable = {"make": lambda: None}

    untouched = noticed_of(other_class, lambda kept: None, **unpicklable)
    changed = noticed_of(other_class, lambda kept: kept.pop("make"), **unpicklable)

    assert (untouched.changed, changed.changed) == (False, True)


def test_the_flags_of_a_session_that_does_not_track_are_as_before():
    with held_as(PlainSession, name="ada"):
        before = active_session().accessed, active_session().modified
        with SessionWatch():
            pass
        after = active_session().accessed, active_session().modified

    assert before == after


def test_reading_a_session_that_does_not_track_through_flask_is_noticed():
    watch = SessionWatch()

    with held_as(PlainSession, name="ada"), watch:
        session["name"]

    assert (watch.read, watch.changed) == (True, False)
