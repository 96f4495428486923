"""What happens when a server is down, frozen, or back again?"""

from __future__ import annotations

import logging
import socket
import time

import pytest

from flask_caching.errors import CacheError, CacheUnavailableError
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.threads import in_threads
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_memcached import MemcachedCache
from flask_caching_memcached.client import Error

from .servers import keys_on

OPERATIONS = {
    "get": lambda backend: backend.get("key"),
    "get_value": lambda backend: backend.get_value("key", 1),
    "get_many": lambda backend: backend.get_many("key", "other"),
    "has": lambda backend: backend.has("key"),
    "set": lambda backend: backend.set("key", 1),
    "set_many": lambda backend: backend.set_many({"key": 1, "other": 2}),
    "add": lambda backend: backend.add("key", 1),
    "inc": lambda backend: backend.inc("count"),
    "touch": lambda backend: backend.touch("key"),
    "delete": lambda backend: backend.delete("key"),
    "delete_many": lambda backend: backend.delete_many("key", "other"),
    "clear": lambda backend: backend.clear(),
}
#: Seconds: the time-out, and what a busy machine takes besides.
SOON = 1.0 + 0.5

each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


def answers(backend):
    try:
        return backend.set("probe", 1)
    except CacheError:
        return False


@pytest.fixture
def own(start):
    (server,) = start(1)
    return server


@each_operation
def test_a_server_that_is_gone_is_one_error_at_once(make, own, operation):
    backend = make([own])
    backend.set("key", 1)
    own.kill()
    began = time.monotonic()

    with pytest.raises(CacheUnavailableError) as caught:
        operation(backend)

    assert isinstance(caught.value.__cause__, Error)
    assert own.address in str(caught.value)
    assert time.monotonic() - began < SOON


OPERATIONS_OF_A_PAST_LIFE = {
    "set to a past life": lambda backend: backend.set("key", 1, -1),
    "set_many to a past life": lambda backend: backend.set_many({"key": 1}, -1),
}


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), *OPERATIONS_OF_A_PAST_LIFE.values()])
def test_a_server_that_was_restarted_is_used_at_once(make, own, operation):
    backend = make([own])
    backend.set("key", 1)
    own.kill()
    own.start()

    operation(backend)

    assert backend.set("key", 2) is True
    assert backend.get("key") == 2


def test_a_dead_server_costs_its_share_only_and_has_it_again_when_it_is_back(make, start):
    servers = start(3)
    backend = make(servers)
    lost, *others = [keys_on(backend, server, 3) for server in servers]
    kept = [key for keys in others for key in keys]
    backend.set_many({key: key for key in [*lost, *kept]})
    servers[0].kill()

    assert [backend.get(key) for key in kept] == kept
    assert backend.get_many(*lost, *kept) == [None] * 3 + kept
    assert backend.set_many(dict.fromkeys([*lost, *kept], 1)) == kept
    for key in lost:
        with pytest.raises(CacheUnavailableError):
            backend.get(key)
        with pytest.raises(CacheUnavailableError):
            backend.set(key, 1)

    servers[0].start()
    assert backend.set_many(dict.fromkeys(lost, 2)) == lost
    assert backend.get_many(*lost, *kept) == [2] * 3 + [1] * 6


def test_nothing_is_rehashed_away_from_a_dead_server(make, start):
    servers = start(2)
    backend = make(servers)
    (key,) = keys_on(backend, servers[0])
    backend.set(key, "old")
    servers[0].freeze()

    with pytest.raises(CacheUnavailableError):
        backend.set(key, "new")
    servers[0].thaw()

    wait_until(lambda: answers(make([servers[0]])))
    assert make([servers[1]]).get(key) is None


def test_many_keys_are_an_error_where_no_server_answers(make, start):
    servers = start(2)
    backend = make(servers)
    keys = keys_on(backend, servers[0]) + keys_on(backend, servers[1])
    for server in servers:
        server.kill()

    with pytest.raises(CacheUnavailableError):
        backend.get_many(*keys)
    with pytest.raises(CacheUnavailableError):
        backend.set_many(dict.fromkeys(keys, 1))


def test_deleting_is_loud_where_a_server_is_down_and_reaches_the_others(make, start):
    servers = start(2)
    backend = make(servers)
    (lost,), (kept,) = keys_on(backend, servers[0]), keys_on(backend, servers[1])
    backend.set_many({lost: 1, kept: 1})
    servers[0].kill()

    with pytest.raises(CacheUnavailableError):
        backend.delete_many(lost, kept)

    assert backend.get(kept) is None
    backend.ignore_delete_many_errors = True
    assert backend.delete_many(lost, kept) == []


# -- a frozen server ---------------------------------------------------------------------


