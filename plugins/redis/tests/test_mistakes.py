"""What is a user told who makes a mistake with Redis?"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.mistakes import Logged, Mistake, symptoms
from flask_caching_conformance.harness.servers import HOST, free_port

from . import secured
from .secured import PASSWORD

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


@pytest.fixture(scope="module")
def guarded(folder):
    with secured.with_password(folder / "guarded by a password") as server:
        yield server


def configure(**config):
    return Cache(Flask("shop"), config={"CACHE_TYPE": "redis", **config})


def setting(symptom, *says, hides=(), **config):
    """Return the row of settings that can't work."""
    shown = ", ".join(f"{key}={value!r}" for key, value in config.items())
    return Mistake(shown, lambda server: configure(**config), ConfigError, symptom, says, hides)


NOBODY = "… can't be reached (…). The application starts, and works without its cache until …"
REFUSED = "CACHE_REDIS_PASSWORD: Redis at … refuses this user…"
NO_HOST = "CACHE_REDIS_HOST: must be the server's name or address, such as 'localhost', not …"
NO_PORT = "CACHE_REDIS_PORT: must be the number of a port, such as 6379, not …"
NO_URL = "CACHE_REDIS_URL: can't be read. Give redis://user:password@host:6379/0, …"

MISTAKES = [
    Mistake(
        "no server there",
        lambda server: configure(CACHE_REDIS_HOST=HOST, CACHE_REDIS_PORT=free_port()),
        Logged,
        NOBODY,
        (f"Redis at {HOST}:", "Connection refused"),
    ),
    Mistake(
        "a wrong address",
        lambda server: configure(CACHE_REDIS_URL="redis://:hunter2@no-such-host.invalid/0"),
        Logged,
        NOBODY,
        ("no-such-host.invalid:6379",),
        ("hunter2",),
    ),
    Mistake(
        "no password",
        lambda server: configure(CACHE_REDIS_PORT=server.port),
        ConfigError,
        REFUSED,
        ("localhost:",),
    ),
    Mistake(
        "a wrong password",
        lambda server: configure(CACHE_REDIS_PORT=server.port, CACHE_REDIS_PASSWORD="hunter2"),
        ConfigError,
        REFUSED,
        ("localhost:",),
        ("hunter2", PASSWORD),
    ),
    setting(
        "CACHE_REDIS_HOST: is a URL, and takes only the server's name or address. …",
        "Give a URL as CACHE_REDIS_URL",
        hides=("hunter2",),
        CACHE_REDIS_HOST="redis://:hunter2@localhost",
    ),
    setting(NO_HOST, "5", CACHE_REDIS_HOST=5),
    *(setting(NO_PORT, repr(port), CACHE_REDIS_PORT=port) for port in ("port", -1, 99_999)),
    *(
        setting(
            "CACHE_REDIS_DB: must be a whole number, 0 or more, not …", repr(db), CACHE_REDIS_DB=db
        )
        for db in ("zero", -1)
    ),
    setting(
        "CACHE_REDIS_DB: must be 0: a cluster has no other database",
        CACHE_TYPE="rediscluster",
        CACHE_REDIS_CLUSTER="localhost",
        CACHE_REDIS_DB=2,
    ),
    setting(NO_URL, "rediss://", "unix://", CACHE_REDIS_URL="localhost:6379"),
    setting(NO_URL, "percent-encode", hides=("hunter2",), CACHE_REDIS_URL="redis://:hunter2/@host"),
    setting(
        "CACHE_REDIS_CLUSTER: is not set. Set it to the addresses, …",
        "'host1:6379,host2:6379'",
        CACHE_TYPE="rediscluster",
    ),
    setting(
        "CACHE_REDIS_CLIENT: must be a client (redis.Redis), …, not …",
        "not int",
        CACHE_REDIS_CLIENT=5,
    ),
    setting(
        "CACHE_REDIS_KEY_PREFIX: must be a str or a callable …, not …",
        "5",
        CACHE_REDIS_KEY_PREFIX=5,
    ),
    setting(
        "CACHE_OPTIONS: redis-py refuses them: …",
        "'sokket_timeout'",
        CACHE_OPTIONS={"sokket_timeout": 5},
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, guarded, caplog):
    mistake.check(guarded, caplog)


def test_the_page_of_errors_has_these_symptoms():
    assert symptoms(PAGE, "redis, rediscluster, redissentinel") == {row.symptom for row in MISTAKES}
