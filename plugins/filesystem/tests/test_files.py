"""What lies in the folder, who may read it, and what becomes of what does not belong there?"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import in_thread, in_threads
from flask_caching_filesystem import FileSystemCache
from flask_caching_filesystem.folders import ROOT

from .helpers import files_below, only_file


def permissions(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_an_entry_is_one_file(backend, folder):
    backend.set("key", "value")
    backend.set("key", "other value")

    assert len(files_below(folder)) == 1


def test_reading_writes_nothing(backend, folder):
    backend.set("key", "value")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    backend.get_many("key", "missing")
    backend.has("key")

    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("read", [lambda b: b.get("key"), lambda b: b.get_many("key")])
def test_what_has_expired_is_removed_by_reading_it(backend, clock, folder, read):
    backend.set("key", "value", 10)
    clock.advance(10)

    read(backend)

    assert files_below(folder) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"garbage",
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: content[:16],
        lambda content: b"FCf\x02" + content[4:],
        lambda content: b"x" * 100_000,
    ],
    ids=["empty", "garbage", "cut", "longer", "a head alone", "another version", "large"],
)
def test_what_is_no_entry_is_a_miss_and_removed(backend, folder, spoil):
    backend.set("key", "value")
    file = only_file(folder)
    file.write_bytes(spoil(file.read_bytes()))

    assert backend.get("key") is None

    assert files_below(folder) == []


def test_a_file_cut_anywhere_is_a_miss(backend, folder):
    backend.set("key", "value")
    file = only_file(folder)
    content = file.read_bytes()

    for length in range(len(content)):
        file.write_bytes(content[:length])
        assert backend.get_value("key", "miss") == "miss"


def test_a_flipped_bit_is_a_miss(backend, folder):
    backend.set("key", "value", 0)
    file = only_file(folder)
    content = file.read_bytes()

    for place in [at for at in range(len(content)) if not 8 <= at < 16]:  # the time of writing
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert backend.get_value("key", "miss") == "miss", place


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_what_is_no_entry_can_be_overwritten_and_deleted(backend, folder, content):
    def spoil():
        backend.set("key", "value")
        only_file(folder).write_bytes(content)

    spoil()
    assert backend.has("key") is False
    assert backend.set("key", 1) is True
    spoil()
    assert backend.add("key", 2) is True
    spoil()
    assert backend.inc("key") == 1
    spoil()
    assert backend.touch("key") is False
    assert backend.delete("key") is False
    assert backend.delete_many("key") == ["key"]
    assert files_below(folder) == []


def test_an_entry_moved_to_another_key_is_a_miss(backend, folder):
    backend.set("one", "value")
    one = only_file(folder)
    backend.set("other", "value")
    (other,) = set(files_below(folder)) - {one}
    other.write_bytes(one.read_bytes())

    assert backend.get_many("one", "other") == ["value", None]


def test_keys_with_the_same_hash_are_told_apart(make):
    class Constant:
        def __init__(self, text):
            pass

        def hexdigest(self):
            return "abcdef"

    backend = make(hash_method=Constant)

    backend.set("one", 1)
    assert backend.get("other") is None
    backend.set("other", 2)

    assert backend.get_many("one", "other") == [None, 2]


def test_a_class_that_is_gone_is_a_miss_and_stays(backend, folder):
    class Gone:
        pass

    globals()["Gone"] = Gone
    Gone.__qualname__ = "Gone"
    backend.set("key", Gone())
    del globals()["Gone"]

    assert backend.get_value("key", "miss") == "miss"
    assert backend.set("key", 1) is True
    assert backend.get("key") == 1


# -- files of others ---------------------------------------------------------------------


@pytest.fixture
def foreign(folder, backend):
    """Put files of others everywhere in the folder; return them with their content."""
    backend.set("key", "value")
    places = [folder, folder / ROOT, only_file(folder).parent]
    names = ["notes.txt", "0123456789abcdef", "x.entry", "abc.new", "tmp.__wz_cache", ".hidden"]
    files = {place / name: name.encode() for place in places for name in names}
    for path, content in files.items():
        path.write_bytes(content)
    return files


def test_files_of_others_stay(backend, foreign, clock):
    clock.advance(10_000)

    backend.get("key")
    backend.prune()
    backend.clear()

    assert {path: path.read_bytes() for path in foreign} == foreign


def test_files_of_others_do_not_count(make, foreign, clock):
    backend = make(key_prefix="prefix", threshold=2)

    for key in "abc":
        backend.set(key, 1)

    assert backend.get_many("key", "a", "b", "c") == [None, None, 1, 1]
    assert {path: path.read_bytes() for path in foreign} == foreign


def test_clear_leaves_no_entry_and_no_folder_of_entries(make, folder):
    backend = make(threshold=0)
    backend.set_many({f"key {number}": number for number in range(200)})

    backend.clear()

    assert files_below(folder) == []
    (shelf,) = (folder / ROOT).iterdir()
    assert [path.name for path in shelf.iterdir()] == ["ledger"]


def test_a_folder_that_everybody_uses_loses_nothing(open_folder):
    open_folder.chmod(0o1777)  # as the system's temporary folder
    names = ["notes.txt", "0123456789abcdef0123456789abcdef", "x.entry", "tmp1a2b.__wz_cache"]
    for name in names:
        (open_folder / name).write_text(name)
        (open_folder / name).chmod(0o666)

    def use():
        backend = FileSystemCache(open_folder, threshold=3)
        backend.set_many({str(number): number for number in range(10)})
        return [len(backend.get_many(*"0123456789")), backend.prune(), backend.clear()]

    assert as_a_stranger(use) == [10, 0, True]
    assert {each.name for each in open_folder.iterdir()} == {*names, ROOT}
    assert [(open_folder / name).read_text() for name in names] == names


# -- permissions and links ---------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read(make, folder, umask):
    old = os.umask(umask)
    try:
        make().set("key", "value")
    finally:
        os.umask(old)

    for path in [folder, *folder.rglob("*")]:
        assert permissions(path) == (0o700 if path.is_dir() else 0o600), path


def test_a_group_may_share_the_files(make, folder):
    old = os.umask(0o077)
    try:
        make(mode=0o660).set("key", "value")
    finally:
        os.umask(old)

    for path in (folder / ROOT).rglob("*"):
        assert permissions(path) == (0o770 if path.is_dir() else 0o660), path


def test_a_planted_link_is_not_followed(backend, folder, tmp_path):
    target = tmp_path / "target"
    backend.set("key", "value")
    file = only_file(folder)
    target.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(target)
    content = target.read_bytes()

    assert backend.get("key") is None
    file.unlink(missing_ok=True)
    file.symlink_to(target)
    assert backend.set("key", "new") is True

    assert backend.get("key") == "new"
    assert not file.is_symlink()
    assert target.read_bytes() == content


def test_a_pipe_in_the_place_of_an_entry_is_a_miss(backend, folder):
    backend.set("key", "value")
    file = only_file(folder)
    file.unlink()
    os.mkfifo(file)

    assert in_thread(backend.get_value, "key", "miss").result(10) == "miss"


def test_a_folder_in_the_place_of_an_entry_is_a_miss(backend, folder):
    backend.set("key", "value")
    file = only_file(folder)
    file.unlink()
    file.mkdir()

    assert backend.get_value("key", "miss") == "miss"
    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


def test_nothing_is_removed_through_a_planted_link_to_a_folder(backend, folder, tmp_path, clock):
    backend.set("key", "value", 10)
    entries = only_file(folder).parent
    elsewhere = tmp_path / "elsewhere"
    entries.rename(elsewhere)
    entries.symlink_to(elsewhere)
    clock.advance(10)

    assert backend.prune() == 0
    assert backend.clear() is True

    assert len(files_below(elsewhere)) == 1


def test_a_ledger_that_is_a_hard_link_to_anothers_file_is_replaced(make, folder, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"of somebody else")
    make().set("key", "old")
    (ledger,) = folder.rglob("ledger")
    ledger.unlink()
    os.link(target, ledger)

    assert make().set("key", "new") is True

    assert target.read_bytes() == b"of somebody else"
    assert ledger.stat().st_nlink == 1
    assert make().get("key") == "new"


def test_a_planted_ledger_is_not_followed(backend, folder, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"of somebody else")
    backend.set("key", "old")
    (ledger,) = folder.rglob("ledger")
    ledger.unlink()
    ledger.symlink_to(target)

    for write in (lambda: backend.set("key", "new"), lambda: backend.delete("key"), backend.clear):
        with pytest.raises(CacheUnavailableError):
            write()

    assert target.read_bytes() == b"of somebody else"
    assert backend.get("key") == "old"


def test_a_planted_root_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.mkdir()
    (folder / ROOT).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match="CACHE_DIR") as caught:
        FileSystemCache(folder)

    assert "choose a CACHE_DIR" in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_root_of_another_user_is_refused_unless_the_folder_is_theirs(folder):
    FileSystemCache(folder)
    os.chown(folder / ROOT, 12345, 12345)

    with pytest.raises(ConfigError, match="user number 12345"):
        FileSystemCache(folder)
    os.chown(folder, 12345, 12345)
    assert FileSystemCache(folder).set("key", 1) is True


# -- folders that vanish or refuse -------------------------------------------------------


def test_a_missing_folder_is_created(tmp_path):
    backend = FileSystemCache(tmp_path / "a" / "b" / "c")

    assert backend.set("key", 1) is True


def test_a_relative_folder_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    backend = FileSystemCache("relative")
    backend.set("key", 1)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert backend.get("key") == 1
    backend.set("key", 2)

    assert FileSystemCache(tmp_path / "relative").get("key") == 2


def test_the_folder_may_vanish_while_running(backend, folder):
    backend.set("key", "value")
    shutil.rmtree(folder)

    assert backend.get("key") is None
    assert backend.delete("key") is False
    assert backend.prune() == 0
    assert backend.clear() is True
    assert backend.set("key", "new") is True
    assert backend.get("key") == "new"


def test_counting_survives_that_the_folder_vanishes(make, folder):
    backend = make(threshold=2)
    backend.set_many(dict.fromkeys("abc", 1))
    shutil.rmtree(folder)

    for key in "defg":
        backend.set(key, 1)

    assert len(files_below(folder)) == 2


def test_backends_agree_on_a_folder_that_was_made_anew(make, folder):
    one, other = make(), make()
    one.set("key", 1)
    other.inc("key")
    shutil.rmtree(folder)
    one.set("key", 10)

    totals = in_threads(4, lambda number: [(one, other)[number % 2].inc("key") for _ in range(10)])

    assert sorted(total for each in totals for total in each) == list(range(11, 51))


def test_writers_outlive_that_the_folder_vanishes_again_and_again(make, folder):
    backend = make()
    over = threading.Event()

    def destroy():
        while not over.is_set():
            shutil.rmtree(folder, ignore_errors=True)

    destroyer = in_thread(destroy)
    try:
        answers = [backend.set("key", number) for number in range(50)]
    except CacheUnavailableError:
        answers = [True]  # a typed error is as good
    finally:
        over.set()
        destroyer.result(30)

    assert set(answers) == {True}
    assert backend.set("key", "at last") is True
    assert backend.get("key") == "at last"


def test_writers_outlive_pruning_and_clearing(backend):
    over = threading.Event()

    def tidy():
        while not over.is_set():
            backend.prune()
            backend.clear()

    tidier = in_thread(tidy)
    answers = in_threads(3, lambda number: {backend.set(f"{number}", n) for n in range(50)})
    over.set()
    tidier.result(30)

    assert answers == [{True}] * 3


@pytest.fixture
def open_folder():
    """Give a folder that another user can reach."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def as_a_stranger(function):
    """Call a function in a process without the right to write to others' folders."""

    def run():
        if os.geteuid() == 0:
            os.setuid(65534)
        return function()

    return in_child(run)


