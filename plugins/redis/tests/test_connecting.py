"""Is every kind of server reached, do all options arrive, and does no secret show?"""

from __future__ import annotations

import logging
import ssl
from urllib.parse import quote

import pytest
import redis
from flask import Flask

from flask_caching import Cache, CacheUnavailableError
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache

from . import secured
from .secured import PASSWORD, USER, USERS_PASSWORD
from .servers import RedisServer


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "redis", **config}).cache


def assert_works(backend):
    assert backend.set("key", [1]) is True
    assert backend.inc("count") >= 1
    assert backend.get_many("key", "count") == [[1], backend.get("count")]
    assert backend.clear() is True
    assert backend.get("key") is None


@pytest.fixture(scope="module")
def guarded(folder):
    with secured.with_password(folder / "guarded") as server:
        yield server


@pytest.fixture(scope="module")
def with_users(folder):
    with RedisServer(folder / "users") as server:
        secured.add_users(server)
        yield server


@pytest.fixture(scope="module")
def encrypted(folder):
    files = secured.certificates(folder / "certificates")
    encrypted = RedisServer(folder / "encrypted", *files.options, login=files.trust)
    with secured.only_tls(encrypted) as server:
        yield server, files.authority


# -- a password, a user --------------------------------------------------------------


def test_a_password(guarded):
    assert_works(cache_with(CACHE_REDIS_PORT=guarded.port, CACHE_REDIS_PASSWORD=PASSWORD))
    assert_works(RedisCache(HOST, guarded.port, PASSWORD))


def test_a_password_in_a_url(guarded):
    url = f"redis://:{quote(PASSWORD, safe='')}@{HOST}:{guarded.port}/0"

    assert_works(cache_with(CACHE_REDIS_URL=url))


def test_a_password_beside_a_url(guarded):
    url = f"redis://{HOST}:{guarded.port}"

    assert_works(cache_with(CACHE_REDIS_URL=url, CACHE_REDIS_PASSWORD=PASSWORD))


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_password_that_is_missing_or_wrong_is_an_error_at_once(guarded, password):
    with pytest.raises(ConfigError, match=r"CACHE_REDIS_PASSWORD: Redis at .* refuses this user"):
        cache_with(CACHE_REDIS_PORT=guarded.port, CACHE_REDIS_PASSWORD=password)


def test_a_password_that_is_changed_later_is_told_from_an_outage(own_server):
    backend = RedisCache(HOST, own_server.port)
    with own_server.client() as client:
        client.config_set("requirepass", "new")
        client.client_kill_filter(_type="normal", skipme=True)

    with pytest.raises(CacheUnavailableError, match="AuthenticationError") as raised:
        backend.get("key")

    assert isinstance(raised.value.__cause__, redis.AuthenticationError)


def test_a_user(with_users):
    config = {"CACHE_REDIS_PORT": with_users.port, "CACHE_KEY_PREFIX": "app"}

    assert_works(
        cache_with(CACHE_REDIS_USERNAME=USER, CACHE_REDIS_PASSWORD=USERS_PASSWORD, **config)
    )
    url = f"redis://{USER}:{quote(USERS_PASSWORD, safe='')}@{HOST}:{with_users.port}"
    assert_works(cache_with(CACHE_REDIS_URL=url, CACHE_KEY_PREFIX="app"))


@pytest.mark.parametrize(("user", "prefix"), [(USER, "other"), ("writer", "app")])
def test_a_user_who_may_not_read_the_names_is_an_error_at_once(with_users, user, prefix):
    with pytest.raises(ConfigError, match=r"CACHE_REDIS_USERNAME: Redis at .* refuses this user"):
        cache_with(
            CACHE_REDIS_PORT=with_users.port,
            CACHE_REDIS_USERNAME=user,
            CACHE_REDIS_PASSWORD=USERS_PASSWORD,
            CACHE_KEY_PREFIX=prefix,
        )


