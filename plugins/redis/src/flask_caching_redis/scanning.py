"""Which names begin with a prefix, found while the server goes on serving others?

By letting it look at a thousand names or so at a time (``SCAN``). ``KEYS`` would keep everybody
waiting until it has looked at all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .driver import Client
from .exchange import checked, exchange

#: How many names the server looks at before it serves others: less than a millisecond's work.
LOOKED_AT = 1_000

#: What means something in a pattern of Redis, inside brackets or outside.
_SPECIAL = re.compile(r"([*?\[\]\\^-])")


def pattern_of(prefix: str) -> str:
    """Return the pattern that matches what begins with exactly `prefix`."""
    return _SPECIAL.sub(r"\\\1", prefix) + "*"


def names_with(client: Client, prefix: str) -> Iterator[list[bytes]]:
    """Give the names on a server that begin with `prefix`, some at a time.

    What is there all the while is found; names may be removed in between.
    """
    pattern = pattern_of(prefix)
    cursor = b"0"
    while True:
        command = ("SCAN", cursor, "MATCH", pattern, "COUNT", LOOKED_AT)
        (answer,) = checked(exchange(client, [command]))
        cursor, names = answer
        if names:
            yield names
        if cursor == b"0":
            return