def test_a_folder_that_cannot_be_written_is_a_typed_error_and_the_old_value_stands(open_folder):
    backend = FileSystemCache(open_folder, mode=0o644)
    backend.set("key", "old")
    backend.set("expired", "old", -1)
    places = [open_folder, *(path for path in open_folder.rglob("*") if path.is_dir())]
    for path in places:
        path.chmod(0o555)

    def write():
        outcomes = []
        for call in (
            lambda: backend.set("key", "new"),
            lambda: backend.set("other", "new"),
            lambda: backend.inc("counter"),
            lambda: backend.delete("key"),
            backend.clear,
        ):
            try:
                outcomes.append(call())
            except CacheUnavailableError as error:
                outcomes.append(type(error.__cause__).__name__)
        return [*outcomes, backend.get("key")]

    outcomes = as_a_stranger(write)
    for path in places:
        path.chmod(0o755)

    assert outcomes == ["PermissionError"] * 5 + ["old"]
    assert backend.get("key") == "old"


def test_what_has_expired_is_a_miss_where_nothing_can_be_written(open_folder, clock):
    backend = FileSystemCache(open_folder, mode=0o644, clock=clock)
    backend.set("key", "old", 10)
    clock.advance(10)
    places = [open_folder, *(path for path in open_folder.rglob("*") if path.is_dir())]
    for path in places:
        path.chmod(0o555)

    found = as_a_stranger(lambda: backend.get_value("key", "miss"))
    for path in places:
        path.chmod(0o755)

    assert found == "miss"


