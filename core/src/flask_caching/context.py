"""Which application and which request is this call for?

The one module that knows where Flask keeps its contexts. Reading the context variable
costs a tenth of what the ``current_app`` proxy does, and a cache hit pays it each time.
Flask 2.1 keeps stacks instead of context variables.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import flask.globals as _globals
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request


def _context_reader(variable: str, stack: str) -> Callable[[None], Any] | None:
    """Return a function ``read(None)`` that gives the innermost context, or ``None``."""
    context_variable = getattr(_globals, variable, None)
    if context_variable is not None:
        read: Callable[[None], Any] = context_variable.get
        return read
    contexts = getattr(_globals, stack, None)
    return None if contexts is None else lambda _: contexts.top


_no_context: Callable[[None], Any] = lambda _: None  # noqa: E731 (a value, like its siblings)

#: Called as ``app_context(None)``: the context with the attribute ``app``, or ``None``.
app_context = _context_reader("_cv_app", "_app_ctx_stack") or _no_context

#: Called as ``request_context(None)``. Where Flask has only one kind of context left, that
#: one has the attribute ``request``.
request_context = _context_reader("_cv_request", "_request_ctx_stack") or app_context


#: Where a context keeps its session while reads of it are noticed; before Flask 3.1.3 only.
_UNWATCHED = "_flask_caching_session"


def active_request() -> Request | None:
    """Return the request that is being answered, or ``None`` outside of any."""
    context = request_context(None)
    # Asked for a request that it does not have, the one context of Flask 3.2 raises.
    if context is None or not getattr(context, "has_request", True):
        return None
    return getattr(context, "request", None)


def active_session() -> Any:
    """Return the session of the request that is being answered, or ``None``.

    Taken from where Flask keeps it: the ``session`` proxy, and since Flask 3.1 the attribute
    of that name too, mark the session as read.
    """
    context = request_context(None)
    if context is None:
        return None
    if hasattr(context, "_session"):
        return context._session  # noqa: SLF001
    return getattr(context, _UNWATCHED, context.session)


def notice_session_reads(notice: Callable[[], None]) -> Callable[[], None]:
    """Call `notice` whenever the session is asked for, until the function returned is called.

    Flask itself marks the session then, since 3.1.3, and nothing is noticed here. Before, it
    is left to the session's class, and Flask's own overlooks ``in``, ``items()`` and more.
    """
    context = request_context(None)
    if context is None or hasattr(context, "_session"):
        return lambda: None
    session, unwatched = context.session, active_session()

    def noticed() -> Any:
        notice()
        return session

    def end() -> None:
        if context.session is watched:
            context.session = session

    setattr(context, _UNWATCHED, unwatched)
    context.session = watched = LocalProxy(noticed)
    return end


def running_loop() -> Any:
    """Return the event loop that runs on this thread, or ``None``.

    asyncio takes 10 ms to import; where nobody has imported it, no loop can run.
    """
    asyncio = sys.modules.get("asyncio")
    # get_running_loop() raises where none runs, and that costs a hit more than all the rest here.
    return None if asyncio is None else asyncio._get_running_loop()  # noqa: SLF001
