"""What is special about a cluster: names on several nodes, which may move, fail and come back?"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager, suppress
from urllib.parse import quote

import pytest
import redis
from flask import Flask

from flask_caching import Cache, CacheUnavailableError
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.threads import in_threads
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_redis import RedisClusterCache, topology

from . import secured
from .servers import ClusterServer

pytestmark = pytest.mark.xdist_group("redis-cluster")

#: Enough that each node has some of them.
MANY = {f"key {number}": number for number in range(60)}
#: Seconds.
TIME_OUT = 0.5


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "rediscluster", **config}).cache


@pytest.fixture
def make(cluster, prefix):
    made = []

    def make(**options):
        options = {"cluster": cluster.addresses, "key_prefix": prefix, **options}
        made.append(RedisClusterCache(**options))
        return made[-1]

    yield make
    for backend in made:
        with suppress(CacheUnavailableError):
            backend.clear()
        backend.close()


@pytest.fixture
def backend(make):
    return make()


@pytest.fixture
def trips(monkeypatch):
    """Count how often something is sent to each port."""
    counted = Counter()
    sending = redis.connection.Connection.send_packed_command

    def send(connection, command, check_health=True):
        counted[connection.port] += 1
        return sending(connection, command, check_health)

    monkeypatch.setattr(redis.connection.Connection, "send_packed_command", send)
    return counted


def keys_of(cluster, backend, node):
    """Return the keys of `MANY` that a node has."""
    return [key for key in MANY if cluster.primary_of(backend.name(key)) is node]


# -- many names ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        (lambda backend: backend.get_dict(*MANY), MANY),
        (lambda backend: backend.set_many(MANY), list(MANY)),
        (lambda backend: backend.delete_many(*MANY), list(MANY)),
    ],
    ids=["get_many", "set_many", "delete_many"],
)
def test_many_keys_are_one_trip_to_each_node(backend, trips, cluster, operation, answer):
    backend.set_many(MANY)
    ports = [node.port for node in cluster.primaries()]
    trips.clear()

    assert operation(backend) == answer

    assert trips == dict.fromkeys(ports, 1)


def test_a_hit_of_a_memoized_function_is_one_trip_to_a_node(cluster, prefix, trips):
    app = Flask("application")
    cache = Cache(
        app,
        config={
            "CACHE_TYPE": "rediscluster",
            "CACHE_REDIS_CLUSTER": cluster.addresses,
            "CACHE_KEY_PREFIX": prefix,
        },
    )
    double = cache.memoize()(lambda number: 2 * number)

    with app.app_context():
        assert [double(number) for number in range(20)] == [2 * number for number in range(20)]
        for number in range(20):
            trips.clear()
            assert double(number) == 2 * number
            assert sum(trips.values()) == len(trips) <= 2


def test_clear_reaches_every_primary_and_nothing_else(make, cluster):
    mine, other = make(key_prefix="mine["), make(key_prefix="mine")
    mine.set_many(MANY)
    other.set_many(MANY)

    assert mine.clear() is True

    assert mine.get_many(*MANY) == [None] * len(MANY)
    assert other.get_dict(*MANY) == MANY


def test_another_type_among_many_names_is_a_miss(backend, cluster):
    backend.set_many(MANY)
    name = backend.name("key 7")
    with redis.RedisCluster(HOST, cluster.nodes[0].port) as client:
        client.delete(name)
        client.lpush(name, "foreign")

        assert backend.get_dict(*MANY) == {**MANY, "key 7": None}
        assert backend.get("key 7") is None


# -- names that move -----------------------------------------------------------------


@contextmanager
def moving(cluster, backend, key):
    """Move the slot of a key from its node to another, and back again at the end.

    Gives a function that moves the name itself, and one that ends the move.
    """
    name = backend.name(key)
    source = cluster.primary_of(name)
    target = next(node for node in cluster.primaries() if node is not source)
    with source.client() as from_node, target.client() as to_node:
        slot = from_node.execute_command("CLUSTER KEYSLOT", name)
        ids = {each: each.execute_command("CLUSTER MYID").decode() for each in (from_node, to_node)}

        def begin(giving, taking):
            taking.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[giving])
            giving.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[taking])

        def move_names(giving, port):
            names = giving.execute_command("CLUSTER GETKEYSINSLOT", slot, 100)
            if names:
                giving.execute_command("MIGRATE", HOST, port, "", 0, 5_000, "KEYS", *names)

        def end(taking):
            for node in cluster.primaries():
                with node.client() as client:
                    client.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[taking])
            wait_until(cluster.is_whole)

        begin(from_node, to_node)
        try:
            yield lambda: move_names(from_node, target.port), lambda: end(to_node)
        finally:
            move_names(from_node, target.port)
            end(to_node)
            begin(to_node, from_node)
            move_names(to_node, source.port)
            end(from_node)


def use(backend, key):
    """Use one key in every way; return what that answers."""
    others = {f"{{{backend._namespace()}{key}}} {number}": number for number in range(3)}
    return [
        backend.delete(key),
        backend.get(key),
        backend.add(key, "added"),
        backend.add(key, "again"),
        backend.get(key),
        backend.set(key, 5, 100),
        backend.inc(key),
        backend.touch(key, 50),
        backend.touch(key, 0),
        backend.has(key),
        backend.get_many(key, "key 1"),
        backend.set_many({key: 7, "key 1": 1, **others}),
        backend.get(key),
        backend.unlink(key),
        backend.inc(key, 3),
        backend.delete(key),
    ]


USED = [True, None, True, False, "added", True, 6, True, True, True, [6, 1]]


@pytest.mark.parametrize("already", [False, True], ids=["not yet moved", "moved already"])
def test_a_key_whose_slot_is_moving_can_be_used(backend, cluster, already):
    backend.set_many(MANY)

    with moving(cluster, backend, "key 0") as (move_names, _):
        if already:
            move_names()
        answers = use(backend, "key 0")

    assert answers[:11] == USED
    assert answers[12:] == [7, ["key 0"], 3, True]


def test_a_slot_that_has_moved_is_found(backend, cluster, monkeypatch):
    backend.set_many(MANY)

    with moving(cluster, backend, "key 0") as (move_names, end):
        move_names()
        end()

        assert backend.get_dict(*MANY) == MANY
        answers = use(backend, "key 0")

    assert answers[:11] == USED
    assert backend.get_dict("key 1", "key 2") == {"key 1": 1, "key 2": 2}


def test_a_map_that_may_not_be_renewed_yet_does_not_matter(backend, cluster, monkeypatch):
    backend.set_many(MANY)
    monkeypatch.setattr(topology, "PAUSE", 1_000)

    with moving(cluster, backend, "key 0") as (move_names, end):
        move_names()
        end()

        assert backend.get_dict(*MANY) == MANY
        assert use(backend, "key 0")[:11] == USED


def test_an_applications_own_client_follows_what_moves(make, cluster):
    client = redis.RedisCluster(HOST, cluster.nodes[0].port)
    backend = make(cluster=client)
    backend.set_many(MANY)

    with moving(cluster, backend, "key 0") as (move_names, end):
        assert use(backend, "key 0")[:11] == USED
        backend.set("key 0", 0)
        move_names()
        end()

        assert backend.get_dict(*MANY) == MANY
        assert use(backend, "key 0")[:11] == USED
    assert backend._write_client is client


# -- nodes that fail -----------------------------------------------------------------


def test_a_frozen_node_costs_its_share_one_time_out_and_the_others_nothing(make, cluster):
    backend = make(socket_timeout=TIME_OUT)
    backend.set_many(MANY)
    node = cluster.primary_of(backend.name("key 0"))
    lost = keys_of(cluster, backend, node)
    kept = {key: value for key, value in MANY.items() if key not in lost}
    node.freeze()
    try:
        # At once: while a dead primary is being replaced, a cluster serves nobody by default.
        began = time.monotonic()
        assert {key: backend.get(key) for key in kept} == kept
        assert time.monotonic() - began < TIME_OUT
        for operation in (
            lambda: backend.get(lost[0]),
            lambda: backend.inc(lost[0]),
            lambda: backend.get_many(*lost),
            lambda: backend.set_many(MANY),
        ):
            began = time.monotonic()
            outcome(operation)  # by the end it may have been replaced
            assert time.monotonic() - began < 2 * TIME_OUT
    finally:
        node.thaw()
        wait_until(cluster.is_whole)
    assert backend.get_dict(*kept) == kept


def test_a_cluster_that_is_frozen_as_a_whole_costs_one_time_out(make, cluster):
    backend = make(socket_timeout=TIME_OUT)
    backend.set("key", 1)
    for node in cluster.nodes:
        node.freeze()
    try:
        for operation in (backend.get, backend.inc, backend.delete) * 2:
            began = time.monotonic()
            with pytest.raises(CacheUnavailableError):
                operation("key")
            assert time.monotonic() - began < 2 * TIME_OUT
        began = time.monotonic()
        errors = in_threads(8, lambda _: outcome(backend.get, "key"))
        assert errors == [CacheUnavailableError] * 8
        assert time.monotonic() - began < 4 * TIME_OUT
    finally:
        for node in cluster.nodes:
            node.thaw()
        wait_until(cluster.is_whole)
    assert backend.set("key", 2) is True


def outcome(function, *args):
    try:
        return function(*args)
    except CacheUnavailableError as error:
        return type(error)


def test_a_primary_that_gives_way_is_replaced_at_once(backend, cluster):
    backend.set_many(MANY)
    old = cluster.primary_of(backend.name("key 0"))
    replica = cluster.replica_of(old)
    with replica.client() as client:
        client.execute_command("CLUSTER FAILOVER")
    # A slow machine's nodes may call the whole cluster down until all have heard of it.
    wait_until(lambda: replica in cluster.primaries() and cluster.is_whole())

    assert backend.get_dict(*MANY) == MANY
    assert backend.set_many(MANY) == list(MANY)
    assert [backend.inc(key, 0) for key in MANY] == list(MANY.values())
    wait_until(cluster.is_whole)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        (lambda backend: backend.get("key 1"), 1),
        (lambda backend: backend.get_dict(*MANY), MANY),
        (lambda backend: backend.set("key 1", 2), True),
        (lambda backend: backend.set_many(MANY), list(MANY)),
        (lambda backend: backend.delete_many(*MANY), list(MANY)),
        (lambda backend: backend.clear(), True),
    ],
)
def test_what_may_be_done_twice_survives_one_lost_connection(
    backend, lost_answers, operation, answer
):
    backend.set_many(MANY)
    lost_answers[0] = 1

    assert operation(backend) == answer


@pytest.mark.parametrize("ready", [False, True], ids=["ours", "an application's own client"])
def test_an_increment_is_never_applied_twice(make, cluster, lost_answers, ready):
    options = {"cluster": redis.RedisCluster(HOST, cluster.nodes[0].port)} if ready else {}
    backend = make(**options)
    backend.set("count", 1)
    lost_answers[0] = 1

    with pytest.raises(CacheUnavailableError):
        backend.inc("count")

    assert backend.get("count") == 2


def test_names_that_no_node_has_are_down_and_the_others_are_not(tmp_path):
    half = ClusterServer(tmp_path, "--cluster-require-full-coverage", "no")
    with half, half.client() as client:
        client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 8_191)
        backend = RedisClusterCache(f"{HOST}:{half.port}")
        slots = {key: client.execute_command("CLUSTER KEYSLOT", backend.name(key)) for key in MANY}
        served = [key for key in MANY if slots[key] < 8_192]
        lost = [key for key in MANY if slots[key] >= 8_192]

        wait_until(lambda: outcome(backend.set, served[0], 1) is True)
        assert backend.get_many(*served) == [1] + [None] * (len(served) - 1)
        for operation in (backend.get, backend.inc, backend.get_many):
            assert outcome(operation, lost[0]) is CacheUnavailableError
        assert backend.clear() is True


def test_an_application_starts_without_a_cluster_and_finds_it_later(cluster, prefix, caplog):
    port = free_port()

    backend = RedisClusterCache(f"{HOST}:{port}", key_prefix=prefix)

    (line,) = caplog.messages
    assert line.startswith(f"The cluster at {HOST}:{port} can't be reached (ConnectionError: ")
    with pytest.raises(CacheUnavailableError, match="no node of the cluster answers"):
        backend.get("key")


def test_one_node_that_answers_is_enough_to_begin_with(make, cluster):
    backend = make(cluster=f"{HOST}:{free_port()},{HOST}:{cluster.nodes[4].port}")

    assert backend.set_many(MANY) == list(MANY)


# -- settings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        lambda ports: {"CACHE_REDIS_CLUSTER": f"{HOST}:{ports[0]}, {HOST}:{ports[1]}"},
        lambda ports: {"CACHE_REDIS_HOST": [{"host": HOST, "port": port} for port in ports]},
        lambda ports: {"CACHE_REDIS_HOST": [{"host": HOST}], "CACHE_REDIS_PORT": str(ports[0])},
        lambda ports: {"CACHE_REDIS_HOST": HOST, "CACHE_REDIS_PORT": ports[0]},
        lambda ports: {"CACHE_REDIS_HOST": [(HOST, port) for port in ports]},
        lambda ports: {"CACHE_REDIS_URL": f"redis://{HOST}:{ports[0]}"},
        lambda ports: {"CACHE_REDIS_CLIENT": redis.RedisCluster(HOST, ports[0])},
        lambda ports: {"CACHE_REDIS_CLIENT": lambda: redis.RedisCluster(HOST, ports[0])},
    ],
)
def test_the_nodes_are_named_in_several_ways(cluster, prefix, config):
    ports = [node.port for node in cluster.nodes]

    backend = cache_with(CACHE_KEY_PREFIX=prefix, **config(ports))

    assert type(backend) is RedisClusterCache
    assert backend.set_many(MANY) == list(MANY)
    assert backend.get_dict(*MANY) == MANY
    assert backend.clear() is True


@pytest.mark.parametrize("path", ["addresses", "URL"])
def test_options_reach_every_node(cluster, prefix, path):
    config = {"CACHE_REDIS_CLUSTER": cluster.addresses}
    if path == "URL":
        config = {"CACHE_REDIS_URL": f"redis://{HOST}:{cluster.nodes[0].port}"}
    name = f"ours-{path}"

    backend = cache_with(CACHE_KEY_PREFIX=prefix, CACHE_OPTIONS={"client_name": name}, **config)
    backend.set_many(MANY)

    for node in cluster.primaries():
        with node.client() as client:
            assert name in [each["name"] for each in client.client_list()]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"CACHE_OPTIONS": {"nonsense": 1}}, "CACHE_OPTIONS: 'nonsense' is not an option of"),
        # The driver's own client would leave these out without a word.
        ({"CACHE_OPTIONS": {"ssl_ciphers": "ALL"}}, "CACHE_OPTIONS: 'ssl_ciphers' is not an"),
        ({"CACHE_OPTIONS": {"max_connections": "many"}}, "CACHE_OPTIONS: .*max_connections"),
        ({"CACHE_REDIS_DB": 1}, "CACHE_REDIS_DB: must be 0"),
        ({"CACHE_REDIS_CLUSTER": ""}, "CACHE_REDIS_CLUSTER: is not set"),
        ({"CACHE_REDIS_CLUSTER": "host:port"}, "CACHE_REDIS_CLUSTER: must be the number"),
        ({"CACHE_REDIS_CLUSTER": 5}, "CACHE_REDIS_CLUSTER: must be addresses such as"),
        ({"CACHE_REDIS_CLUSTER": [5]}, "CACHE_REDIS_CLUSTER: must be addresses such as"),
        ({"CACHE_REDIS_CLIENT": redis.Redis()}, "CACHE_REDIS_CLIENT: must be a cluster's client"),
        ({"CACHE_REDIS_URL": "unix:///tmp/socket"}, "CACHE_REDIS_URL: can't be read"),
    ],
)
def test_what_cannot_work_names_the_setting(cluster, config, message):
    with pytest.raises(ConfigError, match=message):
        cache_with(**{"CACHE_REDIS_CLUSTER": cluster.addresses, **config})


def test_an_option_of_2_x_is_still_taken(make):
    assert make(skip_full_coverage_check=True).set("key", 1) is True


def test_a_single_server_is_no_cluster(server):
    with pytest.raises(ConfigError, match=r"CACHE_TYPE: The cluster at .* is no cluster; 'redis'"):
        RedisClusterCache(f"{HOST}:{server.port}")


def test_a_wrong_password_is_an_error_at_once(cluster):
    with pytest.raises(ConfigError, match=r"CACHE_REDIS_PASSWORD: The cluster at .* refuses"):
        RedisClusterCache(cluster.addresses, "wrong")


@pytest.mark.parametrize("path", ["addresses", "URL"])
def test_a_cluster_that_talks_tls_and_wants_a_password(tmp_path, path):
    files = secured.certificates(tmp_path / "certificates")
    login = {**files.trust, "password": secured.PASSWORD}
    node = ClusterServer(
        tmp_path / "node", "--requirepass", secured.PASSWORD, *files.options, login=login
    )
    password = quote(secured.PASSWORD, safe="")
    with secured.only_tls(node), node.client() as client:
        client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
        wait_until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
        config = {"CACHE_REDIS_CLUSTER": f"{HOST}:{node.port}", "CACHE_OPTIONS": login}
        if path == "URL":
            config = {
                "CACHE_REDIS_URL": f"rediss://:{password}@{HOST}:{node.port}",
                "CACHE_OPTIONS": {"ssl_ca_certs": files.authority},
            }

        backend = cache_with(**config)

        for _ in range(5):
            backend.close()
            assert backend.set_many(MANY) == list(MANY)
            assert backend.inc("key 7") > 7


# -- replicas ------------------------------------------------------------------------


def test_replicas_are_read_only_when_asked(make, cluster, trips):
    replicas = {node.port for node in cluster.nodes} - {node.port for node in cluster.primaries()}
    plain, reading = make(), make(read_from_replicas=True)
    plain.set_many(MANY)
    for primary in cluster.primaries():
        with primary.client() as client:
            assert client.wait(1, 5_000) == 1

    trips.clear()
    assert plain.get_dict(*MANY) == MANY
    assert [plain.get(key) for key in MANY] == list(MANY.values())
    assert not replicas & set(trips)

    reading.get_many(*MANY)  # connects
    trips.clear()
    assert reading.get_dict(*MANY) == MANY
    assert [reading.get(key) for key in MANY] == list(MANY.values())
    assert set(trips) == replicas


def test_a_dead_replica_is_not_missed(make, cluster):
    backend = make(read_from_replicas=True)
    backend.set_many(MANY)
    primary = cluster.primary_of(backend.name("key 0"))
    replica = next(
        node
        for node in cluster.nodes
        if node.info("replication").get("master_port") == primary.port
    )
    backend.get_many(*MANY)
    replica.kill()
    try:
        assert backend.get_dict(*MANY) == MANY
        assert [backend.get(key) for key in MANY] == list(MANY.values())
    finally:
        cluster.revive(replica)
