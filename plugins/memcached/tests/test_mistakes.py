"""What is a user told who makes a mistake with memcached?"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.mistakes import Logged, Mistake, symptoms
from flask_caching_conformance.harness.servers import HOST, free_port

from .servers import USER

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


def configure(**config):
    return Cache(Flask("shop"), config={"CACHE_TYPE": "memcached", **config})


def setting(symptom, *says, **config):
    """Return the row of settings that can't work."""
    shown = ", ".join(f"{key}={value!r}" for key, value in config.items())
    return Mistake(shown, lambda server: configure(**config), ConfigError, symptom, says)


NO_LIST = "CACHE_MEMCACHED_SERVERS: must be a list of servers, or a client …, not …"
NO_SERVER = "CACHE_MEMCACHED_SERVERS: … is no server. Write one as …"
NO_LOGIN = "CACHE_MEMCACHED_…: is not set; SASL needs a user name and a password"

MISTAKES = [
    Mistake(
        "no server there",
        lambda server: configure(CACHE_MEMCACHED_SERVERS=[f"{HOST}:{free_port()}"]),
        Logged,
        "memcached at … fails: … What it keeps is missed until it answers again; …",
        (HOST, "CACHE_MEMCACHED_SERVERS"),
    ),
    Mistake(
        "a wrong password",
        lambda server: configure(
            CACHE_TYPE="saslmemcached",
            CACHE_MEMCACHED_SERVERS=[server.address],
            CACHE_MEMCACHED_USERNAME=USER,
            CACHE_MEMCACHED_PASSWORD="hunter2",
        ),
        ConfigError,
        "CACHE_MEMCACHED_PASSWORD: … refuses the user name or the password…",
        (HOST,),
        ("hunter2",),
    ),
    *(setting(NO_LIST, repr(given), CACHE_MEMCACHED_SERVERS=given) for given in (5, {"a": 1})),
    setting(NO_SERVER, "'cache:port'", "'cache1:11211'", CACHE_MEMCACHED_SERVERS="cache:port"),
    setting(NO_SERVER, "5", CACHE_MEMCACHED_SERVERS=[5]),
    setting(
        "CACHE_MEMCACHED_POOL_SIZE: must be a number of connections, 1 or more, not …",
        "0",
        CACHE_MEMCACHED_POOL_SIZE=0,
    ),
    *(
        setting(
            "CACHE_MEMCACHED_…: must be True or False, not …", key, "'perhaps'", **{key: "perhaps"}
        )
        for key in ("CACHE_MEMCACHED_SPREAD", "CACHE_MEMCACHED_POOL_BLOCKING")
    ),
    setting(NO_LOGIN, "USERNAME", CACHE_TYPE="saslmemcached"),
    setting(NO_LOGIN, "PASSWORD", CACHE_TYPE="saslmemcached", CACHE_MEMCACHED_USERNAME="user"),
    setting(
        "CACHE_OPTIONS: socket_timeout must be a number of seconds, not …",
        "'soon'",
        CACHE_OPTIONS={"socket_timeout": "soon"},
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, server_with_login, caplog):
    mistake.check(server_with_login, caplog)


def test_the_page_of_errors_has_these_symptoms():
    assert symptoms(PAGE, "memcached, saslmemcached, spreadsaslmemcached") == {
        row.symptom for row in MISTAKES
    }
