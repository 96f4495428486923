"""How are settings and errors shown, in messages and on the command line, without secrets?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden)"
#: What ``CACHE_ARGS`` holds has no names, so any of it may be a password.
_SECRET = re.compile(
    r"pass|secret|token|credential|signing|auth|private|api_?key|access_?key|^cache_args$",
    re.IGNORECASE,
)
#: The password of ``scheme://user:password@host``.
_URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):\S*@")
#: That of ``scheme://host?password=…``.
_QUERY_PASSWORD = re.compile(r"([?&]\w*(?:pass|secret|token)\w*=)[^&\s]+", re.IGNORECASE)


def displayed(name: str, value: Any) -> str:
    """Return a setting's value as text: secrets are hidden, and objects show their type only.

    A client's repr may hold its password, so nothing is shown by its repr but plain data.
    """
    if value is None or isinstance(value, bool):
        return repr(value)
    if _SECRET.search(name):
        return HIDDEN
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return repr(without_passwords(value))
    if isinstance(value, Mapping):
        shown = (f"{key}: {displayed(str(key), each)}" for key, each in value.items())
        return "{" + ", ".join(shown) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(displayed(name, each) for each in value) + "]"
    named = value if callable(value) and hasattr(value, "__qualname__") else type(value)
    return f"<{named.__module__}.{named.__qualname__}>"


def without_passwords(text: str) -> str:
    """Return a text with the passwords of the URLs in it hidden."""
    return _QUERY_PASSWORD.sub(rf"\1{HIDDEN}", _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text))


def shown_error(error: BaseException) -> str:
    """Return an error as text, its kind first; a driver's may hold the URL that it was given."""
    return without_passwords(f"{type(error).__name__}: {error}")
