"""Answers that may be one visitor's own, under the default policy and under ``legacy``."""

from __future__ import annotations

import io

from flask import (
    Response,
    abort,
    flash,
    g,
    get_flashed_messages,
    make_response,
    request,
    send_file,
    session,
)

from flask_caching import Cache

from .record import counter, make_app, scenario


def _site(**config):
    app = make_app(**config)
    return app, Cache(app), counter()


def _cookie(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        response = make_response(f"page {number()}")
        response.set_cookie("visitor", "one")
        return response


def _session_written(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        session["visits"] = number()
        return f"page {session['visits']}"


def _session_read(app, cache, number):
    @app.before_request
    def log_in():
        session["name"] = request.headers.get("X-Name", "nobody")

    @app.route("/")
    @cache.cached()
    def view():
        return f"page {number()} of {session['name']}"


def _private(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        return f"page {number()}", {"Cache-Control": "private"}


def _no_store(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        return f"page {number()}", {"Cache-Control": "no-cache, no-store"}


def _vary_star(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        return f"page {number()}", {"Vary": "*"}


def _vary_cookie(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        return f"page {number()}", {"Vary": "Accept, Cookie"}


def _status(status):
    def build(app, cache, number):
        @app.route("/")
        @cache.cached()
        def view():
            return f"page {number()}", status

    return build


def _aborted(status):
    def build(app, cache, number):
        @app.errorhandler(status)
        def handle(error):
            return f"handled {error.description}", status

        @app.route("/")
        @cache.cached()
        def view():
            abort(status, description=f"page {number()}")

    return build


def _sent_file(app, cache, number):
    @app.route("/")
    @cache.cached()
    def view():
        return send_file(io.BytesIO(f"page {number()}".encode()), mimetype="text/plain")


#: Those of rule (c), refused whatever their body.
STATUSES = (401, 403, 407, 429, 500, 503, 206, 412, 416)

#: Answers that 2.x caches and the safe policy doesn't.
UNSAFE = {
    "cookie": _cookie,
    "session written": _session_written,
    "session read": _session_read,
    "private": _private,
    "no-store": _no_store,
    "vary star": _vary_star,
    "vary cookie": _vary_cookie,
    **{f"status {status}": _status(status) for status in STATUSES},
}
#: Those that 2.4 does not cache either, since it does not cache exceptions.
UNSAFE_EXCEPTIONS = {f"aborted {status}": _aborted(status) for status in (401, 403, 429, 500, 503)}


def _visit(see, name, build, **config):
    app, cache, number = _site(**config)
    build(app, cache, number)
    one, other = app.test_client(), app.test_client()
    first = one.get("/", headers={"X-Name": "one"})
    second = other.get("/", headers={"X-Name": "other"})
    see(f"{name}: first", f"{first.status_code} {first.text}")
    see(f"{name}: another visitor", f"{second.status_code} {second.text}")


def _methods(see, **config):
    app, cache, number = _site(**config)

    @app.route("/", methods=["GET", "HEAD", "POST", "PUT"])
    @cache.cached()
    def view():
        return f"{request.method} {number()}"

    client = app.test_client()
    see.page("POST", client.post("/"))
    see.page("GET", client.get("/"))
    see.page("POST again", client.post("/"))
    see.page("PUT", client.put("/"))
    see.page("HEAD", client.head("/"), "Content-Length")
    see.page("GET again", client.get("/"))


def _head_first(see, **config):
    app, cache, number = _site(**config)

    @app.route("/")
    @cache.cached()
    def view():
        return Response(f"{request.method} {number()}")

    client = app.test_client()
    see.page("HEAD", client.head("/"))
    see.page("GET", client.get("/"))


@scenario
def by_default(see):
    for name, build in UNSAFE.items():
        _visit(see, name, build)


@scenario(since=(2, 5))
def exceptions_by_default(see):
    for name, build in UNSAFE_EXCEPTIONS.items():
        _visit(see, name, build)


@scenario
def as_before(see):
    for name, build in UNSAFE.items():
        _visit(see, name, build, CACHE_VIEW_POLICY="legacy")


@scenario(since=(2, 5))
def exceptions_as_before(see):
    for name, build in UNSAFE_EXCEPTIONS.items():
        _visit(see, name, build, CACHE_VIEW_POLICY="legacy")


@scenario
def methods(see):
    _methods(see)


@scenario
def methods_as_before(see):
    _methods(see, CACHE_VIEW_POLICY="legacy")


@scenario
def head_first(see):
    _head_first(see)


@scenario
def head_first_as_before(see):
    _head_first(see, CACHE_VIEW_POLICY="legacy")


@scenario
def files(see):
    _visit(see, "a file sent", _sent_file)


@scenario
def files_as_before(see):
    _visit(see, "a file sent", _sent_file, CACHE_VIEW_POLICY="legacy")


@scenario
def set_cookie_on_a_hit(see):
    for policy in ("safe", "legacy"):
        app, cache, number = _site(CACHE_VIEW_POLICY=policy)
        _cookie(app, cache, number)
        client = app.test_client()
        client.get("/")
        answer = app.test_client().get("/")
        see(policy, "Set-Cookie" in answer.headers)


@scenario
def what_stays_cached(see):
    app, cache, number = _site()

    @app.before_request
    def load_user():
        g.user = session.get("user", "nobody")
        g.messages = get_flashed_messages()

    @app.route("/flash")
    def say():
        flash("hello")
        return "said"

    @app.route("/page")
    @cache.cached()
    def page():
        return f"page {number()}"

    @app.route("/empty")
    @cache.cached()
    def empty():
        return f"{session.get('name')} {number()}"

    @app.route("/made")
    @cache.cached()
    def made():
        return f"made {number()}", 404

    client = app.test_client()
    see.page("page", client.get("/page"))
    client.get("/flash")
    see.page("page with a session", client.get("/page"))
    client = app.test_client()
    see.page("an empty session read", client.get("/empty"))
    see.page("an empty session read again", client.get("/empty"))
    see.page("not found", client.get("/made"))
    see.page("not found again", client.get("/made"))


@scenario
def keys_of_their_own(see):
    app, cache, number = _site()

    @app.before_request
    def log_in():
        session["name"] = request.headers["X-Name"]

    @app.route("/key")
    @cache.cached(make_cache_key=lambda: f"page of {session['name']}")
    def by_key():
        return f"{session['name']} {number()}"

    @app.route("/prefix")
    @cache.cached(key_prefix=lambda: f"prefix of {session['name']}")
    def by_prefix():
        return f"{session['name']} {number()}"

    @app.route("/posted", methods=["POST"])
    @cache.cached(make_cache_key=lambda: request.get_data(as_text=True))
    def posted():
        return f"{request.get_data(as_text=True)} {number()}"

    for path in ("/key", "/prefix"):
        for step, name in enumerate(("one", "other", "one")):
            see.page(f"{path} {step} {name}", app.test_client().get(path, headers={"X-Name": name}))
    for step, body in enumerate(("a", "b", "a")):
        answer = app.test_client().post("/posted", data=body, headers={"X-Name": "one"})
        see.page(f"/posted {step} {body}", answer)
