"""What does an application read while somebody else writes to its memcached?

What every store must withstand the kit asks; here is what only this backend keeps there: the
generations of prefixes, and the chunks of large values.
"""

from __future__ import annotations

import pickle
import socket
import zlib

import pylibmc
import pytest

from flask_caching.payload import pack
from flask_caching.seals import Signature
from flask_caching_conformance.cases.payloads import LOOKS, Canary
from flask_caching_conformance.harness.servers import HOST
from flask_caching_memcached import MemcachedCache
from flask_caching_memcached.generations import SIZE
from flask_caching_memcached.spread import MAGIC, TAG_SIZE, Manifest, cut, read_manifest

from .servers import client_with_login

CHUNK = 1000
#: What pylibmc flags a pickle and a number with, what it has compressed, and a text.
PICKLE, NUMBER, LONG, COMPRESSED, TEXT = 1, 2, 4, 8, 16
SEAL = Signature(b"secret")
LARGE = ["large" * 1000, "other" * 1000]


@pytest.fixture
def backend(make, server):
    backend = make([server], spread=True, chunksize=CHUNK)
    backend.seal = SEAL
    return backend


@pytest.fixture
def poison(tmp_path):
    """A value that leaves a file where it is unpickled, too large for one item."""
    return pickle.dumps([Canary(tmp_path / "canary"), "x" * 3 * CHUNK])


@pytest.fixture
def manifest_of(backend, raw):
    """Read what lies in a large value's place, and its chunks."""

    def manifest_of(key):
        manifest = read_manifest(raw.get(backend.name(key))[SIZE:], most=1000)
        return manifest, [raw.get(each) for each in manifest.chunk_keys()]

    return manifest_of


@pytest.fixture
def plant(backend, raw):
    """Put something in an entry's place, as if this backend had written it."""
    backend.set("key", LARGE)
    generation = raw.get(backend.name("key"))[:SIZE]

    def plant(key, payload, chunks=None):
        raw.set(backend.name(key), generation + payload)
        for name, chunk in (chunks or {}).items():
            raw.set(name, chunk)

    return plant


def test_forged_chunks_never_run(backend, plant, poison, tmp_path):
    name = backend.name("key")
    forgeries = [
        poison,
        pack(name, poison, 0.0),
        pack(name, poison, 0.0, seal=Signature(b"another secret")),
    ]

    for forged in forgeries:
        for look in LOOKS:
            manifest, chunks = cut(forged, CHUNK)
            plant("key", manifest.packed(), chunks)
            assert look(backend) in (None, "default", [None], False, True, 1)

    assert not (tmp_path / "canary").exists()


def test_a_chunk_that_is_exchanged_never_runs(backend, raw, manifest_of, poison, tmp_path):
    backend.set("key", LARGE)
    manifest, chunks = manifest_of("key")

    for number, name in enumerate(manifest.chunk_keys()):
        body = (manifest.tag + poison)[: len(chunks[number])].ljust(len(chunks[number]), b"x")
        for forged in (body, manifest.tag + bytes(len(body) - TAG_SIZE), chunks[number - 1]):
            raw.set(name, forged)
            assert backend.get("key") is None, number
        raw.set(name, chunks[number])
    assert backend.get("key") == LARGE
    assert not (tmp_path / "canary").exists()


def test_another_keys_chunks_are_a_miss(backend, raw, manifest_of, plant):
    backend.set_many({"mine": LARGE, "yours": LARGE[::-1]})
    mine, _ = manifest_of("mine")

    plant("yours", mine.packed())

    assert backend.get_many("mine", "yours") == [LARGE, None]


def test_chunks_in_another_order_are_a_miss(backend, raw, manifest_of):
    backend.set("key", LARGE)
    manifest, chunks = manifest_of("key")
    names = manifest.chunk_keys()

    raw.set(names[0], chunks[1])
    raw.set(names[1], chunks[0])

    assert backend.get("key") is None


@pytest.mark.parametrize("chunks", [2**16, 2**31, 2**32 - 1])
def test_a_manifest_of_any_number_of_chunks_asks_for_no_more_than_there_may_be(
    backend, plant, chunks
):
    for length in (0, 1, 2**63, 2**64 - 1):
        plant("key", Manifest(bytes(TAG_SIZE), chunks, length).packed())
        for look in LOOKS:
            look(backend)

    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


