"""Coroutine functions: cached where they are awaited, in async views and beside one another.

Run it with `flask --app examples/asynchronous/app.py run`; Flask needs its extra `flask[async]`.
http://127.0.0.1:5000/weather?city=Oslo&city=Rome asks for both at the same time.
"""

from __future__ import annotations

import asyncio

from flask import Flask, request

from flask_caching import Cache

app = Flask(__name__)
cache = Cache(app, config={"CACHE_TYPE": "simple"})


@app.get("/weather")
@cache.cached(timeout=10, query_string=True)
async def weather() -> dict[str, int]:
    cities = request.args.getlist("city")
    return dict(zip(cities, await asyncio.gather(*map(degrees, cities)), strict=True))


@cache.memoize(timeout=60)
async def degrees(city: str) -> int:
    """Ask a service for the temperature: once a minute, however many ask for it meanwhile."""
    await asyncio.sleep(app.config.get("SECONDS", 1))
    return sum(city.encode()) % 40
