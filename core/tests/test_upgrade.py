"""2.x and this package on one store: each reads what the other wrote as a miss.

The bytes are read and written by Flask-Caching 2.5.1 and its cachelib themselves, in an
environment of their own.
"""

from __future__ import annotations

import base64
import json
import pickle
import struct
import subprocess
import time

import pytest

from flask_caching import MISSING
from flask_caching.payload import Entry

from .backends.stores import DictCache
from .differential.originals import python_with

#: Seconds after which their program has failed; it takes one.
PATIENCE = 60
#: What applications store.
VALUES = {
    "text": "text",
    "empty text": "",
    "number": 5,
    "negative number": -1,
    "float": 0.5,
    "true": True,
    "none": None,
    "bytes": b"!bytes",
    "list": [1, "two"],
    "dict": {"a": 1},
}
WRITERS = ["redis", "uwsgi", "file", "file for ever"]
READERS = ["redis", "valkey", "uwsgi", "file", "file of many", "json"]

THEIRS = """
import base64, hashlib, json, pickle, sys, traceback
from pathlib import Path
from cachelib.serializers import (
    JSONSerializer, RedisSerializer, UWSGISerializer, ValkeySerializer,
)
from flask_caching.backends import FileSystemCache

given = json.load(sys.stdin)
folder = Path(given["folder"])
files = FileSystemCache(str(folder), hash_method=hashlib.md5)

def of_file(key):
    return Path(files._get_filename(key))

def written(value, timeout):
    files.set("written", value, timeout)
    return of_file("written").read_bytes()

def seen(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception:
        return traceback.format_exc()

def put(payload):
    of_file("key").write_bytes(payload)

def pruned():
    "Let the folder overflow: what they take for expired goes first."
    few = FileSystemCache(str(folder), threshold=1, hash_method=hashlib.md5)
    return [few.set(f"more {number}", number) for number in range(3)]

answer = {"read": {}, "written": {}}
for name, text in given["payloads"].items():
    payload = base64.b64decode(text)
    put(payload)
    read = {
        "redis": seen(RedisSerializer().loads, payload),
        "valkey": seen(ValkeySerializer().loads, payload),
        "uwsgi": seen(UWSGISerializer().loads, payload),
        "json": seen(JSONSerializer().loads, payload),
        "file": seen(files.get, "key"),
        "file of many": seen(lambda: files.get_many("key")[0]),
        "has": seen(files.has, "key"),
        "pruned": seen(pruned),
    }
    put(payload)
    read["set"] = seen(lambda: (files.set("key", "theirs", 60), files.get("key")))
    put(payload)
    read["delete"] = seen(lambda: (files.delete("key"), files.has("key")))
    answer["read"][name] = read
for name, text in given["values"].items():
    value = pickle.loads(base64.b64decode(text))
    writers = {
        "redis": RedisSerializer().dumps(value),
        "uwsgi": UWSGISerializer().dumps(value),
        "file": written(value, 60),
        "file for ever": written(value, 0),
    }
    answer["written"][name] = {
        writer: base64.b64encode(payload).decode() for writer, payload in writers.items()
    }
json.dump(answer, sys.stdout)
"""


def stored(value, timeout=60):
    """Return the bytes that a backend of ours stores."""
    backend = DictCache()
    backend.set("key", value, timeout)
    [payload] = backend.store.values()
    return payload


OURS = {
    **{name: stored(value) for name, value in VALUES.items()},
    "for ever": stored("text", timeout=0),
    "memoized": stored(Entry("text", ("memver/a", "memver/b"), ("1" * 16, "2" * 16))),
    "memoized none": stored(Entry(None, ("memver/a",), ("1" * 16,))),
}


