"""What can be configured, and what says an error?"""

from __future__ import annotations

import inspect
import json

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching.settings import read_settings
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache, RedisClusterCache, RedisSentinelCache
from flask_caching_redis.addresses import Address, read_addresses
from flask_caching_redis.settings import RedisSettings


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "redis", **config}).cache


def settings_of(**config):
    return RedisSettings.of(read_settings(config).config)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (
            RedisCache,
            {
                "host": "localhost",
                "port": 6379,
                "password": None,
                "db": 0,
                "default_timeout": 300,
                "key_prefix": None,
            },
        ),
        (
            RedisClusterCache,
            {"cluster": "", "password": "", "default_timeout": 300, "key_prefix": ""},
        ),
        (
            RedisSentinelCache,
            {
                "sentinels": None,
                "master": "mymaster",
                "password": None,
                "db": 0,
                "default_timeout": 300,
                "key_prefix": None,
            },
        ),
    ],
)
def test_the_signature_begins_as_documented(kind, shown):
    parameters = list(inspect.signature(kind).parameters.values())

    begins = parameters[: len(shown)]
    assert {each.name: each.default for each in begins} == shown
    assert all(each.kind is each.POSITIONAL_OR_KEYWORD for each in begins)
    assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters[len(shown) : -1])


def test_the_settings_reach_the_backend(server):
    backend = cache_with(
        CACHE_REDIS_HOST=HOST,
        CACHE_REDIS_PORT=str(server.port),
        CACHE_REDIS_DB="2",
        CACHE_DEFAULT_TIMEOUT=11,
        CACHE_KEY_PREFIX="mine",
        CACHE_IGNORE_ERRORS=True,
    )

    options = backend._write_client.get_connection_kwargs()
    assert type(backend) is RedisCache
    assert (options["host"], int(options["port"]), options["db"]) == (HOST, server.port, 2)
    assert (backend.default_timeout, backend.key_prefix) == (11, "mine")
    assert backend.ignore_delete_many_errors is True


def test_redis_may_have_a_prefix_of_its_own(server):
    config = {"CACHE_REDIS_PORT": server.port, "CACHE_KEY_PREFIX": "mine"}

    assert cache_with(CACHE_REDIS_KEY_PREFIX="own", **config).key_prefix == "own"
    assert cache_with(**config).key_prefix == "mine"


def test_a_prefix_may_be_a_callable(server):
    tenant = ["one"]
    backend = cache_with(CACHE_REDIS_PORT=server.port, CACHE_KEY_PREFIX=lambda: tenant[0])

    backend.set("key", 1)
    tenant[0] = "two"
    assert backend.get("key") is None
    backend.set("key", 2)
    backend.clear()
    tenant[0] = "one"

    assert backend.get("key") == 1
    backend.clear()


@pytest.mark.parametrize("name", ["redis", "rediscluster", "redissentinel"])
def test_an_argument_that_has_no_place_is_refused(name):
    with pytest.raises(
        ConfigError,
        match=r"CACHE_ARGS: are 20, and at most these are taken: (host|cluster|sentinels), ",
    ):
        cache_with(CACHE_TYPE=name, CACHE_ARGS=[5] * 20)


def test_options_and_arguments_come_first(server):
    options = {"db": 5, "key_prefix": "option"}

    backend = cache_with(
        CACHE_REDIS_HOST="nowhere.invalid",
        CACHE_ARGS=[HOST, server.port, None, 4],
        CACHE_OPTIONS=options,
    )

    given = backend._write_client.get_connection_kwargs()
    assert (given["host"], given["port"], given["db"]) == (HOST, server.port, 5)
    assert backend.key_prefix == "option"


