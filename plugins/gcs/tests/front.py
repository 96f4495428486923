"""An HTTP server in front of the emulator, which counts requests and can answer in its place.

The emulator never says that it is busy, and never refuses anybody.
"""

from __future__ import annotations

import functools
import http.client
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from flask_caching_conformance.harness.servers import HOST

#: Headers that concern one connection only.
OWN_HEADERS = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


class Seen(NamedTuple):
    """A request that came by."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Front:
    """Passes requests on to a port, but for those that are answered here."""

    def __init__(self, port):
        self.port = port
        self.seen = []
        self.connections = 0
        self.answers = deque()
        #: Gives the status to answer a request with, by its body, or the body of an answer, or
        #: ``None`` to pass the request on.
        self.rule = lambda body: None
        #: Called before each answer.
        self.before_answer = lambda: None
        self._server = BusyServer((HOST, 0), functools.partial(Connection, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self):
        return f"http://{HOST}:{self._server.server_address[1]}"

    def answer(self, *answers):
        """Answer the next requests with these statuses; with "cut", half of the real answer."""
        self.answers.extend(answers)

    def forget(self):
        self.seen.clear()

    @property
    def kinds(self):
        """What was done, as ``GET`` or ``POST``."""
        return [each.method for each in self.seen]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *raised):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class BusyServer(ThreadingHTTPServer):
    """Takes many connections at once, and waits for none of them at its end."""

    request_queue_size = 100
    daemon_threads = True


class Connection(BaseHTTPRequestHandler):
    """One of a client's connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, front, *arguments):
        self.front = front
        super().__init__(*arguments)

    def setup(self):
        super().setup()
        self.front.connections += 1
        self.upstream = http.client.HTTPConnection(HOST, self.front.port)

    def finish(self):
        self.upstream.close()
        super().finish()

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.front.seen.append(Seen(self.command, parts.path, query, dict(self.headers)))
        self.front.before_answer()
        answer = self.front.answers.popleft() if self.front.answers else self.front.rule(body)
        if isinstance(answer, bytes):
            self.answer(200, [], answer)
        elif isinstance(answer, int):
            self.answer(answer, [], json.dumps({"error": {"code": answer}}).encode())
        else:
            self.answer(*self.passed_on(body), cut=answer == "cut")

    def passed_on(self, body):
        kept = {k: v for k, v in self.headers.items() if k.lower() not in OWN_HEADERS}
        self.upstream.request(self.command, self.path, body or None, kept)
        reply = self.upstream.getresponse()
        headers = [(k, v) for k, v in reply.getheaders() if k.lower() not in OWN_HEADERS]
        return reply.status, headers, reply.read()

    def answer(self, status, headers, body, cut=False):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, *arguments):
        """Write nothing."""
