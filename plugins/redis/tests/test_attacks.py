"""What does an application answer while somebody else writes to its Redis?

What every store must withstand the kit asks; here is what only Redis has.
"""

from __future__ import annotations

import pickle
import traceback

import pytest
from flask import Flask

from flask_caching import Cache, CacheUnavailableError
from flask_caching.trust import watch_of
from flask_caching_conformance.cases.payloads import Canary
from flask_caching_conformance.harness.servers import HOST

#: What lies in the place of a string of Redis.
OTHER_TYPES = {
    "list": lambda around, name, poison: around.rpush(name, poison),
    "hash": lambda around, name, poison: around.hset(name, mapping={"x": poison}),
    "set": lambda around, name, poison: around.sadd(name, poison),
    "sorted set": lambda around, name, poison: around.zadd(name, {poison: 1}),
    "stream": lambda around, name, poison: around.xadd(name, {"x": poison}),
}


@pytest.fixture
def app(server, prefix):
    app = Flask("application")
    app.secret_key = "secret"
    app.config.update(
        CACHE_TYPE="redis",
        CACHE_REDIS_HOST=HOST,
        CACHE_REDIS_PORT=server.port,
        CACHE_KEY_PREFIX=prefix,
        # Whoever finds another one's lock waits for that long.
        CACHE_SINGLE_FLIGHT_WAIT=0.05,
    )
    return app


@pytest.fixture
def cache(app):
    cache = Cache(app)
    with app.app_context():
        yield cache
    cache.cache.close()


@pytest.fixture
def answers(app, cache):
    """Call everything that is cached, in each way; return the answers as they should be."""

    @cache.memoize(tags="tag", stale=10, lock=True)
    def memoized(number):
        return ["memoized", number]

    @app.route("/")
    @cache.cached(tags="tag", lock=True)
    def view():
        return "view"

    def answers():
        return [
            memoized(1),
            app.test_client().get("/").text,
            cache.get_or_set("key", lambda: ["set"], tags=lambda result: result),
        ]

    assert answers() == EXPECTED
    return answers


EXPECTED = [["memoized", 1], "view", ["set"]]


def names_of(around, prefix):
    return sorted(around.scan_iter(f"{prefix}*"))


@pytest.mark.parametrize("plant", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_another_type_of_redis_is_a_miss(cache, answers, around, prefix, tmp_path, plant):
    poison = pickle.dumps(Canary(tmp_path / "canary"))
    names = names_of(around, prefix)
    assert len(names) >= 6

    for name in names:
        around.delete(name)
        plant(around, name, poison)
        assert answers() == EXPECTED, name
        cache.invalidate_tags("tag", "set")
        assert answers() == EXPECTED, name

    assert not (tmp_path / "canary").exists()
    assert cache.clear() is True


@pytest.mark.parametrize("forged", [b"5", b"-1", b"0", b"9223372036854775807"], ids=bytes.decode)
def test_a_number_runs_nothing_and_stands_for_no_stamped_value(
    cache, answers, around, prefix, forged
):
    plain = cache.cache.name("view//").encode()

    for name in names_of(around, prefix):
        if name != plain:
            around.set(name, forged)
            assert answers() == EXPECTED, name

    assert cache.get("key") is not None


def test_a_number_in_a_plain_entrys_place_is_that_number(cache, around):
    cache.set("key", ["value"])
    name = cache.cache.name("key")

    around.set(name, b"5")

    assert cache.get("key") == 5  # as documented: numbers are not signed
    around.set(name, b"05")
    assert cache.get("key") is None
    assert watch_of(cache.cache).counts == {"unsigned": 1}


@pytest.mark.parametrize(
    "forged",
    [b"", b" 5", b"5\n", b"+5", b"-0", b"00", b"1e3", b"0x10", b"5" * 100, b"9" * 19, b"\xd9\xa5"],
)
def test_what_only_looks_like_a_number_is_a_miss(cache, around, forged):
    around.set(cache.cache.name("key"), forged)

    assert cache.get("key") is None
    assert cache.cache.get_value("key", "default") == "default"
    assert cache.inc("key") == 1


def test_a_longer_life_revives_nothing_that_was_deleted(cache, around):
    cache.set("key", ["value"], timeout=1000)
    name = cache.cache.name("key")
    stolen = around.get(name)
    cache.delete("key")

    # Redis keeps the time, so what is put back lives on; under its own key, as documented.
    around.set(name, stolen)
    around.set(cache.cache.name("other"), stolen)

    assert cache.get_many("key", "other") == [["value"], None]


FAILING = {
    "get": lambda cache: cache.cache.get("key"),
    "get_many": lambda cache: cache.cache.get_many("key", "other"),
    "set": lambda cache: cache.cache.set("key", [1]),
    "inc": lambda cache: cache.cache.inc("key"),
    "delete": lambda cache: cache.delete("key"),
    "invalidate_tags": lambda cache: cache.invalidate_tags("tag"),
}


@pytest.mark.parametrize("call", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize(
    "login",
    [
        {"CACHE_REDIS_URL": f"redis://user:hush-1@{HOST}:1/0"},
        {"CACHE_REDIS_PORT": 1, "CACHE_REDIS_PASSWORD": "hush-1"},
    ],
    ids=["in a URL", "by itself"],
)
def test_no_traceback_shows_a_secret_also_with_the_values_of_variables(app, call, login):
    app.config.update(login, SECRET_KEY="hush-2", CACHE_SIGNING_KEY="hush-3")
    cache = Cache(app)

    with pytest.raises(CacheUnavailableError) as caught:
        call(cache)

    below = caught.value.__traceback__
    while below.tb_frame.f_code.co_filename == __file__:  # where the secrets were made up
        below = below.tb_next
    told = traceback.TracebackException(caught.type, caught.value, below, capture_locals=True)
    assert "hush" not in "".join(told.format())
