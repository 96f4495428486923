"""Who may change which entries now, and how many are there?

The ledger of a shelf is a file that holds, for each of the shelf's folders, the number of its
entries. Whoever changes a folder has locked that folder's number.

The locks are POSIX record locks (``fcntl.lockf``): one that a process holds does not outlive
it and is not inherited by a child, whereas ``flock`` would survive a fork and stay held by the
child. They don't tell threads apart, so a lock of the process comes first. And closing any
descriptor of a file drops all locks that the process has on it, so that a process opens a
ledger only once, whatever the number of backends that use it.
"""

from __future__ import annotations

import fcntl
import os
import random
import stat
import struct
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType

from flask_caching.processes import PerProcess

#: The number of folders of a shelf. More would make small shelves large, as each is a block.
FOLDERS = 64
#: Seconds after which whoever holds a lock has been stopped or is stuck.
PATIENCE = 2.0
#: Seconds between two looks at a lock that another process holds: at most, at first and later.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.00005, 0.002

_COUNT = struct.Struct("=i")
_COUNTS = struct.Struct(f"={FOLDERS}i")
_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Ledger:
    """The ledger at a path.

    :param make_folder: makes the folder that it lies in.
    """

    def __init__(self, path: str, mode: int, make_folder: Callable[[], None]) -> None:
        self.path = path
        self._mode = mode
        self._make_folder = make_folder
        self._found: OpenLedger | None = None

    def locked(self, folder: int) -> Locked:
        """Lock a folder's number, in a ``with`` statement that gives the open ledger.

        :raises TimeoutError: where somebody else holds it for longer than `PATIENCE`.
        """
        return Locked(self, folder)

    def counts(self) -> tuple[int, ...]:
        """Return the number of entries in each folder."""
        return self.opened(self._found).counts()

    def opened(self, last: OpenLedger | None) -> OpenLedger:
        """Return the ledger that others find: `last`, unless its folder was removed."""
        if last is not None and last.is_at(self.path):
            return last
        try:
            self._found = _ledger_at(self.path, self._mode)
        except FileNotFoundError:
            self._make_folder()
            self._found = _ledger_at(self.path, self._mode)
        return self._found

    def probably(self) -> OpenLedger:
        """Return the ledger that was the right one when it was last looked at."""
        return self._found or self.opened(None)


class Locked:
    """One folder of a shelf, locked, for a ``with`` statement."""

    __slots__ = ("_folder", "_ledger", "_open", "_thread_lock")

    def __init__(self, ledger: Ledger, folder: int) -> None:
        self._ledger = ledger
        self._folder = folder

    def __enter__(self) -> OpenLedger:
        self._open = self._ledger.probably()
        while True:
            self._thread_lock = self._open.acquire(self._folder)
            try:
                found = self._ledger.opened(self._open)
            except BaseException:
                self._open.release(self._folder, self._thread_lock)
                raise
            if found is self._open:
                return found
            self._open.release(self._folder, self._thread_lock)
            self._open = found

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.release(self._folder, self._thread_lock)


class OpenLedger:
    """An open ledger: one for each file in a process."""

    def __init__(self, file: int, identity: tuple[int, int]) -> None:
        self._file = file
        self._identity = identity
        self._thread_lock = PerProcess(threading.Lock)
        weakref.finalize(self, os.close, file)

    def is_at(self, path: str) -> bool:
        """Tell whether others find this ledger there, too."""
        try:
            status = os.stat(path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def acquire(self, folder: int) -> threading.Lock:
        """Lock a folder's number; returns what `release` needs."""
        thread_lock = self._thread_lock()
        if not thread_lock.acquire(timeout=PATIENCE):
            raise TimeoutError("another thread holds the lock of the cache's folder")
        try:
            self._lock_record(folder)
        except BaseException:
            thread_lock.release()
            raise
        return thread_lock

    def release(self, folder: int, thread_lock: threading.Lock) -> None:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _COUNT.size, folder * _COUNT.size)
        finally:
            thread_lock.release()

    def counts(self) -> tuple[int, ...]:
        written = os.pread(self._file, _COUNTS.size, 0)
        counts: tuple[int, ...] = _COUNTS.unpack(written.ljust(_COUNTS.size, b"\0"))
        return counts

    def change(self, folder: int, difference: int) -> None:
        """Count entries that came or went; the folder is locked."""
        self.correct(folder, max(self.counts()[folder] + difference, 0))

    def correct(self, folder: int, count: int) -> None:
        """Write down how many entries there are; the folder is locked."""
        os.pwrite(self._file, _COUNT.pack(count), folder * _COUNT.size)

    def _lock_record(self, folder: int) -> None:
        # Waiting in the system call would wait for ever for a process that was stopped, and
        # takes threads that wait for different folders for a deadlock (EDEADLK).
        started, pause = time.monotonic(), _FIRST_PAUSE
        how = fcntl.LOCK_EX | fcntl.LOCK_NB
        while True:
            try:
                fcntl.lockf(self._file, how, _COUNT.size, folder * _COUNT.size)
            except (BlockingIOError, PermissionError):  # POSIX allows for either
                if time.monotonic() - started > PATIENCE:
                    raise TimeoutError(
                        "another process holds the lock of the cache's folder"
                    ) from None
            else:
                return
            time.sleep(random.uniform(0, pause))  # noqa: S311 (no secret)
            pause = min(2 * pause, _LONGEST_PAUSE)


#: By device and inode number: an open file keeps its inode from being used again.
_open_ledgers: weakref.WeakValueDictionary[tuple[int, int], OpenLedger] = (
    weakref.WeakValueDictionary()
)
_opening = PerProcess(threading.Lock)


def _ledger_at(path: str, mode: int) -> OpenLedger:
    """Return the ledger of a path, which is created where it is missing."""
    with _opening():
        while True:
            found = _looked_up(path, mode)
            if found is not None:
                return found


def _looked_up(path: str, mode: int) -> OpenLedger | None:
    """Return the ledger of a path; ``None`` where it has changed meanwhile, or was none."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        try:
            return _opened(os.open(path, _OPEN | os.O_CREAT | os.O_EXCL, mode), path, mode)
        except FileExistsError:
            return None  # another process has created it
    known = _open_ledgers.get((status.st_dev, status.st_ino))
    if known is not None:
        return known
    try:
        return _opened(os.open(path, _OPEN), path, mode)
    except FileNotFoundError:
        return None  # another process has removed it


def _opened(file: int, path: str, mode: int) -> OpenLedger | None:
    """Return the ledger that a file is; ``None``, with the file removed, for what is none.

    That is a pipe that was planted, or a hard link to a file elsewhere, which would be written
    into.
    """
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(file)
        os.unlink(path)
        return None
    if mode & 0o077:  # the umask may have taken these bits away
        os.fchmod(file, mode)
    identity = status.st_dev, status.st_ino
    ledger = _open_ledgers[identity] = OpenLedger(file, identity)
    return ledger
