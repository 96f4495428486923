"""An application with a cache, of whichever Flask-Caching this environment has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from flask_caching import Cache

#: The name of the library in the table's rows, in both environments.
FLASK_CACHING = "flask-caching"
#: With a secret, as applications have one: entries on shared stores are signed where that is known.
SECRET = "of the benchmark"  # noqa: S105 (of nobody)
#: What large and small values look like: a row of a table, as applications keep it.
VALUE = {"id": 17, "name": "Ada Lovelace", "tags": ["a", "b", "c"], "score": 0.75, "active": True}


def application(*, secret: str | None = SECRET, **settings: Any) -> tuple[Flask, Cache]:
    """Return an application whose context is entered, and its cache: by default, in memory."""
    from flask import Flask

    from flask_caching import Cache

    app = Flask(__name__)
    app.secret_key = secret
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache", **settings})
    app.app_context().push()  # for good: the operation has a context of its own
    return app, cache
