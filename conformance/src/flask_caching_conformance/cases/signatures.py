"""Is what others wrote into the store told from what the application wrote, where it has a secret?

Run through Flask, with a ``SECRET_KEY``, on whatever stores bytes.
"""

from __future__ import annotations

import logging
import pickle
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.compression import ZLIB
from flask_caching.keys.tags import EPOCH, tag_versions
from flask_caching.payload import MAGIC, pack
from flask_caching.seals import CHECKSUM, Signature

from ..bench import Bench, RawRead, RawWrite
from ..catalogue import case
from ..verdicts import Skip
from ..workshop import Workshop
from .payloads import LOOKS, Canary
from .processes import only_with

SECRET = "a secret made up for the kit"
SHORT, LONG = ["a value"], ["a long value" * 400]
#: Where the flags lie in a payload, and where the signature does in one without stamps.
FLAGS, SIGNATURE = 5, slice(18, 34)
#: Bytes: of a bomb, which is a thousandth of that when it is compressed; of what may come out of
#: one; and of what reading it may take.
BOMB, LARGEST, MOST_TAKEN = 64 << 20, 1 << 20, 16 << 20


def signing(make: Workshop, secret: str | None = SECRET, **config: Any) -> BytesCache:
    """Make the backend of an application with a secret."""
    app = Flask(__name__)
    app.secret_key = secret
    backend: BaseCache = make.cache(app, **config).cache
    if not isinstance(backend, BytesCache):
        Skip.DOES_NOT_APPLY(f"{type(backend).__name__} does not sign what it stores")
    return backend


def is_nothing(backend: BaseCache, key: str) -> bool:
    """Tell whether reading finds nothing, whichever way."""
    return (backend.get(key), backend.get_value(key, "default"), backend.get_many(key)) == (
        None,
        "default",
        [None],
    )


def forgeries(name: str, poison: bytes) -> Iterator[bytes]:
    """Make payloads that unpickle `poison`, if one of them is believed."""
    yield from (poison, b"!" + poison, MAGIC + poison)
    yield pack(name, poison, 0.0, ("version",), ("1",))
    packed = zlib.compress(poison)
    for seal in (CHECKSUM, Signature(b"another secret")):  # anybody can make a checksum
        yield pack(name, poison, 0.0, seal=seal)
        yield pack(name, poison + bytes(2000), 0.0, seal=seal)
        yield pack(name, packed, 0.0, compression=ZLIB, seal=seal)
        yield pack(name, zlib.compress(packed), 0.0, compression=ZLIB, seal=seal)


def tampered(name: str, signed: bytes, poison: bytes) -> Iterator[bytes]:
    """Make such payloads of what the application itself has stored under this name."""
    head, signature, body = signed[: SIGNATURE.start], signed[SIGNATURE], signed[SIGNATURE.stop :]
    for wrong in (signature, bytes(16), b"", signature[:1], signature[:15], signature * 2):
        yield head + wrong + poison
        yield head + wrong + body + poison
    checksum = pack(name, poison, 0.0)
    for flags in range(256):  # whatever algorithm or form they ask for
        flag = bytes([flags])
        yield signed[:FLAGS] + flag + head[FLAGS + 1 :] + signature + poison
        yield checksum[:FLAGS] + flag + checksum[FLAGS + 1 :]
    for length in (1, 4, 15, 16, len(body), 2**31, 2**32 - 1):
        yield signed[:14] + length.to_bytes(4, "big") + signature + poison
        yield signed[:14] + length.to_bytes(4, "big") + poison


