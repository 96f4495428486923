"""What is special about sentinels: a master that changes, and two sets of options."""

from __future__ import annotations

import time

import pytest
from flask import Flask
from redis.sentinel import Sentinel

from flask_caching import Cache, CacheUnavailableError
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_redis import RedisCache, RedisSentinelCache

from . import secured
from .servers import RedisServer, SentinelServer, Watched

pytestmark = pytest.mark.xdist_group("redis-sentinel")

PASSWORD, SENTINEL_PASSWORD = "of/the@master", "of:the@sentinels"


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "redissentinel", **config}).cache


@pytest.fixture
def make(watched, prefix):
    made = []

    def make(**options):
        options = {"sentinels": watched.addresses, "key_prefix": prefix, **options}
        made.append(RedisSentinelCache(**options))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def backend(make):
    return make()


@pytest.fixture(scope="module")
def guarded(folder):
    """Servers with one password, watched by sentinels with another."""
    with Watched(
        folder / "guarded", password=PASSWORD, sentinel_password=SENTINEL_PASSWORD
    ) as guarded:
        yield guarded


def as_text(addresses):
    return ", ".join(f"{host}:{port}" for host, port in addresses)


# -- finding the master --------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        lambda addresses: addresses,
        lambda addresses: [list(address) for address in addresses],
        as_text,
        lambda addresses: [f"{HOST}:{free_port()}", *as_text(addresses).split(", ")],
        Sentinel,
        lambda addresses: lambda: Sentinel(addresses),
        lambda addresses: Sentinel(addresses).master_for("mymaster"),
    ],
    ids=["pairs", "lists", "text", "one is dead", "ready", "callable", "a master's client"],
)
@pytest.mark.parametrize("key", ["CACHE_REDIS_SENTINELS", "CACHE_REDIS_CLIENT"])
def test_the_sentinels_are_named_in_several_ways(watched, prefix, key, given):
    sentinels = given(watched.addresses)
    if key == "CACHE_REDIS_CLIENT" and isinstance(sentinels, str | list):
        key = "CACHE_REDIS_SENTINELS"

    backend = cache_with(**{key: sentinels, "CACHE_KEY_PREFIX": prefix})

    assert type(backend) is RedisSentinelCache
    assert backend.set("key", [1]) is True
    with watched.master().client() as client:
        assert client.exists(backend.name("key")) == 1
    assert backend.clear() is True
    backend.close()
    assert backend.get("key") is None


def test_a_master_that_nobody_watches_is_an_error_at_once(watched):
    with pytest.raises(ConfigError, match="CACHE_REDIS_SENTINEL_MASTER: 'other' is no master"):
        cache_with(CACHE_REDIS_SENTINELS=watched.addresses, CACHE_REDIS_SENTINEL_MASTER="other")


def test_a_server_that_is_no_sentinel_is_an_error_at_once(watched):
    server = watched.master()

    with pytest.raises(
        ConfigError, match=f"CACHE_REDIS_SENTINELS: Redis at {HOST}:{server.port} is no sentinel"
    ):
        cache_with(CACHE_REDIS_SENTINELS=[(HOST, server.port)])


def test_a_client_of_a_master_is_used(watched, prefix):
    sentinels = Sentinel(watched.addresses)
    backend = RedisCache(sentinels.master_for("mymaster"), key_prefix=prefix)

    assert backend.set("key", 1) is True
    assert backend.get("key") == 1
    backend.clear()


def test_an_application_starts_without_sentinels(caplog):
    backend = cache_with(CACHE_REDIS_SENTINELS=f"{HOST}:{free_port()}")

    (line,) = caplog.messages
    assert line.startswith("The master 'mymaster' of the sentinels can't be reached")
    with pytest.raises(CacheUnavailableError, match="MasterNotFoundError"):
        backend.get("key")


def test_sentinels_that_answer_nothing_share_one_time_out(watched):
    backend = RedisSentinelCache(watched.addresses, socket_timeout=0.6)
    backend.set("key", 1)
    backend.close()  # so that the master is to be asked for
    for sentinel in watched.sentinels:
        sentinel.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(CacheUnavailableError, match="MasterNotFoundError"):
            backend.get("key")
        assert time.monotonic() - began < 1.2
    finally:
        for sentinel in watched.sentinels:
            sentinel.thaw()
        wait_until(watched.is_whole)


