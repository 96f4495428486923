"""How is a view cached? `Cache.cached`, and the response that says how long it lives."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Literal

from flask import Response, after_this_request, g, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as SansIOResponse
from werkzeug.wrappers import Response as BaseResponse

from .context import active_request
from .decorated import Attempt, BypassError, Condition, Decorated, Options, Pending, placed
from .flights import Outcome
from .invalidated import Invalidated
from .keys.source import namespace_of
from .keys.text import key_text
from .keys.view import ViewKey, ViewKeys, view_version
from .lookup import Call, Lookup
from .notices import warn_once
from .settings import Settings
from .signals import cache_view_hit, cache_view_miss, cache_view_refused
from .statistics import NOBODY
from .typing import MISSING, QueryArgs, Timeout
from .view_policy import IDENTIFYING_HEADERS, SAFE_METHODS, Answer, SafePolicy
from .view_status import Parameters, of_hit, speak_for_response


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


class CachedView(Decorated[ViewKeys]):
    """A function under `Cache.cached`.

    :param policy: which answers may be shared; applied where the application's view policy
        is ``"safe"``.
    :param is_safe: whether the policy is applied, whatever the application's setting.
    :param buffer: whether to join the body of a streamed response, so that it can be stored.
    :param versioned: whether answers depend on versions of the view and of the path.
    """

    def __init__(
        self,
        find_lookup: Callable[[], Lookup],
        function: Callable[..., Any],
        options: Options,
        key: ViewKey,
        *,
        make_cache_key: Callable[..., str] | None = None,
        response_hit_indication: bool = False,
        policy: SafePolicy,
        is_safe: bool | None = None,
        buffer: bool = False,
        versioned: bool = False,
    ) -> None:
        self.key = key
        self.policy = policy
        self._is_safe = is_safe
        self._buffer = buffer
        self.versioned = versioned
        self._given_key = make_cache_key if callable(make_cache_key) else None
        self.is_indicated = response_hit_indication
        super().__init__(find_lookup, function, options)
        self._own_key = self.wrapper.make_cache_key = self.make_cache_key
        self.wrapper.invalidate = self.invalidate
        self.is_personal = bool(policy.vary_on & IDENTIFYING_HEADERS)

    answers = (HTTPException,)

    #: What a call that missed becomes; another one while it is only rehearsed.
    _rehearsal: type[ViewAttempt] | None = None

    @property
    def attempt(self) -> type[Attempt]:
        return self._rehearsal or ViewAttempt

    @contextmanager
    def rehearsed(self, attempt: type[ViewAttempt]) -> Generator[None]:
        """Compute calls within, whatever lies in the store, as attempts of this kind."""
        kept = self._forced_update
        self._rehearsal, self._forced_update = attempt, Condition(lambda: True)
        try:
            yield
        finally:
            self._rehearsal, self._forced_update = None, kept

    def new_keys(self, settings: Settings) -> ViewKeys:
        return ViewKeys(self.key, *self.options.hashing(settings))

    def keys(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, ...]:
        request = active_request()
        if (
            request is not None
            and request.method != "GET"
            and self._method(lookup) not in SAFE_METHODS
        ):
            raise BypassError(Pending(fwd="method"))
        make_cache_key = self.wrapper.make_cache_key
        if self._given_key is not None:
            key = key_text(self._given_key(*args, **kwargs))
        elif make_cache_key is not self._own_key:
            key = key_text(make_cache_key(*args, use_request=True, **kwargs))
        else:
            key = self.keys_of(lookup)(request)
        if self.key.vary_on:
            key = self.key.varied(key, request)
        return (*self._versions(), key) if self.versioned else (key,)

    def _versions(self) -> tuple[str, ...]:
        """Return the names of the versions of the view, and of the path that is requested."""
        request = active_request() if self.key.varies_on_path else None
        names = (view_version(self.function),)
        return names if request is None else (*names, view_version(self.function, request.path))

    def make_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """Return the key of the answer to a request.

        :param path: the ``request.path``; by default it is built from the view's arguments.
        :param query_args: the query string, where the view is cached by it: as text, a
            mapping, or pairs; by default the current request's.
        :param use_request: take all of it from the current request.

        Where the view is cached by headers too (``vary_on=``), they are the current request's.
        """
        key = self._key_for(args, kwargs)
        return self.key.varied(key, active_request()) if self.key.vary_on else key

    def _key_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        arguments = self.key.named_arguments(args, kwargs)
        keys = self.keys_of(self._find_lookup())
        if arguments.pop("use_request", False):
            return keys(active_request())
        path = arguments.pop("path", None)
        query_args = arguments.pop("query_args", None)
        if path is None and self.key.varies_on_path:
            path = self._expected_path(arguments, query_args)
        if query_args is None and self.key.query_string:
            query_args = self.key.needed(active_request()).args
        return keys.for_path(path, query_args)

    def invalidate(
        self,
        *args: Any,
        path: str | None = None,
        query_args: QueryArgs | None = None,
        **kwargs: Any,
    ) -> Invalidated:
        """Invalidate the answer to a request; of a versioned view, also several.

        A versioned view: without anything given, all answers; without `query_args`, all for
        the path, whatever the query string and the headers.

        :param path: the ``request.path``; by default it is built from the view's arguments.
        :param query_args: the query string, as text, a mapping, or pairs.
        """
        lookup = self._find_lookup()
        if self.versioned and query_args is None:
            if path is None and not args and not kwargs:
                return self._new_version(lookup, "view", view_version(self.function))
            if self.key.varies_on_path:
                if path is None:
                    path = self._path_for(self.key.named_arguments(args, kwargs))
                return self._new_version(lookup, "path", view_version(self.function, path))
        make_cache_key = self.wrapper.make_cache_key
        key = make_cache_key(*args, path=path, query_args=query_args, **kwargs)
        key = placed(self.wrapper, key_text(key))
        return Invalidated("call", key, lookup.delete(key, self.counts(lookup)))

    def _new_version(
        self, lookup: Lookup, scope: Literal["view", "path"], name: str
    ) -> Invalidated:
        lookup.invalidate(name, self.counts(lookup))
        return Invalidated(scope, name, removed=True)

    def is_safe(self, lookup: Lookup) -> bool:
        """Return whether the view policy is applied to the answers of this function."""
        return lookup.settings.safe_views if self._is_safe is None else self._is_safe

    def computed(self, result: Any) -> Any:
        result = super().computed(result)
        if not self._buffer:
            return result
        if isinstance(result, BaseResponse):
            return joined(result)
        if isinstance(result, tuple) and result and isinstance(result[0], BaseResponse):
            return (joined(result[0]), *result[1:])
        return result

    def shown(self, value: Any) -> Any:
        return value.get_response() if isinstance(value, HTTPException) else value

    def timeout(self, value: Any) -> Timeout | None:
        if isinstance(value, CachedResponse) and value.timeout is not None:
            return value.timeout
        return super().timeout(value)

    def announce(
        self, lookup: Lookup, hit: bool, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if self.is_indicated:
            _indicate(hit)
        if not lookup.is_heard:
            return
        if lookup.settings.enable_signals:
            signal = cache_view_hit if hit else cache_view_miss
            signal.send(cache=lookup.cache, cache_key=key, args=args, kwargs=kwargs)
        if hit:
            speak_for_response(lookup, self, lambda: of_hit(lookup, key))

    def missed(self, lookup: Lookup, pending: Pending) -> Pending:
        # HEAD may be answered with what GET has stored; its own answer may lack the body.
        return Pending(fwd="miss") if self._method(lookup) == "HEAD" else pending

    def _method(self, lookup: Lookup) -> str:
        """Return the request's method, where answers to others than GET are not to be stored."""
        request = active_request() if self.policy.by_path and self.is_safe(lookup) else None
        return "GET" if request is None else request.method

    def bypassed(self, lookup: Lookup, pending: Pending) -> None:
        if lookup.is_heard:
            said: Parameters = {"fwd": pending.fwd, **_detail(pending.detail)}
            speak_for_response(lookup, self, lambda: said)

    def _expected_path(self, arguments: dict[str, Any], query_args: QueryArgs | None) -> str:
        """Return the path that a request for these arguments has."""
        # As in 2.x, which has no `query_args`, and takes all of it from the current request.
        if self.key.query_string and (query_args is None or not arguments):
            return self.key.needed(active_request()).path
        return self._path_for(arguments)

    def _path_for(self, arguments: dict[str, Any]) -> str:
        # Flask's name for the view: a blueprint puts its own in front.
        views = self._find_lookup().app.view_functions
        endpoints = [name for name, view in views.items() if view is self.wrapper]
        endpoint = endpoints[0] if len(endpoints) == 1 else self.function.__name__
        return url_for(endpoint, _external=False, **arguments)


