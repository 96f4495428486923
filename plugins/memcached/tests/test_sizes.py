"""What becomes of a value that a server does not take?"""

from __future__ import annotations

import functools
import itertools

import pylibmc
import pytest

from flask_caching.errors import CacheUnavailableError, ValueTooLargeError
from flask_caching_memcached import (
    MemcachedCache,
    SASLMemcachedCache,
    SpreadSASLMemcachedCache,
)
from flask_caching_memcached.items import LARGE, OVERHEAD, SMALLEST_LIMIT, Sizes

from .servers import PASSWORD, USER, client_of

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


@pytest.fixture(params=["text", "binary"])
def full(request, make, start):
    """A backend whose server is full and may not evict; `"old"` lies under ``key``."""
    options = ["-B", "binary"] if request.param == "binary" else []
    (server,) = start(1, "-M", "-m", "2", *options)
    kind = SpreadSASLMemcachedCache if options else MemcachedCache
    make_one = functools.partial(make, [server], kind, spread=False)
    backend = make_one()
    assert backend.set("key", "old") is True
    client = client_of(server, binary=bool(options))
    # A chunk of memcached's memory is up to a quarter larger than the next smaller ones.
    for step in reversed(range(70)):
        fill(client, 16 * step if step < 10 else int(160 * 1.15 ** (step - 10)))
    yield make_one
    client.disconnect_all()


def fill(client, size):
    """Write items of a size until the server takes no more."""
    for number in itertools.count():
        try:
            if not client.set(f"filling-{size}-{number}", b"x" * size):
                return
        except pylibmc.Error as error:
            if not str(error).startswith("error 48"):
                raise
            return


def test_where_memory_is_full_every_operation_says_so_and_the_old_value_stands(full, caplog):
    backend = full()
    assert backend.set("new", "new") is False
    assert backend.set("new", "new" * 50_000) is False

    assert backend.set("key", "newer") is False
    assert backend.set("key", "newer" * 50_000) is False
    assert backend.set_many({"key": "newer", "others": 2}) == []
    assert backend.add("new", 1) is False
    assert backend.touch("key", 60) is False
    with pytest.raises(CacheUnavailableError, match=r"inc failed: .*refused \d+ bytes"):
        backend.inc("count")

    assert backend.get_many("key", "new", "others", "count") == ["old", None, None, None]
    assert caplog.records == []


def test_the_first_refusal_of_a_small_item_tells_that_a_server_does_not_evict(full):
    first, second = full(), full()
    first.set("new", "new")

    first.set("key", "newer")
    assert first.get("key") == "old"
    second.set("key", "newer")
    assert second.get("key") is None  # the one loss that the README tells of


def test_where_memory_is_full_entries_can_be_removed(full, caplog):
    backend = full()

    assert backend.delete_many("missing", "key") == ["missing", "key"]
    assert backend.has("key") is False
    assert backend.set("key", "new") is True
    assert backend.delete("key") is True
    assert backend.has("key") is False
    assert caplog.records == []


def test_where_memory_is_full_a_spread_value_leaves_the_old_one(full, caplog):
    backend = full(spread=True, chunksize=2000)
    backend.set("new", "to learn that it is full")

    assert backend.set("key", "x" * 10_000) is False
    assert backend.set_many({"key": "x" * 10_000}) == []
    assert backend.add("new", "x" * 10_000) is False

    assert backend.get_many("key", "new") == ["old", None]
    assert caplog.records == []


def test_where_memory_is_full_clear_clears(full):
    backend = full()

    assert backend.clear() is True

    assert backend.get("key") is None
    assert backend.set("key", "new") is False  # cleared entries keep their memory


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


def test_large_items_are_always_written_with_care():
    sizes = Sizes()

    sizes.note(b"key", b"x" * LARGE)

    assert sizes.allow(b"key", b"x" * (LARGE - OVERHEAD - 3)) is True
    assert sizes.allow(b"key", b"x" * (LARGE - OVERHEAD - 2)) is False


@pytest.mark.parametrize(("length", "is_allowed"), [(1, False), (LARGE, True)])
def test_after_the_refusal_of_a_small_item_all_are_written_with_care(length, is_allowed):
    sizes = Sizes()

    sizes.note_refusal(b"key", b"x" * length)
    sizes.note(b"key", b"x" * 2000)

    assert sizes.allow(b"key", b"") is is_allowed