def test_a_user_who_may_not_write_fails_to(with_users):
    backend = RedisCache(HOST, with_users.port, USERS_PASSWORD, key_prefix="app", username="reader")
    with with_users.client() as client:
        client.set(backend.name("other"), 5)

    for write in (
        lambda: backend.set("key", 1),
        lambda: backend.set_many({"key": 1}),
        lambda: backend.inc("key"),
        lambda: backend.delete("key"),
        backend.clear,
    ):
        with pytest.raises(CacheUnavailableError, match="NoPermissionError"):
            write()
    assert backend.get_many("key", "other") == [None, 5]


def test_a_prefix_that_is_known_later_does_not_keep_an_application_from_starting(with_users):
    tenant = ["app1"]
    options = {"username": "writer", "key_prefix": lambda: tenant[0]}

    backend = RedisCache(HOST, with_users.port, USERS_PASSWORD, **options)

    assert backend.set("key", 1) is True


# -- TLS -----------------------------------------------------------------------------


def test_tls(encrypted):
    server, authority = encrypted

    assert_works(
        cache_with(
            CACHE_REDIS_HOST=HOST,
            CACHE_REDIS_PORT=server.port,
            CACHE_OPTIONS={"ssl": True, "ssl_ca_certs": authority},
        )
    )
    assert_works(
        cache_with(
            CACHE_REDIS_URL=f"rediss://{HOST}:{server.port}/0",
            CACHE_OPTIONS={"ssl_ca_certs": authority},
        )
    )
    assert_works(
        cache_with(CACHE_REDIS_URL=f"rediss://{HOST}:{server.port}/0?ssl_ca_certs={authority}")
    )


def test_every_new_encrypted_connection_is_ready(encrypted):
    server, authority = encrypted
    backend = RedisCache(HOST, server.port, ssl=True, ssl_ca_certs=authority)

    for _ in range(20):
        backend.close()
        backend.get("key")


def test_a_server_that_nobody_vouches_for_is_not_talked_to(encrypted, caplog):
    server, _ = encrypted

    backend = cache_with(CACHE_REDIS_URL=f"rediss://{HOST}:{server.port}/0")

    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    with pytest.raises(CacheUnavailableError) as raised:
        backend.get("key")
    assert isinstance(raised.value.__cause__.__context__, ssl.SSLError)


@pytest.mark.parametrize(
    "options",
    [
        {"ssl": True, "ssl_ca_certs": "/no/such/file"},
        {"ssl": True, "ssl_certfile": "/no/such/file"},
    ],
)
def test_a_file_that_is_not_there_is_an_error_at_once(options):
    with pytest.raises(ConfigError, match="there is no '/no/such/file'"):
        cache_with(CACHE_OPTIONS=options)


def test_options_of_tls_without_tls_are_an_error():
    with pytest.raises(ConfigError, match="'ssl_ca_certs' has no effect without 'ssl': True"):
        cache_with(CACHE_OPTIONS={"ssl_ca_certs": "authority.pem"})
    with pytest.raises(ConfigError, match="ssl_ca_certs"):
        cache_with(
            CACHE_REDIS_URL="redis://localhost", CACHE_OPTIONS={"ssl_ca_certs": "authority.pem"}
        )


# -- a unix socket, a database -------------------------------------------------------


def test_a_unix_socket(tmp_path):
    server, path = secured.at_unix_socket(tmp_path)

    with server:
        assert_works(cache_with(CACHE_REDIS_URL=f"unix://{path}"))
        assert_works(cache_with(CACHE_OPTIONS={"unix_socket_path": str(path)}))
        assert_works(cache_with(CACHE_REDIS_URL=f"unix://{path}?db=3"))


