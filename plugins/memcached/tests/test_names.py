"""Under which key does an entry lie, and can two ever meet?"""

from __future__ import annotations

import pytest

from flask_caching_memcached.names import LONGEST_KEY, chunk_key, generation_key, legal_key


@pytest.mark.parametrize(
    "name", ["prefix|key", "|k", "|é", "|日本", "|\u2003", "|%00", "|" + "x" * 249, "|" + "é" * 124]
)
def test_a_name_that_memcached_takes_stays_as_it_is(name):
    assert legal_key(name) == name.encode()


@pytest.mark.parametrize(
    "name",
    [
        "| ",
        "|a b",
        "|\n",
        "|k\r\nset x 0 0 1",
        "|\t",
        "|\0",
        "|\x7f",
        "a prefix|k",
        "|" + "x" * 250,
        "|" + "é" * 125,
    ],
)
def test_any_other_name_is_hashed(name):
    key = legal_key(name)

    assert key.startswith(b"fc#")
    assert len(key) == 67
    assert key != legal_key(name + " ")


def test_the_hash_of_a_name_is_no_name_of_an_entry():
    hashed = legal_key("|a b")

    assert b"|" not in hashed
    assert legal_key(f"prefix|{hashed.decode()}") != hashed


@pytest.mark.parametrize("prefix", ["", "prefix", "a prefix", "é" * 200, "fc-generation:"])
def test_the_key_of_a_generation_is_legal_and_no_entrys(prefix):
    key = generation_key(prefix)

    assert 0 < len(key) <= LONGEST_KEY
    assert not set(key) & set(b" |\n")
    assert key != legal_key(f"fc-generation:{prefix}|")


def test_the_keys_of_chunks_are_told_apart():
    keys = {chunk_key(tag, number) for tag in (b"\0" * 8, b"\xff" * 8) for number in (0, 1, 11)}

    assert len(keys) == 6
    assert not any(b"|" in key for key in keys)
