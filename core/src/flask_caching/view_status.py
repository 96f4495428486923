"""What does a response say of the cache? ``CACHE_STATUS_HEADER``, for requests to cached views.

One view speaks for a response: the first that is asked in the request, which is the one around
any others. It is asked again when the response is there, and knows then how it went.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, after_this_request

from .backends.base import Capability
from .context import active_request
from .lookup import Lookup
from .outages import capabilities_of
from .status_header import HEADER, Parameter, appended, member

Parameters = dict[str, Parameter]
#: Where a request keeps which caches have a view that speaks.
_SPOKEN_FOR = "flask_caching.status"


def speak_for_response(lookup: Lookup, view: Any, parameters: Callable[[], Parameters]) -> None:
    """Put the header on the response to this request, unless another view does.

    :param view: the decorated function.
    :param parameters: gives what to say; called when the response is there.
    """
    name, request = lookup.settings.status_header, active_request()
    if name is None or request is None or not _is_view(lookup, view, request.endpoint):
        return
    spoken_for = request.environ.setdefault(_SPOKEN_FOR, set())
    if id(lookup) in spoken_for:
        return
    spoken_for.add(id(lookup))

    def with_status(response: Response) -> Response:
        said = member(name, parameters())
        response.headers[HEADER] = appended(response.headers.getlist(HEADER), said)
        return response

    after_this_request(with_status)


def of_hit(lookup: Lookup, key: str) -> Parameters:
    """Return what to say of an answer from the store."""
    said: Parameters = {"hit": True}
    # Of a store in this process's memory, asking costs no trip.
    if Capability.SHARED not in capabilities_of(lookup.store):
        left = lookup.store.life_left(key)
        if left:
            said["ttl"] = int(left)
    return said


def _is_view(lookup: Lookup, view: Any, endpoint: str | None) -> bool:
    """Return whether a decorated function answers requests, and not a view that calls it."""
    if view.key.varies_on_path:
        return True
    registered = lookup.app.view_functions.get(endpoint or "")
    return getattr(registered, "decorated", None) is view
