"""Which names do keys get, and does no key get another's?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching_uwsgi.names import LEAST_KEYSIZE, Names

SIZES = [LEAST_KEYSIZE, 100, 2_048]


@pytest.mark.parametrize("key", ["", "view//", "ä" * 1_000, "k" * 2_041, "%s|"])
def test_what_fits_keeps_its_name(key):
    assert Names(2_048).name("prefix|", key) == f"prefix|{key}"


@pytest.mark.parametrize("key", ["k" * 2_042, "ä" * 1_021, "\N{FOX FACE}" * 600, "k" * 100_000])
def test_what_is_too_long_is_hashed_behind_its_prefix(key):
    name = Names(2_048).name("prefix|", key)

    assert name.startswith("prefix|~")
    assert len(name) == len("prefix|~") + 38


def test_a_key_that_looks_like_a_hash_is_not_taken_for_one():
    names = Names(2_048)
    hashed = names.name("|", "k" * 3_000)

    assert names.name("|", hashed.removeprefix("|")) != hashed


def test_long_keys_that_differ_at_their_end_differ():
    names = Names(2_048)

    assert names.name("|", "k" * 3_000 + "1") != names.name("|", "k" * 3_000 + "2")


@pytest.mark.parametrize("keysize", SIZES)
@given(prefix=st.text(max_size=3_000), key=st.text(max_size=3_000))
def test_every_name_fits_and_begins_with_its_namespace(keysize, prefix, key):
    names = Names(keysize)
    namespace = names.namespace(prefix + "|")

    name = names.name(namespace, key)

    assert len(name.encode()) <= keysize
    assert name.startswith(namespace)
    assert namespace.endswith("|")


@given(keys=st.lists(st.text(max_size=100), min_size=2, max_size=2, unique=True))
def test_distinct_keys_have_distinct_names(keys):
    names = Names(LEAST_KEYSIZE)
    namespace = names.namespace("prefix|")

    assert len({names.name(namespace, key) for key in keys}) == 2


def test_no_namespace_is_that_of_another_prefix():
    names = Names(LEAST_KEYSIZE)
    long, other = "p" * 100 + "|", "p" * 101 + "|"

    assert len({names.namespace(each) for each in (long, other, "p|", "%25~|")}) == 4
