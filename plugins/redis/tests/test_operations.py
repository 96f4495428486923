"""What exactly lies in Redis, and which commands does an operation cost?"""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
import redis

from flask_caching.payload import Entry
from flask_caching_conformance.harness.threads import in_thread, in_threads
from flask_caching_redis import scanning
from flask_caching_redis.decimals import as_decimal, from_decimal

LIMIT = 2**63


@pytest.fixture
def commands(around):
    """Count the commands that the server is given while the test runs."""

    def calls():
        stats = around.info("commandstats")
        return Counter(
            {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
        )

    before = calls()

    def counted():
        after = calls()
        after.subtract(before)
        return {name: count for name, count in after.items() if count and name != "info"}

    return counted


@pytest.fixture
def trips(monkeypatch):
    """Count how often something is sent."""
    counted = []
    sending = redis.connection.Connection.send_packed_command

    def send(connection, *args, **kwargs):
        counted.append(1)
        return sending(connection, *args, **kwargs)

    monkeypatch.setattr(redis.connection.Connection, "send_packed_command", send)
    return counted


# -- what lies there -----------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 5, -5, LIMIT - 1, -LIMIT])
def test_an_integer_is_a_plain_decimal(backend, around, value):
    backend.set("key", value)

    assert around.get(backend.name("key")) == str(value).encode()
    assert backend.get("key") == value


@pytest.mark.parametrize("value", [LIMIT, -LIMIT - 1, True, False, 5.0, "5", b"5", None])
def test_what_is_no_counter_is_none_in_redis_either(backend, around, value):
    backend.set("key", value)

    assert around.get(backend.name("key")).startswith(b"!\0FC")
    with pytest.raises(redis.ResponseError, match="not an integer"):
        around.incr(backend.name("key"))


def test_a_stamped_integer_keeps_its_stamps(backend, around):
    backend.set("key", Entry(5, ("version",), ("stamp",)))

    assert around.get(backend.name("key")).startswith(b"!\0FC")
    assert backend.get("key") == Entry(5, ("version",), ("stamp",))
    with pytest.raises(TypeError):
        backend.inc("key")


def test_what_others_count_is_read(backend, around):
    around.incrby(backend.name("key"), 41)
    around.incr(backend.name("key"))

    assert backend.get("key") == 42
    assert backend.get_many("key") == [42]
    assert backend.inc("key") == 43


@pytest.mark.parametrize(
    "foreign",
    [
        b"007",
        b"-0",
        b"+5",
        b" 5",
        b"5 ",
        b"5\n",
        b"5.0",
        b"1e3",
        b"",
        b"-",
        b"\xd9\xa5",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"12345678901234567890",
        b"!" + pickle.dumps("of 2.x"),
        b'{"json": 1}',
    ],
)
def test_what_is_not_written_here_is_a_miss_and_a_counter_starts_anew(backend, around, foreign):
    around.set(backend.name("key"), foreign)

    assert backend.get_value("key", "default") == "default"
    assert backend.get_many("key") == [None]
    assert backend.inc("key", 3) == 3
    assert 0 < around.ttl(backend.name("key")) <= 300


@pytest.mark.parametrize("number", [0, 1, -1, 10, -10, LIMIT - 1, -LIMIT])
def test_decimals_are_read_as_they_are_written(number):
    assert from_decimal(as_decimal(number)) == number


def test_names_begin_with_the_prefix_and_a_bar(make, around):
    backend = make(key_prefix="a|b%")

    backend.set("key", 1)

    assert around.exists("a%7Cb%25|key") == 1


# -- lives ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "milliseconds"),
    [
        (1, 1_000),
        (0.0015, 2),
        (1e-9, 1),
        (1.2344, 1_235),
        (10**12, 10**15),
        (1e300, 86_399_999_999_999_000),
    ],
)
@pytest.mark.parametrize("write", ["set", "set_many", "add", "touch"])
def test_lives_are_milliseconds_rounded_up_and_never_too_long(
    backend, monkeypatch, write, timeout, milliseconds
):
    sent = []
    monkeypatch.setattr(
        backend,
        "_servers",
        Noting(backend._servers, sent),
    )

    if write == "set":
        backend.set("key", 1, timeout)
    elif write == "set_many":
        backend.set_many({"key": 1}, timeout)
    elif write == "add":
        backend.add("key", 1, timeout)
    else:
        backend.touch("key", timeout)

    (command,) = sent
    assert milliseconds in command


class Noting:
    """Notes the commands on their way to the server."""

    def __init__(self, servers, sent):
        self._servers = servers
        self._sent = sent

    def write(self, name, *command):
        self._sent.append(command)
        return self._servers.write(name, *command)

    def write_once(self, name, commands):
        self._sent += commands
        return self._servers.write_once(name, commands)

    def write_many(self, commands):
        self._sent += commands
        return self._servers.write_many(commands)


def test_no_life_means_for_ever(backend, around):
    backend.set("set", 1, 0)
    backend.set_many({"set_many": 1}, 0)
    backend.add("add", 1, 0)
    backend.set("touched", 1, 5)
    backend.touch("touched", 0)

    lives = [around.ttl(backend.name(key)) for key in ("set", "set_many", "add", "touched")]

    assert lives == [-1] * 4
    assert backend.touch("touched", 0) is True


