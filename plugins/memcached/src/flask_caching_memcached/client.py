"""What can a client of memcached do, and how is one made that carries nothing but bytes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import pylibmc  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from flask_caching.errors import ConfigError

# Most of its names come into being when it is imported.
_driver: Any = pylibmc

#: The base of what pylibmc raises. Itself it stands for a time-out, for example.
Error: type[Exception] = _driver.Error
AllocationError: type[Exception] = _driver.AllocationError
NotFound: type[Exception] = _driver.NotFound
ServerDown: type[Exception] = _driver.ServerDown
TooBig: type[Exception] = _driver.TooBig

#: Whether pylibmc was built with SASL.
SUPPORTS_SASL = bool(_driver.support_sasl)

#: How pylibmc tells of an item that is flagged as compressed and is not, or that it can't expand.
_NOT_EXPANDED = ("Failed to decompress value", "key is compressed but")

#: Let `Client.set_multi` send without waiting for answers, and no more.
QUIET, AUDIBLE = {"_noreply": True}, {"_noreply": False}


class Client(Protocol):
    """The part of pylibmc's client that is used. Keys are bytes.

    `get_multi` alone can't be trusted: where the connection fails, it gives what came before
    that, as if the rest were not there.
    """

    def get(self, key: bytes) -> Any: ...

    def gets(self, key: bytes) -> tuple[Any, Any]: ...

    def get_multi(self, keys: Sequence[bytes]) -> dict[bytes, Any]: ...

    def set(self, key: bytes, value: bytes, time: int = 0) -> bool: ...

    def set_multi(self, items: dict[bytes, bytes], time: int = 0) -> list[bytes]: ...

    def add(self, key: bytes, value: bytes, time: int = 0) -> bool: ...

    def cas(self, key: bytes, value: bytes, cas: int, time: int = 0) -> bool: ...

    def delete(self, key: bytes) -> bool: ...

    def set_behaviors(self, behaviors: Mapping[str, Any]) -> None: ...


#: A key at which nothing lies, to see whether a server answers.
ANY_KEY = b"fc-greeting"

#: What a ready client has.
METHODS = ("get", "gets", "get_multi", "set", "set_multi", "add", "cas", "delete", "set_behaviors")


class BytesClient(pylibmc.Client):  # type: ignore[misc]  # pylibmc has no types
    """A client that unpickles nothing, whoever has written to the server."""

    def deserialize(self, value: bytes, flags: int) -> bytes:
        # We write bytes, whose flags are 0. Whatever else lies there is no entry of ours.
        return b"" if flags else value

    # What is flagged as compressed pylibmc expands before that, and one that can't be is an error
    # of any call that reads it. It is an item as others, and no reason to leave the server alone.

    def get(self, key: bytes) -> Any:
        try:
            return super().get(key)
        except Error as error:
            return _no_entry(error)

    def gets(self, key: bytes) -> tuple[Any, Any]:
        try:
            found: tuple[Any, Any] = super().gets(key)
        except Error as error:
            _no_entry(error)
            self.delete(key)  # it has no token, by which it could be exchanged
            return None, None
        return found

    def get_multi(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        try:
            found: dict[bytes, Any] = super().get_multi(keys)
        except Error as error:
            _no_entry(error)
            read = {key: self.get(key) for key in keys}
            return {key: each for key, each in read.items() if each is not None}
        return found


def _no_entry(error: Exception) -> bytes:
    """Return what stands for an item that can't be expanded, or raise the error that is another."""
    if not str(error).startswith(_NOT_EXPANDED):
        raise error
    return b""


@dataclass(frozen=True, slots=True)
class Access:
    """How clients are connected to a server.

    :param socket_timeout: seconds to wait for a connection, and for a reply.
    :param behaviors: pylibmc's, beside those that the rest follows from.
    :param options: further arguments of ``pylibmc.Client``, such as a password.
    """

    socket_timeout: float
    behaviors: Mapping[str, Any]
    options: Mapping[str, Any] = field(repr=False)

    def client(self, address: str) -> Client:
        """Return a new client, which connects at its first operation.

        :raises ConfigError: where pylibmc does not take the behaviors.
        """
        try:
            made = BytesClient([address], behaviors=self._behaviors(), **self.options)
        except (ValueError, KeyError) as error:  # KeyError: the name of a hash, say
            raise ConfigError("CACHE_OPTIONS", f"behaviors: {error}") from error
        return cast("Client", made)

    def _behaviors(self) -> dict[str, Any]:
        milliseconds = max(int(self.socket_timeout * 1000), 1)
        return {
            "tcp_nodelay": True,
            "tcp_keepalive": True,
            "connect_timeout": milliseconds,
            # What a reply is waited for. libmemcached's own time-outs, in microseconds, don't
            # end that wait.
            "_poll_timeout": milliseconds,
            "send_timeout": milliseconds * 1000,
            "receive_timeout": milliseconds * 1000,
            **self.behaviors,
            "cas": True,
        }


def may_have_login(given: Any) -> bool:
    """Tell whether a client may have a login, which nobody can ask it for; or is no plain one."""
    return type(given) is not pylibmc.Client or bool(given.binary)


def bytes_twin(given: Any) -> Client:
    """Return a client for the same servers, with the same behaviors, which unpickles nothing."""
    behaviors = dict(given.behaviors)
    twin: Any = BytesClient(given.addresses, behaviors=behaviors)
    # One that follows from another may have replaced what was set before it.
    twin.set_behaviors(
        {name: each for name, each in behaviors.items() if twin.behaviors[name] != each}
    )
    return cast("Client", twin)


def is_client(given: Any) -> bool:
    """Tell a ready client from addresses."""
    return all(callable(getattr(given, name, None)) for name in METHODS)
