"""The cache that remembers nothing."""

import pytest

from flask_caching.backends.null import NullCache


@pytest.fixture
def null():
    return NullCache()


def test_writes_answer_success(null):
    assert null.set("key", 1) is True
    assert null.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert null.add("key", 1) is True
    assert null.add("key", 1) is True
    assert null.delete("key") is True
    assert null.delete_many("a", "b") == ["a", "b"]
    assert null.unlink("a") == ["a"]
    assert null.clear() is True


def test_reads_miss(null):
    null.set("key", 1)

    assert null.get("key") is None
    assert null.get_value("key", "default") == "default"
    assert null.get_many("key", "key") == [None, None]
    assert null.get_dict("key") == {"key": None}
    assert null.has("key") is False
    assert null.touch("key") is False
    assert null.prune() == 0


def test_every_counter_is_a_new_one(null):
    assert null.inc("count") == 1
    assert null.inc("count", 5) == 5
    assert null.dec("count") == -1
    assert null.dec("count", 5) == -5


def test_it_says_that_it_does_not_remember(null):
    assert null.remembers is False
    assert null.capabilities == frozenset()


def test_it_is_made_with_the_options_of_an_application():
    made = NullCache.factory(None, {}, [], {"default_timeout": 60})

    assert isinstance(made, NullCache)
    assert made.close() is None
