"""What becomes of entries that don't fit, that expire, or that are another program's?"""

from __future__ import annotations

import sys

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching_uwsgi import memory
from flask_caching_uwsgi.memory import expires_in_time


@pytest.fixture
def small(make):
    """A backend on a cache that takes nine entries of 1,000 bytes."""
    return make(cache="small")


def fill(backend, timeout=0):
    """Store as many entries as there is room for; return their keys."""
    keys = [f"key {number}" for number in range(9)]
    assert backend.set_many(dict.fromkeys(keys, "value"), timeout) == keys
    return keys


def test_these_tests_run_inside_the_server(server):
    assert server is sys.modules["uwsgi"]
    assert server.cache_keys("first") == []


# -- what does not fit -------------------------------------------------------------------


def test_what_is_too_large_is_refused_and_the_old_value_stands(small, clock):
    small.set("key", "old", 10)

    assert small.set("key", "x" * 1_000) is False
    assert small.set_many({"other": 1, "key": "x" * 1_000}) == ["other"]

    assert small.get("key") == "old"
    clock.advance(10)
    assert small.get("key") is None


def test_values_of_any_length_fit_where_they_are_spread_over_blocks(make):
    backend = make(cache="bitmap")

    assert backend.set("key", b"x" * (1 << 20)) is True

    assert backend.get("key") == b"x" * (1 << 20)


def test_a_full_cache_refuses_what_is_new_and_takes_what_is_known(small):
    keys = fill(small)

    assert small.set("new", 1) is False
    assert small.add("new", 1) is False
    assert small.set_many({"new": 1, keys[0]: "changed"}) == [keys[0]]
    assert small.touch(keys[1], 10) is True
    assert small.get_many("new", *keys) == [None, "changed", *["value"] * 8]


def test_a_counter_that_does_not_fit_is_an_error(small):
    fill(small)

    with pytest.raises(CacheUnavailableError, match="refused"):
        small.inc("counter")


def test_a_refusal_is_told_once(make, caplog):
    small = make(cache="small")
    fill(small)

    for _ in range(3):
        small.set("new", 1)
        small.add("new", 1)

    (record,) = caplog.records
    assert "uWSGI's cache 'small' refused" in record.message
    assert "items= or blocksize=" in record.message


def test_what_has_expired_makes_room(small, clock, server):
    fill(small, timeout=5)
    clock.advance(5)

    assert small.set("new", 1) is True

    assert server.cache_keys("small") == [b"prefix|new"]


@pytest.mark.parametrize(
    "write",
    [
        lambda backend: backend.set("new", 1),
        lambda backend: backend.add("new", 1),
        lambda backend: backend.inc("new") == 1,
        lambda backend: backend.set_many({"new": 1}) == ["new"],
    ],
    ids=["set", "add", "inc", "set_many"],
)
def test_every_write_makes_room(small, clock, write):
    fill(small, timeout=5)
    clock.advance(5)

    assert write(small) is True


def test_what_has_expired_makes_room_for_another_prefix(small, make, clock):
    fill(small, timeout=5)
    clock.advance(5)

    assert make(cache="small", key_prefix="other").set("key", 1) is True


def test_room_is_not_looked_for_at_each_refusal(small, clock, monkeypatch):
    monkeypatch.setattr(memory, "LEAST_PAUSE", 3_600)
    fill(small, timeout=5)
    small.set("new", 1)

    clock.advance(5)

    assert small.set("new", 1) is False


def test_a_refusal_leaves_the_old_life_in_a_full_cache_of_blocks(make, clock):
    backend = make(cache="smallbitmap")
    backend.set("key", "old", 100)
    while backend.set("filling", b"x" * 50 + backend.get_value("filling", b"")):
        pass

    assert backend.set("key", "x" * 1_500, 1) is False

    clock.advance(99)
    assert backend.get("key") == "old"
    clock.advance(1)
    assert backend.get("key") is None


# -- what has expired --------------------------------------------------------------------


