"""Does the proxy fail as it is told, and leave nothing behind?"""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from pathlib import Path

import pytest

from flask_caching_conformance.harness.proxy import FaultProxy
from flask_caching_conformance.harness.servers import HOST
from flask_caching_conformance.harness.waiting import wait_until

#: Seconds in which nothing came, where nothing must come.
SILENCE = 0.15


class Echo(socketserver.StreamRequestHandler):
    """Answers each line with the same line."""

    def handle(self):
        for line in self.rfile:
            self.server.heard.append(line)
            self.wfile.write(line)


class EchoServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    block_on_close = True

    def handle_error(self, request, address):
        """Say nothing of clients that were reset."""


@pytest.fixture
def server():
    with EchoServer((HOST, 0), Echo) as server:
        server.heard = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(server):
    with FaultProxy(server.server_address[1]) as proxy:
        yield proxy


@pytest.fixture
def client(proxy):
    with connected(proxy) as client:
        yield client


def connected(proxy):
    return socket.create_connection((HOST, proxy.port), timeout=10)


def ask(client, line):
    client.sendall(line)
    return heard(client, len(line))


def heard(client, length):
    read = b""
    while len(read) < length and (part := client.recv(length - len(read))):
        read += part
    return read


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def is_silent(client):
    client.settimeout(SILENCE)
    try:
        return client.recv(1) is None
    except TimeoutError:
        return True
    finally:
        client.settimeout(10)


def test_it_passes_on_what_both_sides_say(client):
    assert ask(client, b"hello\n") == b"hello\n"
    assert ask(client, b"x" * 1_000_000 + b"\n") == b"x" * 1_000_000 + b"\n"


def test_it_counts_requests_that_wait_for_a_reply(client, proxy):
    for _ in range(3):
        ask(client, b"hello\n")
    ask(client, b"several\nlines\nat once\n")

    assert proxy.trips == 4


def test_it_counts_the_trips_of_all_connections(proxy):
    for _ in range(2):
        with connected(proxy) as client:
            ask(client, b"hello\n")

    assert proxy.trips == 2


def test_it_measures_what_a_call_asks_and_is_answered(client, proxy):
    assert proxy.lengths(lambda: ask(client, b"hello\n")) == (6, 6)
    assert proxy.lengths(lambda: [ask(client, b"hello\n") for _ in range(2)]) == (12, 12)


def test_it_holds_replies_up(client, proxy):
    proxy.delay(0.2)
    began = time.monotonic()

    assert ask(client, b"hello\n") == b"hello\n"

    assert time.monotonic() - began >= 0.2


def test_frozen_it_accepts_and_passes_nothing_on(proxy, client, server):
    ask(client, b"before\n")
    proxy.freeze()

    client.sendall(b"hello\n")
    with connected(proxy) as other:
        other.sendall(b"hello\n")

        assert is_silent(client)
        assert is_silent(other)
    assert server.heard == [b"before\n"]


def test_what_it_held_back_comes_late(proxy, client):
    proxy.freeze()
    client.sendall(b"hello\n")

    proxy.pass_on()

    assert heard(client, 6) == b"hello\n"


def test_it_resets_in_the_middle_of_a_reply(proxy, client, server):
    proxy.reset_in_reply(after_bytes=3)

    client.sendall(b"hello\n")

    assert heard(client, 3) == b"hel"
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert server.heard == [b"hello\n"]


def test_it_resets_in_the_middle_of_a_request(proxy, client, server):
    proxy.reset_in_request(after_bytes=3)

    client.sendall(b"hello\n")

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert server.heard in ([], [b"hel"])


def test_a_reset_may_happen_once(proxy, client):
    proxy.reset_in_reply(after_bytes=0, times=1)
    client.sendall(b"hello\n")
    with pytest.raises(ConnectionResetError):
        client.recv(1)

    with connected(proxy) as other:
        assert ask(other, b"hello\n") == b"hello\n"


def test_bytes_count_from_the_moment_of_the_fault(proxy, client):
    ask(client, b"before\n")
    proxy.half_reply(after_bytes=3)

    client.sendall(b"hello\n")

    assert heard(client, 3) == b"hel"
    assert is_silent(client)
    assert proxy.held_back == 1
    proxy.pass_on()
    assert heard(client, 3) == b"lo\n"
    wait_until(lambda: proxy.held_back == 0)


def test_it_refuses_and_comes_back(proxy, client):
    ask(client, b"hello\n")

    proxy.refuse()

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)
    proxy.pass_on()
    with connected(proxy) as other:
        assert ask(other, b"hello\n") == b"hello\n"


def test_it_drops_connections_and_goes_on(proxy, client):
    ask(client, b"hello\n")

    proxy.drop()

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with connected(proxy) as other:
        assert ask(other, b"hello\n") == b"hello\n"


def test_a_client_that_goes_is_seen_by_the_server(proxy, server):
    with connected(proxy) as client:
        ask(client, b"hello\n")
        assert len(server._threads) == 1

    wait_until(lambda: not any(thread.is_alive() for thread in server._threads))


def test_a_server_that_is_not_there_is_a_closed_connection(server):
    with socket.create_server((HOST, 0)) as nobody:
        port = nobody.getsockname()[1]

    with FaultProxy(port) as proxy, connected(proxy) as client:
        assert client.recv(1) == b""


@pytest.mark.parametrize("fault", ["pass_on", "freeze", "refuse"])
def test_it_leaves_no_thread_and_no_socket(server, fault):
    threads = set(threading.enumerate())
    sockets = open_files()

    with FaultProxy(server.server_address[1]) as proxy:
        clients = [connected(proxy) for _ in range(5)]
        for client in clients:
            client.sendall(b"hello\n")
        getattr(proxy, fault)()
    for client in clients:
        client.close()

    wait_until(lambda: open_files() == sockets)
    wait_until(lambda: set(threading.enumerate()) <= threads)
