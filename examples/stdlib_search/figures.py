"""How numbers and the cache's settings are shown."""

from __future__ import annotations

import platform
from typing import Any

from flask import Flask, current_app

from .cached import cache


def register(app: Flask) -> None:
    """Make the filters and the facts of the footer known to all templates."""
    app.add_template_filter(duration)
    app.add_template_filter(number)
    app.add_template_filter(plural)
    app.add_template_global(zip)
    app.context_processor(footer_facts)


def duration(seconds: float) -> str:
    """Three digits, in milliseconds below a second and in microseconds below one of those."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{three_digits(seconds / size)} {unit}"
    return f"{three_digits(seconds / 1e-6)} µs"


def three_digits(value: float) -> str:
    places = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{places}f}"


def number(value: float) -> str:
    return f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def footer_facts() -> dict[str, Any]:
    """Name the kind of cache only: addresses and passwords are nobody's business."""
    return {
        "backend": type(cache.cache).__name__,
        "default_timeout": current_app.config["CACHE_DEFAULT_TIMEOUT"],
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
