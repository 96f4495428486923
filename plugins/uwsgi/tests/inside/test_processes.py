"""Do threads and processes of the server share entries without losing any write?"""

from __future__ import annotations

import os
import signal

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching_conformance.harness.children import Child, in_children
from flask_caching_conformance.harness.threads import in_thread
from flask_caching_uwsgi import locking
from flask_caching_uwsgi.locking import ServerLock


def test_a_set_amid_increments_is_never_lost(backend):
    def set_or_count(number):
        if number:
            return all(backend.inc("key") for _ in range(4_000))
        for step in range(1, 2_000):
            backend.set("key", step * 1_000_000)
            if backend.get("key") < step * 1_000_000:
                return f"step {step} is lost"
        return True

    assert in_children(2, set_or_count) == [True] * 2


def test_a_delete_amid_increments_is_never_lost(backend):
    def delete_or_count(number):
        if number:
            return all(backend.inc("key") for _ in range(4_000))
        for step in range(2_000):
            backend.set("key", 1_000_000)
            backend.delete("key")
            if backend.get_value("key", 0) >= 1_000_000:
                return f"delete {step} is lost"
        return True

    assert in_children(2, delete_or_count) == [True] * 2


def test_a_process_that_dies_holding_the_lock_frees_it(backend, server):
    def die():
        server.lock(0)
        os.kill(os.getpid(), signal.SIGKILL)

    Child(die).wait()

    assert backend.set("key", 1) is True
    assert backend.inc("key") == 2


def test_a_thread_that_is_stuck_with_the_lock_is_a_typed_error(backend, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE", 0.01)
    backend.set("key", 1)

    with backend._store._lock:
        outcome = in_thread(backend.set, "key", 2)
        with pytest.raises(CacheUnavailableError, match="another thread holds the lock"):
            outcome.result(30)
        assert backend.get("key") == 1

    assert backend.set("key", 2) is True


def test_using_the_cache_within_its_lock_is_an_error_and_no_deadlock(backend, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE", 0.01)

    with backend._store._lock, pytest.raises(CacheUnavailableError):
        backend.inc("key")

    assert backend.inc("key") == 1


def test_all_backends_of_a_process_keep_each_others_threads_out(make, monkeypatch):
    monkeypatch.setattr(locking, "PATIENCE", 0.01)
    one, same, other = make(), make(cache="small"), make(lock=1)

    with one._store._lock:
        for backend in (one, same, other):
            with pytest.raises(CacheUnavailableError):
                backend.set("key", 1)

    assert [backend.set("key", 1) for backend in (one, same, other)] == [True] * 3


def test_the_application_may_hold_another_lock(make, server):
    backend = make(lock=1)

    server.lock(0)
    try:
        assert [backend.inc("key"), backend.add("key", 1), backend.delete("key")] == [
            1,
            False,
            True,
        ]
    finally:
        server.unlock(0)


def test_a_lock_that_the_server_refuses_is_an_error_and_keeps_nobody_out(server):
    lock = ServerLock(server, 99)

    for _ in range(2):
        with (
            pytest.raises(OSError, match=r"can't take uWSGI's locks \(Invalid lock number\)"),
            lock,
        ):
            pass


def test_an_exception_under_the_lock_frees_it(backend):
    with pytest.raises(KeyError), backend._store._lock:
        raise KeyError

    assert backend.inc("key") == 1


def test_the_code_of_users_runs_without_the_lock(backend):
    class Reentrant:
        def __reduce__(self):
            backend.set("key", "from within")
            backend.inc("counter")
            return (str, ("reduced",))

    assert backend.set("set", Reentrant()) is True
    assert backend.add("add", Reentrant()) is True

    assert backend.get_many("set", "add", "counter") == ["reduced", "reduced", 2]
