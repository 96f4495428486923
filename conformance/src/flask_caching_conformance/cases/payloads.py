"""What becomes of a value that can't be serialized, and of a payload that can't be read back?"""

from __future__ import annotations

import json
import pickle
import sys
import types
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.compression import COMPRESSION, ZLIB, ZSTD
from flask_caching.errors import CacheError, SerializationError
from flask_caching.payload import pack

from ..bench import Bench, RawRead, RawWrite
from ..catalogue import case
from ..harness.threads import in_thread, results
from ..timeline import Timeline
from ..verdicts import Skip
from ..workshop import Workshop
from .samples import UNPICKLABLE, NoWayBack, Reducing, Unpickled

#: Writes of a value that can't be serialized, over "key" or beside it.
FAILING_WRITES: dict[str, Callable[[BaseCache, Any], Any]] = {
    "set": lambda backend, bad: backend.set("key", bad, 1_000),
    "set_many last": lambda backend, bad: backend.set_many({"key": 1, "bad": bad}, 1_000),
    "set_many first": lambda backend, bad: backend.set_many({"bad": bad, "key": 1}, 1_000),
    "add": lambda backend, bad: backend.add("bad", bad),
}
GARBAGE = {
    "nothing": b"",
    "text": b"garbage",
    "a pickle": pickle.dumps("wrong"),
    "a pickle of 2.x": b"!" + pickle.dumps("wrong"),
    "the beginning of a payload": b"!\0FC",
    "zeros": bytes(64),
}

_SEVEN = pickle.dumps(7)


def _with_deadline(deadline: float) -> Callable[[str], bytes]:
    return lambda name: pack(name, _SEVEN, deadline)


def _with_stamps(names: Any, stamps: Any) -> Callable[[str], bytes]:
    return lambda name: pack(name, _SEVEN, 0.0, names, stamps)


#: Payloads whose checksums are right, by name; made for the name that they are to lie under.
ODD: dict[str, Callable[[str], bytes]] = {
    **{f"until {each}": _with_deadline(each) for each in (nan, inf, -inf, -1.0, 1e300, 5e-324)},
    "a stamp too few": _with_stamps(["a", "b"], ["1"]),
    "stamps that are no texts": _with_stamps(["a", "b"], [1, None]),
    "names that are no texts": _with_stamps([["a"], {"b": 1}], ["1", "2"]),
    "stamps within stamps": _with_stamps(["a"], [["1"] * 100]),
    "an unknown serializer": lambda name: pack(name, _SEVEN, 0.0, tag=b"none"),
    "compressed by halves": lambda name: pack(name, b"x\x9c", 0.0, compression=ZLIB),
    "compressed by what is not": lambda name: pack(name, _SEVEN, 0.0, compression=ZSTD),
    "compressed by nothing known": lambda name: pack(name, _SEVEN, 0.0, compression=COMPRESSION),
}

#: Whatever may read a payload, and must not run it.
LOOKS: list[Callable[[BaseCache], Any]] = [
    lambda backend: backend.get("key"),
    lambda backend: backend.get_value("key", "default"),
    lambda backend: backend.get_many("key"),
    lambda backend: backend.has("key"),
    lambda backend: backend.add("key", 1),
    lambda backend: backend.inc("key"),
    lambda backend: backend.delete("key"),
    lambda backend: backend.clear(),
]


class Canary:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


