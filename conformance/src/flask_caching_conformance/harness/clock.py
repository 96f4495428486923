"""What time is it, as far as a test is concerned?"""

from __future__ import annotations

import math
import time

#: Parts of a second: sums of such times and of the lives in tests are exact as floats.
FRACTION = 1024


class Clock:
    """A clock that stands still until a test sets it, from the present time on.

    The present, since a store compares the dates that it is given with a clock of its own.
    """

    def __init__(self) -> None:
        self.now = math.floor(time.time() * FRACTION) / FRACTION

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
