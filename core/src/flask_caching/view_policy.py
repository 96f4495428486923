"""May this answer be given to somebody else? The rules of ``CACHE_VIEW_POLICY = "safe"``.

A stored answer is replayed to everyone who asks under its key. What was made for one visitor,
or says itself that it is not to be shared, is refused: neither stored nor handed to a caller
that waits for it. The rules are lettered as in the documentation.
"""

from __future__ import annotations

import pickle
from collections.abc import Collection
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .context import active_session, notice_session_reads

#: Rule (c): they answer one visitor, or a moment; the last four answer what one request said
#: in its ``Range`` and ``If-…`` headers.
UNSHARED_STATUSES = frozenset({401, 403, 407, 429, 206, 304, 412, 416})
#: Rule (c): the server failed.
SERVER_ERRORS = range(500, 600)
#: Rule (f): they tell visitors apart.
IDENTIFYING_HEADERS = frozenset({"cookie", "authorization"})
#: Rule (g): the methods that a stored answer may serve.
SAFE_METHODS = frozenset({"GET", "HEAD"})


class Refusal(NamedTuple):
    """Why an answer is not shared, and what to do about it."""

    rule: str
    reason: str
    repair: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view returned or raised, as far as the rules look at it."""

    status: int
    headers: Headers
    response: Response | None

    @classmethod
    def of(cls, value: Any) -> Answer:
        """Read whatever a view may return; the status of something else is 200."""
        if isinstance(value, HTTPException):
            value = value.get_response()
        if isinstance(value, Response):
            return cls(value.status_code, value.headers, value)
        if not isinstance(value, tuple) or len(value) not in (2, 3):
            return cls(200, Headers(), None)
        inner = cls.of(value[0])
        headers, status = Headers(inner.headers), inner.status
        for extra in value[1:]:
            if isinstance(extra, Headers | dict | list | tuple):
                _extend(headers, extra)
            elif extra is not None:
                status = _status_code(extra, status)
        return cls(status, headers, inner.response)


#: The watch over the innermost function that is being computed.
_innermost: ContextVar[SessionWatch | None] = ContextVar("flask_caching_watch", default=None)


class SessionWatch:
    """Notices whether the code under it reads or changes the session.

    The session's own flags are put aside on entering and put back, with what was added, on
    leaving: what ran before, a login loader in ``before_request`` for example, reads the
    session on every page and says nothing about the view.
    """

    def __init__(self) -> None:
        self.read = False
        self.changed = False
        #: Something was taken from the cache that depends on the visitor, session or not.
        self.is_personal = False

    def __enter__(self) -> None:
        self._session = session = active_session()
        if session is None:
            return
        self._token = _innermost.set(self)
        self._flags = _flags(session)
        # Flask keeps there that the session is permanent, which tells nobody apart.
        self._held = any(key != "_permanent" for key in session)
        # A class that does not track its changes says "modified" at all times.
        self._before = _image(session) if self._flags["modified"] else None
        _set_flags(session, dict.fromkeys(self._flags, False))
        self._stuck = _flags(session)
        self._noticed = False
        self._end = notice_session_reads(self.notice)

    def notice(self) -> None:
        """Take note that the session was read, though nothing marks it."""
        self._noticed = True

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session = self._session
        if session is None:
            return
        self._end()
        _innermost.reset(self._token)
        raised = _flags(session)
        # A flag that could not be lowered says nothing.
        told = {flag: raised[flag] and not self._stuck[flag] for flag in raised}
        self.read = self.is_personal or (self._held and (told["accessed"] or self._noticed))
        self.changed = told["modified"] or (
            self._before is not None and _image(session) != self._before
        )
        _set_flags(session, {flag: self._flags[flag] or raised[flag] for flag in raised})
        if self.read:
            note_session_read(is_personal=self.is_personal)


def note_session_read(*, is_personal: bool = False) -> None:
    """Tell the view that is being computed, if one is, that a hit within it read the session.

    What was computed from the session once, and is taken from the cache now, makes the answer
    around it as personal as reading the session would.

    :param is_personal: whether the hit depends on the visitor, whatever the session holds.
    """
    watch = _innermost.get()
    if watch is not None:
        watch.notice()
        watch.is_personal = watch.is_personal or is_personal


@dataclass(frozen=True, slots=True)
class SafePolicy:
    """The rules for one decorated function.

    :param is_view: whether the function answers requests, as its ``key_prefix`` has a place
        for the path: only then the rules (b) to (d) apply to every answer, and otherwise to
        responses.
    :param by_path: whether the key is the default one, by path and maybe query string: only
        then the rules (e) to (g) apply.
    :param statuses: the statuses to share, instead of rule (c).
    :param vary_on: the request headers, in lower case, whose values are in the key.
    """

    is_view: bool
    by_path: bool
    statuses: Collection[int] | None = None
    vary_on: frozenset[str] = frozenset()

    def refusal(self, value: Any, watch: SessionWatch) -> Refusal | None:
        """Return why an answer must not be shared, or ``None``."""
        if watch.changed:
            return Refusal("a", "it changed the session", _UNLESS)
        answer = Answer.of(value)
        if "Set-Cookie" in answer.headers:
            return Refusal("a", "it sets a cookie", "set cookies in an after_request function")
        if not self.is_view and answer.response is None:
            return None
        return (
            _of_headers(answer.headers)
            or self._of_status(answer.status)
            or _of_body(answer.response)
            or (self._of_visitor(answer.headers, watch) if self.by_path else None)
        )

    def takes_status(self, status: int, *, default: bool) -> bool:
        """Return whether ``cache_statuses`` names a status; `default` where none are given."""
        return default if self.statuses is None else status in self.statuses

    def _of_status(self, status: int) -> Refusal | None:
        unshared = status in UNSHARED_STATUSES or status in SERVER_ERRORS
        if self.takes_status(status, default=not unshared):
            return None
        return Refusal("c", f"its status is {status}", "name it in cached(cache_statuses=…)")

    def _of_visitor(self, headers: Headers, watch: SessionWatch) -> Refusal | None:
        if watch.read and "cookie" not in self.vary_on:
            return Refusal("e", "it read what is in the session", _KEY)
        unmet = (_names(headers, "Vary") & IDENTIFYING_HEADERS) - self.vary_on
        if unmet:
            return Refusal(
                "f", f"its Vary names {', '.join(sorted(unmet))}", "name it in cached(vary_on=…)"
            )
        return None


_UNLESS = "leave the session alone in the view, or bypass the cache with cached(unless=…)"
_KEY = "put what identifies the visitor into the key with cached(make_cache_key=…)"


def _of_headers(headers: Headers) -> Refusal | None:
    control = _names(headers, "Cache-Control") & {"no-store", "private"}
    if control:
        return Refusal("b", f"its Cache-Control says {min(control)}", "don't decorate the view")
    if "*" in _names(headers, "Vary"):
        return Refusal("b", "its Vary is *", "name the headers it varies on")
    return None


def _of_body(response: Response | None) -> Refusal | None:
    if response is None or not (response.is_streamed or response.direct_passthrough):
        return None
    return Refusal("d", "its body is streamed", "join it with cached(buffer=True)")


def _names(headers: Headers, header: str) -> set[str]:
    """Return the names that a comma-separated header lists, in lower case."""
    listed = ",".join(headers.getlist(header)).split(",")
    return {each.split("=")[0].strip().lower() for each in listed} - {""}


def _extend(headers: Headers, extra: Any) -> None:
    """Add what stands for headers in a tuple, unless the tuple is none that Flask takes."""
    added = Headers()
    with suppress(TypeError, ValueError):
        added.extend(extra)
        headers.extend([(str(name), value) for name, value in added])


def _status_code(status: Any, default: int) -> int:
    """Read a status as Flask takes it: a number, or a text that begins with one."""
    try:
        return int(str(status).split(None, 1)[0]) if isinstance(status, str) else int(status)
    except (ValueError, TypeError, IndexError, OverflowError):
        return default


def _flags(session: Any) -> dict[str, bool]:
    # Without a flag for changes, there may have been some at any time.
    return {
        "accessed": bool(getattr(session, "accessed", False)),
        "modified": bool(getattr(session, "modified", True)),
    }


def _set_flags(session: Any, flags: dict[str, bool]) -> None:
    for name, value in flags.items():
        with suppress(AttributeError):  # a class with flags of its own, that can't be set
            setattr(session, name, value)


def _image(session: Any) -> Any:
    """Return what the session holds, to be compared: pickled, so that changes deep inside show."""
    content = dict(session)
    try:
        return pickle.dumps(content)
    except Exception:  # noqa: BLE001 (whatever the application's own objects raise)
        return content