class Shouting:
    """Carries what JSON does, in capitals, so that its work is seen."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).upper().encode()

    def loads(self, payload: bytes) -> Any:
        return json.loads(payload)


class Payloads(Bench):
    """Payloads."""

    @pytest.fixture
    def removed_class(self, backend: BaseCache, monkeypatch: pytest.MonkeyPatch) -> str:
        """Store a value under a key, of a class that is gone afterwards; return the key."""
        module = types.ModuleType("application_of_yesterday")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        gone = type("Gone", (), {"__module__": module.__name__})
        monkeypatch.setattr(module, "Gone", gone, raising=False)
        backend.set("removed", gone())
        assert type(backend.get("removed")) is gone
        monkeypatch.delattr(module, "Gone")
        return "removed"

    @pytest.mark.parametrize("unpicklable", UNPICKLABLE.values(), ids=UNPICKLABLE.keys())
    @pytest.mark.parametrize("write", FAILING_WRITES.values(), ids=FAILING_WRITES.keys())
    @case(
        "C-PAY-01",
        "A value that can't be serialized -> `SerializationError`; what was stored before is "
        "intact, with its remaining time.",
    )
    def test_a_value_that_cannot_be_serialized_leaves_the_old_value_and_its_life(
        self,
        backend: BaseCache,
        timeline: Timeline,
        write: Callable[[BaseCache, Any], Any],
        unpicklable: Callable[[], Any],
    ) -> None:
        backend.set("key", "old", timeline.short)

        with pytest.raises(SerializationError):
            write(backend, unpicklable())

        timeline.nearly(timeline.short)
        assert backend.get_many("key", "bad") == ["old", None]
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @case("C-PAY-02", "Every error that a backend raises on purpose is a `CacheError`.")
    def test_every_error_on_purpose_is_a_cache_error(self, backend: BaseCache) -> None:
        with pytest.raises(CacheError):
            backend.set("key", UNPICKLABLE["TypeError"]())

    @case("C-PAY-03", "A payload of a class that is gone is a miss.")
    def test_a_value_whose_class_is_gone_is_a_miss(
        self, backend: BaseCache, removed_class: str
    ) -> None:
        assert backend.get(removed_class) is None
        assert backend.get_value(removed_class, "default") == "default"

    @case("C-PAY-04", "One bad entry costs only itself.")
    def test_a_value_whose_class_is_gone_costs_only_itself(
        self, backend: BaseCache, removed_class: str
    ) -> None:
        backend.set_many({"a": 1, "b": [2]})

        assert backend.get_many("a", removed_class, "b") == [1, None, [2]]
        assert backend.get_dict("a", removed_class) == {"a": 1, removed_class: None}

    @case("C-PAY-05", "A payload that can't be read back can be overwritten.")
    def test_a_value_whose_class_is_gone_can_be_overwritten(
        self, backend: BaseCache, removed_class: str
    ) -> None:
        assert backend.set(removed_class, "new") is True
        assert backend.get(removed_class) == "new"

    @case("C-PAY-06", "A payload that can't be read back can be deleted.")
    def test_a_value_whose_class_is_gone_can_be_deleted(
        self, backend: BaseCache, removed_class: str
    ) -> None:
        assert backend.delete_many(removed_class) == [removed_class]
        assert backend.has(removed_class) is False
        assert backend.add(removed_class, "new") is True

    @case("C-PAY-07", "A payload whose class raises while it is read is a miss.")
    def test_a_value_that_raises_while_it_is_unpickled_is_a_miss(self, backend: BaseCache) -> None:
        backend.set("bad", NoWayBack())
        backend.set("good", [1])

        assert backend.get("bad") is None
        assert backend.get_many("bad", "good") == [None, [1]]
        assert backend.set("bad", "new") is True
        assert backend.get("bad") == "new"

    @case("C-PAY-08", "User code is never run under a lock: a value may use the cache in pickling.")
    def test_a_value_is_pickled_outside_of_any_lock(self, backend: BaseCache) -> None:
        def call_back() -> None:
            backend.set("inner", 1)
            backend.inc("count")
            backend.add("added", 2)
            backend.delete_many("nothing")
            backend.has("inner")
            if Capability.TOUCH in backend.capabilities:
                backend.touch("inner", 5)

        stored = in_thread(backend.set_many, {"outer": Reducing(call_back), "next": [1]})

        assert results([stored], self.patience) == [["outer", "next"]]
        assert backend.get_many("inner", "added", "outer", "next") == [1, 2, "reduced", [1]]
        assert backend.get("count") >= 1

    @case("C-PAY-09", "User code is never run under a lock: a value may use the cache in reading.")
    def test_a_value_is_unpickled_outside_of_any_lock(
        self, backend: BaseCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend.set("key", Unpickled())

        def call_back() -> None:
            backend.set("inner", 1)
            backend.delete("key")
            backend.clear()

        monkeypatch.setattr(Unpickled, "call_back", staticmethod(call_back))

        read = results([in_thread(backend.get, "key")], self.patience)

        assert type(read[0]) is Unpickled
        assert backend.has("key") is False

    @pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
    @case(
        "C-PAY-10",
        "A payload that can't be read back is a miss, never an exception, never a wrong value; it "
        "costs only itself, and can be overwritten and deleted.",
    )
    def test_garbage_is_a_miss(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite, garbage: bytes
    ) -> None:
        def poison() -> None:
            raw_write("bad", garbage)
            if raw_read("bad") != garbage:
                Skip.DOES_NOT_APPLY(f"the store does not hold {garbage!r}")

        backend.set("good", [1])

        poison()
        assert backend.get("bad") is None
        poison()
        assert backend.get_value("bad", "default") == "default"
        poison()
        assert backend.get_many("good", "bad") == [[1], None]
        poison()
        assert backend.delete_many("bad") == ["bad"]
        assert raw_read("bad") is None
        poison()
        assert backend.delete("bad") in (True, False)
        assert backend.has("bad") is False
        poison()
        assert backend.set("bad", "new") is True
        assert backend.get_many("good", "bad") == [[1], "new"]

    @case("C-PAY-11", "A payload that is cut is a miss, wherever it was cut.")
    def test_a_cut_payload_is_a_miss(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite
    ) -> None:
        backend.set("key", [1, "text"])
        payload = raw_read("key")
        assert payload, "nothing lies in the store"

        for length in range(1, len(payload)):
            raw_write("key", payload[:length])
            assert backend.get_value("key", "default") == "default", f"cut at {length}"

        raw_write("key", payload)
        assert backend.get("key") == [1, "text"]

    @case("C-PAY-12", "A payload with a flipped bit is a miss, whichever it is.")
    def test_a_flipped_bit_is_a_miss(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite
    ) -> None:
        backend.set("key", [1, "text"])
        payload = raw_read("key")
        assert payload, "nothing lies in the store"

        for place in range(len(payload)):
            flipped = bytearray(payload)
            flipped[place] ^= 1 << place % 8
            raw_write("key", bytes(flipped))
            assert backend.get_value("key", "default") == "default", f"a bit of byte {place}"

        raw_write("key", payload)
        assert backend.get("key") == [1, "text"]

    @case("C-PAY-13", "A payload that lies under another key than its own is a miss.")
    def test_another_keys_payload_is_a_miss(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite
    ) -> None:
        backend.set("mine", ["secret"])
        payload = raw_read("mine")
        assert payload, "nothing lies in the store"

        raw_write("yours", payload)

        assert backend.get("yours") is None

    @case("C-PAY-14", "A payload that the backend did not write never runs what it pickles.")
    def test_no_poison_runs_what_it_pickles(
        self, backend: BaseCache, raw_write: RawWrite, tmp_path: Path
    ) -> None:
        canary = tmp_path / "canary"
        poison = pickle.dumps(Canary(canary))

        for payload in [poison, b"!" + poison, b"!\0FC" + poison]:
            for look in LOOKS:
                raw_write("key", payload)
                look(backend)

        assert not canary.exists()

    @case(
        "C-PAY-20",
        "A payload with another's content behind its header never runs what that pickles.",
    )
    def test_no_poison_behind_a_header_runs(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite, tmp_path: Path
    ) -> None:
        canary = tmp_path / "canary"
        poison = pickle.dumps(Canary(canary))
        backend.set("key", ["good"])
        payload = raw_read("key")
        assert payload, "nothing lies in the store"

        # Nobody knows here where a backend's header ends: one of these places is it.
        for place in range(len(payload)):
            raw_write("key", payload[:place] + poison)
            assert backend.get("key") is None, f"behind {place} bytes"
        raw_write("key", payload + poison)
        assert backend.get("key") in (None, ["good"])

        assert not canary.exists()

    @case("C-PAY-15", "A serializer of the application's own serves every operation.")
    def test_a_serializer_may_be_given(self, make: Workshop) -> None:
        _skip_without_serializer(make())
        backend = make(CACHE_SERIALIZER=Shouting())

        assert backend.set("set", "a") is True
        assert backend.set_many({"set_many": "b"}) == ["set_many"]
        assert backend.add("add", ["c"]) is True
        assert backend.inc("inc") == 1
        assert backend.inc("inc") == 2

        # Texts need no serializer where a store keeps them as they are.
        assert [text.lower() for text in backend.get_many("set", "set_many")] == ["a", "b"]
        assert backend.get("add") == ["C"]
        assert backend.get_value("add") == ["C"]
        assert backend.get_dict("add") == {"add": ["C"]}
        with pytest.raises(SerializationError):
            backend.set("set", {1, 2})

    @case("C-PAY-16", "Two serializers read each other's payloads as a miss, or as the same value.")
    def test_two_serializers_read_each_other_as_a_miss(self, make: Workshop) -> None:
        pickling = make()
        _skip_without_serializer(pickling)
        other = make(CACHE_SERIALIZER=Shouting())
        pickling.set("pickled", [1, {"a": b"bytes"}])
        other.set("shouted", ["text"])

        assert other.get_value("pickled", "missing") == "missing"
        assert pickling.get_value("shouted", "missing") == "missing"
        assert other.get_many("pickled", "shouted") in ([None, ["TEXT"]], [None, None])

    @case(
        "C-PAY-17", "Whatever a serializer raises is a `SerializationError`; the old value stands."
    )
    def test_whatever_a_serializer_raises_is_one_error(self, make: Workshop) -> None:
        _skip_without_serializer(make())
        backend = make(CACHE_SERIALIZER=Shouting())
        backend.set("key", ["old"])

        for value in ([b"raises a TypeError"], [ZeroDivisionError]):
            with pytest.raises(SerializationError):
                backend.set("key", value)

        assert backend.get("key") == ["OLD"]

    @case(
        "C-PAY-21",
        "A value that is compressed comes back as it was, by every operation, also where nothing "
        "is compressed any more.",
        since=2,
    )
    def test_compressed_values_come_back(self, make: Workshop, raw_read: RawRead) -> None:
        backend, plain = make(CACHE_COMPRESSION={"method": "zlib", "threshold": 64}), make()
        if not isinstance(backend, BytesCache):
            Skip.DOES_NOT_APPLY(f"{type(backend).__name__} compresses nothing")
        large, small = ["large" * 2_000], ["small"]

        assert backend.set("set", large) is True
        assert backend.set_many({"one": large, "two": small}) == ["one", "two"]
        assert backend.add("add", large) is True
        if Capability.TOUCH in backend.capabilities:
            assert backend.touch("set", 1_000) is True
        assert backend.inc("count") == 1

        assert len(raw_read("set") or b"") in range(1, 1_000)
        for each in (backend, plain):
            assert each.get("set") == large
            assert each.get_value("add") == large
            assert each.get_many("one", "two", "count") == [large, small, 1]

    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
    @case(
        "C-PAY-22",
        "A payload with a right checksum around what no backend writes, such as a time that is no "
        "number, is never an exception; it can be overwritten and deleted.",
        since=2,
    )
    def test_an_odd_header_is_no_error(
        self, make: Workshop, raw_write: RawWrite, odd: Callable[[str], bytes]
    ) -> None:
        backend = make()
        if not isinstance(backend, BytesCache):
            Skip.DOES_NOT_APPLY(f"{type(backend).__name__} has payloads of its own")
        payload = odd(backend.name("key"))
        looks: list[Callable[[BaseCache], Any]] = [
            *LOOKS,
            lambda each: each.set("key", 1),
            lambda each: each.delete_many("key"),
        ]
        if Capability.TOUCH in backend.capabilities:
            looks += [lambda each: each.touch("key"), lambda each: each.touch("key", 0)]
        if Capability.PRUNE in backend.capabilities:
            looks += [lambda each: each.prune()]

        for look in looks:
            raw_write("key", payload)
            look(backend)
        raw_write("key", payload)
        backend.delete("key")
        assert backend.has("key") is False
        raw_write("key", payload)
        assert backend.set("key", "new") is True
        assert backend.get("key") == "new"

    @pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
    @case("C-PAY-18", "A payload that can't be read back is a miss for `inc`, too.")
    def test_counting_begins_anew_over_garbage(
        self, backend: BaseCache, raw_read: RawRead, raw_write: RawWrite, garbage: bytes
    ) -> None:
        raw_write("count", garbage)
        if raw_read("count") != garbage:
            Skip.DOES_NOT_APPLY(f"the store does not hold {garbage!r}")

        counted = results([in_thread(backend.inc, "count", 5)], self.patience)

        assert counted == [5]
        assert backend.dec("count") == 4
        assert backend.get("count") == 4

    @case("C-PAY-19", "A value whose class is gone is a miss for `inc`, too.")
    def test_counting_begins_anew_over_a_value_whose_class_is_gone(
        self, backend: BaseCache, removed_class: str
    ) -> None:
        assert backend.inc(removed_class, 5) == 5
        assert backend.inc(removed_class) == 6
        assert backend.get(removed_class) == 6


def _skip_without_serializer(backend: BaseCache) -> None:
    if not hasattr(backend, "serializer"):
        Skip.DOES_NOT_APPLY(f"{type(backend).__name__} takes no serializer")