def test_reading_what_has_expired_removes_it(backend, clock, server):
    backend.set_many({"a": 1, "b": 2}, 5)
    clock.advance(5)

    assert backend.get("a") is None
    assert backend.get_many("b") == [None]

    assert server.cache_keys("first") == []


def test_pruning_removes_what_has_expired_under_its_prefix(backend, make, clock, server):
    other = make(key_prefix="other")
    backend.set_many({"a": 1, "b": 2}, 5)
    backend.set("c", 3)
    other.set("a", 1, 5)
    clock.advance(5)

    assert backend.prune() == 2
    assert backend.prune() == 0

    assert sorted(server.cache_keys("first")) == [b"other|a", b"prefix|c"]
    assert backend.get("c") == 3


def test_what_lies_there_for_ever_is_never_pruned(backend, clock):
    backend.set("key", 1, 0)
    clock.advance(10**9)

    assert backend.prune() == 0
    assert backend.get("key") == 1


# -- what is another's -------------------------------------------------------------------


@pytest.mark.parametrize("foreign", [b"prefix", b"prefi|x", b"\xff\xfe|", b"theirs", b"prefixed|a"])
def test_entries_of_other_programs_are_left_alone(backend, clock, server, foreign):
    server.cache_set(foreign, b"value", 0, "first")
    backend.set("expired", 1, 5)
    clock.advance(5)

    assert backend.prune() == 1
    assert backend.clear() is True

    assert server.cache_keys("first") == [foreign]
    assert server.cache_get(foreign, "first") == b"value"


def test_what_lies_under_a_key_and_is_no_entry_is_a_miss(backend, server):
    server.cache_set("prefix|key", b"value", 0, "first")

    assert backend.get("key") is None
    assert backend.add("key", 1) is True
    assert backend.get("key") == 1


def test_the_bytes_of_another_key_are_a_miss(backend, server):
    backend.set("other", "secret")

    server.cache_update("prefix|key", server.cache_get("prefix|other", "first"), 0, "first")

    assert backend.get("key") is None


def test_clearing_finds_long_names_and_those_of_long_prefixes(make, server):
    tenants = [make(key_prefix=prefix) for prefix in ("a", "b", "c" * 3_000, "d" * 3_000)]
    for tenant in tenants:
        tenant.set_many({"k": 1, "k" * 5_000: 2})

    tenants[0].clear()
    tenants[2].clear()

    assert [each.get_many("k", "k" * 5_000) for each in tenants] == [
        [None, None],
        [1, 2],
        [None, None],
        [1, 2],
    ]
    assert len(server.cache_keys("first")) == 4


# -- other kinds of caches ---------------------------------------------------------------


@pytest.mark.parametrize("cache", ["lazy", "lru", "lazylru"])
def test_lives_are_as_long_where_the_server_expires_in_its_own_way(make, clock, cache):
    backend = make(cache=cache)
    backend.set("key", 1, 5)
    backend.set("for ever", 2, 0)

    clock.advance(4.9)
    assert backend.get_many("key", "for ever") == [1, 2]
    clock.advance(0.1)
    assert backend.get_many("key", "for ever") == [None, 2]


@pytest.mark.parametrize(
    ("cache", "in_time"),
    [("first", True), ("bitmap", True), ("lru", True), ("lazy", False), ("lazylru", False)],
)
def test_the_server_is_told_of_lives_only_where_that_does_no_harm(server, cache, in_time):
    assert expires_in_time(server, cache) is in_time
    assert server.cache_keys(cache) == []


def test_a_full_cache_is_not_told_of_lives(server, make):
    fill(make(cache="small"))

    assert expires_in_time(server, "small") is False


def test_what_was_used_least_recently_makes_room_where_the_server_does_that(make):
    backend = make(cache="lru")

    for number in range(30):
        assert backend.set(str(number), number) is True
        backend.get("0")

    assert backend.get_many("0", "29", "5") == [0, 29, None]


def test_the_size_of_keys_is_taken_from_the_server(make):
    backend = make(cache="shortkeys", keysize=64)

    assert backend.set("k" * 100, 1) is True

    assert backend.get("k" * 100) == 1
    assert make(cache="shortkeys").get("k" * 100) == 1
