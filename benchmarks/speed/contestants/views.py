"""A cached view: called, and through the whole WSGI stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .flask_caching_application import FLASK_CACHING, application
from .registry import Operation, Place, contestant

if TYPE_CHECKING:
    from flask import Flask

BODY = "<p>" + "All that a page says. " * 40 + "</p>"


@contestant("cached view hit", FLASK_CACHING)
def _view(_place: Place) -> Operation:
    app, cache = application()
    view = cache.cached(timeout=300)(_body)
    app.test_request_context("/page").push()
    return view


@contestant("cached view hit, by query string", FLASK_CACHING)
def _by_query_string(_place: Place) -> Operation:
    app, cache = application()
    view = cache.cached(timeout=300, query_string=True)(_body)
    app.test_request_context("/page?b=2&a=1").push()
    return view


@contestant("WSGI request, cached hit", FLASK_CACHING)
def _request(_place: Place) -> Operation:
    app, cache = application()
    app.add_url_rule("/page", "page", cache.cached(timeout=300)(_body))
    return _through_wsgi(app)


@contestant("WSGI request, cached hit", "trivial view")
def _trivial_request(_place: Place) -> Operation:
    app, _ = application()
    app.add_url_rule("/page", "page", _body)
    return _through_wsgi(app)


@contestant("WSGI request, cached hit of an async view", FLASK_CACHING)
def _async_request(_place: Place) -> Operation:
    app, cache = application()

    @app.get("/page")
    @cache.cached(timeout=300)
    async def page() -> str:
        return BODY

    return _through_wsgi(app)


@contestant("WSGI request, cached hit of an async view", "sync view")
def _sync_request(place: Place) -> Operation:
    return _request(place)


def _body() -> str:
    return BODY


def _through_wsgi(app: Flask) -> Operation:
    """Return what does what a server does with a request, but for the network."""
    from werkzeug.test import EnvironBuilder

    environ = EnvironBuilder(path="/page").get_environ()

    def started(_status: str, _headers: list[tuple[str, str]], _info: Any = None) -> Any:
        return _written

    def request() -> bytes:
        answer: Iterable[bytes] = app.wsgi_app(dict(environ), started)  # type: ignore[arg-type]
        body = b"".join(answer)
        if close := getattr(answer, "close", None):
            close()
        return body

    assert request() == BODY.encode()
    return request


def _written(_data: bytes) -> None:
    """Be the function that a WSGI server returns, which nothing here calls."""