class Signatures(Bench):
    """Signatures."""

    @pytest.fixture
    def signed(self, make: Workshop) -> BytesCache:
        return signing(make)

    @case(
        "C-SIG-01",
        "What one program signed, another with the same secret reads, whichever way it was "
        "written.",
        since=2,
    )
    def test_programs_with_one_secret_share_entries(
        self, make: Workshop, signed: BytesCache
    ) -> None:
        only_with(Capability.SHARED, signed)
        other = signing(make)

        assert signed.set("set", SHORT) is True
        assert signed.set_many({"one": SHORT, "two": LONG}) == ["one", "two"]
        assert signed.add("add", LONG) is True
        assert [signed.inc("count"), other.inc("count")] == [1, 2]
        if Capability.TOUCH in signed.capabilities:
            assert other.touch("set", 1_000) is True

        assert other.get_many("set", "one", "two", "add") == [SHORT, SHORT, LONG, LONG]
        assert other.get("count") == 2
        assert other.add("add", SHORT) is False
        assert other.delete("set") is True

    @pytest.mark.parametrize("value", [SHORT, LONG], ids=["short", "long"])
    @case(
        "C-SIG-02",
        "Where the application has a secret, what is not signed is a miss, and can be overwritten "
        "and deleted.",
        since=2,
    )
    def test_what_is_not_signed_is_a_miss(
        self, make: Workshop, signed: BytesCache, value: Any
    ) -> None:
        only_with(Capability.SHARED, signed)
        unsigned = signing(make, None)
        unsigned.set_many({"key": value, "count": value, "gone": value})
        signed.set("good", SHORT)

        assert is_nothing(signed, "key")
        assert signed.get_many("good", "key") == [SHORT, None]
        assert signed.inc("count", 5) == 5
        assert signed.delete_many("gone") == ["gone"]
        assert unsigned.get("gone") is None
        assert signed.set("key", "new") is True
        assert signed.get("key") == "new"

    @pytest.mark.parametrize("value", [SHORT, LONG], ids=["short", "long"])
    @case("C-SIG-03", "Where the application has no secret, what is signed is a miss.", since=2)
    def test_what_is_signed_is_a_miss_without_a_secret(
        self, make: Workshop, signed: BytesCache, value: Any
    ) -> None:
        only_with(Capability.SHARED, signed)
        unsigned = signing(make, None)
        signed.set("key", value)

        assert is_nothing(unsigned, "key")

    @pytest.mark.parametrize("value", [SHORT, LONG], ids=["short", "long"])
    @case(
        "C-SIG-04",
        "What is forged is a miss, and what it pickles never runs: whatever its header claims.",
        since=2,
    )
    def test_what_is_forged_never_runs(
        self,
        signed: BytesCache,
        raw_read: RawRead,
        raw_write: RawWrite,
        tmp_path: Path,
        value: Any,
    ) -> None:
        canary = tmp_path / "canary"
        signed.set("key", value)
        payload = raw_read("key")
        assert payload, "nothing lies in the store"

        name, poison = signed.name("key"), pickle.dumps(Canary(canary))
        forged = list(forgeries(name, poison))
        for each in (*forged, *tampered(name, payload, poison)):
            raw_write("key", each)
            assert is_nothing(signed, "key"), each[:40]
        for each in forged:
            for look in LOOKS:
                raw_write("key", each)
                look(signed)

        assert not canary.exists()

    @pytest.mark.parametrize("value", [SHORT, LONG], ids=["short", "long"])
    @case("C-SIG-05", "What is signed for one key is a miss under every other.", since=2)
    def test_what_is_moved_to_another_key_is_a_miss(
        self, signed: BytesCache, raw_read: RawRead, raw_write: RawWrite, value: Any
    ) -> None:
        signed.set("mine", value)
        payload = raw_read("mine")
        assert payload, "nothing lies in the store"

        for key in ("yours", "", "min", "mine!", "Mine"):
            raw_write(key, payload)
            assert is_nothing(signed, key), key

        assert signed.get("mine") == value

    @case(
        "C-SIG-06",
        "What was signed with a former secret is read while that is among the fallbacks, and is "
        "a miss from then on.",
        since=2,
    )
    def test_secrets_are_exchanged(self, make: Workshop) -> None:
        former = signing(make, "of yesterday")
        only_with(Capability.SHARED, former)
        former.set_many({"short": SHORT, "long": LONG})
        own = {"CACHE_SIGNING_KEY": "of today"}

        changing = signing(make, **own, CACHE_SIGNING_KEY_FALLBACKS=["older", "of yesterday"])
        assert changing.get_many("short", "long") == [SHORT, LONG]
        changing.set("new", SHORT)

        changed = signing(make, **own)
        assert changed.get_many("short", "long") == [None, None]
        assert changed.get("new") == SHORT

    @case("C-SIG-07", "A secret counts that the application has after `init_app` only.", since=2)
    def test_a_late_secret_counts(self, make: Workshop, signed: BytesCache) -> None:
        only_with(Capability.SHARED, signed)
        app = Flask(__name__)
        late: BaseCache = make.cache(app).cache
        signed.set("key", SHORT)

        app.secret_key = SECRET

        assert late.get("key") == SHORT
        assert late.set("late", LONG) is True
        assert signed.get("late") == LONG

    @case("C-SIG-08", "`repr()` and logs never contain a secret.", since=2)
    def test_it_shows_no_signing_key(
        self, make: Workshop, raw_write: RawWrite, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            signed = signing(
                make, CACHE_SIGNING_KEY="hush-1", CACHE_SIGNING_KEY_FALLBACKS=["hush-2"]
            )
            signed.set("key", SHORT)
            raw_write("key", b"somebody else's")
            signed.get("key")

        shown = f"{signed!r} {signed.seal!r} {vars(signed)!r} {caplog.text}"
        assert "hush" not in shown

    @pytest.mark.parametrize("what", ["value", "version", "epoch", "lock"])
    @case(
        "C-SIG-10",
        "What is forged in the place of a call's value, of a version that it depends on, or of its "
        "lock, never runs and never answers, and what was invalidated stays so.",
        since=2,
    )
    def test_what_a_call_depends_on_may_be_forged(
        self, make: Workshop, raw_write: RawWrite, tmp_path: Path, what: str
    ) -> None:
        app, canary, computed = Flask(__name__), tmp_path / "canary", [0]
        app.secret_key = SECRET
        # Whoever finds another one's lock waits for that long.
        cache = make.cache(app, CACHE_SINGLE_FLIGHT_WAIT=0.05)
        backend: BaseCache = cache.cache
        if not isinstance(backend, BytesCache):
            Skip.DOES_NOT_APPLY(f"{type(backend).__name__} does not sign what it stores")
        places = {
            "value": "key",
            "version": tag_versions("tag")[0],
            "epoch": EPOCH,
            "lock": "lock/key",
        }
        place = places[what]

        def compute() -> int:
            computed[0] += 1
            return computed[0]

        def call() -> int:
            return cache.get_or_set("key", compute, tags="tag", lock=True)

        assert [call(), call()] == [1, 1]
        for forged in forgeries(backend.name(place), pickle.dumps(Canary(canary))):
            raw_write(place, forged)
            assert call() == computed[0], forged[:40]
            outdated = computed[0]
            cache.invalidate_tags("tag")
            raw_write(place, forged)
            assert call() == outdated + 1, forged[:40]

        assert not canary.exists()

    @case(
        "H-SIG-09",
        "What a few bytes expand to is bounded: reading a compressed bomb is a miss, and takes no "
        "more memory than the setting allows.",
        since=2,
    )
    def test_a_bomb_is_bounded(
        self, make: Workshop, backend: BaseCache, raw_write: RawWrite
    ) -> None:
        bounded = signing(make, None, CACHE_COMPRESSION={"method": "zlib", "largest": LARGEST})
        bomb = zlib.compress(pickle.dumps(bytes(BOMB)))
        raw_write("key", pack(bounded.name("key"), bomb, 0.0, compression=ZLIB))

        tracemalloc.start()
        try:
            found = bounded.get_value("key", "default")
            _, taken = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert found == "default"
        assert taken < MOST_TAKEN, f"{taken} bytes"
