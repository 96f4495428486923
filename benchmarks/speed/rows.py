"""Which operations are measured, beside whom, and what is asked of them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from .results import Goal, at_most, faster

ORIGINAL = "Flask-Caching 2.5.1"


class Row(NamedTuple):
    """An operation that is timed.

    :param name: as the contestants name it.
    :param peers: who has it besides us, by their names in the registry.
    :param clock: what is compared: by the wall, or what the process itself takes. Of an operation
        over the network the wall's time is mostly how long the system takes to wake a process.
    :param beside: contestants that run in our own environment.
    """

    group: str
    name: str
    peers: Sequence[str]
    goals: Sequence[Goal]
    clock: Literal["wall", "cpu"] = "wall"
    beside: Sequence[str] = ()


IN_MEMORY, VIEWS, FILES = "In memory", "Views", "Files"
REDIS, MEMCACHED = "Redis", "memcached"

ROWS = (
    Row(
        IN_MEMORY,
        "memoize hit",
        (ORIGINAL, "dogpile.cache", "cashews", "cachetools", "lru_cache"),
        (faster(20, ORIGINAL),),
    ),
    Row(IN_MEMORY, "memoize hit on a method", (ORIGINAL,), (faster(20, ORIGINAL),)),
    Row(IN_MEMORY, "get in memory", (ORIGINAL, "Django"), (faster(1.5, ORIGINAL),)),
    Row(IN_MEMORY, "set in memory", (ORIGINAL, "Django"), (faster(1.5, ORIGINAL),)),
    Row(IN_MEMORY, "set in memory at the threshold", (ORIGINAL,), (faster(20, ORIGINAL),)),
    Row(
        IN_MEMORY,
        "a hook that nobody implements",
        (),
        (at_most(0.1),),
        beside=("pluggy",),
    ),
    Row(VIEWS, "cached view hit", (ORIGINAL,), (faster(6, ORIGINAL),)),
    Row(VIEWS, "cached view hit, by query string", (ORIGINAL,), (faster(4, ORIGINAL),)),
    Row(
        VIEWS,
        "WSGI request, cached hit",
        (ORIGINAL,),
        (at_most(1.1, "trivial view"),),
        beside=("trivial view",),
    ),
    Row(
        VIEWS,
        "WSGI request, cached hit of an async view",
        (ORIGINAL,),
        (at_most(1.1, "sync view"),),
        beside=("sync view",),
    ),
    Row(FILES, "get of a file", (ORIGINAL, "diskcache"), (faster(3, ORIGINAL),)),
    Row(
        FILES,
        "set of a file",
        (ORIGINAL, "diskcache"),
        (faster(20, ORIGINAL), faster(2, "diskcache")),
    ),
    Row(FILES, "set of a file at the threshold", (ORIGINAL,), (faster(20, ORIGINAL),)),
    Row(
        REDIS,
        "get on Redis",
        (ORIGINAL,),
        (at_most(1.15, "redis-py GET"),),
        "cpu",
        ("redis-py GET",),
    ),
    Row(
        REDIS,
        "set on Redis",
        (ORIGINAL,),
        (at_most(1.15, "redis-py SET"),),
        "cpu",
        ("redis-py SET",),
    ),
    Row(
        REDIS,
        "memoize hit on Redis",
        (ORIGINAL,),
        (at_most(1.3, "redis-py MGET of two"),),
        "cpu",
        ("redis-py MGET of two",),
    ),
    Row(REDIS, "set_many of 1,000 on Redis", (ORIGINAL,), (faster(2, ORIGINAL),)),
    Row(REDIS, "get_many of 1,000 on Redis", (ORIGINAL,), ()),
    Row(
        MEMCACHED,
        "get on memcached",
        (ORIGINAL,),
        (at_most(1.25, "pylibmc get_multi of two"),),
        "cpu",
        ("pylibmc get_multi of two",),
    ),
    Row(
        MEMCACHED,
        "set on memcached",
        (ORIGINAL,),
        (at_most(1.15, "pylibmc get + set"),),
        "cpu",
        ("pylibmc get + set",),
    ),
)
