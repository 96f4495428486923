"""An application with a cached view, whose ``/metrics`` Prometheus reads."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from flask_caching import Cache

cache = Cache(config={"CACHE_TYPE": "simple"})


def create_app() -> Flask:
    app = Flask("shop")
    cache.init_app(app)
    app.add_url_rule("/square/<int:number>", view_func=square)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/metrics": metrics()})  # type: ignore[method-assign]
    return app


@cache.cached()
def square(number: int) -> str:
    return str(number**2)


def metrics() -> Any:
    """Return what answers Prometheus; for all processes of the server, if they share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return make_wsgi_app()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return make_wsgi_app(registry)
