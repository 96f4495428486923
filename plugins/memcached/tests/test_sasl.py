"""Who is let in, and what is said to the others?"""

from __future__ import annotations

import logging

import pytest

from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching_conformance.harness.servers import free_port
from flask_caching_memcached import SASLMemcachedCache, SpreadSASLMemcachedCache
from flask_caching_memcached.sasl import CredentialsRefusedError, checked_login

from .servers import PASSWORD, USER, MemcachedWithLogin

WRONG = "a wrong secret"
kinds = pytest.mark.parametrize("kind", [SASLMemcachedCache, SpreadSASLMemcachedCache])


@kinds
def test_the_right_password_lets_in(make, server_with_login, kind):
    backend = make([server_with_login], kind, username=USER, password=PASSWORD)

    assert backend.set("key", ["value"]) is True
    assert backend.get("key") == ["value"]
    assert backend.inc("count") == 1
    assert len(backend.set_many({str(number): number for number in range(1500)})) == 1500
    assert backend.delete_many("0", "missing", "1") == ["0", "missing", "1"]
    assert backend.get_many("0", "1", "2") == [None, None, 2]


@kinds
@pytest.mark.parametrize(("username", "password"), [(USER, WRONG), ("nobody", PASSWORD)])
def test_wrong_credentials_are_an_error_at_once(make, server_with_login, kind, username, password):
    with pytest.raises(ConfigError, match="CACHE_MEMCACHED_PASSWORD") as caught:
        make([server_with_login], kind, username=username, password=password)

    assert server_with_login.address in str(caught.value)
    assert "refuses the user name or the password" in str(caught.value)
    assert password not in str(caught.value)


@pytest.fixture
def late(tmp_path):
    """A server with a login that is started when the backend is there already."""
    server = MemcachedWithLogin(tmp_path / "late")
    yield server
    server.kill()


def test_wrong_credentials_are_told_from_a_server_that_is_down(make, late):
    backend = make([late], SASLMemcachedCache, username=USER, password=WRONG)
    with pytest.raises(CacheUnavailableError) as down:
        backend.get("key")

    late.start()
    with pytest.raises(CredentialsRefusedError, match="refuses the user name") as refused:
        backend.get("key")

    assert not isinstance(down.value, CredentialsRefusedError)
    assert isinstance(refused.value, CacheUnavailableError)
    assert WRONG not in str(refused.value) + str(refused.value.__cause__)


OPERATIONS = [
    lambda backend: backend.get_many("key", "other"),
    lambda backend: backend.set("key", 1),
    lambda backend: backend.set_many({"key": 1}),
    lambda backend: backend.add("key", 1),
    lambda backend: backend.delete_many("key"),
    lambda backend: backend.clear(),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_tells_that_it_was_refused(make, late, operation):
    backend = make([late], SASLMemcachedCache, username=USER, password=WRONG)
    late.start()

    with pytest.raises(CredentialsRefusedError):
        operation(backend)


def test_a_server_that_is_down_is_a_line_in_the_log(make, late, caplog):
    backend = make([late], SASLMemcachedCache, username=USER, password=PASSWORD)

    assert [each.levelno for each in caplog.records] == [logging.WARNING]
    late.start()
    assert backend.set("key", 1) is True


def test_without_a_login_the_server_refuses(make, server_with_login):
    with pytest.raises(ConfigError, match="asks for a user name and a password"):
        make([server_with_login], SpreadSASLMemcachedCache)


@pytest.mark.parametrize("operation", [lambda backend: backend.get("key"), *OPERATIONS])
def test_without_a_login_each_operation_tells_that_it_was_refused(make, late, operation):
    backend = make([late], SpreadSASLMemcachedCache)
    late.start()

    with pytest.raises(CredentialsRefusedError, match="Set CACHE_MEMCACHED_USERNAME"):
        operation(backend)


def test_spreading_needs_no_login(make, server):
    backend = make([server], SpreadSASLMemcachedCache, chunksize=100)

    assert backend.set("key", "x" * 1000) is True
    assert backend.get("key") == "x" * 1000


@pytest.mark.parametrize(
    ("username", "password", "named"),
    [
        (None, None, "CACHE_MEMCACHED_USERNAME"),
        (USER, None, "CACHE_MEMCACHED_PASSWORD"),
        (None, PASSWORD, "CACHE_MEMCACHED_USERNAME"),
        (USER, b"secret bytes", "CACHE_MEMCACHED_PASSWORD"),
        (5, PASSWORD, "CACHE_MEMCACHED_USERNAME"),
    ],
)
def test_missing_credentials_are_named(username, password, named):
    with pytest.raises(ConfigError, match=named) as caught:
        SASLMemcachedCache(["127.0.0.1:1"], username=username, password=password)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("username", "password"), [(USER, None), (None, PASSWORD)])
def test_half_a_login_is_an_error_where_none_is_needed(username, password):
    with pytest.raises(ConfigError, match="is not set"):
        SpreadSASLMemcachedCache(["127.0.0.1:1"], username=username, password=password)


def test_a_pylibmc_without_sasl_is_told_how_to_build_one():
    with pytest.raises(ConfigError, match="pip install --no-binary pylibmc pylibmc"):
        checked_login(USER, PASSWORD, is_required=True, is_supported=False)


def test_no_secret_is_shown(make, server_with_login, caplog):
    caplog.set_level(logging.DEBUG)
    backend = make([server_with_login], SASLMemcachedCache, username=USER, password=PASSWORD)
    backend.set("key", 1)
    dead = SASLMemcachedCache([f"127.0.0.1:{free_port()}"], username=USER, password=PASSWORD)
    with pytest.raises(CacheUnavailableError) as caught:
        dead.get("key")

    shown = [repr(backend), str(backend), repr(vars(backend)), caplog.text, str(caught.value)]

    assert not any(PASSWORD in text for text in shown)