@pytest.fixture(scope="module")
def theirs(request, tmp_path_factory):
    """Give what 2.5.1 reads of our payloads, and what it writes."""
    kept = getattr(request.config, "cache", None)
    environments = kept.mkdir("flask-caching-originals") if kept else tmp_path_factory.mktemp("env")
    given = {
        "folder": str(tmp_path_factory.mktemp("files")),
        "payloads": {name: _text(payload) for name, payload in OURS.items()},
        "values": {name: _text(pickle.dumps(value)) for name, value in VALUES.items()},
    }
    done = subprocess.run(
        [python_with("2.5.1", environments), "-E", "-s", "-c", THEIRS],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _text(payload):
    return base64.b64encode(payload).decode()


def backend_with(payload):
    """Return a backend of ours in whose store something lies under the name of ``key``."""
    backend = DictCache()
    backend.store[backend.name("key")] = payload
    return backend


# -- what we wrote, read by 2.x ----------------------------------------------------------


@pytest.mark.parametrize("reader", READERS)
def test_2x_reads_ours_as_misses(theirs, reader):
    read = {name: seen[reader] for name, seen in theirs["read"].items()}

    assert read == dict.fromkeys(OURS, "None")


def test_2x_finds_none_of_our_files(theirs):
    read = {name: seen["has"] for name, seen in theirs["read"].items()}

    assert read == dict.fromkeys(OURS, "False")


def test_2x_prunes_a_folder_that_holds_our_files(theirs):
    read = {name: seen["pruned"] for name, seen in theirs["read"].items()}

    assert read == dict.fromkeys(OURS, "[True, True, True]")


def test_2x_overwrites_our_files(theirs):
    read = {name: seen["set"] for name, seen in theirs["read"].items()}

    assert read == dict.fromkeys(OURS, "(True, 'theirs')")


def test_2x_deletes_our_files(theirs):
    read = {name: seen["delete"] for name, seen in theirs["read"].items()}

    assert read == dict.fromkeys(OURS, "(True, False)")


@pytest.mark.parametrize("name", OURS)
def test_ours_begins_with_what_redis_readers_of_2x_take_for_a_pickle(name):
    payload = OURS[name]

    assert payload[:1] == b"!"
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(payload[1:])


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("byte_order", ["<I", ">I"])
def test_ours_begins_with_what_file_readers_of_2x_take_for_an_expired_deadline(name, byte_order):
    [deadline] = struct.unpack(byte_order, OURS[name][:4])

    assert 0 < deadline < time.time()


# -- what 2.x wrote, read by us ----------------------------------------------------------

#: The formats of 2.x, written out.
LITERAL = {
    "a number on Redis": b"5",
    "a pickled number on Redis": b"!\x80\x05K\x05.",
    "a pickled text on Redis": b"!\x80\x05\x95\x08\x00\x00\x00\x00\x00\x00\x00\x8c\x04text\x94.",
    "what the oldest versions left on Redis": b"text",
    "a file for ever": b"\x00\x00\x00\x00\x80\x05K\x05.",
    "a file until 2100": struct.pack("I", 4102444800) + b"\x80\x05K\x05.",
    "a file whose deadline looks like our mark": b"!\x00FC\x80\x05K\x05.",
    "a pickle": b"\x80\x05K\x05.",
    "a text on Google": b"text",
    "JSON on Google": b'{"a": 1}',
    "nothing at all": b"",
    "a lone mark": b"!",
}


@pytest.mark.parametrize("writer", WRITERS)
def test_we_read_what_2x_writes_as_misses(theirs, writer):
    written = {name: base64.b64decode(by[writer]) for name, by in theirs["written"].items()}

    read = {name: backend_with(each).get_value("key", MISSING) for name, each in written.items()}

    assert read == dict.fromkeys(VALUES, MISSING)


@pytest.mark.parametrize("name", LITERAL)
def test_a_literal_of_2x_is_a_miss(name):
    backend = backend_with(LITERAL[name])

    read = backend.get_value("key", MISSING), backend.get_many("key"), backend.has("key")

    assert read == (MISSING, [None], False)


@pytest.mark.parametrize("name", LITERAL)
def test_a_literal_of_2x_can_be_added_to_as_if_it_was_not_there(name):
    backend = backend_with(LITERAL[name])

    added = backend.add("key", "ours")

    assert (added, backend.get("key")) == (True, "ours")


@pytest.mark.parametrize("name", LITERAL)
def test_a_counter_begins_anew_over_a_literal_of_2x(name):
    backend = backend_with(LITERAL[name])

    count = backend.inc("key", 3)

    assert (count, backend.get("key")) == (3, 3)


@pytest.mark.parametrize("name", LITERAL)
def test_a_literal_of_2x_is_overwritten(name):
    backend = backend_with(LITERAL[name])

    backend.set("key", "ours")

    assert backend.get("key") == "ours"


@pytest.mark.parametrize("name", LITERAL)
def test_a_literal_of_2x_is_removed(name):
    backend = backend_with(LITERAL[name])

    was_live = backend.delete("key")

    assert (was_live, backend.store) == (False, {})


@pytest.mark.parametrize("name", LITERAL)
def test_a_literal_of_2x_has_no_life_to_renew(name):
    backend = backend_with(LITERAL[name])

    touched = backend.touch("key", 60)

    assert touched is False
