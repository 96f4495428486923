"""Has the page of the API every name that an application can import?"""

from __future__ import annotations

import types

import flask_caching
from flask_caching import errors

from .markdown import text_of

PAGE = text_of("docs/api.md")


def test_every_public_name_is_there():
    public = {
        name
        for name, value in vars(flask_caching).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and name not in {"annotations", "Any"}
    }
    of_errors = {name for name in public if hasattr(errors, name)}
    assert ".. automodule:: flask_caching.errors" in PAGE

    missing = [
        name
        for name in public - of_errors
        if f"`{name}`" not in PAGE and f":: flask_caching.{name}\n" not in PAGE
    ]

    assert missing == []
