"""Are large values whole or not there, and what is left of them?"""

from __future__ import annotations

import socket
from itertools import islice
from urllib.parse import unquote_to_bytes

import pytest

from flask_caching.errors import CacheUnavailableError, ValueTooLargeError
from flask_caching_conformance.harness.servers import HOST
from flask_caching_conformance.harness.threads import in_threads
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_memcached import items
from flask_caching_memcached.client import Error
from flask_caching_memcached.spread import TAG_SIZE, cut, read_manifest

CHUNK = 1000


@pytest.fixture
def server(start):
    """A server of this test's own, so that what lies on it can be counted."""
    (server,) = start(1)
    return server


@pytest.fixture
def backend(make, server):
    return make([server], spread=True, chunksize=CHUNK)


def random_text(length):
    return "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(length))


def lying(server):
    """Return the keys of what lies on a server, the generation's aside.

    memcached leaves out what is in use while it makes the list, so wait for what is expected.
    """
    with socket.create_connection((HOST, server.port)) as connection:
        connection.sendall(b"lru_crawler metadump all\r\n")
        answer = connection.makefile("rb")
        listed = [line.split()[0] for line in iter(answer.readline, b"END\r\n")]
    keys = {unquote_to_bytes(each.removeprefix(b"key=")) for each in listed}
    return {key for key in keys if not key.startswith(b"fc-generation:")}


def chunks_of(backend, key):
    shelf, at = backend._shelves.spot(backend.name(key))
    return shelf._manifest(shelf._look([at]).manifests[at]).chunk_keys()


LARGE = random_text(3000)


def test_a_large_value_comes_back_whole(backend):
    for number in range(5):
        assert backend.set(f"key {number}", LARGE + str(number), 60) is True

    assert backend.get("key 3") == LARGE + "3"
    assert backend.get_many("key 1", "small", "key 2") == [LARGE + "1", None, LARGE + "2"]
    assert backend.has("key 0") is True


@pytest.mark.parametrize("length", range(880, 1080, 7))
def test_a_value_about_as_large_as_a_chunk_comes_back_whole(backend, length):
    assert backend.set("key", b"x" * length) is True

    assert backend.get("key") == b"x" * length


def test_values_of_many_megabytes_are_spread_by_default(make, server):
    backend = make([server], spread=True)
    value = b"0123456789" * 700_000

    assert backend.set("key", value) is True

    assert backend.get("key") == value
    wait_until(lambda: len(lying(server)) == 8)


def test_a_backend_that_does_not_spread_reads_a_spread_value_as_a_miss(backend, make, server):
    backend.set("key", LARGE)
    plain = make([server])

    assert plain.get("key") is None
    assert plain.add("key", 1) is True
    assert backend.get("key") == 1


def test_a_missing_chunk_is_a_miss(backend, raw):
    backend.set_many({"key": LARGE, "other": LARGE})

    raw.delete(chunks_of(backend, "key")[1])

    assert backend.get("key") is None
    assert backend.has("key") is False
    assert backend.get_many("key", "other") == [None, LARGE]
    assert backend.add("key", "new") is True


def test_another_values_chunk_is_a_miss(backend, raw):
    backend.set_many({"key": LARGE, "other": LARGE[::-1]})
    own, others = chunks_of(backend, "key"), chunks_of(backend, "other")

    raw.set(own[1], raw.get(others[1]))

    assert backend.get("key") is None
    assert backend.inc("key") == 1


@pytest.mark.parametrize("change", [b"", b"x"])
def test_a_chunk_of_another_length_is_a_miss(backend, raw, change):
    backend.set("key", LARGE)
    last = chunks_of(backend, "key")[-1]

    raw.set(last, raw.get(last)[: None if change else -1] + change)

    assert backend.get("key") is None


@pytest.mark.parametrize(
    "manifest", [b"!\0FS", b"!\0FS" + b"\xff" * 20, b"!\0FS" + b"\0" * 20, b"!\0FS" + b"\xff" * 21]
)
def test_a_manifest_of_nonsense_is_a_miss(backend, raw, manifest):
    backend.set("key", 1)
    generation = raw.get(backend.name("key"))[:8]

    raw.set(backend.name("key"), generation + manifest)

    assert backend.get("key") is None
    assert backend.add("key", 2) is True
    assert backend.get("key") == 2


@pytest.mark.parametrize("operation", ["delete", "delete_many", "set to a past life", "set_many"])
def test_a_value_that_is_deleted_leaves_nothing(backend, server, operation):
    backend.set("key", LARGE)
    chunks = chunks_of(backend, "key")
    wait_until(lambda: lying(server) > set(chunks))

    match operation:
        case "delete":
            assert backend.delete("key") is True
        case "delete_many":
            assert backend.delete_many("key", "other") == ["key", "other"]
        case "set to a past life":
            assert backend.set("key", 1, -1) is True
        case "set_many":
            assert backend.set_many({"key": 1}, -1) == ["key"]

    assert backend.get("key") is None
    wait_until(lambda: lying(server) == set())


