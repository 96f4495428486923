"""Which application and which request is this call for?"""

import asyncio
import sys
from types import SimpleNamespace

import flask.globals
import pytest
from flask import Flask, current_app, request, session

from flask_caching import context
from flask_caching.context import (
    active_request,
    active_session,
    app_context,
    notice_session_reads,
    running_loop,
)
from flask_caching_conformance.harness.threads import in_thread, results


@pytest.fixture
def app():
    app = Flask("application")
    app.secret_key = "made up"
    return app


def active_app():
    found = app_context(None)
    return None if found is None else found.app


# -- applications ------------------------------------------------------------------------


def test_outside_of_any_context_there_is_no_application():
    assert active_app() is None


def test_the_application_is_that_of_the_context(app):
    with app.app_context():
        assert active_app() is app is current_app._get_current_object()

    assert active_app() is None


def test_the_innermost_application_is_active(app):
    inner = Flask("inner")

    with app.app_context():
        with inner.app_context():
            assert active_app() is inner
        assert active_app() is app


def test_a_request_has_its_application(app):
    with app.test_request_context("/"):
        assert active_app() is app


def test_another_thread_has_no_application(app):
    with app.app_context():
        assert results([in_thread(active_app)]) == [None]


# -- requests ----------------------------------------------------------------------------


def test_outside_of_any_context_there_is_no_request():
    assert active_request() is None


def test_an_application_alone_answers_no_request(app):
    with app.app_context():
        assert active_request() is None


def test_the_request_is_the_one_being_answered(app):
    with app.test_request_context("/page"):
        assert active_request() is request._get_current_object()
        assert active_request().path == "/page"

    assert active_request() is None


def test_the_innermost_request_is_active(app):
    with app.test_request_context("/outer"):
        with app.test_request_context("/inner"):
            assert active_request().path == "/inner"
        assert active_request().path == "/outer"


# -- sessions ----------------------------------------------------------------------------


def test_outside_of_a_request_there_is_no_session():
    assert active_session() is None


def test_the_session_is_that_of_the_request(app):
    with app.test_request_context("/"):
        session["user"] = 1

        assert active_session()["user"] == 1
        assert active_session() is session._get_current_object()


def test_looking_for_the_session_does_not_mark_it_as_read(app):
    with app.test_request_context("/"):
        active_session()

        assert active_session().accessed is False


# -- other versions of Flask -------------------------------------------------------------


class MergedContext:
    """The one kind of context that Flask 3.2 has left; without a request it raises."""

    def __init__(self, request=None):
        self._request = request

    @property
    def has_request(self):
        return self._request is not None

    @property
    def request(self):
        if self._request is None:
            raise RuntimeError("There is no request in this context.")
        return self._request


def test_a_merged_context_without_a_request_answers_none(monkeypatch):
    monkeypatch.setattr(context, "request_context", lambda _: MergedContext())

    assert active_request() is None


def test_a_merged_context_gives_its_request(monkeypatch):
    monkeypatch.setattr(context, "request_context", lambda _: MergedContext("request"))

    assert active_request() == "request"


def test_a_context_keeps_its_session_where_flask_2_does(monkeypatch):
    monkeypatch.setattr(context, "request_context", lambda _: SimpleNamespace(session="session"))

    assert active_session() == "session"


def test_the_stacks_of_flask_2_1_are_read(monkeypatch):
    stack = SimpleNamespace(top="outer")
    monkeypatch.setattr(flask.globals, "_old_stack", stack, raising=False)

    read = context._context_reader("_no_such_variable", "_old_stack")
    before = read(None)
    stack.top = "inner"

    assert (before, read(None)) == ("outer", "inner")


def test_where_flask_keeps_neither_there_is_no_reader():
    assert context._context_reader("_no_such_variable", "_no_such_stack") is None
    assert context._no_context(None) is None


@pytest.fixture
def old_context(monkeypatch):
    """A context that leaves noticing reads to the session, as before Flask 3.1.3."""
    old = SimpleNamespace(session={"user": 1})
    monkeypatch.setattr(context, "request_context", lambda _: old)
    return old


def test_reads_of_the_session_are_noticed_where_flask_does_not_notice_them(old_context):
    noticed = []

    notice_session_reads(lambda: noticed.append("read"))
    before = list(noticed)
    found = "user" in old_context.session

    assert (before, found, noticed) == ([], True, ["read"])


def test_looking_for_a_session_whose_reads_are_noticed_is_no_read(old_context):
    session = old_context.session
    noticed = []
    notice_session_reads(lambda: noticed.append("read"))

    assert active_session() is session
    assert noticed == []


def test_reads_are_noticed_until_it_ends(old_context):
    session = old_context.session
    noticed = []
    end = notice_session_reads(lambda: noticed.append("read"))

    end()

    assert old_context.session is session
    assert old_context.session["user"] == 1
    assert active_session() is session
    assert noticed == []


def test_a_session_that_replaced_the_noticed_one_stays(old_context):
    end = notice_session_reads(lambda: None)
    old_context.session = {"user": 2}

    end()

    assert old_context.session == {"user": 2}


def test_a_read_within_is_noticed_without_as_well(old_context):
    session = old_context.session
    noticed = []

    end_outer = notice_session_reads(lambda: noticed.append("outer"))
    end_inner = notice_session_reads(lambda: noticed.append("inner"))
    user = old_context.session["user"]
    end_inner()
    end_outer()

    assert user == 1
    assert sorted(noticed) == ["inner", "outer"]
    assert old_context.session is session


def test_where_flask_notices_reads_itself_nothing_is_put_in_between(monkeypatch):
    current = SimpleNamespace(session="session", _session="session")
    monkeypatch.setattr(context, "request_context", lambda _: current)

    notice_session_reads(lambda: None)()

    assert vars(current) == {"session": "session", "_session": "session"}


def test_outside_of_a_request_no_reads_are_noticed():
    assert notice_session_reads(lambda: None)() is None


# -- event loops -------------------------------------------------------------------------


def test_without_a_loop_there_is_none():
    assert running_loop() is None


def test_the_running_loop_is_found():
    async def find():
        return running_loop() is asyncio.get_running_loop()

    assert asyncio.run(find()) is True


def test_where_asyncio_was_never_imported_no_loop_runs(monkeypatch):
    monkeypatch.delitem(sys.modules, "asyncio")

    assert running_loop() is None
    assert "asyncio" not in sys.modules
