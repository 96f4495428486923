"""What becomes of the cache when its server is dead, frozen, full or not willing?"""

from __future__ import annotations

import signal
import socket
import time

import pytest
import redis

from flask_caching import CacheUnavailableError, notices
from flask_caching.errors import ValueTooLargeError
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_redis import RedisCache, operations
from flask_caching_redis import server as server_module
from flask_caching_redis.exchange import forget_connections

from .servers import RedisServer

#: A replica is brought up to date at once.
NO_DELAY = ("--repl-diskless-sync-delay", "0")
#: Every operation, on a backend that may have used its server before.
OPERATIONS = {
    "get": lambda backend: backend.get("key"),
    "get_value": lambda backend: backend.get_value("key", 1),
    "get_many": lambda backend: backend.get_many("key", "other"),
    "get_dict": lambda backend: backend.get_dict("key"),
    "has": lambda backend: backend.has("key"),
    "set": lambda backend: backend.set("key", 1),
    "set_many": lambda backend: backend.set_many({"key": 1}),
    "add": lambda backend: backend.add("key", 1),
    "inc": lambda backend: backend.inc("key"),
    "dec": lambda backend: backend.dec("key"),
    "touch": lambda backend: backend.touch("key", 5),
    "touch for ever": lambda backend: backend.touch("key", 0),
    "delete": lambda backend: backend.delete("key"),
    "delete_many": lambda backend: backend.delete_many("key", "other"),
    "unlink": lambda backend: backend.unlink("key"),
    "clear": lambda backend: backend.clear(),
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


@pytest.fixture
def own(own_server):
    """A backend on a server that a test may hurt, both used before."""
    backend = RedisCache(HOST, own_server.port)
    backend.set("key", 5)
    yield backend
    backend.close()


def seconds_of(operation, backend):
    """Return how long it takes an operation to say that the server is not there."""
    began = time.monotonic()
    with pytest.raises(CacheUnavailableError) as raised:
        operation(backend)
    assert isinstance(raised.value.__cause__, redis.RedisError)
    return time.monotonic() - began


# -- dead, frozen, back --------------------------------------------------------------


def test_every_operation_on_a_dead_server_is_one_error_at_once(own, own_server):
    own_server.kill()

    for operation in OPERATIONS.values():
        assert seconds_of(operation, own) < 0.5


@pytest.mark.parametrize("name", ["get", "set_many", "inc", "clear"])
def test_an_operation_on_a_frozen_server_takes_one_time_out(own_server, name):
    backend = RedisCache(HOST, own_server.port, socket_timeout=0.5)
    backend.get("key")
    own_server.freeze()

    took = [seconds_of(OPERATIONS[name], backend) for _ in range(2)]

    own_server.thaw()
    assert all(0.4 < each < 0.9 for each in took)


def test_the_time_outs_are_a_second_unless_an_option_says_otherwise(make):
    options = make()._write_client.get_connection_kwargs()
    others = make(socket_timeout=5, socket_connect_timeout=7)._write_client.get_connection_kwargs()

    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (1, 1)
    assert (others["socket_timeout"], others["socket_connect_timeout"]) == (5, 7)


def test_a_late_answer_is_never_read_as_anothers(own_server):
    backend = RedisCache(HOST, own_server.port, socket_timeout=0.2)
    backend.set_many({"late": ["late"], "next": ["next"]})
    own_server.freeze()
    with pytest.raises(CacheUnavailableError):
        backend.get("late")
    own_server.thaw()

    assert [backend.get("next") for _ in range(3)] == [["next"]] * 3
    assert backend.get_many("next", "late") == [["next"], ["late"]]


@pytest.mark.parametrize("name", ["get", "get_many", "set_many", "inc"])
def test_an_exception_amid_an_operation_leaves_no_answer_behind(own, own_server, name):
    class Alarm(BaseException):
        pass

    def ring(*_):
        raise Alarm

    own.set_many({"other": ["other"], "key": 5})
    before = signal.signal(signal.SIGALRM, ring)
    own_server.freeze()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            OPERATIONS[name](own)
    finally:
        signal.signal(signal.SIGALRM, before)
        own_server.thaw()

    assert [own.get("other") for _ in range(3)] == [["other"]] * 3


@pytest.mark.parametrize("name", ["get", "get_many", "set_many", "inc", "add", "clear"])
def test_a_connection_is_closed_whose_answer_nobody_has_read(backend, monkeypatch, name):
    class Interrupted(BaseException):
        pass

    def interrupt(connection, *args, **kwargs):
        raise Interrupted  # as a signal does, at any line

    backend.set("key", 5)
    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.Connection, "read_response", interrupt)
        with pytest.raises(Interrupted):
            OPERATIONS[name](backend)

    (connection,) = backend._write_client.connection_pool._available_connections
    assert connection._sock is None


