"""How is a piece of a template cached? With ``{% cache timeout, name, ... %}``.

::

    {% cache 60, "sidebar", user.name %}
    ...
    {% endcache %}

The timeout is in seconds, ``none`` for the backend's default; ``'del'`` removes the fragment
and renders it. Without a name, the fragment goes by its place: template file and line. What
follows the name tells its variants apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from .decorated import resolved_timeout
from .keys.fragment import make_template_fragment_key
from .lookup import Call, Lookup
from .reading import Miss
from .typing import TimeoutOption
from .view_policy import SessionWatch, note_session_read

#: The attribute of the Jinja environment that holds the `Cache`.
JINJA_CACHE_ATTR_NAME = "_template_fragment_cache"


class CacheExtension(Extension):
    """Adds the ``cache`` tag; `Cache.init_app` installs it."""

    tags = {"cache"}  # noqa: RUF012 (declared by Jinja, as an instance attribute)

    def parse(self, parser: Parser) -> nodes.Node:
        lineno = next(parser.stream).lineno
        if parser.stream.current.test("block_end"):
            parser.fail("The tag 'cache' begins with a timeout, as in {% cache 60 %}.", lineno)
        timeout = parser.parse_expression()
        # A template that comes from no file has a name, unless it is rendered from a string.
        name: nodes.Expr = nodes.Const(f"{parser.filename or parser.name}{lineno}")
        if parser.stream.skip_if("comma"):
            name = parser.parse_expression()
        vary_on: list[nodes.Expr] = []
        while parser.stream.skip_if("comma"):
            vary_on.append(parser.parse_expression())
        body = parser.parse_statements(("name:endcache",), drop_needle=True)
        call = self.call_method("_cache", [timeout, name, nodes.List(vary_on)])
        return nodes.CallBlock(call, [], [], body).set_lineno(lineno)

    def _cache(
        self,
        timeout: TimeoutOption,
        fragment_name: str,
        vary_on: list[Any],
        caller: Callable[[], str],
    ) -> Any:
        cache = getattr(self.environment, JINJA_CACHE_ATTR_NAME)
        lookup: Lookup = cache.lookup
        key = make_template_fragment_key(fragment_name, vary_on)
        if timeout == "del":
            try:
                lookup.delete(key)
            except Exception as error:  # noqa: BLE001 (a page is rendered whatever the store does)
                lookup.failed(error, key, writing=True)
            return caller()
        fragment = _Fragment(lookup, fragment_name, timeout, caller)
        found = lookup.read((key,), keeps_none=False)
        if type(found) is Miss:
            return lookup.answer(fragment.call(key), found)
        lookup.hit(key)
        fragment.announce(hit=True)
        return found


class _Fragment:
    """A fragment that is being asked for: what the flow asks about it."""

    def __init__(
        self, lookup: Lookup, name: str, timeout: TimeoutOption, caller: Callable[[], str]
    ) -> None:
        self._lookup = lookup
        self._name = name
        self._timeout = timeout
        self._caller = caller
        self._watch = SessionWatch()

    def call(self, key: str) -> Call:
        return Call(
            (key,),
            self.rendered,
            timeout=lambda value: resolved_timeout(self._timeout),
            storable=self.storable,
            keeps_none=False,
            announce=self.announce,
        )

    def rendered(self) -> str:
        with self._watch:
            return self._caller()

    def storable(self, _text: str) -> bool:
        known = self._lookup.fragments_read_session
        known[self._name] = known.get(self._name, False) or self._watch.read
        return True

    def announce(self, hit: bool) -> None:
        # Unknown: it was rendered in another process.
        if hit and self._lookup.fragments_read_session.get(self._name, True):
            note_session_read()
