"""One Redis client for both: the cache keeps entries with it, the application its own data.

Run it with `flask --app examples/shared_redis/app.py run`, on the Redis server at `REDIS_URL`
(`redis://127.0.0.1:6379` where that is not set). It needs `flask-caching-redis`.
"""

from __future__ import annotations

import os

import redis
from flask import Flask

from flask_caching import Cache

cache = Cache()


def create_app() -> Flask:
    client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    app = Flask(__name__)
    app.config.update(CACHE_TYPE="redis", CACHE_REDIS_CLIENT=client, CACHE_KEY_PREFIX="cache:")
    cache.init_app(app)

    @app.get("/articles/<name>")
    def article(name: str) -> dict[str, int | str]:
        return {"text": rendered(name), "visits": client.incr(f"visits:{name}")}

    @app.post("/clear")
    def clear() -> tuple[str, int]:
        cache.clear()  # what begins with its prefix, and nothing of the application's
        return "", 204

    return app


@cache.memoize()
def rendered(name: str) -> str:
    return f"<h1>{name.title()}</h1>"
