"""A store of bytes behind a port. It imports nothing of ours: as a program it is up at once."""

from __future__ import annotations

import pickle
import socketserver
import struct
import sys
import threading
from contextlib import suppress

HOST = "127.0.0.1"
LENGTH = struct.Struct(">I")


class Store(socketserver.ThreadingTCPServer):
    """Answers pickled requests: the name of an operation, and its arguments."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port=0):
        super().__init__((HOST, port), Answering)
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


if __name__ == "__main__":
    Store(int(sys.argv[1])).serve_forever()
