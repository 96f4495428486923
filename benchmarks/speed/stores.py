"""The servers of a run: a Redis and a memcached of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from flask_caching_conformance.harness.servers import (
    HOST,
    Server,
    accepts,
    find_program,
    free_port,
)

from .contestants.registry import Place
from .cores import on_one_core

#: Returns the command that starts another one.
Wrap: TypeAlias = "Callable[[list[str]], list[str]]"
#: More than there are contestants, each of which has one.
DATABASES = 1000


@contextmanager
def stores(*, shared_core: bool = False) -> Iterator[Place]:
    """Start both, and stop them again.

    :param shared_core: whether they run on the core that clients share with them.
    """
    wrap = on_one_core if shared_core else list
    with tempfile.TemporaryDirectory() as folder, redis(wrap) as at, memcached(wrap) as beside:
        yield Place(folder, at, 0, beside)


@contextmanager
def redis(wrap: Wrap) -> Iterator[int]:
    """Start a Redis that keeps nothing on disk; gives its port."""
    port = free_port()
    program = find_program("redis-server", "redis-server")
    options = ["--save", "", "--appendonly", "no", "--databases", str(DATABASES)]
    command = [program, *options, "--bind", HOST, "--port", str(port)]
    yield from _served(wrap(command), port)


@contextmanager
def memcached(wrap: Wrap) -> Iterator[int]:
    """Start a memcached; gives its port."""
    port = free_port()
    program = find_program("memcached", "memcached")
    command = [program, "-u", "root", "-U", "0", "-l", HOST, "-p", str(port)]
    yield from _served(wrap(command), port)


def _served(command: list[str], port: int) -> Iterator[int]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(command, Path(folder), lambda: accepts(port)),
    ):
        yield port
