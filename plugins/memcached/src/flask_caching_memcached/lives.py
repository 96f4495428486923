"""What is memcached told about how long an item lives?

The deadline that counts is in the payload. memcached's own is an upper bound, so that it can
use the memory again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

#: Seconds: 30 days. A larger number is a date to memcached (its protocol.txt, "Expiration times").
LONGEST_RELATIVE = 30 * 24 * 3600
#: Later dates than this one, in 2038, memcached 1.6 takes for past ones.
LAST_DATE = 2**31 - 1
#: A date long past: what is written with it is gone at once.
GONE = LONGEST_RELATIVE + 1


def expiry(life: float, now: Callable[[], float] = time.time) -> int:
    """Return an item's expiry for a life in seconds, where ``0`` means for ever.

    A second more than asked, since memcached's clock has whole seconds: what lives for one may
    be gone after none. What memcached can't say is for ever.

    :param now: the wall clock's time in seconds, as the server's clock has it.
    """
    if not life:
        return 0
    if math.ceil(life) < LONGEST_RELATIVE:
        return math.ceil(life) + 1
    date = math.ceil(now() + life) + 1
    return date if date <= LAST_DATE else 0
