"""Does a backend that keeps files keep them to itself, and its old values when it can't write?"""

from __future__ import annotations

import os
import resource
import socket
import stat
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import CacheError

from ..bench import Bench
from ..catalogue import case
from ..harness.children import in_child
from ..harness.powerless import obeys_modes
from ..harness.threads import in_thread, results
from ..verdicts import Skip
from ..workshop import Workshop

#: Operations that write, where "old" holds "old", "count" 1, and "absent" nothing.
WRITES: dict[str, Callable[[BaseCache], Any]] = {
    "set": lambda backend: backend.set("old", "new", 0),
    "set of a large value": lambda backend: backend.set("old", "new" * 50_000, 0),
    "set of an absent key": lambda backend: backend.set("absent", "new", 0),
    "set_many": lambda backend: backend.set_many({"old": "new", "absent": "new"}, 0),
    "add": lambda backend: backend.add("absent", "new", 0),
    "inc": lambda backend: backend.inc("count"),
}
REMOVALS: dict[str, Callable[[BaseCache], Any]] = {
    "delete": lambda backend: backend.delete("old"),
    "clear": lambda backend: backend.clear(),
}
EVERYTHING: dict[str, Callable[[BaseCache], Any]] = {
    "get": lambda backend: backend.get("old"),
    "get_many": lambda backend: backend.get_many("old", "count"),
    "has": lambda backend: backend.has("old"),
    **WRITES,
    **REMOVALS,
}
OLD = ["old", 1, None]
FOREIGN = b"not written by a cache"

Outcomes = dict[str, Any]


def _socket(path: Path) -> None:
    """Make a socket; in its folder, since the paths of sockets are short."""
    there = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"/proc/self/fd/{there}/{path.name}")
    finally:
        os.close(there)


#: What `EVERYTHING` that only reads answers where nothing lies.
READ_NOTHING: Outcomes = {"get": None, "get_many": [None, None], "has": False}
#: What may be planted in a file's place.
PLANTED: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": _socket,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}


