"""Do processes share the files without getting in each other's way, and may they die?"""

from __future__ import annotations

import gc
import os
import signal

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching_conformance.harness.children import (
    Child,
    in_child,
    in_children,
    in_new_interpreter,
)
from flask_caching_conformance.harness.threads import in_thread
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_filesystem import FileSystemCache, ledger

from .helpers import files_below

OTHER_PROGRAM = """
import sys
from flask_caching_filesystem import FileSystemCache

backend = FileSystemCache(sys.argv[1], key_prefix="prefix")
"""


@pytest.fixture
def backend(folder):
    return FileSystemCache(folder, key_prefix="prefix")


def locked(backend, key):
    """Return a lock of the folder in which a key's entry lies, for a ``with`` statement."""
    shelf, spot = backend._at(backend.name(key))
    return shelf._ledger.locked(spot.folder)


# -- sharing -----------------------------------------------------------------------------


def test_a_new_interpreter_finds_what_was_written(backend, folder):
    backend.set("key", {"a": (1, "text")})

    assert in_new_interpreter(OTHER_PROGRAM + "print(backend.get('key'))", folder) == str(
        {"a": (1, "text")}
    )


def test_increments_of_new_interpreters_all_count(backend, folder):
    source = OTHER_PROGRAM + "print([backend.inc('key') for _ in range(50)][-1])"
    others = [in_thread(in_new_interpreter, source, folder) for _ in range(2)]

    own = [backend.inc("key") for _ in range(50)]
    last = [int(other.result(30)) for other in others]

    assert max(*last, own[-1]) == 150


def test_processes_may_begin_at_once(folder):
    def begin(number):
        return FileSystemCache(folder).set(str(number), number)

    assert in_children(4, begin) == [True] * 4
    assert FileSystemCache(folder).get_many("0", "1", "2", "3") == [0, 1, 2, 3]


# -- locks -------------------------------------------------------------------------------


def test_a_child_forked_while_a_thread_holds_a_lock_gets_on(backend):
    with locked(backend, "key"):
        child = Child(backend.set, "key", "of the child")

    assert child.result() is True
    assert backend.get("key") == "of the child"


def test_a_lock_of_the_parent_is_not_the_childs(backend):
    with locked(backend, "key"):
        child = Child(lambda: [backend.set("key", 1), os.getpid()])
        assert backend.get("key") is None
    child.result()

    assert backend.set("key", 2) is True


def test_a_childs_exit_leaves_the_lock_to_the_parent(backend, monkeypatch):
    monkeypatch.setattr(ledger, "PATIENCE", 0.01)
    with locked(backend, "key"):
        in_child(backend.get, "key")

        outcome = in_child(backend.set, "key", 1)

    assert "another process holds the lock" in outcome


def test_another_backend_that_goes_away_does_not_free_the_lock(backend, folder, monkeypatch):
    monkeypatch.setattr(ledger, "PATIENCE", 0.01)
    other = FileSystemCache(folder, key_prefix="prefix")
    other.set("key", 1)

    with locked(backend, "key"):
        del other
        gc.collect()
        outcome = in_child(backend.set, "key", 2)

    assert "another process holds the lock" in outcome
    assert backend.get("key") == 1


def test_a_thread_that_holds_the_lock_for_long_is_a_typed_error(backend, monkeypatch):
    monkeypatch.setattr(ledger, "PATIENCE", 0.01)
    backend.set("key", 1)

    with locked(backend, "key"), pytest.raises(CacheUnavailableError, match="another thread"):
        in_thread(backend.set, "key", 2).result(30)

    assert backend.get("key") == 1
    assert backend.set("key", 2) is True


def test_a_process_that_was_stopped_holding_a_lock_is_a_typed_error(backend, folder, monkeypatch):
    monkeypatch.setattr(ledger, "PATIENCE", 0.05)
    backend.set("key", "old")
    ready = folder / "ready"

    def stop():
        with locked(backend, "key"):
            ready.touch()
            os.kill(os.getpid(), signal.SIGSTOP)

    child = Child(stop)
    wait_until(ready.exists)
    with pytest.raises(CacheUnavailableError, match="another process"):
        backend.set("key", "new")
    assert backend.get("key") == "old"
    child.kill()

    assert backend.set("key", "new") is True
    assert len(files_below(folder, ".new")) == 0


# -- dying -------------------------------------------------------------------------------


def dying(backend, before):
    """Make a backend's process die right before or right after it exchanges two files."""
    swap = backend._exchange.swap

    def die(one, other):
        if not before:
            swap(one, other)
        os.kill(os.getpid(), signal.SIGKILL)

    backend._exchange.swap = die


@pytest.mark.parametrize("tidy", [FileSystemCache.clear, FileSystemCache.prune])
@pytest.mark.parametrize(("before", "left"), [(True, "old"), (False, "new")])
def test_a_death_in_set_leaves_one_value_and_no_litter_for_long(
    backend, folder, before, left, tidy
):
    backend.set("key", "old")

    def write():
        dying(backend, before)
        backend.set("key", "new")

    Child(write).wait()

    assert backend.get("key") == left
    assert len(files_below(folder, ".new")) == 1
    tidy(backend)
    assert files_below(folder, ".new") == []
    assert backend.get("key") == (left if tidy is FileSystemCache.prune else None)


def test_a_death_while_an_entry_is_added_is_counted_right_again(folder):
    backend = FileSystemCache(folder, threshold=3)
    backend.set("a", 1)

    def write(key):
        shelf, _ = backend._at(backend.name(key))
        put = shelf._put_in_place

        def die(new, path, number, ledger):
            ledger.change(number, 1)
            os.kill(os.getpid(), signal.SIGKILL)
            return put(new, path, number, ledger)

        shelf._put_in_place = die
        backend.set(key, 1)

    for key in "xyz":
        Child(write, key).wait()
    backend.set("b", 1)
    backend.set("c", 1)

    assert backend.get_many("a", "b", "c", "x") == [1, 1, 1, None]


@pytest.mark.parametrize("attempt", range(12))
def test_a_death_at_any_moment_leaves_whole_values_and_no_litter_for_long(folder, attempt):
    backend = FileSystemCache(folder, threshold=5)
    started = folder / "started"

    def work():
        number = 0
        while True:
            number += 1
            backend.set("key", b"%d" % (number % 10) * 50_000)
            backend.set(f"key {number}", number)
            backend.inc("counter")
            if number == 3 + attempt:
                started.touch()
            if number % 7 == 0:
                backend.clear()

    child = Child(work)
    wait_until(started.exists)
    child.kill()

    value = backend.get_value("key", b"")
    assert len(set(value)) <= 1
    assert len(value) in {0, 50_000}
    backend.inc("counter")
    for number in range(6):
        backend.set(str(number), number)
    assert len(files_below(folder, ".entry")) <= 5
    backend.prune()
    assert files_below(folder, ".new") == []
    backend.clear()
    assert files_below(folder) == [started]