def test_the_application_starts_where_the_folder_cannot_be_written(open_folder, caplog):
    open_folder.chmod(0o555)

    def start():
        backend = FileSystemCache(open_folder)
        try:
            backend.set("key", 1)
        except CacheUnavailableError:
            return backend.get("key"), [record.getMessage() for record in caplog.records]
        return "written"

    value, messages = as_a_stranger(start)

    assert value is None
    assert len(messages) == 1
    assert "can't be made (Permission denied)" in messages[0]


def test_a_disk_that_is_full_is_a_typed_error_and_the_old_value_stands(backend, folder):
    backend.set("key", "old")

    def write():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, 4_096))
        try:
            backend.set("key", "x" * 100_000)
        except CacheUnavailableError as error:
            return type(error.__cause__).__name__, backend.get("key")
        return "written"

    assert in_child(write) == ("OSError", "old")
    assert len(files_below(folder)) == 1


WRITES = {
    "set": lambda backend: backend.set("old", "new"),
    "set_many": lambda backend: backend.set_many({"old": "new"}),
    "add": lambda backend: backend.add("new", "new"),
    "inc": lambda backend: backend.inc("counter"),
    "touch": lambda backend: backend.touch("old", 1_000),
}


def failures(backend, operations):
    """Return the numbers of the errors that operations fail with, each once."""
    found = set()
    for operation in operations:
        with pytest.raises(CacheUnavailableError) as raised:
            operation(backend)
        found.add(raised.value.__cause__.errno)
    return found


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a quarter of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_file_system_keeps_the_old_values_and_gets_over_it(small_disk):
    backend = FileSystemCache(small_disk / "cache")
    backend.set_many({"old": "old", "large": "x" * 50_000})
    backend.inc("counter")
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4_096)

    assert failures(backend, WRITES.values()) == {errno.ENOSPC}
    assert backend.get_many("old", "counter", "new") == ["old", 1, None]
    assert files_below(small_disk, ".new") == []
    with pytest.raises(CacheUnavailableError):
        FileSystemCache(small_disk / "another folder").set("key", 1)

    assert backend.delete("large") is True
    assert [write(backend) for write in WRITES.values()] == [True, ["old"], True, 2, True]
    assert backend.clear() is True


