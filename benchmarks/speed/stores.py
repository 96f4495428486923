"""The servers of a run: a Redis and a memcached of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_caching_conformance.harness.servers import (
    HOST,
    Server,
    accepts,
    find_program,
    free_port,
)

from .contestants.registry import Place
from .cores import on_one_core

#: More than there are contestants, each of which has one.
DATABASES = 1000


@contextmanager
def stores() -> Iterator[Place]:
    """Start both, and stop them again."""
    with tempfile.TemporaryDirectory() as folder, redis() as at, memcached() as beside:
        yield Place(folder, at, 0, beside)


@contextmanager
def redis() -> Iterator[int]:
    """Start a Redis that keeps nothing on disk; gives its port."""
    port = free_port()
    program = find_program("redis-server", "redis-server")
    options = ["--save", "", "--appendonly", "no", "--databases", str(DATABASES)]
    command = [program, *options, "--bind", HOST, "--port", str(port)]
    yield from _served(on_one_core(command), port)


@contextmanager
def memcached() -> Iterator[int]:
    """Start a memcached; gives its port."""
    port = free_port()
    program = find_program("memcached", "memcached")
    command = [program, "-u", "root", "-U", "0", "-l", HOST, "-p", str(port)]
    yield from _served(on_one_core(command), port)


def _served(command: list[str], port: int) -> Iterator[int]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(command, Path(folder), lambda: accepts(port)),
    ):
        yield port
