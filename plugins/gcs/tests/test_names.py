"""Is the name of every object legal, and does no other key have it?"""

from __future__ import annotations

import hashlib

import pytest

from flask_caching_gcs.names import (
    LONGEST_NAME,
    MOST_FOLDERS,
    RESERVED,
    legal_namespace,
    object_name,
)

LEGAL = [
    "",
    "key",
    " a key ",
    "view//path/to?a=b&c=%20",
    "../../etc/passwd",
    "naïve \N{SNOWMAN} \N{GRINNING FACE}",
    "gl*b [a-z]?#1",
    "a" * (LONGEST_NAME - 2),
    "sha256:abc",
]
ILLEGAL = [
    "two\nlines",
    "carriage\rreturn",
    "nul\0",
    "tab\t",
    "\x7f",
    "\x85",
    "\uffff",
    "a" * (LONGEST_NAME - 1),
    "é" * (LONGEST_NAME // 2),
    "/" * (MOST_FOLDERS + 1),
    "sha256:" + hashlib.sha256(b"key").hexdigest(),
]


def hashed(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("key", LEGAL)
def test_a_legal_key_stands_in_the_name_as_it_is(key):
    assert object_name("p|", key) == f"p|{key}"


@pytest.mark.parametrize("key", ILLEGAL)
def test_an_illegal_key_is_replaced_by_its_hash(key):
    assert object_name("p|", key) == f"p|{hashed(key)}"


@pytest.mark.parametrize("key", LEGAL + ILLEGAL)
@pytest.mark.parametrize("prefix", ["", "p", RESERVED, "two\nlines", "é" * 1000, "/" * 100])
def test_every_name_is_legal(prefix, key):
    name = object_name(f"{prefix}|", key)

    assert 1 <= len(name.encode()) <= LONGEST_NAME
    assert not set("\r\n\0\t\x7f\x85") & set(name)
    assert name not in (".", "..")
    assert not name.startswith(RESERVED)
    assert name.count("/") <= MOST_FOLDERS


def test_distinct_keys_have_distinct_names():
    keys = {*LEGAL, *ILLEGAL, *map(hashed, ILLEGAL), *map(hashed, map(hashed, ILLEGAL))}

    assert len({object_name("p|", key) for key in keys}) == len(keys)


def test_normal_forms_and_cases_are_kept_apart():
    keys = ["caf\u00e9", "cafe\u0301", "CAFE\u0301"]

    assert len({object_name("p|", key) for key in keys}) == 3


@pytest.mark.parametrize("prefix", [RESERVED, "two\nlines", "é" * 1000, "a" * LONGEST_NAME])
def test_the_names_of_a_prefix_begin_alike_and_those_of_another_do_not(prefix):
    beginning = legal_namespace(f"{prefix}|")

    assert object_name(f"{prefix}|", "key").startswith(beginning)
    assert object_name(f"{prefix}|", "key\n").startswith(beginning)
    assert not object_name(f"{prefix}b|", "key").startswith(beginning)


def test_no_plain_prefix_looks_like_a_hashed_one(make):
    illegal = "two\nlines"
    imitation = "%" + hashed(f"{illegal}|")

    one, other = make(key_prefix=illegal), make(key_prefix=imitation)

    assert one.name("key") == f"{imitation}|key"
    assert other.name("key") == f"%25{imitation[1:]}|key"


@pytest.mark.parametrize("key", LEGAL + ILLEGAL)
def test_the_service_takes_every_name(backend, key):
    assert backend.set(key, key) is True
    assert backend.get(key) == key
    assert backend.delete(key) is True
    assert backend.has(key) is False


@pytest.mark.parametrize("prefix", ["two\nlines", RESERVED, "é" * 1000, "", "../..", "a*b"])
def test_clear_works_for_every_prefix(make, prefix):
    one, other = make(key_prefix=prefix), make(key_prefix=f"{prefix}b")
    one.set_many({"key": 1, "two\nlines": 2})
    other.set("key", 3)

    one.clear()

    assert one.get_many("key", "two\nlines") == [None, None]
    assert other.get("key") == 3
    other.clear()


def test_a_prefix_may_be_asked_for_at_each_operation(make):
    tenants = iter(["a", "b", "a", "b"])
    backend = make(key_prefix=lambda: next(tenants))

    backend.set("key", "of a")

    assert [backend.get("key") for _ in range(3)] == [None, "of a", None]
