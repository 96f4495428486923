"""An application factory: the cache is initialized for each application, blueprints use it.

Run it with `flask --app examples/factory/app.py run`; `FLASK_CACHE_TYPE=redis flask …` to take
another store. http://127.0.0.1:5000/books/ lists the books, a POST there adds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from .extensions import cache
from .shop import shop


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    app = Flask(__name__)
    app.config["CACHE_TYPE"] = "simple"
    app.config.from_prefixed_env()
    app.config.update(config or {})
    cache.init_app(app)
    app.register_blueprint(shop, url_prefix="/books")
    return app