class ViewAttempt(Attempt):
    """One call of a view that missed, watched for what may not be shared."""

    decorated: CachedView
    #: Whether the answer was another caller's; ``None`` until that is known.
    was_hit: bool | None = None
    #: Why the answer was not to be stored.
    refused: str = ""
    #: What to do about it.
    repair: str = ""

    def call(self, compute: Callable[[], Any]) -> Call:
        call = super().call(compute)
        # A view that is refreshed does not answer the request.
        if self.lookup.is_heard and (self.pending.fwd == "request" or not self.pending.forced):
            speak_for_response(self.lookup, self.decorated, lambda: self._status(call))
        return call

    def announce(self, hit: bool) -> None:
        self.was_hit = hit
        super().announce(hit)

    def _status(self, call: Call) -> Parameters:
        """Return what to say of the answer in the header ``Cache-Status``."""
        miss = self.pending.miss
        is_stale = miss is not None and miss.stale is not MISSING
        if self.was_hit and is_stale and call.later is not None:
            return {"hit": True, "detail": "stale"}
        said: Parameters = {"fwd": "stale" if is_stale else self.pending.fwd}
        if self.was_hit:
            return {**said, "collapsed": True}
        if call.fresh_for is not None and call.outcome is Outcome.STORED:
            ttl: Parameters = {"ttl": int(call.fresh_for)} if call.fresh_for else {}
            return {**said, "stored": True, **ttl, **_detail(self.pending.detail)}
        unavailable = "store unavailable" if miss is not None and miss.down else ""
        return {**said, **_detail(self.refused or unavailable or self.pending.detail)}

    @property
    def may_be_stale(self) -> bool:
        request = active_request()
        return request is None or request.method == "GET"

    def later(self, refresh: Callable[[], None]) -> bool:
        """Run a refresh when the response has gone out, in the same request without its body."""
        request = active_request()
        if request is None:
            return super().later(refresh)
        environ, app = _without_body(request.environ), self.lookup.app

        def run() -> None:
            with app.request_context(environ):
                refresh()

        def on_close(response: Response) -> Response:
            response.call_on_close(run)
            return response

        after_this_request(on_close)
        return True

    def compute_later(self) -> Any:
        if active_request() is not None:
            # Whatever the view takes from it, the functions before a request have prepared.
            answer = self.lookup.app.preprocess_request()
            if answer is not None:
                raise RuntimeError("a function before the request answered it")
        return self.compute()

    def storable(self, value: Any) -> bool:
        if not super().storable(value):
            self.refused = "response_filter"
            return False
        return self._may_share(value)

    def _may_share(self, value: Any) -> bool:
        view, lookup = self.decorated, self.lookup
        if not view.is_safe(lookup):
            status = Answer.of(value).status
            if view.policy.takes_status(status, default=True):
                return True
            self.refused = f"its status is {status}"
            return False
        refusal = view.policy.refusal(value, self.watch)
        if refusal is None:
            return True
        self.refused = f"rule {refusal.rule}: {refusal.reason}"
        self.repair = refusal.repair
        warn_once(
            ("view policy", namespace_of(view.function), refusal.rule),
            "The answer of %s is not cached: %s (rule %s of CACHE_VIEW_POLICY). To cache it, %s; "
            "to cache it as it is, take cached(policy='legacy').",
            namespace_of(view.function),
            refusal.reason,
            refusal.rule,
            refusal.repair,
        )
        if lookup.settings.enable_signals:
            cache_view_refused.send(
                cache=lookup.cache,
                cache_key=self.pending.keys[-1],
                args=self.args,
                kwargs=self.kwargs,
                refusal=refusal,
            )
        return False


