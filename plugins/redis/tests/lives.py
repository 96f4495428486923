"""How does a test let time pass on a real server? By shortening all lives."""

from __future__ import annotations

from collections.abc import Iterable

import redis


def shorten_lives(client: redis.Redis, seconds: float, names: Iterable[bytes]) -> None:
    """Let the time pass for some names, as far as the server can tell."""
    names = list(names)
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.pttl(name)
    for name, left in zip(names, pipe.execute(), strict=True):
        if left >= 0:
            pipe.pexpire(name, max(left - round(seconds * 1000), 0))
    pipe.execute()
