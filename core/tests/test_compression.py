"""Which values are compressed, and how much may come out of one that is read?"""

import random
import tracemalloc
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from flask_caching import ConfigError
from flask_caching.compression import (
    METHODS,
    PLAIN,
    ZLIB,
    ZSTD,
    Compression,
    expanded,
    read_compression,
)

LARGE = b"large " * 1000

methods = pytest.mark.parametrize("method", METHODS)


@methods
def test_what_is_large_becomes_smaller_and_comes_back(method):
    kind, body = Compression(method).applied(LARGE)

    assert kind == METHODS[method]
    assert len(body) < len(LARGE) / 10
    assert expanded(kind, body) == LARGE


@given(st.binary(max_size=300), st.sampled_from(sorted(METHODS)))
def test_whatever_it_is_comes_back(body, method):
    assert expanded(*Compression(method, threshold=0).applied(body)) == body


@methods
def test_what_is_below_the_threshold_stays_as_it_is(method):
    assert Compression(method, threshold=len(LARGE) + 1).applied(LARGE) == (PLAIN, LARGE)
    assert Compression(method, threshold=len(LARGE)).applied(LARGE)[0] == METHODS[method]


@methods
def test_what_does_not_become_smaller_stays_as_it_is(method):
    noise = random.Random(1).randbytes(2000)

    assert Compression(method, threshold=1).applied(noise) == (PLAIN, noise)


@methods
def test_what_nobody_would_read_again_stays_as_it_is(method):
    assert Compression(method, largest=len(LARGE) - 1).applied(LARGE) == (PLAIN, LARGE)


@pytest.mark.parametrize(("method", "levels"), [("zlib", (1, 9)), ("zstd", (1, 19))])
def test_the_level_counts(method, levels):
    text = b" ".join(b"%d" % (number * number) for number in range(5000))
    quick, small = (len(Compression(method, level=level).applied(text)[1]) for level in levels)

    assert small < quick


@pytest.mark.parametrize(
    ("kind", "bomb"),
    [(ZLIB, zlib.compress(bytes(64 << 20))), (ZSTD, zstd.compress(bytes(64 << 20)))],
    ids=["zlib", "zstd"],
)
def test_a_bomb_is_refused_and_takes_little_memory(kind, bomb):
    tracemalloc.start()
    try:
        with pytest.raises((ValueError, zstd.ZstdError)):
            expanded(kind, bomb, 1 << 20)
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < 8 << 20


def test_a_window_larger_than_what_is_allowed_is_refused():
    # It would be allocated before the first byte comes out.
    options = {zstd.CompressionParameter.window_log: 27}
    compressor = zstd.ZstdCompressor(options=options)
    frame = compressor.compress(LARGE) + compressor.flush()

    assert expanded(ZSTD, zstd.compress(LARGE), 1 << 20) == LARGE
    with pytest.raises(zstd.ZstdError):
        expanded(ZSTD, frame, 1 << 20)


@methods
def test_exactly_the_largest_is_read(method):
    kind, body = Compression(method).applied(LARGE)

    assert expanded(kind, body, len(LARGE)) == LARGE
    with pytest.raises((ValueError, zstd.ZstdError)):
        expanded(kind, body, len(LARGE) - 1)


@methods
@pytest.mark.parametrize(
    "damage", [lambda body: body[:-3], lambda body: body + b"more", lambda body: b"", bytes.upper]
)
def test_what_is_damaged_is_refused(method, damage):
    kind, body = Compression(method).applied(LARGE)

    with pytest.raises((ValueError, zlib.error, zstd.ZstdError)):
        expanded(kind, damage(body))


# -- the setting -------------------------------------------------------------------------


def test_a_name_a_dict_or_a_record_will_do():
    given = Compression("zstd", 10, 3, 100)

    assert read_compression(None) is None
    assert read_compression(False) is None
    assert read_compression("zlib") == Compression("zlib", 1024, None, 64 << 20)
    assert read_compression({"method": "zstd", "level": 3}) == Compression("zstd", level=3)
    assert read_compression(given) is given


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gzip", "must be 'zlib' or 'zstd', not 'gzip'"),
        (5, "must be 'zlib', 'zstd', or a dict such as"),
        (True, "must be 'zlib', 'zstd', or a dict such as"),
        ({"threshhold": 1}, "'threshhold' is not one of method, threshold, level, largest"),
        ({"threshold": -1}, "threshold must be a number of bytes, 0 or more, not -1"),
        ({"threshold": "1k"}, "threshold must be a number of bytes, 0 or more, not '1k'"),
        ({"largest": 1.5}, "largest must be a number of bytes, 0 or more, not 1.5"),
        ({"level": 10}, "level must be a whole number from 0 to 9 for zlib, not 10"),
        ({"method": "zstd", "level": 99}, "for zstd, not 99"),
        ({"level": "best"}, "for zlib, not 'best'"),
    ],
)
def test_what_cannot_work_is_refused(value, message):
    with pytest.raises(ConfigError, match="CACHE_COMPRESSION: ") as caught:
        read_compression(value)

    assert message in str(caught.value)
    assert caught.value.key == "CACHE_COMPRESSION"


def test_zstd_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "backports.zstd", None)
    monkeypatch.setitem(__import__("sys").modules, "compression.zstd", None)

    with pytest.raises(ConfigError, match=r"pip install backports\.zstd"):
        read_compression("zstd")
