"""What did this thread see when it last read?

A read fetches the generation together with the entry. Who writes right after it on the same
thread need not fetch it again, and must not, where the value was made from what was read: a
``clear`` in between is to outdate it.
"""

from __future__ import annotations

import threading

from .shelf import Sight


class Memory(threading.local):
    """What each thread saw last, and what it was told to write by."""

    #: What the last read saw.
    seen: Sight | None = None
    #: What was seen before the value was computed that is being written.
    told: Sight | None = None

    def recall(self, name: str) -> Sight | None:
        """Return, once, what the last read saw, if it was of this entry."""
        seen, self.seen = self.seen, None
        return seen if seen is not None and seen.name == name else None

    def told_of(self, name: str) -> Sight | None:
        told = self.told
        return told if told is not None and told.name == name else None
