"""What becomes of an entry over which the store takes no other?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache
from flask_caching.backends.bytestore import BytesCache
from flask_caching.errors import CacheUnavailableError, ValueTooLargeError

from ..bench import Bench
from ..catalogue import case
from ..timeline import Timeline
from ..verdicts import Skip

#: Writes that the store may refuse, and the key under which nothing new is to be seen then.
WRITES: dict[str, tuple[str, Callable[[BaseCache, Any], Any]]] = {
    "set": ("key", lambda backend, value: backend.set("key", value, 1_000)),
    "set_many": ("key", lambda backend, value: backend.set_many({"key": value}, 1_000)),
    "add": ("absent", lambda backend, value: backend.add("absent", value, 1_000)),
}

on_each_write = pytest.mark.parametrize(("key", "write"), WRITES.values(), ids=WRITES.keys())


class Refusals(Bench):
    """What the store refuses."""

    @on_each_write
    @case(
        "H-REF-01",
        "A write of a value too large for the store is refused, and the old value stands, with "
        "its remaining life.",
    )
    def test_what_is_too_large_leaves_the_old_value_and_its_life(
        self,
        backend: BaseCache,
        timeline: Timeline,
        key: str,
        write: Callable[[BaseCache, Any], Any],
    ) -> None:
        large = b"x" * self.too_large
        backend.set("key", "old", timeline.short)

        if not is_refused(lambda: write(backend, large)):
            Skip.DOES_NOT_APPLY(f"the store refuses no value of {self.too_large:,} bytes")

        assert backend.get_many("key", "absent") == ["old", None]
        timeline.nearly(timeline.short)
        assert backend.get("key") == "old"
        timeline.over(timeline.short)
        assert backend.get_many("key", "absent") == [None, None]
        assert backend.set(key, "small") is True
        assert backend.get(key) == "small"

    @on_each_write
    @case(
        "H-REF-02",
        "Where the store is full and takes nothing, the old value stands, with its remaining life.",
    )
    def test_a_full_store_keeps_the_old_value_and_its_life(
        self,
        backend: BaseCache,
        timeline: Timeline,
        fill: Callable[[], None],
        key: str,
        write: Callable[[BaseCache, Any], Any],
    ) -> None:
        backend.set("key", "old", timeline.short)
        fill()

        refused = is_refused(lambda: write(backend, "new"))

        assert backend.get(key) == (("old" if key == "key" else None) if refused else "new")
        if refused:
            timeline.over(timeline.short)
            assert backend.get("key") is None

    @case("H-REF-03", "What the store refuses is not tried again and again.")
    def test_a_refused_add_is_not_tried_again(
        self, backend: BaseCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not isinstance(backend, BytesCache):
            Skip.DOES_NOT_APPLY(
                f"{type(backend).__name__} is no BytesCache, which would be watched"
            )
        attempts = []
        swap = backend.raw_swap

        def counted(name: str, *arguments: Any) -> bool | None:
            attempts.append(name)
            return swap(name, *arguments)

        monkeypatch.setattr(backend, "raw_swap", counted)

        refused = is_refused(lambda: backend.add("key", b"x" * self.too_large))

        assert len(attempts) <= 1
        if not refused:
            Skip.DOES_NOT_APPLY(f"the store refuses no value of {self.too_large:,} bytes")


def is_refused(write: Callable[[], Any]) -> bool:
    """Tell whether a write was refused, in a way that a caller can see."""
    try:
        return not write()
    except (ValueTooLargeError, CacheUnavailableError):
        return True