def delete_cached(
    lookup: Lookup,
    function: Any,
    path: str | None,
    query_args: QueryArgs | None,
    arguments: dict[str, Any],
) -> Invalidated:
    """Invalidate an answer, also of what somebody else decorated in the manner of `cached`."""
    decorated = getattr(function, "decorated", None)
    if not isinstance(decorated, CachedView) and (
        decorated is not None or not callable(getattr(function, "make_cache_key", None))
    ):
        raise TypeError(
            f"delete_cached() takes a function decorated with cached(), not {function!r}. "
            "What memoize() stores is removed by delete_memoized()."
        )
    if isinstance(decorated, CachedView) and decorated.versioned:
        return decorated.invalidate(path=path, query_args=query_args, **arguments)
    key = function.make_cache_key(path=path, query_args=query_args, **arguments)
    key = placed(function, key_text(key))
    counts = decorated.counts(lookup) if isinstance(decorated, CachedView) else NOBODY
    return Invalidated("call", key, lookup.delete(key, counts))


def joined(response: BaseResponse) -> BaseResponse:
    """Return a streamed response with its whole body, which can be stored."""
    if not response.is_streamed and not response.direct_passthrough:
        return response
    try:
        body = b"".join(response.iter_encoded())
    finally:
        response.close()
    whole = Response(body, status=response.status, headers=response.headers)
    if isinstance(response, CachedResponse):
        return CachedResponse(whole, response.timeout)
    return whole


def _without_body(environ: dict[str, Any]) -> dict[str, Any]:
    """Return what makes a GET request anew: without a body, parts, conditions, and leftovers."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("werkzeug.", "flask.", "HTTP_IF_", "HTTP_RANGE", "CONTENT_"))
    }
    return {**kept, "REQUEST_METHOD": "GET", "CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}


def _detail(text: str) -> Parameters:
    return {"detail": text} if text else {}


def _indicate(hit: bool) -> None:
    """Say in the response's header ``hit_cache`` that it came from the cache."""
    if active_request() is not None:
        g.flask_caching_hit_cache = hit
        after_this_request(_with_hit_header)


def _with_hit_header(response: Response) -> Response:
    if g.get("flask_caching_hit_cache"):
        response.headers["hit_cache"] = "True"
    return response
