"""What becomes of a value that a server does not take?"""

from __future__ import annotations

import pytest

from flask_caching.errors import ValueTooLargeError
from flask_caching_memcached import SASLMemcachedCache
from flask_caching_memcached.items import OVERHEAD, SMALLEST_LIMIT, Sizes

from .servers import PASSWORD, USER

TOO_LARGE = b"x" * 2_000_000


@pytest.fixture(params=["plain", "with a login", "a smaller limit"])
def backend(request, make):
    match request.param:
        case "plain":
            return make([request.getfixturevalue("server")])
        case "with a login":
            server = request.getfixturevalue("server_with_login")
            return make([server], SASLMemcachedCache, username=USER, password=PASSWORD)
        case "a smaller limit":
            return make(request.getfixturevalue("start")(1, "-I", "512k"))


def test_it_is_refused_and_the_old_value_stands(backend):
    backend.set("key", "old")

    with pytest.raises(ValueTooLargeError, match="CACHE_MEMCACHED_SPREAD = True"):
        backend.set("key", TOO_LARGE)

    assert backend.get("key") == "old"


def test_it_is_refused_where_nothing_was(backend):
    with pytest.raises(ValueTooLargeError):
        backend.set("key", TOO_LARGE)
    with pytest.raises(ValueTooLargeError):
        backend.add("key", TOO_LARGE)

    assert backend.has("key") is False


def test_of_many_only_what_is_too_large_is_refused(backend):
    backend.set("large", "old")

    stored = backend.set_many({"a": 1, "large": TOO_LARGE, "b": b"x" * 1500, "larger": TOO_LARGE})

    assert stored == ["a", "b"]
    assert backend.get_many("a", "large", "b", "larger") == [1, "old", b"x" * 1500, None]


def test_a_touch_of_a_value_that_just_fits_leaves_it(backend):
    assert backend.set("key", b"x" * 500_000) is True

    assert backend.touch("key", 60) is True

    assert backend.get("key") == b"x" * 500_000


def test_the_largest_value_that_fits_is_taken(make, server):
    backend = make([server])
    # The payload's header, the pickle around the bytes, memcached's own.
    most = 2**20 - 59 - len(backend.name("key")) - 8 - 22 - 19

    fits = [length for length in range(most - 40, most + 40) if is_taken(backend, length)]

    assert len(fits) in range(1, 80)
    assert fits == list(range(most - 40, most - 40 + len(fits)))


def is_taken(backend, length):
    backend.set("key", "old")
    try:
        backend.set("key", b"x" * length)
    except ValueTooLargeError:
        assert backend.get("key") == "old"
        return False
    assert len(backend.get("key")) == length
    return True


def test_many_large_values_are_stored(backend):
    values = {f"key-{number}": b"x" * (number * 30) for number in range(100)}

    assert backend.set_many(values) == list(values)
    assert backend.get_dict(*values) == values


def test_a_server_whose_memory_is_full_refuses_and_is_not_down(make, start, caplog):
    (server,) = start(1, "-M", "-m", "2")
    backend = make([server])
    stored = [backend.set(f"key-{number}", b"x" * 3000) for number in range(1000)]

    assert set(stored) == {True, False}
    more = {f"more-{number}": b"y" * 3000 for number in range(10)}
    written = backend.set_many(more)
    assert len(written) < 10
    assert backend.get_dict(*more) == {key: more[key] if key in written else None for key in more}
    assert backend.get("key-1") == b"x" * 3000
    assert caplog.records == []


def test_what_a_server_is_known_to_take_grows_with_what_it_has_taken():
    sizes = Sizes()
    key = b"k" * 10
    smallest = b"x" * (SMALLEST_LIMIT - OVERHEAD - 10)

    assert sizes.allow(key, smallest) is True
    assert sizes.allow(key, smallest + b"x") is False
    sizes.note(key, smallest * 3)
    assert sizes.allow(key, smallest * 3) is True
    assert sizes.allow(key, smallest * 3 + b"x") is False
    sizes.note(key, b"")
    assert sizes.allow(key, smallest * 3) is True
