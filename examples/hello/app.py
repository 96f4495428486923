"""The shortest application with a cache: a view, and a function that it calls.

Run it with `flask --app examples/hello/app.py run`, and ask twice for
http://127.0.0.1:5000/sum?a=2&b=3: the second answer takes no second.
"""

from __future__ import annotations

import time

from flask import Flask, request

from flask_caching import Cache

app = Flask(__name__)
app.config.update(CACHE_TYPE="simple", CACHE_DEFAULT_TIMEOUT=300)
cache = Cache(app)


@cache.memoize(timeout=60)
def add(a: int, b: int) -> int:
    slowly()
    return a + b


@app.route("/sum")
@cache.cached(query_string=True)
def total() -> dict[str, int]:
    return {"sum": add(request.args.get("a", 0, int), request.args.get("b", 0, int))}


@app.post("/forget")
def forget() -> tuple[str, int]:
    cache.clear()
    return "", 204


def slowly() -> None:
    time.sleep(app.config.get("SECONDS", 1))
