"""A backend that keeps files in a folder: small, and whole enough to pass every case of folders."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.errors import ConfigError
from flask_caching.payload import deadline_of

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
ENTRY, NEW = ".entry", ".new"


class FolderCache(BytesCache):
    """Keeps each entry in a file; whoever writes has locked a file of the folder."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        set(Capability) - {Capability.BULK, Capability.NETWORK}
    )

    def __init__(self, folder, threshold=500, **options):
        super().__init__(**options)
        self._folder = Path(folder)
        self._threshold = threshold

    @classmethod
    def factory(cls, app, config, args, kwargs):
        options = {
            "threshold": config["CACHE_THRESHOLD"],
            "key_prefix": config["CACHE_KEY_PREFIX"],
            "serializer": config["CACHE_SERIALIZER"],
        }
        if not config.get("CACHE_DIR"):
            raise ConfigError("CACHE_DIR", "must name a folder")
        return cls(config["CACHE_DIR"], *args, **{**options, **kwargs})

    def raw_get(self, name):
        try:
            file = os.open(self.path(name), READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return b""  # a planted link, which is no entry
            raise
        with os.fdopen(file, "rb") as content:
            return content.read()

    def raw_set(self, name, payload, life):
        with self.locked():
            self.put(name, payload)
        return True

    def raw_swap(self, name, expected, payload, life):
        with self.locked():
            if self.raw_get(name) != expected:
                return False
            self.put(name, payload)
        return True

    def raw_delete(self, name):
        with self.locked():
            return removed(self.path(name))

    def raw_clear(self, prefix):
        with self.locked():
            for path in self.entries(self.shelf(prefix)):
                removed(path)

    def prune(self):
        with self._translated("prune"), self.locked():
            return sum(map(self.ended, self.entries(self.shelf(self._namespace()))))

    # -- files -----------------------------------------------------------------------

    def shelf(self, name):
        """Return the folder of a name's prefix."""
        prefix = name[: name.index("|")]
        return self._folder / hashlib.sha256(prefix.encode()).hexdigest()

    def path(self, name):
        return self.shelf(name) / (hashlib.sha256(name.encode()).hexdigest() + ENTRY)

    def entries(self, shelf):
        """Return the files of a prefix's entries, the oldest first."""
        ages = {}
        for path in shelf.glob(f"*{ENTRY}"):
            with suppress(FileNotFoundError):
                ages[path] = path.lstat().st_mtime_ns
        return sorted(ages, key=ages.get)

    def put(self, name, payload):
        path = self.path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(NEW)
        removed(new)  # of a writer that died
        with tidied(new):
            with os.fdopen(os.open(new, CREATE, 0o600), "wb") as file:
                file.write(payload)
            now = time.time_ns()  # the file system's own times are too coarse
            os.utime(new, ns=(now, now))
            new.replace(path)
        self.make_room(path.parent)

    def make_room(self, shelf):
        if len(list(shelf.glob(f"*{ENTRY}"))) <= self._threshold:
            return
        left = [path for path in self.entries(shelf) if not self.ended(path)]
        for path in left[: -self._threshold]:
            removed(path)

    def ended(self, path):
        """Remove a file whose entry has expired; tell whether it had."""
        deadline = None
        with suppress(OSError), open(path, "rb", opener=lambda p, _: os.open(p, READ)) as file:
            deadline = deadline_of(file.read(64))
        return bool(deadline and deadline <= self._clock()) and removed(path)

    @contextmanager
    def locked(self):
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # Not by closing: a child that was forked meanwhile has it open as well.
                fcntl.flock(lock, fcntl.LOCK_UN)
        finally:
            os.close(lock)


def removed(path):
    """Remove a file; tell whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def tidied(new):
    """Leave no half of a file where writing it fails."""
    try:
        yield
    except BaseException:
        removed(new)
        raise
