"""What is the text of a key that an application gives, when it isn't a text?"""

from __future__ import annotations

from typing import Any

from ..notices import warn_once


def key_text(key: Any) -> str:
    """Return a key as text; 2.x takes whatever the store did."""
    if isinstance(key, str):
        return key
    hash(key)  # a TypeError for a list of keys that was given without its star
    warn_once(
        ("key", type(key).__qualname__),
        "A cache key is a str; a key of type %s is used as str(key).",
        type(key).__name__,
    )
    return str(key)