def test_it_is_built_without_an_application(server):
    backend = RedisCache(host=HOST, port=server.port, key_prefix="alone")

    assert backend.key_prefix == "alone"
    assert backend.set("key", 1) is True
    assert backend._write_client.get("alone|key") == b"1"
    assert backend._read_client is backend._write_client
    backend.clear()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"CACHE_REDIS_HOST": None}, "CACHE_REDIS_HOST: is not set"),
        ({"CACHE_REDIS_HOST": ""}, "CACHE_REDIS_HOST: is not set"),
        ({"CACHE_REDIS_HOST": ["a", "b"]}, "CACHE_REDIS_HOST: is a list; .* 'rediscluster'"),
        ({"CACHE_REDIS_HOST": 5}, "CACHE_REDIS_HOST: must be the server's name .* not 5"),
        ({"CACHE_REDIS_URL": "redis://localhost/first"}, "CACHE_REDIS_URL: can't be read"),
        ({"CACHE_REDIS_PORT": "redis"}, "CACHE_REDIS_PORT: must be the number of a port"),
        ({"CACHE_REDIS_PORT": 0}, "CACHE_REDIS_PORT: must be the number of a port"),
        ({"CACHE_REDIS_PORT": True}, "CACHE_REDIS_PORT: must be the number of a port"),
        ({"CACHE_REDIS_DB": "first"}, "CACHE_REDIS_DB: must be a whole number"),
        ({"CACHE_REDIS_DB": -1}, "CACHE_REDIS_DB: must be a whole number"),
    ],
    ids=str,
)
def test_what_cannot_work_names_the_setting(config, message):
    with pytest.raises(ConfigError, match=message):
        cache_with(**config)


def test_a_setting_that_the_environment_leaves_empty_is_not_set(server):
    names = ["DB", "PASSWORD", "USERNAME", "URL", "CLIENT", "KEY_PREFIX"]
    empty = {f"CACHE_REDIS_{name}": "" for name in names}

    assert cache_with(CACHE_REDIS_PORT=server.port, **empty).set("key", 1) is True


def test_flask_reads_them_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("FLASK_CACHE_TYPE", "redis")
    monkeypatch.setenv("FLASK_CACHE_REDIS_URL", f"redis://{HOST}:{server.port}/1")
    monkeypatch.setenv("FLASK_CACHE_OPTIONS", json.dumps({"socket_timeout": 0.7}))
    app = Flask("application")
    app.config.from_prefixed_env()

    backend = Cache(app).cache

    options = backend._write_client.get_connection_kwargs()
    assert (options["db"], options["socket_timeout"]) == (1, 0.7)


def test_the_configuration_is_not_changed(server):
    config = dict(read_settings({"CACHE_REDIS_PORT": server.port}).config)
    given, args, kwargs = dict(config), [HOST], {"socket_timeout": 2}

    RedisCache.factory(Flask("application"), given, args, kwargs)

    assert (given, args, kwargs) == (config, [HOST], {"socket_timeout": 2})


def test_the_record_does_not_show_secrets():
    settings = settings_of(
        CACHE_REDIS_PASSWORD="hush",
        CACHE_REDIS_URL="redis://:hush@localhost",
        CACHE_REDIS_SENTINEL_PASSWORD="hush",
    )

    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "given",
    [
        "h1:1,h2:2",
        " h1:1 , h2:2, ",
        [("h1", 1), ("h2", 2)],
        [["h1", 1], ["h2", "2"]],
        ["h1:1", "h2:2"],
        ({"host": "h1", "port": 1}, {"host": "h2", "port": "2"}),
    ],
)
def test_addresses_are_read_in_each_form(given):
    assert read_addresses("KEY", given, 6379) == (Address("h1", 1), Address("h2", 2))


def test_addresses_may_do_without_a_port():
    assert read_addresses("KEY", ["h1", {"host": "h2"}], 6379) == (
        Address("h1", 6379),
        Address("h2", 6379),
    )
    assert read_addresses("KEY", "h1", 5) == (Address("h1", 5),)
    assert read_addresses("KEY", ("h1", 7), 5) == (Address("h1", 7),)


def test_addresses_of_the_newer_protocol_stand_in_brackets():
    addresses = read_addresses("KEY", "[::1]:7,::1,[fe80::2]", 6379)

    assert addresses == (Address("::1", 7), Address("::1", 6379), Address("fe80::2", 6379))
    assert str(addresses[0]) == "[::1]:7"


@pytest.mark.parametrize("given", [5, [5], [("h",)], [{"port": 1}], [("", 1)], [{"host": 5}], {}])
def test_what_is_no_address_says_how_one_looks(given):
    with pytest.raises(ConfigError, match="KEY: must be addresses such as 'host1:6379,host2:6379'"):
        read_addresses("KEY", given, 6379)


def test_a_dict_with_more_than_an_address_is_not_shown():
    with pytest.raises(ConfigError, match=r"KEY: .*a dict with the keys") as raised:
        read_addresses("KEY", [{"host": "h", "port": 1, "password": "hush"}], 6379)

    assert "hush" not in str(raised.value)
