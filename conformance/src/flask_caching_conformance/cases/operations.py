"""Which operations take a key, and which a timeout? Each called with one, to be tried in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, called on a backend with one argument of interest."""

    name: str
    call: Callable[[BaseCache, Any], Any]
    needs: Capability | None = None

    def __call__(self, backend: BaseCache, argument: Any) -> Any:
        return self.call(backend, argument)


ON_ONE_KEY = [
    Operation("get", lambda backend, key: backend.get(key)),
    Operation("get_value", lambda backend, key: backend.get_value(key, "default")),
    Operation("get_many", lambda backend, key: backend.get_many("other", key)),
    Operation("get_dict", lambda backend, key: backend.get_dict("other", key)),
    Operation("has", lambda backend, key: backend.has(key)),
    Operation("set", lambda backend, key: backend.set(key, 1)),
    Operation("set_many", lambda backend, key: backend.set_many({"other": 2, key: 1})),
    Operation("add", lambda backend, key: backend.add(key, 1)),
    Operation("inc", lambda backend, key: backend.inc(key)),
    Operation("dec", lambda backend, key: backend.dec(key)),
    Operation("touch", lambda backend, key: backend.touch(key), Capability.TOUCH),
    Operation("delete", lambda backend, key: backend.delete(key)),
    Operation("delete_many", lambda backend, key: backend.delete_many("other", key)),
    Operation("unlink", lambda backend, key: backend.unlink("other", key)),
]
WITH_TIMEOUT = [
    Operation("set", lambda backend, timeout: backend.set("key", 1, timeout)),
    Operation("set_many", lambda backend, timeout: backend.set_many({"key": 1}, timeout)),
    Operation("add", lambda backend, timeout: backend.add("key", 1, timeout)),
    Operation("touch", lambda backend, timeout: backend.touch("key", timeout), Capability.TOUCH),
]

on_every_operation = pytest.mark.parametrize(
    "operation", ON_ONE_KEY, ids=[operation.name for operation in ON_ONE_KEY]
)
on_every_timeout = pytest.mark.parametrize(
    "operation", WITH_TIMEOUT, ids=[operation.name for operation in WITH_TIMEOUT]
)