@pytest.mark.parametrize(
    "config",
    [
        {"CACHE_REDIS_DB": 3},
        {"CACHE_REDIS_DB": "3"},
        {"CACHE_OPTIONS": {"db": 3}},
        {"CACHE_REDIS_URL": "redis://127.0.0.1:{port}/3"},
        {"CACHE_REDIS_URL": "redis://127.0.0.1:{port}?db=3"},
        {"CACHE_REDIS_URL": "redis://127.0.0.1:{port}", "CACHE_REDIS_DB": 3},
    ],
    ids=str,
)
def test_a_database(server, prefix, config):
    given = {
        key: each.format(port=server.port) if isinstance(each, str) else each
        for key, each in config.items()
    }
    backend = cache_with(CACHE_REDIS_PORT=str(server.port), CACHE_KEY_PREFIX=prefix, **given)

    backend.set("key", 1)

    with server.client(db=3) as client:
        assert client.exists(backend.name("key")) == 1


def test_a_database_that_is_not_there_is_an_error_at_once(server):
    with pytest.raises(ConfigError, match=r"CACHE_REDIS_DB: Redis at .* has no database"):
        cache_with(CACHE_REDIS_PORT=server.port, CACHE_REDIS_DB=99)


# -- a client of the application's own -----------------------------------------------


KINDS = {
    "a client": lambda server: server.client(),
    "a pool": lambda server: server.client().connection_pool,
    "a pool of few options": lambda server: redis.ConnectionPool(port=server.port),
    "a callable": lambda server: server.client,
    "a callable that gives a pool": lambda server: lambda: server.client().connection_pool,
}


@pytest.mark.parametrize("key", ["CACHE_REDIS_CLIENT", "CACHE_REDIS_HOST"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_applications_own_client_is_used(server, prefix, key, kind):
    given = KINDS[kind](server)

    backend = cache_with(**{key: given, "CACHE_KEY_PREFIX": prefix})

    assert_works(backend)
    if kind == "a client":
        assert backend._write_client is given


def test_an_applications_own_client_is_not_closed(server, prefix):
    with server.client() as client:
        backend = RedisCache(client, key_prefix=prefix)
        backend.set("key", 1)
        (connection,) = client.connection_pool._available_connections

        backend.close()

        assert connection._sock is not None


def test_our_own_connections_are_closed(make):
    backend = make()
    backend.set("key", 1)
    (connection,) = backend._write_client.connection_pool._available_connections

    backend.close()

    assert connection._sock is None


@pytest.mark.parametrize("given", [5, object(), lambda: "text", {"host": "localhost"}])
def test_what_is_no_client_names_the_setting(given):
    with pytest.raises(ConfigError, match="CACHE_REDIS_CLIENT: must be a client"):
        cache_with(CACHE_REDIS_CLIENT=given)


def test_a_client_that_decodes_is_refused(server):
    with pytest.raises(ConfigError, match="CACHE_REDIS_CLIENT: has decode_responses=True"):
        cache_with(CACHE_REDIS_CLIENT=server.client(decode_responses=True))
    with pytest.raises(ConfigError, match="'decode_responses' can't be used"):
        cache_with(CACHE_OPTIONS={"decode_responses": True})


def test_a_client_of_the_newer_protocol_works(server, prefix):
    assert_works(RedisCache(server.client(protocol=3), key_prefix=prefix))
    assert_works(RedisCache(HOST, server.port, key_prefix=prefix, protocol=3))


# -- options -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["host", "URL"])
def test_options_reach_the_client(server, path):
    config = {"CACHE_REDIS_PORT": server.port}
    if path == "URL":
        config = {"CACHE_REDIS_URL": f"redis://{HOST}:{server.port}"}

    backend = cache_with(CACHE_OPTIONS={"client_name": "our-cache", "socket_timeout": 3}, **config)

    with server.client() as client:
        assert "our-cache" in [each["name"] for each in client.client_list()]
    assert backend._write_client.get_connection_kwargs()["socket_timeout"] == 3


def test_what_stands_in_a_url_comes_before_the_options(server):
    url = f"redis://{HOST}:{server.port}?socket_timeout=4"

    backend = cache_with(CACHE_REDIS_URL=url, CACHE_OPTIONS={"socket_timeout": 3})

    assert backend._write_client.get_connection_kwargs()["socket_timeout"] == 4


def test_a_connection_is_opened_without_further_trips(make, around):
    before = around.info("commandstats")

    make().close()

    after = around.info("commandstats")
    made = {name for name in after if after[name]["calls"] > before.get(name, {}).get("calls", 0)}
    assert made <= {"cmdstat_exists", "cmdstat_info"}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"CACHE_OPTIONS": {"nonsense": 1}}, "nonsense"),
        ({"CACHE_OPTIONS": {"nonsense": 1}, "CACHE_REDIS_URL": "redis://localhost"}, "nonsense"),
        ({"CACHE_OPTIONS": {"nonsense": 1}, "CACHE_REDIS_URL": "unix:///tmp/socket"}, "nonsense"),
        ({"CACHE_OPTIONS": {"socket_timeout": "soon"}}, "socket_timeout"),
        ({"CACHE_OPTIONS": {"socket_connect_timeout": -1}}, "socket_connect_timeout"),
        ({"CACHE_OPTIONS": {"cache_config": "any"}}, "cache_config"),
        ({"CACHE_OPTIONS": {"ssl": True, "ssl_cert_reqs": "nonsense"}}, "nonsense"),
    ],
    ids=str,
)
def test_an_option_that_cannot_work_is_named(config, named):
    with pytest.raises(ConfigError, match=f"CACHE_OPTIONS: .*{named}"):
        cache_with(**config)


