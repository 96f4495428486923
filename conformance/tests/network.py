"""A backend of a store behind a port: small, and whole enough to pass every case."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import ClassVar

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.errors import ConfigError
from flask_caching.processes import PerProcess
from flask_caching.typing import MISSING
from flask_caching_conformance.harness.servers import HOST

from .store import receive, send

#: Bytes of the largest payload that the backend stores.
LARGEST = 8 << 20


class NetworkCache(BytesCache):
    """Keeps entries in a `Store`; each call has a connection of this process to itself.

    :param retries: how often an application wants requests to be sent again whose connection
        broke. What must not be done twice is not.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.SHARED,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.BULK,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.NETWORK,
        }
    )
    store_errors = (OSError, EOFError)

    def __init__(self, port, *, reply_timeout=10, retries=0, password=None, **options):
        super().__init__(**options)
        if not isinstance(port, int):
            raise ConfigError("CACHE_NETWORK_PORT", f"must be a port, not {port!r}")
        self._port = port
        self._reply_timeout = reply_timeout
        self._retries = retries
        self._password = password
        self._idle = PerProcess(list)

    @classmethod
    def factory(cls, app, config, args, kwargs):
        options = {
            "port": config.get("CACHE_NETWORK_PORT"),
            "password": config.get("CACHE_NETWORK_PASSWORD"),
            "key_prefix": config["CACHE_KEY_PREFIX"],
            "serializer": config["CACHE_SERIALIZER"],
        }
        return cls(*args, **{**options, **kwargs})

    def raw_get(self, name):
        return self.ask("get", [name])[0]

    def raw_set(self, name, payload, life):
        return bool(self.raw_set_many({name: payload}, life))

    def raw_delete(self, name):
        return self.ask("delete", [name])[0]

    def raw_swap(self, name, expected, payload, life):
        if len(payload) > LARGEST:
            return None
        return self.ask_once("swap", name, expected, payload)

    def raw_clear(self, prefix):
        self.ask("clear", prefix)

    def raw_get_many(self, names):
        return self.ask("get", list(names))

    def raw_set_many(self, payloads, life):
        return self.ask("set", {n: p for n, p in payloads.items() if len(p) <= LARGEST})

    def raw_delete_many(self, names):
        self.ask("delete", list(names))

    def close(self):
        idle = self._idle()
        while idle:
            idle.pop().close()

    def ask(self, *request):
        for _ in range(self._retries):
            with suppress(ConnectionError, EOFError):
                return self.ask_once(*request)
        return self.ask_once(*request)

    def ask_once(self, *request):
        connection = self.connection()
        try:
            send(connection, request)
            answer = receive(connection)
        except BaseException:
            connection.close()  # whatever comes now is no answer to the next request
            raise
        self._idle().append(connection)
        return answer

    def connection(self):
        try:
            return self._idle().pop()
        except IndexError:
            return socket.create_connection((HOST, self._port), self._reply_timeout)


class InPiecesCache(NetworkCache):
    """Reads by one method after the other, so that a wrong one can take the place of each."""

    def _value(self, name, payload):
        packed = None if payload is None else self._live(name, payload)
        return MISSING if packed is None else self._opened(packed)
