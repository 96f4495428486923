"""What does an application read while somebody else writes to its bucket?

What every store must withstand the kit asks; here is what only objects have.
"""

from __future__ import annotations

import gzip
import pickle
import tracemalloc

import pytest

from flask_caching.seals import Signature
from flask_caching_conformance.cases.payloads import LOOKS, Canary

#: Bytes of a bomb when it is expanded, and of what reading it may take.
BOMB, MOST_TAKEN = 256 << 20, 16 << 20


@pytest.fixture
def backend(make):
    backend = make()
    backend.seal = Signature(b"secret")
    return backend


@pytest.fixture
def plant(backend, objects):
    """Put an object in an entry's place."""

    def plant(contents, **attributes):
        blob = objects.blob(backend.name("key"))
        for name, value in attributes.items():
            setattr(blob, name, value)
        blob.upload_from_string(contents, content_type="text/html")

    return plant


def test_an_object_that_says_it_is_compressed_is_not_expanded(backend, plant):
    plant(gzip.compress(bytes(BOMB)), content_encoding="gzip")

    tracemalloc.start()
    try:
        found = [look(backend) for look in LOOKS[:4]]
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == [None, "default", [None], False]
    assert taken < MOST_TAKEN, f"{taken} bytes"
    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


def test_what_is_signed_and_compressed_by_somebody_else_is_a_miss(backend, objects, plant):
    backend.set("key", ["value"])
    signed = objects.blob(backend.name("key")).download_as_bytes()

    plant(gzip.compress(signed), content_encoding="gzip")

    assert backend.get("key") is None


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate", "br", "nonsense"])
def test_nothing_that_is_planted_runs(backend, plant, tmp_path, encoding):
    poison = pickle.dumps(Canary(tmp_path / "canary"))

    for contents in (poison, gzip.compress(poison), b""):
        for look in LOOKS:
            plant(contents, content_encoding=encoding, metadata={"customTime": "none"})
            look(backend)

    assert not (tmp_path / "canary").exists()


def test_an_object_moved_to_another_name_is_a_miss(backend, objects):
    keys = {"mine": "yours", "k" * 2000: "l" * 2000, "a\nb": "a\rb"}
    backend.set_many({key: ["value"] for key in keys})

    for mine, yours in keys.items():
        blob = objects.blob(backend.name(mine))
        objects.copy_blob(blob, objects, backend.name(yours))

    assert backend.get_many(*keys) == [["value"]] * 3
    assert backend.get_many(*keys.values()) == [None] * 3