@pytest.mark.parametrize("value", ["small", LARGE + "another"])
@pytest.mark.parametrize("operation", ["set", "set_many", "touch", "set after get"])
def test_a_value_that_is_overwritten_leaves_no_chunks(backend, server, operation, value):
    backend.set("key", LARGE)

    match operation:
        case "set":
            assert backend.set("key", value) is True
        case "set_many":
            assert backend.set_many({"key": value, "other": 1}) == ["key", "other"]
            backend.delete("other")
        case "touch":
            value = LARGE
            assert backend.touch("key", 50) is True
        case "set after get":
            assert backend.get("key") == LARGE
            assert backend.set("key", value) is True

    assert backend.get("key") == value
    chunks = [] if value == "small" else chunks_of(backend, "key")
    wait_until(lambda: lying(server) == {backend.name("key").encode(), *chunks})


def test_an_add_that_loses_leaves_no_chunks(backend, server):
    backend.set("key", "first")

    assert backend.add("key", LARGE) is False

    wait_until(lambda: lying(server) == {backend.name("key").encode()})
    assert backend.get("key") == "first"


def test_a_large_value_that_is_overwritten_all_the_time_is_always_there(backend):
    backend.set("key", LARGE + "0")

    def write_or_read(number):
        if number < 2:
            return all(backend.set("key", LARGE + str(turn)) for turn in range(60))
        return all((backend.get("key") or "").startswith(LARGE) for _ in range(60))

    assert in_threads(4, write_or_read) == [True] * 4


def test_a_reader_that_comes_too_late_again_and_again_finds_it_all_the_same(backend, make, server):
    backend.set("key", LARGE + "0")
    shelf, _ = backend._shelves.spot(backend.name("key"))
    join, writer = shelf._join, make([server], spread=True, chunksize=CHUNK)
    turns = iter(range(1, 31))

    def join_too_late(reading):
        for turn in islice(turns, 1):
            writer.set("key", LARGE + str(turn))
        return join(reading)

    shelf._join = join_too_late

    assert backend.get("key") == LARGE + "30"


def test_of_large_values_that_race_one_stands(backend, server):
    def write(number):
        return [backend.set("key", LARGE + str(number)) for _ in range(10)]

    assert in_threads(6, write) == [[True] * 10] * 6

    assert backend.get("key") in [LARGE + str(number) for number in range(6)]


def test_of_racing_adds_of_large_values_one_wins(backend):
    won = in_threads(6, lambda number: backend.add("key", LARGE + str(number)))

    assert won.count(True) == 1
    assert backend.get("key") == LARGE + str(won.index(True))


def test_a_clear_outdates_large_values(backend):
    backend.set("key", LARGE)

    backend.clear()

    assert backend.get("key") is None
    assert backend.add("key", LARGE) is True
    assert backend.get("key") == LARGE


def test_a_value_of_too_many_chunks_is_refused_and_the_old_one_stands(make, server):
    backend = make([server], spread=True, chunksize=CHUNK, maxchunk=3)
    backend.set("key", "old")

    with pytest.raises(ValueTooLargeError, match="maxchunk"):
        backend.set("key", LARGE)

    assert backend.set_many({"key": LARGE, "other": 1}) == ["other"]
    assert backend.get("key") == "old"
    wait_until(lambda: len(lying(server)) == 2)


def test_a_chunk_that_the_server_does_not_take_is_refused_and_the_old_value_stands(make, start):
    (server,) = start(1, "-I", "512k")
    backend = make([server], spread=True)
    backend.set("key", "old")

    with pytest.raises(ValueTooLargeError, match="chunksize"):
        backend.set("key", b"x" * 3_000_000)

    assert backend.get("key") == "old"


def test_a_value_that_the_servers_memory_does_not_hold_leaves_no_chunks(make, start):
    (server,) = start(1, "-M", "-m", "4")
    backend = make([server], spread=True, chunksize=300_000)

    assert backend.set("key", b"x" * 9_000_000) is False

    assert backend.get("key") is None
    wait_until(lambda: lying(server) == set())


def test_a_server_that_fails_amid_the_chunks_leaves_the_old_value(backend, server, make):
    backend.set("key", "old", 0)
    server.freeze()
    impatient = make([server], spread=True, chunksize=CHUNK, socket_timeout=0.2)

    with pytest.raises(CacheUnavailableError):
        impatient.set("key", LARGE)
    server.thaw()

    assert backend.get("key") in ("old", LARGE)


@pytest.mark.parametrize("length", [0, 1, 91, 92, 93, 184, 1000])
def test_a_payload_is_cut_and_joined_again(length):
    payload = bytes(number % 251 for number in range(length))

    manifest, chunks = cut(payload, 100)

    assert manifest.joined(chunks) == payload
    assert all(len(chunk) <= 100 for chunk in chunks.values())
    assert manifest.chunks == -(-length // (100 - TAG_SIZE))
    assert read_manifest(manifest.packed(), 1000) == manifest
    assert read_manifest(manifest.packed(), manifest.chunks - 1) is None


@pytest.mark.parametrize("operation", ["set", "add", "touch"])
def test_a_large_value_is_whole_where_the_reply_to_its_write_was_lost(
    backend, monkeypatch, operation
):
    name = "put" if operation == "set" else "swap"
    write = getattr(items, name)

    def lost(*args):
        assert write(*args) is not False
        raise Error("the reply was lost")

    if operation == "touch":
        backend.set("key", LARGE)
    monkeypatch.setattr(items, name, lost)
    with pytest.raises(CacheUnavailableError):
        getattr(backend, operation)("key", *[LARGE] * (operation != "touch"))
    monkeypatch.undo()

    assert backend.get("key") == LARGE