def test_a_counter_keeps_its_life(backend, around):
    backend.set("key", 1, 1_000)
    backend.inc("key")
    backend.set("for ever", 1, 0)
    backend.inc("for ever")
    backend.inc("new")

    assert 900 < around.ttl(backend.name("key")) <= 1_000
    assert around.ttl(backend.name("for ever")) == -1
    assert 200 < around.ttl(backend.name("new")) <= 300


def test_a_counter_whose_default_life_is_over_at_once_counts_only_what_is_there(make):
    backend = make(default_timeout=-1)

    assert backend.inc("key", 5) == 5
    assert backend.get("key") is None
    backend.set("key", 1, 100)
    assert backend.inc("key", 5) == 6
    assert backend.get("key") == 6


def test_a_swap_happens_only_where_nothing_came_in_between(backend, around):
    servers, name = backend._servers, backend.name("key")
    around.set(name, "one")

    assert servers.swap(name, b"other", ("SET", name, "two")) is False
    assert servers.swap(name, None, ("SET", name, "two")) is False
    assert around.get(name) == b"one"
    assert servers.swap(name, b"one", ("SET", name, "two")) is True
    assert around.get(name) == b"two"


def test_racing_counters_over_garbage_all_count(backend, around):
    around.set(backend.name("key"), "garbage")

    totals = in_threads(8, lambda _: backend.inc("key"))

    assert sorted(totals) == list(range(1, 9))


# -- what it costs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "cost"),
    [
        (lambda backend: backend.get("key"), {"get": 1}),
        (lambda backend: backend.get_value("none"), {"get": 1}),
        (lambda backend: backend.has("key"), {"exists": 1}),
        (lambda backend: backend.get_many("key", "none", "key"), {"mget": 1}),
        (lambda backend: backend.set("key", 1), {"set": 1}),
        (lambda backend: backend.set_many({"a": 1, "b": 2}), {"set": 2}),
        (lambda backend: backend.add("key", 1), {"set": 1}),
        (lambda backend: backend.add("new", 1), {"set": 1}),
        (lambda backend: backend.inc("key"), {"multi": 1, "set": 1, "incrby": 1, "exec": 1}),
        (lambda backend: backend.touch("key", 5), {"pexpire": 1}),
        (
            lambda backend: backend.touch("key", 0),
            {"multi": 1, "persist": 1, "exists": 1, "exec": 1},
        ),
        (lambda backend: backend.delete("key"), {"unlink": 1}),
        (lambda backend: backend.delete_many("key", "none"), {"unlink": 1}),
        (lambda backend: backend.unlink("key", "none"), {"unlink": 1}),
    ],
)
def test_an_operation_is_one_trip(backend, trips, commands, operation, cost):
    backend.set("key", 5)
    warm_up = commands()
    trips.clear()

    operation(backend)

    assert len(trips) == 1
    made = Counter(commands())
    made.subtract(warm_up)
    assert {name: count for name, count in made.items() if count} == cost


@pytest.mark.parametrize("count", [10, 3_000])
def test_many_keys_are_one_trip_however_many_they_are(backend, trips, count):
    values = {str(number): number for number in range(count)}

    assert backend.set_many(values) == list(values)
    assert backend.get_dict(*values) == values
    assert backend.delete_many(*values) == list(values)

    assert len(trips) == 3


# -- clear ---------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["a*", "a?", "a[b]", "a[^b]", "a\\", "a-b", "[a-z]", "", "ä🦉"])
def test_clear_takes_a_prefix_literally(make, around, prefix):
    mine, other = make(key_prefix=prefix), make(key_prefix="ab")
    mine.set_many({"*": 1, "key": 2})
    other.set_many({"*": 1, "key": 2})
    around.set("foreign", 1)
    around.set(f"{prefix}key", 1)

    assert mine.clear() is True

    assert mine.get_many("*", "key") == [None, None]
    assert other.get_many("*", "key") == [1, 2]
    assert around.exists("foreign", f"{prefix}key") == 2
    around.delete("foreign", f"{prefix}key")
    other.clear()


def test_clear_never_blocks_the_server_for_long_nor_empties_a_database(backend, commands):
    backend.set_many({str(number): number for number in range(5_000)})

    assert backend.clear() is True

    made = commands()
    assert not {"keys", "flushdb", "flushall", "del"} & set(made)
    assert made["scan"] >= 5_000 / scanning.LOOKED_AT


def test_others_write_while_a_prefix_is_cleared(backend, make):
    other = make(key_prefix="other")
    backend.set_many({str(number): number for number in range(20_000)})
    clearing = in_thread(backend.clear)
    turns = 0
    while not clearing.done():
        assert other.set("key", turns) is True
        assert other.get("key") == turns
        turns += 1

    assert clearing.result() is True
    assert backend.get_many("0", "19999") == [None, None]
    assert turns > 3


def test_the_pattern_escapes_what_is_special():
    assert scanning.pattern_of("a*?[]^-\\|") == r"a\*\?\[\]\^\-\\|*"


def test_the_life_that_an_entry_has_left_is_told(backend):
    backend.set("key", [1], 1000)
    backend.set("for ever", [1], 0)

    assert 0 < backend.life_left("key") <= 1000
    assert backend.life_left("for ever") == 0
    assert backend.life_left("missing") is None
