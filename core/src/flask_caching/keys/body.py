"""The key of a request with a body: what ``cached(make_cache_key=body_key)`` takes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ..context import active_request

if TYPE_CHECKING:
    from flask import Request


def body_key(*_args: Any, **_kwargs: Any) -> str:
    """Return a key made of the request's method, path, query string and body.

    JSON counts by its content, whatever the order of its keys and its white space; a form by
    its fields, and its files by name, type and content; any other body by its bytes. The arguments
    are the view's, and stand in the path already.

    :raises RuntimeError: outside of a request.
    """
    request = active_request()
    if request is None:
        raise RuntimeError("body_key() makes the key of a request, and there is none.")
    query = sorted(request.args.items(multi=True))
    parts = (request.method, query, request.mimetype, _body(request))
    return f"body/{request.path}/{hashlib.sha256(repr(parts).encode()).hexdigest()}"


def _body(request: Request) -> Any:
    if request.is_json:
        content = request.get_json(silent=True)
        if content is not None:
            return json.dumps(content, sort_keys=True)
        return request.get_data()
    if request.mimetype == "application/x-www-form-urlencoded":
        request.get_data()  # kept for the view; parsing the form would use it up
    if request.form or request.files:
        files = [
            (field, file.filename, file.content_type, _content_hash(file.stream))
            for field, file in request.files.items(multi=True)
        ]
        return _by_field(request.form.items(multi=True)), _by_field(files)
    return request.get_data()


def _by_field(items: Any) -> list[Any]:
    """Sort by field; the values of one field keep their order, which may matter."""
    return sorted(items, key=lambda item: item[0])


def _content_hash(stream: Any) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)  # the view reads it again
    return digest
