r"""What exactly lies in the file of an entry, and how is it read and written?

A file is::

    FCf\\x01  length  written | payload | name
    4        4       8                  length

The payload is the core's (`flask_caching.payload`), with the deadline and a checksum over
itself and the name. The name stands last, so that the deadline lies at a fixed place; it
tells entries apart whose hashes are the same. `written` is the nanosecond of writing, since
the file system's own times are too coarse to say which of two files is the older one.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from contextlib import suppress
from typing import NamedTuple

from flask_caching.payload import deadline_of

MAGIC = b"FCf\x01"
_START = struct.Struct(">4sI")
_WRITTEN = struct.Struct(">Q")
_HEAD_SIZE = _START.size + _WRITTEN.size
#: Bytes enough for the head and the payload's deadline.
_GLANCE = 64
#: Bytes of one read; most entries are smaller.
_CHUNK = 1 << 16

# A planted symbolic link is not followed, and a planted FIFO does not block.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: What opening or reading something else than a file answers; EMLINK is a BSD's ELOOP.
_NO_FILE = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR, errno.EAGAIN})


class Glance(NamedTuple):
    """What the beginning of a file says, not verified."""

    written: int
    deadline: float


class Frame(NamedTuple):
    """What lies around the payload of an entry."""

    start: bytes
    name: bytes

    @classmethod
    def of(cls, name: bytes) -> Frame:
        return cls(_START.pack(MAGIC, len(name)), name)

    def around(self, payload: bytes, written: int) -> bytes:
        """Return what to write into the file."""
        return b"".join((self.start, _WRITTEN.pack(written), payload, self.name))

    def within(self, content: bytes) -> bytes:
        """Return the payload, or ``b""``, which is none, where this is not the entry's file."""
        if content.startswith(self.start) and content.endswith(self.name):
            return content[_HEAD_SIZE : len(content) - len(self.name)]
        return b""


def read_file(path: str) -> bytes | None:
    """Return a file's content, ``None`` where there is nothing, ``b""`` for what is no file."""
    try:
        file = os.open(path, _READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _nothing_in(error)
    try:
        content = os.read(file, _CHUNK)
        return content if len(content) < _CHUNK else _rest(file, content)
    except OSError as error:
        return _nothing_in(error)
    finally:
        os.close(file)


def glance(path: str) -> Glance | None:
    """Return what the beginning of a file says, or ``None`` where it isn't an entry's."""
    try:
        file = os.open(path, _READ)
    except OSError:
        return None
    try:
        beginning = os.read(file, _GLANCE)
    except OSError:
        return None
    finally:
        os.close(file)
    deadline = deadline_of(beginning[_HEAD_SIZE:])
    if deadline is None or not beginning.startswith(MAGIC):
        return None
    return Glance(_WRITTEN.unpack_from(beginning, _START.size)[0], deadline)


def create_file(path: str, content: bytes, mode: int) -> None:
    """Write a file that must not exist yet; where that fails, nothing is left of it."""
    file = os.open(path, _CREATE, mode)
    try:
        try:
            if mode & 0o077:  # the umask may have taken these bits away
                os.fchmod(file, mode)
            unwritten = content
            while unwritten:
                unwritten = unwritten[os.write(file, unwritten) :]
        finally:
            os.close(file)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


class WritingTimes:
    """Gives nanoseconds that only grow, so that of two files one is always the older."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        # Two threads may get the same one, which is as good as at the same time.
        self._last = max(time.time_ns(), self._last + 1)
        return self._last


def _rest(file: int, beginning: bytes) -> bytes:
    parts = [beginning]
    while part := os.read(file, max(_CHUNK, os.fstat(file).st_size)):
        parts.append(part)
    return b"".join(parts)


def _nothing_in(error: OSError) -> bytes:
    if error.errno in _NO_FILE:
        return b""
    raise error
