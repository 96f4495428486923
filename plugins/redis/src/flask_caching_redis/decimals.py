"""Which values lie in Redis as a plain decimal, so that ``INCRBY`` counts on?"""

from __future__ import annotations

import re
from typing import Any

from flask_caching.backends.base import COUNTER_MAX, COUNTER_MIN

#: What ``INCRBY`` reads as a number, and what it writes: no sign but a minus, no leading zero.
_CANONICAL = re.compile(rb"0|-?[1-9][0-9]{0,18}")


def as_decimal(value: Any) -> bytes | None:
    """Return the decimal that stands for a value; ``None`` where a value is no counter.

    Exactly an ``int`` of 64 bits: a ``bool`` or an enumeration must come back as what it is.
    """
    if type(value) is int and COUNTER_MIN <= value <= COUNTER_MAX:
        return b"%d" % value
    return None


def from_decimal(payload: bytes) -> int | None:
    """Return the number that `as_decimal` or ``INCRBY`` wrote; ``None`` for anything else."""
    if not _CANONICAL.fullmatch(payload):
        return None
    value = int(payload)
    return value if COUNTER_MIN <= value <= COUNTER_MAX else None
