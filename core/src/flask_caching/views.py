"""How is a view cached? `Cache.cached`, and the response that says how long it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, after_this_request, g, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as SansIOResponse

from .context import active_request
from .decorated import Decorated, Options
from .keys.view import ViewKey
from .lookup import Lookup
from .signals import cache_view_hit, cache_view_miss
from .typing import Timeout


class CachedResponse(Response):
    """A response that says itself how long it is to be cached.

    :param response: the response to take over; the two share their state.
    :param timeout: seconds or a ``timedelta``; ``0`` means for ever, ``None`` leaves the
        decorator's timeout.
    """

    timeout: Timeout | None = None

    def __init__(self, response: Response, timeout: Timeout | None) -> None:
        if not isinstance(response, SansIOResponse):
            raise TypeError(
                f"CachedResponse takes a response, not {type(response).__name__}. "
                "Make one with flask.make_response()."
            )
        self.__dict__ = response.__dict__
        self.timeout = timeout


class CachedView(Decorated):
    """A function under `Cache.cached`."""

    def __init__(
        self,
        find_lookup: Callable[[], Lookup],
        function: Callable[..., Any],
        options: Options,
        key: ViewKey,
        make_cache_key: Callable[..., str] | None = None,
        response_hit_indication: bool = False,
    ) -> None:
        self.key = key
        self._given_key = make_cache_key if callable(make_cache_key) else None
        self._hit_indication = response_hit_indication
        super().__init__(find_lookup, function, options)
        self._own_key = self.wrapper.make_cache_key = self.make_cache_key

    def keys(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, ...]:
        if self._given_key is not None:
            return (self._given_key(*args, **kwargs),)
        make_cache_key = self.wrapper.make_cache_key
        if make_cache_key is not self._own_key:
            return (make_cache_key(*args, use_request=True, **kwargs),)
        return (self.key.for_request(active_request(), *self._hashing(lookup)),)

    def make_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """Return the key of the answer to a request.

        :param path: the ``request.path``; by default it is built from the view's arguments.
        :param query_args: the query string, where the view is cached by it: as text, a
            mapping, or pairs; by default the current request's.
        :param use_request: take all of it from the current request.
        """
        arguments = self.key.named_arguments(args, kwargs)
        hashing = self._hashing(self._find_lookup())
        if arguments.pop("use_request", False):
            return self.key.for_request(active_request(), *hashing)
        path = arguments.pop("path", None)
        query_args = arguments.pop("query_args", None)
        if path is None and self.key.varies_on_path:
            path = self._expected_path(arguments)
        if query_args is None and self.key.query_string:
            request = self.key.needed(active_request())
            query_args = request.args
        return self.key.for_path(path, query_args, *hashing)

    def storable(self, value: Any) -> bool:
        return super().storable(value.get_response() if isinstance(value, HTTPException) else value)

    def timeout(self, value: Any) -> Timeout | None:
        if isinstance(value, CachedResponse) and value.timeout is not None:
            return value.timeout
        return super().timeout(value)

    def given(self, value: Any) -> Any:
        if isinstance(value, HTTPException):
            raise value
        return value

    def announce(
        self, lookup: Lookup, hit: bool, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if self._hit_indication:
            _indicate(hit)
        if lookup.settings.enable_signals:
            signal = cache_view_hit if hit else cache_view_miss
            signal.send(cache=lookup.cache, cache_key=key, args=args, kwargs=kwargs)

    def _compute(self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return super()._compute(lookup, args, kwargs)
        except HTTPException as error:  # an answer too, raised again by `given`
            return error

    async def _compute_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return await super()._compute_async(args, kwargs)
        except HTTPException as error:
            return error

    def _expected_path(self, arguments: dict[str, Any]) -> str:
        """Return the path that a request for these arguments has."""
        if self.key.query_string:  # as in 2.x, which then takes the current request's path
            return self.key.needed(active_request()).path
        # Flask's name for the view: a blueprint puts its own in front.
        views = self._find_lookup().app.view_functions
        endpoints = [name for name, view in views.items() if view is self.wrapper]
        endpoint = endpoints[0] if len(endpoints) == 1 else self.function.__name__
        return url_for(endpoint, _external=False, **arguments)

    def _hashing(self, lookup: Lookup) -> tuple[Any, bool]:
        settings, options = lookup.settings, self.options
        source_check = options.source_check
        return (
            options.hash_method or settings.hash_method,
            settings.source_check if source_check is None else source_check,
        )


def _indicate(hit: bool) -> None:
    """Say in the response's header ``hit_cache`` that it came from the cache."""
    g.flask_caching_hit_cache = hit
    if active_request() is not None:
        after_this_request(_with_hit_header)


def _with_hit_header(response: Response) -> Response:
    if g.get("flask_caching_hit_cache"):
        response.headers["hit_cache"] = "True"
    return response
