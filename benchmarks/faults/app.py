"""An application whose answers can be judged, on the store that ``FAULTS_CONFIG`` names.

What is computed says when: the clock is the machine's, the same in all of its processes.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from flask import Flask, Response, render_template_string, request

from flask_caching import Cache, CacheUnavailableError

FRAGMENT = "{% cache 300, 'fragment', number %}{{ number }} {{ now() }}{% endcache %}"

app = Flask(__name__)
cache = Cache(app, config=json.loads(os.environ["FAULTS_CONFIG"]))


def now() -> float:
    """Seconds, as `visitors` count them too."""
    return time.monotonic()


@app.after_request
def tell_of_the_breaker(response: Response) -> Response:
    """Say in a header whether this process asks the store."""
    breaker = cache.lookup.outages.breaker
    response.headers["Breaker"] = "none" if breaker is None else breaker.state.name
    return response


@cache.memoize()
def computed(number: int) -> list[Any]:
    return [number, now()]


@app.get("/memoized/<int:number>")
def memoized(number: int) -> dict[str, Any]:
    return {"answer": computed(number)}


@app.get("/cached/<int:number>")
@cache.cached()
def cached(number: int) -> dict[str, Any]:
    return {"answer": [number, now()]}


@app.get("/fragment/<int:number>")
def fragment(number: int) -> dict[str, Any]:
    text = render_template_string(FRAGMENT, number=str(number), now=now)
    shown, at = text.split()
    return {"answer": [int(shown), float(at)]}


@app.get("/read")
def read() -> dict[str, Any]:
    return {"value": cache.get(request.args["key"])}


@app.get("/write")
def write() -> dict[str, Any]:
    return {"stored": cache.set(request.args["key"], request.args["value"])}


@app.get("/forget")
def forget() -> dict[str, Any]:
    """Outdate everything memoized, or say that it did not happen."""
    try:
        cache.delete_memoized(computed)
    except CacheUnavailableError:
        return {"forgotten": False}
    return {"forgotten": True}