def test_connections_that_are_in_use_are_left_alone_by_the_pools_of_older_drivers_too(server):
    class Older(redis.BlockingConnectionPool):
        def disconnect(self):  # as before redis-py 7
            for connection in self._connections:
                connection.disconnect()

    with server.client(connection_pool=Older(host=HOST, port=server.port)) as client:
        pool = client.connection_pool
        idle, used = pool.get_connection(), pool.get_connection()
        pool.release(idle)

        forget_connections(client)

        assert (idle._sock is None, used._sock is None) == (True, False)
        pool.release(used)
        assert client.ping()


def test_it_recovers_when_the_server_is_back(own, own_server):
    own_server.kill()
    with pytest.raises(CacheUnavailableError):
        own.get("key")

    own_server.start()

    assert own.get("key") is None
    assert own.set("key", 1) is True
    assert own.inc("key") == 2


@each_operation
def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(backend, around, operation):
    backend.set("key", 5)
    for client in around.client_list(_type="normal"):
        if client["cmd"] != "client|list":
            around.client_kill_filter(_id=client["id"])

    operation(backend)


def test_an_application_starts_without_a_server_and_finds_it_later(tmp_path, caplog):
    server = RedisServer(tmp_path)

    backend = RedisCache(HOST, server.port)

    (line,) = caplog.messages
    assert line.startswith(f"Redis at {HOST}:{server.port} can't be reached (ConnectionError: ")
    with server:
        assert backend.set("key", 1) is True


def test_an_address_that_answers_nothing_is_given_up_after_the_time_out(caplog):
    began = time.monotonic()

    RedisCache("192.0.2.1", socket_connect_timeout=0.2)  # reserved for documentation: RFC 5737

    assert time.monotonic() - began < 1
    assert len(caplog.messages) == 1


# -- sent once or twice --------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        (lambda backend: backend.get("key"), 5),
        (lambda backend: backend.get_many("key", "none"), [5, None]),
        (lambda backend: backend.has("key"), True),
        (lambda backend: backend.set("key", 6), True),
        (lambda backend: backend.set_many({"key": 6, "other": 7}), ["key", "other"]),
        (lambda backend: backend.touch("key", 6), True),
        (lambda backend: backend.delete_many("key"), ["key"]),
        (lambda backend: backend.clear(), True),
    ],
)
def test_what_may_be_done_twice_survives_one_lost_connection(
    backend, lost_answers, operation, answer
):
    backend.set("key", 5)
    lost_answers[0] = 1

    assert operation(backend) == answer


def test_a_connection_lost_twice_is_an_error(backend, lost_answers):
    lost_answers[0] = 2

    with pytest.raises(CacheUnavailableError, match="ConnectionError: lost"):
        backend.get("key")


@pytest.mark.parametrize(
    "options",
    [
        lambda server: {},
        lambda server: {"retry": redis.Redis().get_retry()},
        lambda server: {"host": server.client()},
    ],
    ids=["ours", "an application's own retry policy", "an application's own client"],
)
def test_an_increment_is_never_applied_twice(make, server, lost_answers, options):
    backend = make(**options(server))
    backend.set("count", 1)
    lost_answers[0] = 1

    with pytest.raises(CacheUnavailableError):
        backend.inc("count")

    assert backend.get("count") == 2


def test_an_add_whose_answer_was_lost_is_not_answered_with_false(backend, lost_answers):
    lost_answers[0] = 1

    with pytest.raises(CacheUnavailableError):
        backend.add("key", 1)

    assert backend.get("key") == 1


# -- not willing ---------------------------------------------------------------------


def test_a_full_server_refuses_and_the_old_value_stands(own, own_server, caplog, monkeypatch):
    monkeypatch.setattr(notices, "_told", set())
    own.set_many({"key": "old", "count": 1})
    with own_server.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)

    assert own.set("key", "new") is False
    assert own.set_many({"key": "new", "other": 1}) == []
    for operation in (lambda: own.add("added", 1), lambda: own.inc("count")):
        with pytest.raises(CacheUnavailableError, match="OutOfMemoryError"):
            operation()
    assert own.get_many("key", "other", "added", "count") == ["old", None, None, 1]
    assert own.delete("key") is True
    (line,) = caplog.messages
    assert line.startswith("Redis is full and refuses to store")


