"""The application: its parts put together.

Run it with `flask --app examples/stdlib_search/app.py run`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g

from . import figures, settings
from .activity import activity
from .cached import cache
from .pages import pages

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application: defaults, then the environment, then `config` decide its settings."""
    app = Flask(__name__)
    settings.load(app, config)
    cache.init_app(app)
    figures.register(app)
    app.register_blueprint(pages)
    app.register_blueprint(activity)
    app.before_request(start_clock)
    app.after_request(finish_headers)
    return app


def start_clock() -> None:
    g.started = time.perf_counter()


def finish_headers(response: Response) -> Response:
    """Tell the browser's developer tools how long the whole answer took, and forbid scripts.

    The one page that has a script says so itself.
    """
    if "started" in g:
        milliseconds = (time.perf_counter() - g.started) * 1000
        response.headers["Server-Timing"] = f"total;dur={milliseconds:.3f}"
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
