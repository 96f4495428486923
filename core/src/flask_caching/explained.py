"""What would become of a request, and why? ``flask cache explain``.

Nothing is stored, and the view is not called unless that is asked for. What makes the key is the
application's own code in any case: ``make_cache_key``, ``key_prefix``, ``unless``,
``forced_update`` and callable tags are called, as each request does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Request
from werkzeug.exceptions import HTTPException

from .backends.base import Capability
from .backends.foreign import as_written
from .context import active_request
from .display import shown_error
from .keys.source import namespace_of
from .keys.tags import EPOCH, FRESH, NAMESPACE, TAG, soft_version
from .lookup import Lookup
from .outages import capabilities_of
from .payload import Entry
from .typing import MISSING
from .view_policy import SAFE_METHODS, Answer
from .views import CachedView, ViewAttempt

#: How the names of versions begin, and what these are versions of.
_KINDS = {TAG: "tag", NAMESPACE: "namespace", "viewver/": "view"}
RUN = "that depends on the answer; --run computes it"


@dataclass
class Stored:
    """What lies in the store under the key; never the value."""

    #: ``"fresh"``, ``"stale"``, ``"outdated"``, ``"nothing"``, or why that can't be told.
    state: str
    #: Seconds until it is stale, of what is kept longer than it is fresh.
    fresh_for: float | None = None
    #: Seconds until it is gone, ``0``: it stays; ``None``: the store can't tell.
    life_left: float | None = None
    #: What it depends on that was invalidated since.
    outdated_by: list[str] = field(default_factory=list[str])


@dataclass
class Explanation:
    """What there is to know about a request."""

    request: str
    #: ``"hit"``, ``"stale"``, ``"miss"``, ``"bypass"`` (the cache is not asked), or
    #: ``"not cached"``.
    verdict: str = "not cached"
    reason: str = ""
    endpoint: str | None = None
    view: str | None = None
    backend: str | None = None
    policy: str | None = None
    key: str | None = None
    depends_on: list[str] = field(default_factory=list[str])
    stored: Stored | None = None
    #: Whether the answer would be stored; ``None``: not known.
    would_store: bool | None = None
    why: str = ""
    repair: str = ""
    #: Of the answer that was computed.
    status: int | None = None
    timeout: float | None = None
    notes: list[str] = field(default_factory=list[str])

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as JSON wants it."""
        return asdict(self)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Return what is known, as titles and texts."""
        yield "request", self.request
        for title in ("endpoint", "view", "backend", "policy", "key"):
            text = getattr(self, title)
            if text is not None:
                yield title, text
        if self.depends_on:
            yield "depends on", ", ".join(self.depends_on)
        if self.stored is not None:
            yield "in the store", _shown(self.stored)
        yield "verdict", f"{self.verdict}: {self.reason}" if self.reason else self.verdict
        if self.status is not None:
            yield "answer", f"status {self.status}"
        if self.view is not None and self.verdict != "bypass":
            answer = {True: "yes", False: "no", None: "unknown"}[self.would_store]
            yield "would store", f"{answer}: {self.why}" if self.why else answer
        if self.repair:
            yield "repair", self.repair
        yield from (("note", note) for note in self.notes)


def explained(
    app: Flask,
    path: str,
    method: str = "GET",
    headers: list[tuple[str, str]] | None = None,
    query: list[tuple[str, str]] | None = None,
    run: bool = False,
) -> Explanation:
    """Explain a request to an application.

    :param path: the path, with a query string or without.
    :param query: what to add to the query string.
    :param run: whether to call the functions before the request, and the view.
    """
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    told = Explanation(f"{method} {path.partition('?')[0]}")
    with app.test_request_context(path, method=method, headers=headers or []):
        request = active_request()
        if request is None or request.routing_exception is not None or not request.endpoint:
            error = None if request is None else request.routing_exception
            told.reason = f"no view answers it ({getattr(error, 'name', 'no address')})"
            return told
        told.endpoint = request.endpoint
        view = _cached_view(app, request)
        if view is None:
            told.reason = "the view is not decorated with cached()"
        elif not run or _prepared(app, told):
            _explain(app, request, view, told, run)
    return told


def _prepared(app: Flask, told: Explanation) -> bool:
    """Call what the application calls before a request; ``False`` where that answered it."""
    try:
        answered = app.preprocess_request() is not None
    except HTTPException as error:
        answered = True
        told.status = error.code
    if answered:
        told.verdict, told.reason = "bypass", "a function before the request answered it"
    return not answered


def _cached_view(app: Flask, request: Request) -> CachedView | None:
    """Return the decorated view that answers a request, also under other decorators."""
    view: Any = app.view_functions[request.endpoint or ""]
    kind = getattr(view, "view_class", None)
    names = [request.method.lower(), "dispatch_request"]
    if request.method == "HEAD":  # as Flask does where a class has no method for it
        names.insert(1, "get")
    for each in (view, *(getattr(kind, name, None) for name in names)):
        decorated = getattr(each, "decorated", None)
        if isinstance(decorated, CachedView):
            return decorated
    return None


def _explain(app: Flask, request: Request, view: CachedView, told: Explanation, run: bool) -> None:
    lookup = view.lookup
    told.view = namespace_of(view.function)
    told.backend = type(as_written(lookup.store)).__name__
    told.policy = "safe" if view.is_safe(lookup) else "legacy"
    if Capability.SHARED not in capabilities_of(lookup.store):
        told.notes.append(
            f"{told.backend} lies in the memory of each process: what the server has stored can't "
            "be seen from here."
        )
    try:
        keys, forced = _keys(view, request, told)
    except Exception as error:  # noqa: BLE001 (the application's own functions)
        told.verdict, told.reason = "bypass", f"the key can't be made: {shown_error(error)}"
        if not run:
            told.notes.append("The functions before the request were not called; --run does.")
        return
    if not keys:
        return
    told.key = keys[-1]
    told.stored = _stored(lookup, keys, told)
    told.verdict, told.reason = _verdict(told.stored, forced)
    if view.is_stale is not None and told.verdict == "hit":
        told.notes.append("is_stale() decides as well, and was not asked.")
    told.why = RUN
    if request.method == "HEAD":
        told.would_store, told.why = False, "only the answer to GET is"
    if run:
        _rehearse(app, view, told)


def _keys(view: CachedView, request: Request, told: Explanation) -> tuple[tuple[str, ...], bool]:
    """Return what the request depends on and, last, its key; and whether it is computed anyway.

    No keys where the cache is not asked.
    """
    lookup, arguments = view.lookup, dict(request.view_args or {})
    told.verdict = "bypass"
    if view.is_bypassed(arguments):
        told.reason = "unless() returned True"
        return (), False
    if view.policy.by_path and view.is_safe(lookup) and request.method not in SAFE_METHODS:
        told.reason = "rule g: only GET and HEAD are answered from the cache"
        return (), False
    return view.placed_keys(lookup, arguments), view.is_forced(arguments)


def _verdict(stored: Stored, forced: bool) -> tuple[str, str]:
    if forced:
        return "miss", "forced_update() returned True, so it is computed anew"
    if stored.state == "fresh":
        return "hit", ""
    if stored.state == "stale":
        return "stale", "it is given at once, and computed anew"
    if stored.state == "outdated":
        return "miss", "what is stored was invalidated"
    return "miss", "" if stored.state == "nothing" else "the store can't be asked"


def _stored(lookup: Lookup, keys: tuple[str, ...], told: Explanation) -> Stored:
    """Look at what lies under the key, and at what it depends on."""
    *names, key = keys
    try:
        found = lookup.store.get_value(key, MISSING)
        entry = found if type(found) is Entry else None
        known = dict.fromkeys((*names, *(entry.names if entry else ())))
        for unreal in (FRESH, EPOCH):
            known.pop(unreal, None)
        current = dict(zip(known, lookup.store.get_many(*known), strict=True)) if known else {}
        left = None if found is MISSING else lookup.store.life_left(key)
    except Exception as error:  # noqa: BLE001 (whatever a driver raises)
        return Stored(f"it can't be asked: {shown_error(error)}")
    told.depends_on = [_version(name) for name in known if name == soft_version(name)]
    if EPOCH in names:
        told.notes.append("More tags are known only from the answer.")
    if found is MISSING:
        return Stored("nothing")
    if entry is None:
        return Stored("outdated" if names else "fresh", life_left=left)
    stamps = dict(zip(entry.names, entry.stamps, strict=True))
    is_fresh = lookup.is_fresh_entry(entry, current) if set(names) <= set(entry.names) else None
    until = float(stamps.get(FRESH, 0))
    return Stored(
        {True: "fresh", False: "stale", None: "outdated"}[is_fresh],
        fresh_for=until - lookup.clock() if until else None,
        life_left=left,
        outdated_by=[
            _version(name)
            for name in known
            if name == soft_version(name) and stamps.get(name) != current[name]
        ],
    )


def _version(name: str) -> str:
    for beginning, kind in _KINDS.items():
        if name.startswith(beginning):
            return f"{kind} {name.removeprefix(beginning)}"
    return name


def _rehearse(app: Flask, view: CachedView, told: Explanation) -> None:
    """Call the view as a request does, and let its answer be judged but not stored."""

    class Rehearsal(ViewAttempt):
        """Judges an answer, and stores none."""

        def storable(self, value: Any) -> bool:
            told.status = Answer.of(value).status
            told.would_store, told.why = super().storable(value), self.refused
            told.repair = self.repair
            if told.would_store:
                _of_answer(self, value)
            return False

    def _of_answer(attempt: ViewAttempt, value: Any) -> None:
        lookup = attempt.lookup
        told.timeout = lookup.life(view.timeout(value))
        told.why = f"for {_seconds(told.timeout)}" if told.timeout >= 0 else "already expired"
        named = [_version(name) for name in attempt.names(value) if name == soft_version(name)]
        told.depends_on += [name for name in named if name not in told.depends_on]

    try:
        with view.rehearsed(Rehearsal):
            app.dispatch_request()
    except HTTPException as error:
        told.status = told.status or error.code
    except Exception as error:  # noqa: BLE001 (the view's own)
        told.would_store, told.why = False, f"the view raised {shown_error(error)}"
    if told.would_store is None:
        told.would_store, told.why = False, "the view was not reached"


def _shown(stored: Stored) -> str:
    said = [stored.state]
    if stored.fresh_for is not None and stored.state == "fresh":
        said.append(f"stale in {_seconds(stored.fresh_for)}")
    if stored.life_left is not None:
        said.append(f"{_seconds(stored.life_left)} left" if stored.life_left else "stays for ever")
    if stored.outdated_by:
        said.append(f"by {', '.join(stored.outdated_by)}")
    return ", ".join(said)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds else "ever"
