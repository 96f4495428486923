"""A store of bytes behind a port, and its backend: small, and whole enough to pass every case."""

from __future__ import annotations

import pickle
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from typing import ClassVar

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.errors import ConfigError
from flask_caching.processes import PerProcess
from flask_caching_conformance.harness.servers import HOST

LENGTH = struct.Struct(">I")
#: Bytes of the largest payload that the backend stores.
LARGEST = 8 << 20


class Store(socketserver.ThreadingTCPServer):
    """Answers pickled requests: the name of an operation, and its arguments."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__((HOST, 0), Answering)
        self.entries = {}
        self.lock = threading.Lock()
        self.port = self.server_address[1]
        #: Whether it takes nothing more.
        self.is_full = False

    def handle_error(self, request, address):
        """Say nothing of clients that were reset."""

    def answer(self, operation, *arguments):
        with self.lock:
            return getattr(self, operation)(*arguments)

    def get(self, names):
        return [self.entries.get(name) for name in names]

    def set(self, payloads):
        """Store all or, where it is full, nothing; return the names of what is stored."""
        if self.is_full:
            return []
        self.entries.update(payloads)
        return list(payloads)

    def delete(self, names):
        return [self.entries.pop(name, None) is not None for name in names]

    def swap(self, name, expected, payload):
        if self.entries.get(name) != expected:
            return False
        if self.is_full:
            return None
        self.entries[name] = payload
        return True

    def names(self):
        return list(self.entries)

    def count(self, name, delta):
        self.entries[name] = self.entries.get(name, 0) + delta
        return self.entries[name]

    def counted(self, name):
        return self.entries.get(name)

    def clear(self, prefix):
        for name in [name for name in self.entries if name.startswith(prefix)]:
            del self.entries[name]


class Answering(socketserver.BaseRequestHandler):
    def handle(self):
        with suppress(EOFError, ConnectionError):
            while True:
                send(self.request, self.server.answer(*receive(self.request)))


def send(connection, message):
    content = pickle.dumps(message)
    connection.sendall(LENGTH.pack(len(content)) + content)


def receive(connection):
    return pickle.loads(read(connection, *LENGTH.unpack(read(connection, LENGTH.size))))


def read(connection, length):
    content = b""
    while len(content) < length:
        part = connection.recv(length - len(content))
        if not part:
            raise EOFError("the other side has closed the connection")
        content += part
    return content


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