def test_what_a_manifest_names_is_only_chunks(backend, raw, plant):
    backend.set("other", "stays")
    before = raw.get(backend.name("other"))

    # A tag is written in hexadecimal digits, so it names no key but a chunk's.
    for tag in (b"\r\nflush_", b"fc-gener", backend.name("other").encode()[:TAG_SIZE]):
        plant("key", Manifest(tag, 3, 3000).packed())
        assert backend.get("key") is None
        assert backend.delete("key") is False

    assert raw.get(backend.name("other")) == before
    assert backend.get("other") == "stays"


@pytest.mark.parametrize("forged", [b"", b"short", b"x" * 9, bytes(8), MAGIC * 2, b"\r\nset x\0"])
def test_a_forged_generation_outdates_and_no_more(backend, raw, forged):
    backend.set_many({"key": LARGE, "small": 1})
    shelf, _ = backend._shelves.spot(backend.name("key"))

    raw.set(shelf.generation_key, forged)

    assert backend.get_many("key", "small") == [None, None]
    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


# -- what clients read by themselves -----------------------------------------------------


@pytest.fixture
def flagged(server):
    """Write an item as another client would: ``flagged(key, flags, contents)``."""

    def flagged(key, flags, contents):
        with socket.create_connection((HOST, server.port)) as connection:
            line = f"set {key} {flags} 0 {len(contents)}\r\n".encode()
            connection.sendall(line + contents + b"\r\n")
            assert connection.recv(100) == b"STORED\r\n"

    return flagged


@pytest.fixture(params=["addresses", "a ready client"])
def plain(request, make, server, prefix):
    """A backend without a signature, which unpickles what is in payloads."""
    if request.param == "addresses":
        return make([server])
    # Without any behaviors Python 3.13 complains of an ignored exception for each client.
    return MemcachedCache(pylibmc.Client([server.address], behaviors={}), key_prefix=prefix)


@pytest.mark.parametrize("flags", [PICKLE, NUMBER, LONG, TEXT, PICKLE | COMPRESSED, 32, 2**32 - 1])
def test_no_flag_makes_a_client_unpickle(plain, flagged, raw, tmp_path, flags):
    plain.set("key", 1)
    poison = pickle.dumps(Canary(tmp_path / "canary"))

    for contents in (poison, zlib.compress(poison), b"5", b""):
        for look in LOOKS:
            flagged(plain.name("key"), flags, contents)
            look(plain)
        flagged(plain.name("key"), flags, contents)
        assert plain.get("key") is None

    assert not (tmp_path / "canary").exists()
    assert plain.set("key", "new") is True
    assert plain.get("key") == "new"


def test_what_cannot_be_expanded_costs_only_itself_and_is_no_outage(plain, flagged, caplog):
    plain.set_many({"key": 1, "good": [1]})
    key = plain.name("key")

    flagged(key, COMPRESSED, b"garbage")

    assert plain.get_many("good", "key") == [[1], None]
    assert plain.get_value("key", "default") == "default"
    assert plain.add("key", 2) is True
    flagged(key, COMPRESSED, b"garbage")
    assert plain.inc("key") == 1
    flagged(key, COMPRESSED, b"")
    assert plain.touch("key") is False
    assert plain.delete("key") is False
    assert plain.get("good") == [1]
    assert caplog.text == ""


def test_a_generation_that_cannot_be_expanded_is_replaced(backend, flagged):
    backend.set("key", LARGE)
    shelf, _ = backend._shelves.spot(backend.name("key"))

    flagged(shelf.generation_key.decode(), COMPRESSED, b"garbage")

    assert backend.get("key") is None
    assert backend.set("key", LARGE) is True
    assert backend.get("key") == LARGE


def test_a_client_that_unpickles_is_told(server_with_login, caplog):
    MemcachedCache(client_with_login(server_with_login))

    assert "unpickles whatever is flagged as a pickle" in caplog.text
    assert "CACHE_MEMCACHED_PASSWORD" in caplog.text