def test_a_read_only_file_system_can_be_read(small_disk, clock):
    def fill():  # in a process of its own, as a file that is open for writing keeps it writable
        backend = FileSystemCache(small_disk, clock=clock)
        return backend.set_many({"old": "old", "counter": 1}, 0), backend.set("expired", 1, 10)

    assert in_child(fill) == (["old", "counter"], True)
    clock.advance(10)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    backend = FileSystemCache(small_disk, clock=clock)

    removals = [lambda backend: backend.delete("old"), FileSystemCache.clear, FileSystemCache.prune]
    assert failures(backend, [*WRITES.values(), *removals]) == {errno.EROFS}
    assert backend.get_many("old", "expired", "new", "counter") == ["old", None, None, 1]
    assert [backend.delete("new"), backend.add("old", 1)] == [False, False]
    with pytest.raises(ConfigError, match="Read-only file system"):
        FileSystemCache(small_disk / "another folder")

    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert backend.set("old", "new") is True
    assert backend.get("old") == "new"


def test_readers_find_a_whole_value_or_none_whatever_vanishes(backend):
    value, over = b"x" * 200_000, threading.Event()

    def write_and_remove():
        while not over.is_set():
            backend.set("key", value)
            backend.delete("key")
            backend.set("key", value)
            backend.clear()

    writer = in_thread(write_and_remove)
    found = {backend.get("key") for _ in range(2_000)}
    over.set()
    writer.result(30)

    assert found <= {value, None}


def test_too_many_open_files_is_a_typed_error(backend):
    backend.set("key", "old")

    def read():
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        try:
            return backend.get("key")
        except CacheUnavailableError as error:
            return str(error)

    assert "FileSystemCache.get failed: OSError" in in_child(read)


def test_no_value_and_no_key_shows_in_a_repr_or_an_error(backend):
    backend.set("secret key", "secret value")

    def write():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        try:
            backend.set("secret key", "secret value")
        except CacheUnavailableError as error:
            return repr(error) + repr(error.__cause__) + repr(backend)
        return "secret: written"

    assert "secret" not in in_child(write)


def test_the_life_that_an_entry_has_left_is_told(backend):
    backend.set("key", [1], 1000)
    backend.set("for ever", [1], 0)

    assert 0 < backend.life_left("key") <= 1000
    assert backend.life_left("for ever") == 0
    assert backend.life_left("missing") is None
