"""What is the text of a key that an application gives, when it isn't a text?"""

from __future__ import annotations

from typing import Any

from ..notices import warn_once


def key_text(key: Any) -> str:
    """Return a key as text; 2.x takes whatever the store did."""
    if isinstance(key, str):
        return key
    try:
        hash(key)
    except TypeError:  # as in 2.x: a list of keys, say, that was given without its star
        raise TypeError(
            f"A cache key is a str, not {key!r} ({type(key).__name__}). "
            "Several keys are given one by one, as in get_many(*keys)."
        ) from None
    warn_once(
        ("key", type(key).__qualname__),
        "A cache key is a str; a key of type %s is used as str(key), such as %r.",
        type(key).__name__,
        str(key),
    )
    return str(key)
