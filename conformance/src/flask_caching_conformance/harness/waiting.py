"""How does a test wait? For a condition, never for a length of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds after which something that does not happen has failed; nothing ever lasts that long.
PATIENCE = 30.0
#: Seconds between two looks.
PAUSE = 0.01


def wait_until(condition: Callable[[], T], patience: float = PATIENCE) -> T:
    """Return what `condition` gives as soon as that is true.

    :raises AssertionError: where it is not within `patience` seconds.
    """
    until = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < until, f"it did not come to pass within {patience} seconds"
        time.sleep(PAUSE)
    return found