def test_a_master_that_gives_way_is_replaced(own_watched, prefix):
    backend = RedisSentinelCache(own_watched.addresses, key_prefix=prefix)
    backend.set_many({"key": 1, "count": 5})
    old = own_watched.master()
    with old.client() as client:
        client.wait(2, 5_000)
    with own_watched.sentinels[0].client() as client:
        client.execute_command("SENTINEL FAILOVER", own_watched.master_name)
    wait_until(lambda: own_watched.master() is not old)

    wait_until(lambda: answer(backend.set, "key", 2) is True)

    assert backend.get("key") == 2
    assert backend.inc("count") == 6


def answer(function, *args):
    try:
        return function(*args)
    except CacheUnavailableError as error:
        return error


@pytest.mark.parametrize(
    ("write", "answer"),
    [
        (lambda backend: backend.set("key", 2), True),
        (lambda backend: backend.set_many({"key": 2}), ["key"]),
        (lambda backend: backend.inc("count"), 2),
        (lambda backend: backend.add("added", 1), True),
        (lambda backend: backend.delete("count"), True),
    ],
)
def test_a_write_that_a_former_master_refuses_goes_to_the_new_one(watched, make, write, answer):
    backend = make()
    backend.set("count", 1)
    (connection,) = backend._write_client.connection_pool._available_connections
    replica = next(server for server in watched.servers if server is not watched.master())
    connection.disconnect()
    connection.connect_to((HOST, replica.port))

    assert write(backend) == answer


@pytest.mark.parametrize(
    "operation",
    [
        lambda backend: backend.get("key"),
        lambda backend: backend.set_many({"key": 1}),
        lambda backend: backend.inc("count"),
    ],
    ids=["get", "set_many", "inc"],
)
def test_a_login_whose_answer_nobody_has_read_is_not_gone_on_with(guarded, monkeypatch, operation):
    class BrokenOff(BaseException):
        pass

    def break_off(parser, *args, **kwargs):
        if told[parser._sock.getpeername()[1]]:
            raise BrokenOff
        return reading(parser, *args, **kwargs)

    backend = RedisSentinelCache(
        guarded.addresses, password=PASSWORD, sentinel_password=SENTINEL_PASSWORD
    )
    backend.get("key")
    (connection,) = backend._write_client.connection_pool._available_connections
    backend.close()
    told = {each.port: each in guarded.servers for each in [*guarded.servers, *guarded.sentinels]}
    reading = type(connection._parser).read_response
    with monkeypatch.context() as patch:
        patch.setattr(type(connection._parser), "read_response", break_off)
        with pytest.raises(BrokenOff):
            operation(backend)

    assert connection._sock is None
    operation(backend)


# -- two sets of options -------------------------------------------------------------


def test_the_servers_and_the_sentinels_have_their_own_passwords(guarded):
    backend = cache_with(
        CACHE_REDIS_SENTINELS=guarded.addresses,
        CACHE_REDIS_PASSWORD=PASSWORD,
        CACHE_REDIS_SENTINEL_PASSWORD=SENTINEL_PASSWORD,
    )

    assert backend.set("key", 1) is True
    assert backend.get("key") == 1


@pytest.mark.parametrize(
    "options",
    [
        {"sentinel_password": SENTINEL_PASSWORD},
        {"sentinel_kwargs": {"password": SENTINEL_PASSWORD}},
        {"sentinel_username": "default", "sentinel_password": SENTINEL_PASSWORD},
    ],
    ids=["by name", "as sentinel_kwargs", "with a user"],
)
def test_the_options_of_sentinels_are_named_in_several_ways(guarded, options):
    assert RedisSentinelCache(guarded.addresses, password=PASSWORD, **options).set("key", 1) is True


@pytest.mark.parametrize(
    ("passwords", "key"),
    [
        ({"SENTINEL_PASSWORD": SENTINEL_PASSWORD}, "CACHE_REDIS_PASSWORD"),
        ({"SENTINEL_PASSWORD": SENTINEL_PASSWORD, "PASSWORD": "wrong"}, "CACHE_REDIS_PASSWORD"),
        ({"PASSWORD": PASSWORD}, "CACHE_REDIS_SENTINEL_PASSWORD"),
        ({"PASSWORD": PASSWORD, "SENTINEL_PASSWORD": "x"}, "CACHE_REDIS_SENTINEL_PASSWORD"),
    ],
)
def test_a_password_that_is_missing_or_wrong_is_an_error_at_once(guarded, passwords, key):
    config = {f"CACHE_REDIS_{name}": password for name, password in passwords.items()}

    with pytest.raises(ConfigError, match=key) as raised:
        cache_with(CACHE_REDIS_SENTINELS=guarded.addresses, **config)

    assert PASSWORD not in str(raised.value)
    assert SENTINEL_PASSWORD not in str(raised.value)


