"""Which addresses are understood, and which server keeps a key?"""

from __future__ import annotations

from collections import Counter

import pytest

from flask_caching.errors import ConfigError
from flask_caching_memcached.servers import Choice, Server, read_servers

KEYS = [b"prefix|key %d" % number for number in range(3000)]


@pytest.mark.parametrize(
    ("given", "address", "weight"),
    [
        ("cache1", "cache1:11211", 1),
        ("cache1:11212", "cache1:11212", 1),
        ("cache1:11212:3", "cache1:11212", 3),
        ("10.0.0.1", "10.0.0.1:11211", 1),
        ("[::1]", "[::1]:11211", 1),
        ("[::1]:11212", "[::1]:11212", 1),
        ("[fe80::1%eth0]:11212:2", "[fe80::1%eth0]:11212", 2),
        ("/run/memcached.sock", "/run/memcached.sock", 1),
        ("unix:/run/memcached.sock", "/run/memcached.sock", 1),
        (("cache1",), "cache1:11211", 1),
        (("cache1", 11212), "cache1:11212", 1),
        (("cache1", 11212, 3), "cache1:11212", 3),
        (("::1", 11212), "[::1]:11212", 1),
        (("/run/memcached.sock", 0, 2), "/run/memcached.sock", 2),
    ],
)
def test_each_form_of_an_address_is_understood(given, address, weight):
    assert read_servers([given]) == [Server(address, weight)]
    assert read_servers((given,)) == [Server(address, weight)]


@pytest.mark.parametrize("given", [None, [], (), "", " , "])
def test_without_servers_it_is_the_one_on_this_machine(given):
    assert read_servers(given) == [Server("127.0.0.1:11211")]


@pytest.mark.parametrize("given", ["a:1,b:2", "a:1, b:2,", "a:1 b:2"])
def test_a_text_from_the_environment_lists_servers(given):
    assert read_servers(given) == [Server("a:1"), Server("b:2")]


def test_a_server_that_is_named_twice_has_both_weights():
    assert read_servers(["a", ("a", 11211, 2), "b"]) == [Server("a:11211", 3), Server("b:11211")]


@pytest.mark.parametrize(
    "given",
    [
        "::1",
        "a:b",
        "a:1:2:3",
        "udp:cache1:11211",
        "two words:1",
        "[nonsense]:1",
        "a/b",
        ("a", "11211"),
        ("a b", 1),
        ("a", 1, 2, 3),
        (),
        5,
        None,
        b"a:1",
    ],
)
def test_what_is_no_address_is_named_with_the_repair(given):
    with pytest.raises(ConfigError, match="is no server") as caught:
        read_servers([given])

    assert repr(given) in str(caught.value)
    assert "CACHE_MEMCACHED_SERVERS" in str(caught.value)
    assert "'cache1:11211'" in str(caught.value)


@pytest.mark.parametrize(
    "given", ["a:0", "a:65536", ("a", -1), ("a", True), "a:1:0", ("a", 1, 0), ("/a", 0, False)]
)
def test_a_port_or_a_weight_that_cannot_be_is_named(given):
    with pytest.raises(ConfigError, match=r"port|weight") as caught:
        read_servers([given])

    assert repr(given) in str(caught.value)


@pytest.mark.parametrize("given", [5, b"a:1", {"a": 1}, object(), True])
def test_what_is_no_list_is_told_from_a_client(given):
    with pytest.raises(ConfigError, match="a list of servers, or a client such as"):
        read_servers(given)


# -- the choice --------------------------------------------------------------------------


def choice(**weights):
    return Choice([(name, name, weight) for name, weight in weights.items()])


def test_the_choice_does_not_depend_on_the_order_of_the_servers():
    one, other = choice(a=1, b=1, c=1), choice(c=1, a=1, b=1)

    assert [one.of(key) for key in KEYS] == [other.of(key) for key in KEYS]


def test_each_server_has_the_share_of_its_weight():
    shares = Counter(map(choice(a=1, b=2, c=3).of, KEYS))

    assert shares["a"] / len(KEYS) == pytest.approx(1 / 6, abs=0.03)
    assert shares["b"] / len(KEYS) == pytest.approx(2 / 6, abs=0.03)


def test_a_server_that_is_taken_away_moves_no_key_but_its_own():
    before, after = choice(a=1, b=2, c=1), choice(a=1, c=1)

    moved = {before.of(key) for key in KEYS if before.of(key) != after.of(key)}

    assert moved == {"b"}


def test_a_server_that_is_added_takes_its_share_from_all():
    before, after = choice(a=1, b=1), choice(a=1, b=1, c=1)

    moved = [key for key in KEYS if before.of(key) != after.of(key)]

    assert {after.of(key) for key in moved} == {"c"}
    assert len(moved) / len(KEYS) == pytest.approx(1 / 3, abs=0.03)


def test_a_larger_weight_takes_keys_and_gives_none_away():
    before, after = choice(a=1, b=1, c=1), choice(a=2, b=1, c=1)

    assert {after.of(key) for key in KEYS if before.of(key) != after.of(key)} == {"a"}


def test_the_choice_is_the_same_in_every_release():
    keys = [b"first", b"second", b"third", b"fourth"]

    chosen = [choice(a=1, b=1, c=1).of(key) for key in keys]

    assert chosen == ["c", "a", "c", "b"]
