"""What does `clear` remove, and can anything of before it come back?"""

from __future__ import annotations

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching_memcached.names import generation_key

from .servers import address_of, client_of, keys_on

KEYS = [f"key {number}" for number in range(30)]


@pytest.fixture
def generation(prefix):
    """The key of the generation."""
    return generation_key(prefix)


def test_clear_reaches_every_server(make, servers):
    backend = make(servers)
    backend.set_many(dict.fromkeys(KEYS, 1))

    assert backend.clear() is True

    assert backend.get_many(*KEYS) == [None] * len(KEYS)
    assert {address_of(backend, key) for key in KEYS} == {server.address for server in servers}


def test_clear_leaves_other_prefixes_and_what_others_have_written(make, server, raw, prefix):
    backend, neighbour = make([server]), make([server], key_prefix=prefix + "2")
    backend.set("key", 1)
    neighbour.set("key", 2)
    raw.set(f"{prefix}key", b"another application's")

    backend.clear()

    assert backend.get("key") is None
    assert neighbour.get("key") == 2
    assert raw.get(f"{prefix}key") == b"another application's"


def test_a_clear_is_seen_by_every_process(make, server):
    one, other = make([server]), make([server])
    one.set("key", 1)
    assert other.get("key") == 1

    one.clear()

    assert other.get("key") is None
    assert other.add("key", 2) is True
    assert one.get("key") == 2


def test_a_generation_that_was_lost_is_replaced_by_another_one(backend, raw, generation):
    backend.set("key", 1)
    first = raw.get(generation)

    raw.delete(generation)

    assert backend.get("key") is None
    assert backend.has("key") is False
    assert raw.get(generation) is None, "reading has written"
    assert backend.set("other", 2) is True
    assert backend.get_many("key", "other") == [None, 2]
    assert raw.get(generation) != first


@pytest.mark.parametrize("garbage", [b"", b"too short", "a text", {"a": "pickle"}, 5])
def test_what_is_no_generation_is_replaced(backend, raw, generation, garbage):
    backend.set("key", 1)
    raw.set(generation, garbage)

    assert backend.get("key") is None
    assert backend.set("key", 2) is True
    assert backend.get("key") == 2


def test_the_old_generation_does_not_count_when_it_comes_back_with_an_entry(backend, raw):
    backend.set("key", "before")
    before = raw.get(backend.name("key"))
    backend.clear()
    backend.set("key", "after")

    raw.set(backend.name("key"), before)

    assert backend.get("key") is None


def test_an_entry_counts_only_on_its_own_server(make, servers):
    backend = make(servers)
    (key,), (other,) = keys_on(backend, servers[0]), keys_on(backend, servers[1])
    backend.set_many({key: 1, other: 2})
    name = backend.name(key)
    alone = make([servers[1]])

    client_of(servers[1]).set(name, client_of(servers[0]).get(name))

    assert alone.get(key) is None


def test_clear_is_loud_where_a_server_is_down_and_clears_the_others(make, start):
    servers = start(2)
    backend = make(servers)
    (lost,), (kept,) = keys_on(backend, servers[0]), keys_on(backend, servers[1])
    backend.set_many({lost: 1, kept: 2})
    servers[0].kill()

    with pytest.raises(CacheUnavailableError, match=servers[0].address):
        backend.clear()

    assert backend.get(kept) is None


def test_many_tenants_take_no_memory_for_ever(make, server, prefix):
    tenant = [""]
    backend = make([server], key_prefix=lambda: prefix + tenant[0])

    for number in range(400):
        tenant[0] = str(number)
        backend.set("key", number)

    tenant[0] = "0"
    assert backend.get("key") == 0
    assert len(backend._shelves._of_prefix) <= 128


# -- writes that follow a read -----------------------------------------------------------


@pytest.mark.parametrize("operation", ["add", "inc", "touch"])
def test_a_write_that_follows_a_read_of_before_a_clear_is_outdated(
    make, server, monkeypatch, operation
):
    backend, other = make([server]), make([server])
    backend.set("other" if operation == "add" else "key", 1)
    swap = type(backend).raw_swap

    def cleared_first(self, *args):
        other.clear()
        return swap(self, *args)

    monkeypatch.setattr(type(backend), "raw_swap", cleared_first)
    getattr(backend, operation)("key", *[1] * (operation == "add"))
    monkeypatch.undo()

    assert backend.get("key") is None


def test_an_add_meets_an_entry_of_before_a_clear(backend):
    backend.set("key", "old")
    backend.clear()

    assert backend.add("key", "new") is True
    assert backend.add("key", "newer") is False
    assert backend.get("key") == "new"


def test_a_counter_of_before_a_clear_starts_again(backend):
    backend.inc("key", 5)
    backend.clear()

    assert backend.inc("key") == 1
    assert backend.touch("other") is False
    assert backend.delete("key") is True


@pytest.mark.parametrize("garbage", [b"", b"garbage", "a text", {"a": "pickle"}, 5])
def test_what_somebody_else_has_written_counts_as_nothing(backend, raw, garbage):
    def poison():
        raw.set(backend.name("key"), garbage)

    backend.set("key", 1)

    poison()
    assert backend.get_value("key", "default") == "default"
    assert backend.add("key", 2) is True
    poison()
    assert backend.inc("key") == 1
    poison()
    assert backend.delete_many("key") == ["key"]
    assert raw.get(backend.name("key")) is None


def test_nothing_of_others_is_ever_unpickled(backend, raw, tmp_path):
    class Canary:
        def __reduce__(self):
            return (tmp_path.joinpath("canary").touch, ())

    backend.set("key", 1)
    raw.set(backend.name("key"), Canary())

    assert backend.get("key") is None
    assert backend.get_many("key", "other") == [None, None]
    assert backend.has("key") is False
    assert backend.add("key", 2) is True
    assert not (tmp_path / "canary").exists()