def test_a_host_that_can_have_no_address_is_an_error_at_once():
    with pytest.raises(ConfigError, match="CACHE_OPTIONS: redis-py can't connect"):
        cache_with(CACHE_REDIS_HOST="x" * 64 + ".example.com")


# -- secrets -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hush@localhost:6379",
        "redis://user:hu/sh@localhost:6379/0",
        "redis://user:hush@localhost:port/0",
        "redis://user:hush@localhost:6379?socket_timeout=hush",
        5,
    ],
)
def test_a_url_that_cannot_be_read_is_not_shown(url):
    with pytest.raises(ConfigError, match="CACHE_REDIS_URL: can't be read") as raised:
        cache_with(CACHE_REDIS_URL=url)

    assert "hu" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_no_password_shows(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    url = f"redis://:{quote(PASSWORD, safe='')}@{HOST}:{guarded.port}/0"
    backends = [
        cache_with(CACHE_REDIS_URL=url),
        cache_with(CACHE_REDIS_PORT=guarded.port, CACHE_REDIS_PASSWORD=PASSWORD),
    ]
    shown = []
    for backend in backends:
        shown += [repr(backend), str(backend), repr(backend._write_client)]
    for config in (
        {"CACHE_REDIS_URL": url.replace(str(guarded.port), "1")},
        {"CACHE_REDIS_PASSWORD": PASSWORD, "CACHE_REDIS_PORT": 1},
    ):
        with pytest.raises(CacheUnavailableError) as raised:
            cache_with(**config).get("key")
        shown += [repr(raised.value), str(raised.value), repr(raised.value.__cause__)]
    with pytest.raises(ConfigError) as refused:
        cache_with(CACHE_REDIS_PORT=guarded.port, CACHE_REDIS_PASSWORD=PASSWORD + "wrong")
    shown += [str(refused.value), caplog.text]

    for text in shown:
        for secret in (PASSWORD, quote(PASSWORD, safe="")):
            assert secret not in text


def test_a_client_with_a_cache_of_its_own_is_refused(server, monkeypatch):
    client = server.client()
    monkeypatch.setattr(client, "get_cache", object)  # what it needs is a newer server

    with pytest.raises(ConfigError, match="CACHE_REDIS_CLIENT: has a cache of its own"):
        RedisCache(client)