@each_operation
def test_a_frozen_server_is_an_error_within_the_timeout(make, own, operation):
    backend = make([own], socket_timeout=0.2)
    backend.set("key", 1)
    own.freeze()
    began = time.monotonic()

    with pytest.raises(CacheUnavailableError) as caught:
        operation(backend)

    assert isinstance(caught.value.__cause__, Error)
    # Far from the second that it would be by default, and from a machine that is merely busy.
    assert 0.15 < time.monotonic() - began < 0.8


def test_the_timeout_is_a_second_unless_it_is_said(make, own):
    backend = make([own])
    backend.set("key", 1)
    own.freeze()
    began = time.monotonic()

    with pytest.raises(CacheUnavailableError):
        backend.get("key")

    assert 0.9 < time.monotonic() - began < SOON


def test_a_frozen_server_keeps_one_caller_waiting_and_not_the_next_ones(make, own):
    backend = make([own], socket_timeout=0.2)
    backend.set("key", 1)
    own.freeze()
    with pytest.raises(CacheUnavailableError):
        backend.get("key")
    began = time.monotonic()

    for _ in range(100):
        with pytest.raises(CacheUnavailableError, match="did not answer, and is asked again in"):
            backend.get("key")

    assert time.monotonic() - began < 0.2


def test_a_server_that_was_frozen_is_used_again_by_itself(make, own):
    backend = make([own], socket_timeout=0.2)
    backend.set("key", "value")
    own.freeze()
    with pytest.raises(CacheUnavailableError):
        backend.get("key")

    own.thaw()

    wait_until(lambda: answers(backend), 5)
    assert backend.get("key") == "value"


def test_of_many_callers_one_looks_whether_a_frozen_server_is_back(make, own):
    backend = make([own], socket_timeout=0.3)
    backend.set("key", 1)
    own.freeze()
    with pytest.raises(CacheUnavailableError):
        backend.get("key")
    (node,) = backend._shelves.nodes
    wait_until(lambda: node._here().left_alone_until < time.monotonic())

    def seconds(_):
        began = time.monotonic()
        with pytest.raises(CacheUnavailableError):
            backend.get("key")
        return time.monotonic() - began

    waited = sorted(in_threads(8, seconds))

    assert waited[-1] > 0.25
    assert waited[-2] < 0.25


def test_a_late_answer_is_not_the_answer_to_a_later_call(make, own):
    backend = make([own], socket_timeout=0.2)
    keys = [str(number) for number in range(20)]
    backend.set_many({key: key for key in keys})
    own.freeze()
    with pytest.raises(CacheUnavailableError):
        backend.get("0")
    own.thaw()
    wait_until(lambda: answers(backend))

    assert [backend.get(key) for key in keys] == keys


# -- the log -----------------------------------------------------------------------------


def test_an_outage_is_told_once_and_its_end_too(make, own, caplog):
    caplog.set_level(logging.INFO, "flask_caching_memcached")
    backend = make([own])
    own.kill()

    for _ in range(5):
        with pytest.raises(CacheUnavailableError):
            backend.get("key")
    own.start()
    backend.get("key")
    backend.get("key")

    told = [(each.levelname, each.getMessage()) for each in caplog.records]
    assert [level for level, _ in told] == ["WARNING", "INFO"]
    assert told[0][1].startswith(f"memcached at {own.address} fails: ")
    assert told[1][1] == f"memcached at {own.address} answers again"


def test_a_server_that_is_not_there_yet_is_a_line_in_the_log(caplog):
    address = f"127.0.0.1:{free_port()}"

    backend = MemcachedCache([address])

    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert address in caplog.text
    with pytest.raises(CacheUnavailableError):
        backend.get("key")


def test_a_prefix_that_is_used_first_is_no_outage(make, server, caplog, prefix):
    backend = make([server], key_prefix=prefix + "first")

    assert backend.get("key") is None
    assert backend.get_many("key", "other") == [None, None]
    assert caplog.records == []


# -- connections -------------------------------------------------------------------------


def test_connections_that_the_server_has_closed_are_replaced(make, start):
    (server,) = start(1, "-o", "idle_timeout=1")
    backend = make([server])
    in_threads(4, lambda number: backend.set(str(number), number))
    (node,) = backend._shelves.nodes
    opened = len(node._here().pool._idle)
    assert opened > 0

    wait_until(lambda: closed_by(server) >= opened)

    assert [backend.get(str(number)) for number in range(4)] == [0, 1, 2, 3]
    assert backend.add("other", 2) is True


def closed_by(server):
    """Return how many connections a server has closed because nobody used them."""
    with socket.create_connection((HOST, server.port)) as connection:
        connection.sendall(b"stats\r\n")
        lines = list(iter(connection.makefile("rb").readline, b"END\r\n"))
    return int(dict(line.split()[1:3] for line in lines)[b"idle_kicks"])
