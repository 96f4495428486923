"""What can be configured, and what says an error?"""

from __future__ import annotations

import inspect
import json

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.backends.base import Capability
from flask_caching.errors import ConfigError
from flask_caching_uwsgi import UWSGICache


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "uwsgi", **config}).cache


def test_the_signature_begins_as_documented():
    parameters = list(inspect.signature(UWSGICache).parameters.values())

    shown = [(each.name, each.default) for each in parameters[:3]]
    assert shown == [("default_timeout", 300), ("cache", ""), ("ignore_delete_many_errors", False)]
    assert {each.kind for each in parameters[3:]} == {inspect.Parameter.KEYWORD_ONLY}


def test_it_takes_its_parameters_by_position():
    backend = UWSGICache(60, "small", True)

    assert (backend.default_timeout, backend.cache) == (60, "small")
    assert backend.ignore_delete_many_errors is True


def test_the_settings_reach_the_backend():
    backend = cache_with(
        CACHE_UWSGI_NAME="small",
        CACHE_UWSGI_LOCK=1,
        CACHE_DEFAULT_TIMEOUT=11,
        CACHE_IGNORE_ERRORS=True,
        CACHE_KEY_PREFIX="mine",
    )

    assert type(backend) is UWSGICache
    assert (backend.cache, backend.default_timeout) == ("small", 11)
    assert (backend.ignore_delete_many_errors, backend.key_prefix) == (True, "mine")
    assert backend._store._lock._number == 1


def test_the_default_is_the_first_cache_and_lock_0(server):
    backend = cache_with()
    backend.set("key", 1)

    assert server.cache_keys("first") == [b"flask_cache_|key"]
    assert backend._store._lock._number == 0


@pytest.mark.parametrize(("lock", "number"), [("1", 1), (None, 0), (0, 0)])
def test_a_lock_may_come_from_the_environment(lock, number):
    assert cache_with(CACHE_UWSGI_LOCK=lock)._store._lock._number == number


def test_an_argument_that_has_no_place_is_refused():
    with pytest.raises(
        ConfigError, match=r"CACHE_ARGS: are 20, and at most these are taken: default_timeout, "
    ):
        cache_with(CACHE_ARGS=[5] * 20)


def test_options_and_arguments_come_first():
    options = {"cache": "small", "lock": 1, "default_timeout": 7}

    backend = cache_with(CACHE_UWSGI_NAME="first", CACHE_OPTIONS=options)
    by_place = cache_with(CACHE_ARGS=[60, "small", True])

    assert (backend.cache, backend.default_timeout) == ("small", 7)
    assert (by_place.cache, by_place.ignore_delete_many_errors) == ("small", True)


@pytest.mark.parametrize("name", [1, b"first", ["first"]])
def test_a_name_that_is_no_text_names_the_setting(name):
    with pytest.raises(ConfigError, match="CACHE_UWSGI_NAME: must be the name of a cache"):
        cache_with(CACHE_UWSGI_NAME=name)


@pytest.mark.parametrize("name", ["firs", "first ", "FIRST", "na\0me"])
def test_an_unknown_name_is_an_error(name):
    with pytest.raises(ConfigError, match=r"CACHE_UWSGI_NAME: .* is the name of no cache"):
        cache_with(CACHE_UWSGI_NAME=name)


def test_an_address_that_is_missing_says_what_to_give():
    with pytest.raises(ConfigError, match=r"CACHE_UWSGI_NAME: .* as in 'mycache@127\.0\.0\.1"):
        cache_with(CACHE_UWSGI_NAME="theirs@")


@pytest.mark.parametrize("lock", [-1, True, 1.0, "one", "-1", ""])
def test_a_lock_that_is_no_number_names_the_setting(lock):
    with pytest.raises(ConfigError, match="CACHE_UWSGI_LOCK: must be the number of a lock"):
        cache_with(CACHE_UWSGI_LOCK=lock)


@pytest.mark.parametrize("lock", [2, "99"])
def test_a_lock_that_the_server_lacks_names_the_setting(lock):
    with pytest.raises(ConfigError, match=r"CACHE_UWSGI_LOCK: .* is no lock of this uWSGI server"):
        cache_with(CACHE_UWSGI_LOCK=lock)


@pytest.mark.parametrize("keysize", [0, 63, 65_536, True, "2048", 100.0])
def test_a_size_of_keys_that_cannot_be_names_the_option(keysize):
    with pytest.raises(ConfigError, match="CACHE_OPTIONS: keysize must be"):
        cache_with(CACHE_OPTIONS={"keysize": keysize})


def test_an_unknown_option_names_the_setting():
    with pytest.raises(ConfigError, match="'nonsense' is not an option of CACHE_TYPE 'uwsgi'"):
        cache_with(CACHE_OPTIONS={"nonsense": 1})


def test_the_configuration_is_not_changed():
    config = {
        "CACHE_UWSGI_NAME": "small",
        "CACHE_UWSGI_LOCK": 0,
        "CACHE_KEY_PREFIX": "x",
        "CACHE_IGNORE_ERRORS": False,
    }
    given, args, kwargs = dict(config), [5], {"lock": 1}

    UWSGICache.factory(Flask("application"), given, args, kwargs)

    assert (given, args, kwargs) == (config, [5], {"lock": 1})


def test_a_serializer_of_ones_own_is_used():
    class Json:
        def dumps(self, value):
            return json.dumps(value).encode()

        def loads(self, payload):
            return json.loads(payload)

    backend = cache_with(CACHE_SERIALIZER=Json())
    backend.set("key", (1, 2))

    assert backend.get("key") == [1, 2]


def test_it_declares_what_it_can(backend):
    assert UWSGICache.capabilities == {
        Capability.SHARED,
        Capability.ATOMIC_ADD,
        Capability.ATOMIC_INC,
        Capability.PREFIX,
        Capability.SUBSECOND,
        Capability.TOUCH,
        Capability.PRUNE,
    }
    assert backend.capabilities == UWSGICache.capabilities
