"""Is a backend made from its configuration, and does it say what is wrong with one?"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.backends.base import BaseCache
from flask_caching.display import HIDDEN, displayed
from flask_caching.errors import ConfigError
from flask_caching.settings import read_settings

from ..bench import Bench
from ..catalogue import case
from ..workshop import Workshop

OPERATIONS = [
    *("get", "get_value", "get_many", "get_dict", "has"),
    *("set", "set_many", "add", "inc", "dec", "touch"),
    *("delete", "delete_many", "unlink", "clear", "prune", "close"),
]


class Construction(Bench):
    """Construction."""

    @case("C-CON-01", "The factory gives a `BaseCache`.")
    def test_it_is_a_base_cache(self, make: Workshop) -> None:
        backend = make()

        assert isinstance(backend, BaseCache)
        assert backend.remembers is True

    @case("C-CON-02", "`factory(app, config, args, kwargs)` is the hook.")
    def test_its_factory_takes_four_arguments(self, backend: BaseCache) -> None:
        assert list(inspect.signature(type(backend).factory).parameters) == [
            "app",
            "config",
            "args",
            "kwargs",
        ]

    @case("C-CON-03", "`config` is not changed by the backend.")
    def test_the_configuration_is_left_alone(self, make: Workshop) -> None:
        given = {**make.config, "CACHE_OPTIONS": dict(make.config.get("CACHE_OPTIONS") or {})}
        config = dict(read_settings(given).config)
        before, options = dict(config), dict(given["CACHE_OPTIONS"])

        made = make()
        again = type(made).factory(Flask(__name__), config, [], {"default_timeout": 5, **options})
        again.close()

        assert config == before
        assert given["CACHE_OPTIONS"] == options

    @case("C-CON-04", "An unknown `CACHE_OPTIONS` name -> `ConfigError`, naming it.")
    def test_an_unknown_option_is_named(self, make: Workshop) -> None:
        make()

        with pytest.raises(ConfigError, match="no_such_option"):
            make(CACHE_OPTIONS={"no_such_option": 1})

    @pytest.mark.parametrize(
        "default", [True, [5], b"5", object()], ids=["bool", "list", "bytes", "object"]
    )
    @case("C-CON-05", "A default life of a wrong type is an error at construction.")
    def test_a_default_of_another_type_is_refused(
        self, backend: BaseCache, make: Workshop, default: Any
    ) -> None:
        config = dict(read_settings(make.config).config)
        options = {**(make.config.get("CACHE_OPTIONS") or {}), "default_timeout": default}

        with pytest.raises((TypeError, ConfigError), match=r"(?i)timeout"):
            type(backend).factory(Flask(__name__), config, [], options)

    @case("C-CON-06", "A missing required option -> `ConfigError` at `init_app`, naming the key.")
    def test_a_missing_required_option_is_named(self, make: Workshop) -> None:
        for key in self.required_options:
            config = {name: value for name, value in make.config.items() if name != key}

            with pytest.raises(ConfigError, match=key):
                Cache(Flask(__name__), config=config)

    @case("C-CON-07", "One class, two applications, two configurations.")
    def test_two_applications_have_their_own_configurations(
        self, make: Workshop, prefix: str
    ) -> None:
        one = make(CACHE_DEFAULT_TIMEOUT=5, CACHE_KEY_PREFIX=prefix + "one")
        two = make(CACHE_DEFAULT_TIMEOUT=50, CACHE_KEY_PREFIX=prefix + "two")

        one.set("key", 1)
        two.set("key", 2)

        assert one is not two
        assert (one.default_timeout, two.default_timeout) == (5, 50)
        assert (one.get("key"), two.get("key")) == (1, 2)

    @case("C-CON-08", "`close()` may be called twice.")
    def test_it_may_be_closed_twice(self, make: Workshop) -> None:
        backend = make()
        backend.set("key", 1)

        backend.close()
        backend.close()

    @case("C-CON-09", "`repr()` and logs never contain a password or a cached value.")
    def test_it_shows_no_secret(self, make: Workshop, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            backend = make()
            backend.set("key", "a cached secret")
            backend.get("key")

        shown = repr(backend) + str(backend) + caplog.text

        assert "a cached secret" not in shown
        assert [secret for secret in _secrets(make.config) if secret in shown] == []

    @case("C-CON-10", "`CACHE_DEFAULT_TIMEOUT` reaches the backend as `default_timeout`.")
    def test_the_default_timeout_reaches_the_backend(self, make: Workshop) -> None:
        assert make(CACHE_DEFAULT_TIMEOUT=42).life(None) == 42
        assert make(CACHE_DEFAULT_TIMEOUT="42").life(None) == 42
        assert make(CACHE_OPTIONS={"default_timeout": 7}).life(None) == 7

    @pytest.mark.parametrize("operation", OPERATIONS)
    @case("C-CON-11", "An operation's parameters are those of `BaseCache`, and more are optional.")
    def test_its_operations_take_what_a_base_cache_takes(
        self, backend: BaseCache, operation: str
    ) -> None:
        promised = list(inspect.signature(getattr(BaseCache, operation)).parameters.values())
        own = list(inspect.signature(getattr(type(backend), operation)).parameters.values())

        for mine, theirs in zip(own, promised, strict=False):
            assert (mine.name, mine.kind, mine.default) == (
                theirs.name,
                theirs.kind,
                theirs.default,
            )
        assert len(own) >= len(promised)
        for more in own[len(promised) :]:
            assert more.default is not more.empty or more.kind is more.VAR_KEYWORD


def _secrets(config: Mapping[str, Any]) -> list[str]:
    """Return the passwords of a configuration: whole settings, and those in URLs."""
    texts = {name: value for name, value in config.items() if isinstance(value, str)}
    hidden = [value for name, value in texts.items() if displayed(name, value) == HIDDEN]
    return hidden + [each for each in map(_url_password, texts.values()) if each]


def _url_password(text: str) -> str | None:
    try:
        return urlsplit(text).password
    except ValueError:
        return None
