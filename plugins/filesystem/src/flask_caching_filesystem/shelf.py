"""Where do the entries of one prefix lie, and how are they changed without tearing?

A shelf is a folder of `FOLDERS` folders of files, and a `Ledger`. Reading takes no lock, as a
file is never changed once it is in its place; changes of one folder come one after another,
whichever thread or process makes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from flask_caching.payload import deadline_of
from flask_caching.processes import PerProcess

from .entry_file import Frame, Glance, WritingTimes, create_file, glance, read_file
from .eviction import Candidate, Eviction
from .exchange import Exchange
from .ledger import FOLDERS, Ledger, OpenLedger
from .new_names import NEW, NewNames

_UNREADABLE = Glance(0, 0.0)
ENTRY = ".entry"
LEDGER = "ledger"

_OWN = re.compile(rf"[0-9a-f]+{re.escape(ENTRY)}|[0-9a-f]+-[0-9]+{re.escape(NEW)}")
#: How often a write begins anew because its file or folder was removed meanwhile.
_ATTEMPTS = 64
#: The folder of a hash, by the two digits with which it begins.
_FOLDER_OF = {f"{number:02x}": number % FOLDERS for number in range(256)}


class Anything:
    """In the place of what is expected: whatever lies there is overwritten."""


ANYTHING: Final = Anything()


class Spot(NamedTuple):
    """Where an entry lies in its shelf."""

    folder: int
    path: str
    frame: Frame


class Shelf:
    """The files of one prefix.

    :param path: its folder; the one around it exists already.
    :param digest: gives the name of the file for an entry's name, in hexadecimal digits.
    :param mode: the permissions of files.
    :param threshold: the number of entries kept; ``0``: no limit.
    """

    def __init__(
        self,
        path: str,
        digest: Callable[[bytes], Any],
        mode: int,
        threshold: int,
        clock: Callable[[], float],
        exchange: Exchange,
        make_folder: Callable[[str], None],
    ) -> None:
        self.path = path
        self._digest = digest
        self._mode = mode
        self._clock = clock
        self._exchange = exchange
        self._make_folder = make_folder
        self._ledger = Ledger(f"{path}/{LEDGER}", mode, lambda: make_folder(path))
        self._folders = [f"{path}/{number:02x}" for number in range(FOLDERS)]
        self._written = WritingTimes()
        self._eviction = Eviction(threshold, clock) if threshold else None
        # Other processes write beside this one; a child must not go on with the same names.
        self._new_names = PerProcess(NewNames)

    # -- entries ---------------------------------------------------------------------

    def spot(self, name: str) -> Spot:
        """Return where the entry of a name lies."""
        frame = Frame.of(name.encode())
        digest: str = self._digest(frame.name).hexdigest()
        folder = _FOLDER_OF[digest[:2]]
        return Spot(folder, f"{self._folders[folder]}/{digest}{ENTRY}", frame)

    def write(self, spot: Spot, payload: bytes, expected: bytes | Anything | None) -> bool:
        """Write an entry, only if `expected` lies there: a payload, or ``None`` for nothing."""
        folder, path, frame = spot
        noted = Glance(self._written(), deadline_of(payload) or 0.0)
        content = frame.around(payload, noted.written)
        names = self._new_names()
        for _ in range(_ATTEMPTS):
            name = names.take()
            new = f"{self._folders[folder]}/{name}"
            try:
                create_file(new, content, self._mode)
            except (FileNotFoundError, FileExistsError):  # it could not be removed
                with suppress(FileNotFoundError):  # removed again while they are made
                    self._make_folders(folder)
                continue
            try:
                with self._ledger.locked(folder) as ledger:
                    if expected is not ANYTHING and read(spot) != expected:
                        os.unlink(new)
                        names.give_back(name)
                        return False
                    grown = self._put_in_place(new, path, folder, ledger)
            except FileNotFoundError:
                continue  # `clear` or `prune` took it for a dead writer's
            except BaseException:
                with suppress(OSError):
                    os.unlink(new)
                raise
            names.give_back(name)
            if self._eviction is not None:
                self._eviction.note(folder, path, noted)
                if grown:
                    self._eviction.make_room(self)
            return True
        raise FileNotFoundError(f"{self._folders[folder]} is removed again and again")

    def remove(self, spot: Spot, expected: bytes | Anything) -> bool:
        """Remove an entry, only if `expected` lies there; ``True`` when it was there."""
        if not os.path.lexists(spot.path):
            return False
        with self._ledger.locked(spot.folder) as ledger:
            if expected is not ANYTHING and read(spot) != expected:
                return False
            return _unlink_entry(spot.path, spot.folder, ledger)

    # -- all of them -----------------------------------------------------------------

    def clear(self) -> None:
        """Remove every entry, and what dead writers left."""
        for folder, path in self._existing():
            with self._ledger.locked(folder) as ledger:
                for file in _own_files(path):
                    with suppress(FileNotFoundError):
                        os.unlink(f"{path}/{file}")
                ledger.correct(folder, 0)
            with suppress(OSError):  # somebody is writing there again
                os.rmdir(path)
        if self._eviction is not None:
            self._eviction.forget()

    def prune(self) -> int:
        """Remove what has expired and what dead writers left; return the number of the former.

        A writer that is alive writes its file once more.
        """
        expired = 0
        for folder, path in self._existing():
            with self._ledger.locked(folder) as ledger:
                left = 0
                for file in _own_files(path):
                    found = glance(f"{path}/{file}") if file.endswith(ENTRY) else None
                    if found is not None and not self._is_over(found):
                        left += 1
                        continue
                    with suppress(FileNotFoundError):
                        os.unlink(f"{path}/{file}")
                        expired += found is not None
                ledger.correct(folder, left)
        return expired

    # -- for eviction ----------------------------------------------------------------

    def counts(self) -> tuple[int, ...]:
        return self._ledger.counts()

    def survey(self, folder: int) -> Iterator[Candidate]:
        """Count a folder's entries anew, and give them, the unreadable as the oldest."""
        path = self._folders[folder]
        with self._ledger.locked(folder) as ledger:
            files = [file for file in _own_files(path) if file.endswith(ENTRY)]
            ledger.correct(folder, len(files))
        for file in files:
            yield Candidate(folder, f"{path}/{file}", glance(f"{path}/{file}") or _UNREADABLE)

    def drop(self, candidate: Candidate) -> bool:
        """Remove an entry unless it has changed meanwhile."""
        with self._ledger.locked(candidate.folder) as ledger:
            if (glance(candidate.path) or _UNREADABLE) != candidate.glance:
                return False
            return _unlink_entry(candidate.path, candidate.folder, ledger)

    # -- inside ----------------------------------------------------------------------

    def _put_in_place(self, new: str, path: str, folder: int, ledger: OpenLedger) -> bool:
        """Give a new file its name; ``True`` where there is an entry more now."""
        if self._exchange.replace(new, path):
            return False
        # Counted first: dying in between counts one too many, which a survey corrects.
        ledger.change(folder, 1)
        try:
            os.rename(new, path)
        except BaseException:
            ledger.change(folder, -1)
            raise
        return True

    def _is_over(self, found: Glance) -> bool:
        return bool(found.deadline) and found.deadline <= self._clock()

    def _existing(self) -> Iterator[tuple[int, str]]:
        for folder, path in enumerate(self._folders):
            if os.path.isdir(path) and not os.path.islink(path):  # a planted one leads elsewhere
                yield folder, path

    def _make_folders(self, folder: int) -> None:
        self._make_folder(self.path)
        self._make_folder(self._folders[folder])


def read(spot: Spot) -> bytes | None:
    """Return the payload of an entry, ``b""`` for what isn't one, ``None`` for nothing."""
    content = read_file(spot.path)
    return None if content is None else spot.frame.within(content)


def _own_files(folder: str) -> list[str]:
    """Return the files that a shelf's folder holds, but for those of others."""
    try:
        return [file for file in os.listdir(folder) if _OWN.fullmatch(file)]
    except FileNotFoundError:
        return []


def _unlink_entry(path: str, folder: int, ledger: OpenLedger) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    ledger.change(folder, -1)
    return True
