"""Backends that are careless with their files."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

from ..folder import FolderCache
from .registry import dies_by


@dies_by("H-DIR-01")
class EverybodyMayRead(FolderCache):
    def put(self, name, payload):
        super().put(name, payload)
        self.path(name).chmod(0o644)


@dies_by("H-DIR-02")
class ReadsThroughLinks(FolderCache):
    """Writes through them, too."""

    def put(self, name, payload):
        path = self.path(name)
        if path.is_symlink():
            path.write_bytes(payload)
        super().put(name, payload)


@dies_by("H-DIR-03")
class ClearRemovesTheFolder(FolderCache):
    def raw_clear(self, prefix):
        shutil.rmtree(self.shelf(prefix), ignore_errors=True)


@dies_by("H-DIR-04")
class WritesInPlace(FolderCache):
    def put(self, name, payload):
        path = self.path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(payload)


@dies_by("H-DIR-04")
class LeavesHalfOfAFile(FolderCache):
    def put(self, name, payload):
        half = self.path(name).with_suffix(".half")
        half.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(half, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(payload)
        super().put(name, payload)
        half.unlink()


@dies_by("H-DIR-05")
class AReadOnlyFolderIsASuccess(FolderCache):
    def raw_set(self, name, payload, life):
        try:
            return super().raw_set(name, payload, life)
        except PermissionError:
            return True


@dies_by("H-DIR-06")
class LooksBeforeItOpens(FolderCache):
    def raw_get(self, name):
        return self.path(name).read_bytes() if self.path(name).exists() else None


@dies_by("H-DIR-07")
class WaitsForAPipe(FolderCache):
    def raw_get(self, name):
        path = self.path(name)
        return None if path.is_symlink() or not path.exists() else path.read_bytes()


@dies_by("H-DIR-08")
class WritesIntoWhatLiesThere(WritesInPlace):
    pass


@dies_by("H-DIR-09")
class LooksForLinksBeforeItOpens(FolderCache):
    def put(self, name, payload):
        path = self.path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_symlink():
            path.write_bytes(payload)

    @contextmanager
    def locked(self):
        yield