class Folders(Bench):
    """Folders."""

    @pytest.fixture
    def filled(self, backend: BaseCache) -> BaseCache:
        """A backend that holds what `WRITES` write over."""
        backend.set("old", "old", 0)
        backend.inc("count")
        return backend

    @pytest.mark.parametrize("umask", [0, 0o022], ids=oct)
    @case("H-DIR-01", "Files are 0600 and directories 0700, whatever the umask.")
    def test_only_the_owner_may_enter(self, make: Workshop, store_folder: Path, umask: int) -> None:
        before = os.umask(umask)
        try:
            backend = make()
            backend.set_many({"key": 1, "other": [2]})
            backend.inc("count")
        finally:
            os.umask(before)

        modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in store_folder.rglob("*")}

        assert modes
        assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}

    @pytest.mark.parametrize("target", ["file", "missing"])
    @case("H-DIR-02", "A planted symbolic link is not followed: nothing is read or written there.")
    def test_a_planted_link_is_not_followed(
        self,
        filled: BaseCache,
        store_folder: Path,
        tmp_path_factory: pytest.TempPathFactory,
        target: str,
    ) -> None:
        victim = tmp_path_factory.mktemp("elsewhere") / "victim"
        if target == "file":
            victim.write_bytes(FOREIGN)
            victim.chmod(0o640)

        for operation in EVERYTHING.values():
            filled.set_many({"old": "old", "count": 1}, 0)
            for path in files_below(store_folder):
                path.unlink(missing_ok=True)
                if path.parent.exists():  # what came before may have removed it
                    path.symlink_to(victim)
                with suppress(CacheError):
                    assert operation(filled) != FOREIGN
                if path.is_symlink():
                    path.unlink()
                if target == "file":
                    assert victim.read_bytes() == FOREIGN
                    assert stat.S_IMODE(victim.stat().st_mode) == 0o640
                else:
                    assert not victim.exists()

    @case("H-DIR-03", "Files of others in the folder stay, and are no entries.")
    def test_files_of_others_stay(self, make: Workshop, store_folder: Path) -> None:
        backend = make()
        backend.set_many({"key": 1, "other": 2})
        places = [store_folder, *(path for path in store_folder.rglob("*") if path.is_dir())]
        names = ["README", ".hidden", "data.tmp", "0" * 32]
        foreign = [place / name for place in places for name in names]
        for path in foreign:
            path.write_bytes(FOREIGN)

        backend.set("key", "new")
        backend.delete("other")
        assert backend.get_many("key", "other") == ["new", None]
        if Capability.PRUNE in backend.capabilities:
            assert backend.prune() == 0
        assert backend.clear() is True

        assert [path for path in foreign if contents(path) != FOREIGN] == []

    @pytest.mark.usefixtures("forked")
    @case("H-DIR-04", "A full disk: `False` or a typed error, and the old value stands.")
    def test_a_full_disk_keeps_the_old_values(self, filled: BaseCache, store_folder: Path) -> None:
        before = len(files_below(store_folder))

        def write() -> tuple[Outcomes, list[Any], int, Any]:
            # A limit of this process alone, which root has as well: no file grows any more.
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
            answers = outcomes(filled, WRITES)
            left, files = filled.get_many("old", "count", "absent"), len(files_below(store_folder))
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            return answers, left, files, filled.set("old", "again", 0)

        written = in_child(write)

        assert isinstance(written, tuple), f"there it can't even read: {written}"
        answers, left, files, again = written
        assert set(answers.values()) == {"refused"}, answers
        assert left == OLD
        assert files <= before, "what could not be written lies about"
        assert again is True
        assert filled.get_many("old", "count", "absent") == ["again", 1, None]

    @pytest.mark.usefixtures("forked")
    @case("H-DIR-05", "A read-only folder: `False` or a typed error, and the old value stands.")
    def test_a_read_only_folder_keeps_the_old_values(
        self, filled: BaseCache, store_folder: Path
    ) -> None:
        def write() -> tuple[Outcomes, list[Any]] | None:
            if not obeys_modes():
                return None
            return (
                outcomes(filled, {**WRITES, **REMOVALS}),
                filled.get_many("old", "count", "absent"),
            )

        with read_only(store_folder):
            written = in_child(write)

        if written is None:
            Skip.NOT_JUDGED("root may write everywhere on this system")
        assert isinstance(written, tuple), f"there it can't even read: {written}"
        answers, left = written
        assert set(answers.values()) == {"refused"}, answers
        assert left == OLD
        assert filled.set("old", "again") is True
        assert filled.get("old") == "again"

    @pytest.mark.usefixtures("forked")
    @case("H-DIR-06", "A file that vanishes when it is read is a miss, and no error.")
    def test_a_file_that_vanishes_is_a_miss(self, filled: BaseCache, store_folder: Path) -> None:
        def use() -> dict[str, Any]:
            doomed: list[str] = [str(store_folder)]
            sys.addaudithook(vanishing(doomed))
            seen: dict[str, Any] = {}
            for name, operation in EVERYTHING.items():
                doomed[:] = []
                filled.set("old", "old", 0)
                doomed[:] = [str(store_folder)]
                try:
                    seen[name] = operation(filled)
                except Exception as error:  # noqa: BLE001 (told to the parent)
                    seen[name] = repr(error)
            return seen

        seen = in_child(use)

        assert isinstance(seen, dict), seen
        assert seen["get"] in (None, "old")
        assert seen["get_many"] in ([None, None], ["old", None], [None, 1], ["old", 1])
        assert [name for name, answer in seen.items() if "Error" in repr(answer)] == [], seen

    @pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
    @case(
        "H-DIR-07",
        "What lies in a file's place and is none, such as a pipe, a socket or a folder, is no "
        "value, and nothing waits for it: an answer, or a typed error.",
        since=2,
    )
    def test_what_is_no_file_is_no_value(
        self, filled: BaseCache, store_folder: Path, planted: Callable[[Path], object]
    ) -> None:
        def plant_and(operation: Callable[[BaseCache], Any], places: Iterable[Path]) -> Any:
            for path in places:
                path.unlink()
                planted(path)
            try:
                return operation(filled)
            except CacheError:
                return None

        for name, operation in EVERYTHING.items():
            filled.set_many({"old": "old", "count": 1}, 0)
            places = files_below(store_folder)
            (answer,) = results([in_thread(plant_and, operation, places)], self.patience)
            for path in places:
                remove_planted(path)

            assert answer in (None, READ_NOTHING.get(name, answer)), name
        assert filled.set("old", "new", 0) is True
        assert filled.get("old") == "new"

    @case(
        "H-DIR-08", "A hard link to a file of others is no entry, and is not written into.", since=2
    )
    def test_a_file_of_others_is_not_written_into(
        self, filled: BaseCache, store_folder: Path
    ) -> None:
        victim = store_folder.parent / "victim"
        for name, operation in EVERYTHING.items():
            filled.set_many({"old": "old", "count": 1}, 0)
            victim.write_bytes(FOREIGN)
            victim.chmod(0o640)
            for path in files_below(store_folder):
                path.unlink()
                os.link(victim, path)

            with suppress(CacheError):
                operation(filled)

            assert victim.read_bytes() == FOREIGN, name
            assert stat.S_IMODE(victim.stat().st_mode) == 0o640, name
            for path in files_below(store_folder):
                if path.stat().st_ino == victim.stat().st_ino:
                    path.unlink()
        assert filled.set("old", "new", 0) is True
        assert filled.get("old") == "new"

    @pytest.mark.usefixtures("forked")
    @case(
        "H-DIR-09",
        "A link that is planted in the moment in which a file is opened leads nowhere, either.",
        since=2,
    )
    def test_a_link_that_comes_in_between_leads_nowhere(
        self, filled: BaseCache, store_folder: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        victim = tmp_path_factory.mktemp("elsewhere") / "victim"
        victim.write_bytes(FOREIGN)

        def use() -> list[str]:
            folders: list[str] = []
            sys.addaudithook(replacing(folders, victim))
            for name, operation in EVERYTHING.items():
                filled.set_many({"old": "old", "count": 1}, 0)
                folders[:] = [str(store_folder)]
                with suppress(CacheError):
                    operation(filled)
                folders.clear()
                for path in files_below(store_folder):
                    if path.is_symlink():
                        path.unlink()
                if victim.read_bytes() != FOREIGN:
                    return [name]
            return []

        written = in_child(use)

        assert written == [], "there it was written into by that"
        assert filled.set("old", "new", 0) is True


def outcomes(backend: BaseCache, operations: dict[str, Callable[[BaseCache], Any]]) -> Outcomes:
    """Return what operations answer, each alone; "refused" where they say that they failed."""
    return {name: _outcome(backend, operation) for name, operation in operations.items()}


def _outcome(backend: BaseCache, operation: Callable[[BaseCache], Any]) -> Any:
    try:
        return operation(backend) or "refused"  # `False`, or a list of no keys
    except CacheError:
        return "refused"


def files_below(folder: Path) -> list[Path]:
    """Return the files and the links below a folder."""
    return [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]


def remove_planted(path: Path) -> None:
    """Remove what lies somewhere, and is no file."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    elif path.is_symlink() or not path.is_file():
        path.unlink(missing_ok=True)


def contents(path: Path) -> bytes | None:
    """Return what is in a file, ``None`` where it is gone."""
    return path.read_bytes() if path.exists() else None


@contextmanager
def read_only(folder: Path) -> Generator[None]:
    """Take the permission to write, from everything below a folder, for a while."""
    places = [folder, *folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in places}
    _change(places, lambda path: modes[path] & ~0o222)
    try:
        yield
    finally:
        _change(places, lambda path: modes[path])


def _change(paths: Iterable[Path], mode: Callable[[Path], int]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.chmod(mode(path))


def replacing(folders: list[str], target: Path) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook as `vanishing`, which leaves a link to `target` in the file's place."""
    vanish = vanishing(folders)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        vanish(event, arguments)
        if event == "open" and folders and str(arguments[0]).startswith(folders[0]):
            with suppress(OSError):
                Path(os.fsdecode(arguments[0])).symlink_to(target)

    return hook


def vanishing(folders: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that unlinks a file below the folders when it is about to be opened.

    Python tells such a hook before it opens a file. A hook can't be removed again, so only
    a child process takes one.
    """

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not folders:
            return
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else ""
        if path.startswith(folders[0]):
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 (a path that may be anything)

    return hook
