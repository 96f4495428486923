"""Does the code of a documentation page run as it stands there, and does its cache work?"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from flask_caching import Cache

#: What pages leave out above classes.
_IMPORTS = "from typing import Any, Callable, Dict, List, Optional; import hashlib"


def blocks(page: Path) -> dict[str, str]:
    """Return the blocks of code in a file by their titles, lines that begin with ``===``."""
    text = page.read_text(encoding="utf-8")
    return dict(re.findall(r"^=== (.+)\n\n((?:(?!===).*\n)+)", text, re.MULTILINE))


def parts(block: str) -> dict[str, str]:
    """Return the parts of a block by the comments above them."""
    return dict(re.findall(r"^# (.+)\n((?:[^#\n].*\n)+)", block, re.MULTILINE))


def run(block: str, **names: object) -> dict[str, Any]:
    """Execute a block and return its namespace.

    :param names: what the block takes for given.
    """
    namespace: dict[str, Any] = dict(names)
    exec(_IMPORTS, namespace)
    exec(compile(block, "the page", "exec"), namespace)
    return namespace


def parameters(function: Callable[..., object]) -> list[tuple[str, object, object]]:
    """Return the parameters but ``self``: name, kind and default of each."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in found if each.name != "self"]


def hits(app: Flask, cache: Cache) -> dict[str, bool]:
    """Call a cached view, a memoized function and the cache itself twice; tell what hit."""
    calls: list[str] = []

    @app.get("/")
    @cache.cached(timeout=50)
    def index() -> str:
        calls.append("index")
        return "answer"

    @cache.memoize(50)
    def double(number: int) -> int:
        calls.append("double")
        return 2 * number

    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["answer", "answer"]
    with app.app_context():
        assert [double(2), double(2)] == [4, 4]
        cache.set("key", "value")
        return {
            "cached": calls.count("index") == 1,
            "memoize": calls.count("double") == 1,
            "get": cache.get("key") == "value",
        }


def assert_it_caches(app: Flask, cache: Cache) -> None:
    """Let a view, a function and the cache itself hit, and nothing after `clear`.

    :raises AssertionError: where one of them does not.
    """
    assert hits(app, cache) == {"cached": True, "memoize": True, "get": True}
    with app.app_context():
        assert cache.clear() is True
        assert cache.get("key") is None
