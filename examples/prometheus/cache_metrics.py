"""What does the cache do? For Prometheus, by a hook plugin of flask-caching-core."""

from __future__ import annotations

from typing import Any

from flask import Flask
from prometheus_client import Counter, Gauge

EVENTS = Counter(
    "flask_cache_events",
    "What happened to entries of the cache: hit, miss, store, refuse, delete, …",
    ["app", "event"],
)
LEFT_ALONE = Gauge(
    "flask_cache_left_alone",
    "Whether the store failed, and is left alone for a while",
    ["app"],
    multiprocess_mode="livemax",
)


def cache_ready(app: Flask) -> None:
    """Begin at 0, since a rate is known only of a counter that is there."""
    for event in ("hit", "miss", "store", "refuse", "stale", "error"):
        EVENTS.labels(app.name, event)
    LEFT_ALONE.labels(app.name).set(0)


def cache_event(app: Flask, event: str, **_: Any) -> None:
    """Count; never by key, of which there is no end."""
    EVENTS.labels(app.name, event).inc()
    if event in ("open", "close"):
        LEFT_ALONE.labels(app.name).set(event == "open")