def test_a_password_does_not_show_when_no_master_is_found(guarded):
    nowhere = f"{HOST}:{free_port()}"
    backend = RedisSentinelCache(
        nowhere,
        password=PASSWORD,
        sentinel_password=SENTINEL_PASSWORD,
        sentinel_client_name=SENTINEL_PASSWORD,  # stands for a driver that shows what it is given
    )

    with pytest.raises(CacheUnavailableError, match="MasterNotFoundError") as raised:
        backend.get("key")

    for error in (raised.value, raised.value.__cause__):
        assert f"no sentinel names a master 'mymaster'; asked: Redis at {nowhere}" in str(error)
        assert SENTINEL_PASSWORD not in str(error)
    assert raised.value.__cause__.__context__ is None


def test_the_masters_password_may_have_a_key_of_its_own(guarded):
    backend = cache_with(
        CACHE_REDIS_SENTINELS=guarded.addresses,
        CACHE_REDIS_SENTINEL_MASTER_PASSWORD=PASSWORD,
        CACHE_REDIS_SENTINEL_PASSWORD=SENTINEL_PASSWORD,
    )

    assert backend.set("key", 1) is True


def test_options_reach_the_servers_and_the_sentinels(watched, prefix):
    backend = cache_with(
        CACHE_REDIS_SENTINELS=watched.addresses,
        CACHE_REDIS_DB=2,
        CACHE_KEY_PREFIX=prefix,
        CACHE_OPTIONS={"client_name": "of-data", "sentinel_client_name": "of-sentinels"},
    )
    backend.set("key", 1)

    with watched.master().client(db=2) as client:
        assert "of-data" in [each["name"] for each in client.client_list()]
        assert client.exists(backend.name("key")) == 1
    names = []
    for sentinel in watched.sentinels:
        with sentinel.client() as client:
            names += [each["name"] for each in client.client_list()]
    assert "of-sentinels" in names
    assert "of-data" not in names


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"CACHE_OPTIONS": {"nonsense": 1}}, "CACHE_OPTIONS: .*'nonsense'"),
        ({"CACHE_OPTIONS": {"sentinel_nonsense": 1}}, "CACHE_OPTIONS: .*'nonsense'"),
        ({"CACHE_OPTIONS": {"decode_responses": True}}, "'decode_responses' can't be used"),
        ({"CACHE_REDIS_SENTINELS": "host:port"}, "CACHE_REDIS_SENTINELS: must be the number"),
        ({"CACHE_REDIS_SENTINELS": 5}, "CACHE_REDIS_SENTINELS: must be addresses such as"),
        ({"CACHE_REDIS_SENTINELS": []}, "CACHE_REDIS_SENTINELS: is not set"),
        ({"CACHE_REDIS_CLIENT": Sentinel([], decode_responses=True)}, "decode_responses=True"),
        ({"CACHE_REDIS_CLIENT": 5}, "CACHE_REDIS_CLIENT: must be a client"),
    ],
)
def test_what_cannot_work_names_the_setting(watched, config, message):
    with pytest.raises(ConfigError, match=message):
        cache_with(**{"CACHE_REDIS_SENTINELS": watched.addresses, **config})


def test_the_servers_and_the_sentinels_may_talk_tls(tmp_path):
    files = secured.certificates(tmp_path / "certificates")
    master = secured.only_tls(RedisServer(tmp_path / "master", *files.options, login=files.trust))
    lines = [f"sentinel monitor mymaster {HOST} {master.port} 1"]
    sentinel = SentinelServer(tmp_path / "sentinel", lines, files.trust)
    sentinel.command += files.options
    with master, secured.only_tls(sentinel):
        backend = cache_with(
            CACHE_REDIS_SENTINELS=[(HOST, sentinel.port)],
            CACHE_OPTIONS={
                **files.trust,
                **{f"sentinel_{name}": value for name, value in files.trust.items()},
            },
        )

        for _ in range(5):
            backend.close()
            assert backend.set("key", 1) is True
            assert backend.inc("key") == 2


# -- replicas ------------------------------------------------------------------------


def gets(server):
    return server.info("commandstats").get("cmdstat_get", {}).get("calls", 0)


def test_replicas_are_read_only_when_asked(watched, make):
    plain, reading = make(), make(read_from_replicas=True)
    plain.set("key", 1)
    with watched.master().client() as client:
        assert client.wait(2, 5_000) == 2
    replicas = [server for server in watched.servers if server is not watched.master()]

    before = sum(map(gets, replicas))
    assert plain.get("key") == 1
    assert sum(map(gets, replicas)) == before

    assert reading.get("key") == 1
    assert sum(map(gets, replicas)) == before + 1
    assert reading.inc("key") == 2
