"""Which errors can the cache raise, and what does each one say?

Every error is a `CacheError`, and also the builtin that it resembles, so that both
``except CacheError`` and an application's older ``except ValueError`` catch it.
"""

from __future__ import annotations


class CacheError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigError(CacheError, ValueError):
    """A setting that can't work: names the key, the value and the repair.

    `key` is the name of the setting, for example ``"CACHE_THRESHOLD"``.
    """

    def __init__(self, key: str, problem: str) -> None:
        # Both as they came, so that the error can be copied and pickled.
        super().__init__(key, problem)
        self.key = key

    def __str__(self) -> str:
        return ": ".join(self.args)


class BackendNotFoundError(CacheError, ImportError):
    """`CACHE_TYPE` names a backend that is not installed or can't be imported."""


class BackendConflictError(CacheError, LookupError):
    """Two installed distributions claim the same backend name."""


class BackendContractError(CacheError, TypeError):
    """What a name resolved to is no backend: it lacks the ``factory`` hook's shape."""


class NotInitializedError(CacheError, RuntimeError, KeyError):
    """The `Cache` was used for an application on which ``init_app`` never ran."""

    def __str__(self) -> str:  # KeyError would show the message's repr
        return str(self.args[0]) if self.args else ""


class NotSupportedError(CacheError, NotImplementedError):
    """The backend can't do this operation; its ``capabilities`` say so beforehand."""

    def __init__(self, backend: type, operation: str) -> None:
        super().__init__(backend, operation)
        self.backend = backend
        self.operation = operation

    def __str__(self) -> str:
        name = self.backend.__name__
        return (
            f"{name} does not support {self.operation}(). "
            f"{name}.capabilities lists what it supports."
        )


class CacheUnavailableError(CacheError, ConnectionError):
    """The store can't be reached, is frozen, or answered with an error of its own."""


class SerializationError(CacheError, ValueError):
    """A value that the serializer can't carry; nothing was stored."""


class ValueTooLargeError(CacheError, ValueError):
    """A value larger than the store takes; nothing was stored."""
