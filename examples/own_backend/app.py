"""A backend of the application's own, named by its dotted path, beside a usual one.

Run it with `flask --app examples/own_backend/app.py run`. Without a network and other programs a
class like `backend.py` is all there is to it; [third_party](../third_party) is one to publish.
"""

from __future__ import annotations

from flask import Flask

from flask_caching import Cache

app = Flask(__name__)
#: For a minute, for everybody.
cache = Cache(app, config={"CACHE_TYPE": "simple", "CACHE_DEFAULT_TIMEOUT": 60})
#: For one request.
once = Cache(app, with_jinja2_ext=False, config={"CACHE_TYPE": "own_backend.backend.RequestCache"})


@app.get("/basket/<user>")
def basket(user: str) -> dict[str, int]:
    return {"items": len(items(user)), "total": sum(price(item) for item in items(user))}


@once.memoize()
def items(user: str) -> list[str]:
    """Return what is in the basket now: the same for the whole request, and new in the next."""
    return ["apple", "pear"] if user == "ada" else []


@cache.memoize()
def price(item: str) -> int:
    return len(item)
