"""How does a case get its backends? As an application does: through Flask, from a configuration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack, suppress
from typing import Any, ClassVar

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.backends.base import BaseCache
from flask_caching.errors import CacheError

from .harness.clock import Clock


class Workshop:
    """Makes backends of one configuration, and tidies up after them.

    :param check: looks at each backend before a case gets it.
    """

    _takes_clock: ClassVar[dict[Hashable, bool]] = {}

    def __init__(
        self, config: Mapping[str, Any], clock: Clock, check: Callable[[BaseCache], None]
    ) -> None:
        self.config = dict(config)
        self.clock = clock
        self._check = check
        self._made: list[BaseCache] = []

    def __call__(self, **config: Any) -> BaseCache:
        """Make a backend; `config` goes before the configuration that all of them have."""
        return self.cache(**config).cache

    def cache(self, app: Flask | None = None, **config: Any) -> Cache:
        """Make a cache, on an application of its own where none is given."""
        if not self.takes_clock:
            return self._built(app, config)
        options = {"clock": self.clock, **(config.get("CACHE_OPTIONS") or {})}
        return self._built(app, {**config, "CACHE_OPTIONS": options})

    @property
    def takes_clock(self) -> bool:
        """Whether the backend's constructor takes a clock."""
        kind = self.config.get("CACHE_TYPE")
        if kind not in self._takes_clock:
            self._takes_clock[kind] = _takes(type(self._built(None, {}).cache), "clock")
        return self._takes_clock[kind]

    def tidy(self) -> None:
        """Clear and close what was made. A server may be down by now, and the prefix is gone."""
        with ExitStack() as closing:
            for backend in self._made:
                closing.callback(backend.close)
            for backend in self._made:
                with suppress(CacheError):
                    backend.clear()

    def _built(self, app: Flask | None, config: Mapping[str, Any]) -> Cache:
        options = {
            **(self.config.get("CACHE_OPTIONS") or {}),
            **(config.get("CACHE_OPTIONS") or {}),
        }
        merged = {**self.config, **config, "CACHE_OPTIONS": options}
        cache = Cache(app or Flask(__name__), config=merged)
        backend: object = cache.cache
        name = type(backend).__name__
        if not isinstance(backend, BaseCache):
            pytest.fail(f"{name} is no BaseCache, which knows what this kit asks for.")
        self._made.append(backend)
        if not backend.remembers:
            pytest.fail(f"{name} remembers nothing, so there is nothing to judge.")
        self._check(backend)
        return cache


def _takes(kind: type, option: str) -> bool:
    """Tell whether a class can be made with an option, which it may hand on to its bases."""
    for cls in kind.__mro__:
        if "__init__" in vars(cls):
            parameters = inspect.signature(vars(cls)["__init__"]).parameters
            if option in parameters:
                return True
            if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
                return False
    return False