def test_a_value_that_is_larger_than_redis_takes_is_refused(backend, monkeypatch):
    monkeypatch.setattr(operations, "LARGEST", 1_000)
    backend.set("key", "old")

    for write in (
        lambda: backend.set("key", "x" * 1_000),
        lambda: backend.set_many({"key": "x" * 1_000}),
        lambda: backend.add("other", "x" * 1_000),
    ):
        with pytest.raises(ValueTooLargeError, match="1000 bytes"):
            write()

    assert backend.get_many("key", "other") == ["old", None]


def test_a_server_that_takes_less_refuses_with_an_error(own, own_server):
    with own_server.client() as client:
        client.config_set("proto-max-bulk-len", 1 << 20)

    with pytest.raises(CacheUnavailableError):
        own.set("key", b"x" * (1 << 21))

    assert own.get("key") == 5


def test_another_type_under_the_name_is_a_miss_and_gives_way(backend, around):
    for key in ("read", "set", "deleted", "counted", "added"):
        around.lpush(backend.name(key), "foreign")

    assert backend.get("read") is None
    assert backend.get_value("read", "default") == "default"
    assert backend.get_many("read", "none") == [None, None]
    with pytest.raises(TypeError, match="'counted' does not hold a counter"):
        backend.inc("counted")
    assert around.lrange(backend.name("counted"), 0, -1) == [b"foreign"]
    assert backend.set("set", 1) is True
    assert backend.get("set") == 1
    assert backend.delete("deleted") is True
    assert backend.clear() is True
    assert not around.exists(backend.name("read"))


def test_a_replica_that_became_master_again_is_found_by_its_name(own, own_server):
    with own_server.client() as client:
        client.replicaof(HOST, free_port())
        with pytest.raises(CacheUnavailableError, match="ReadOnlyError"):
            own.set("key", 6)
        with pytest.raises(CacheUnavailableError, match="ReadOnlyError"):
            own.inc("key")
        assert own.get("key") == 5
        client.replicaof("NO", "ONE")

    assert own.inc("key") == 6


def test_after_a_refusal_to_write_the_name_is_looked_up_again(own, own_server, tmp_path):
    pool = own._write_client.connection_pool
    with RedisServer(tmp_path / "promoted", *NO_DELAY) as promoted, own_server.client() as client:
        client.replicaof(HOST, promoted.port)
        wait_until(lambda: client.info("replication")["master_link_status"] == "up")
        pool.connection_kwargs["port"] = promoted.port  # as a name that leads elsewhere now
        for connection in pool._available_connections:
            connection.port = promoted.port

        assert own.set("key", "new") is True
        assert own.inc("count") == 1
        assert own.add("added", 1) is True

        with promoted.client() as other:
            assert other.exists(own.name("key"), own.name("count"), own.name("added")) == 3


@pytest.mark.parametrize(
    ("write", "answer"),
    [
        (lambda backend: backend.set("key", 6), True),
        (lambda backend: backend.set_many({"key": 6}), ["key"]),
        (lambda backend: backend.add("other", 6), True),
        (lambda backend: backend.inc("key"), 6),
        (lambda backend: backend.touch("key", 0), True),
        (lambda backend: backend.delete("key"), True),
        (lambda backend: backend.delete_many("key"), ["key"]),
        (lambda backend: backend.clear(), True),
    ],
)
def test_a_write_that_a_replica_refused_is_sent_again(own, own_server, monkeypatch, write, answer):
    def promote(client):
        with own_server.client() as around:
            around.replicaof("NO", "ONE")

    monkeypatch.setattr(server_module, "forget_connections", promote)
    with own_server.client() as client:
        client.replicaof(HOST, free_port())

    assert write(own) == answer


def test_a_server_that_still_loads_is_down_for_the_time(tmp_path):
    folder = tmp_path / "loading"
    slow = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"]
    with RedisServer(folder) as server, server.client() as client:
        client.mset({f"key {number}": "x" * 200 for number in range(600)})
        client.save()
    server.command += slow
    server._is_up = lambda: b"LOADING" in raw_answer(server.port)

    with server:
        backend = RedisCache(HOST, server.port)
        with pytest.raises(CacheUnavailableError, match="BusyLoadingError"):
            backend.get("key")
        wait_until(lambda: b"PONG" in raw_answer(server.port))
        assert backend.set("key", 1) is True


def raw_answer(port):
    """Return what a server says to a PING, without the driver's opinion."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(100)
    except OSError:
        return b""
