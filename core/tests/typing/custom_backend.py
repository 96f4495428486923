"""A backend of an application's own, in types: run by a test, read by mypy and pyright."""

from __future__ import annotations

from typing import Any, assert_type

from flask import Flask

from flask_caching import BaseCache, BytesCache, Cache, Capability
from flask_caching.typing import Timeout


class DictCache(BaseCache):
    """Keeps values in a dictionary that others may look into."""

    capabilities = frozenset({Capability.PREFIX})

    def __init__(self, name: str, default_timeout: Timeout = 300) -> None:
        super().__init__(default_timeout)
        self.name = name
        self.values: dict[str, Any] = {}

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> DictCache:
        return cls(app.name, **kwargs)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def has(self, key: str) -> bool:
        return key in self.values

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        if self.life(timeout) < 0:
            self.values.pop(key, None)
        else:
            self.values[key] = value
        return True

    def delete(self, key: str) -> bool:
        return self.values.pop(key, self) is not self

    def clear(self) -> bool:
        self.values.clear()
        return True


def dict_cache(
    app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
) -> BaseCache:
    """Make the backend; an application names this function as its ``CACHE_TYPE``."""
    return DictCache.factory(app, config, args, kwargs)


def check_that_the_backend_inherits_the_rest() -> None:
    backend = DictCache("name")

    assert_type(backend.get_value("key", 0), Any)
    assert_type(backend.set_many({"a": 1}, timeout=5), list[str])
    assert_type(backend.delete_many("a"), list[str])
    assert_type(backend.inc("counter"), int | None)


def check_that_an_application_can_use_it() -> None:
    for backend in (DictCache, dict_cache, DictCache("ready")):
        cache = Cache(Flask("typed"), config={"CACHE_TYPE": backend})

        cache.set("key", "value")

        assert isinstance(cache.cache, DictCache)
        assert_type(cache.cache.name, str)
        assert cache.cache.values == {"key": "value"}


class ListCache(BytesCache):
    """Keeps bytes in a dictionary: the primitives, and what is derived from them."""

    capabilities = frozenset({Capability.PREFIX})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.items: dict[str, bytes] = {}

    def raw_get(self, name: str) -> bytes | None:
        return self.items.get(name)

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        self.items[name] = payload
        return True

    def raw_delete(self, name: str) -> bool:
        return self.items.pop(name, None) is not None

    def raw_clear(self, prefix: str) -> None:
        for name in [each for each in self.items if each.startswith(prefix)]:
            del self.items[name]


def check_that_a_store_of_bytes_inherits_the_rest() -> None:
    backend = ListCache(key_prefix="shop:")

    assert_type(backend.set("key", [1], timeout=60), bool)
    assert_type(backend.get("key"), Any)
    assert_type(backend.get_many("key", "other"), list[Any])
    assert_type(backend.add("key", 1), bool)
    assert_type(backend.delete("key"), bool)
    assert_type(backend.clear(), bool)
