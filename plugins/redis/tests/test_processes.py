"""Does it work in processes that were forked, whatever other threads were doing?"""

from __future__ import annotations

import contextlib
import threading

import pytest

from flask_caching_conformance.harness.children import (
    in_child,
    in_children,
    in_new_interpreter,
)
from flask_caching_conformance.harness.servers import HOST
from flask_caching_conformance.harness.threads import Gate, in_thread, results
from flask_caching_redis import RedisCache


@contextlib.contextmanager
def held_by_a_thread(lock):
    """Hold a lock on another thread, which a forked process does not have."""
    gate = Gate()

    def hold():
        with lock:
            gate.stop()

    holding = in_thread(hold)
    gate.await_arrival()
    try:
        yield
    finally:
        gate.open()
        results([holding])


def test_a_child_does_not_wait_for_a_lock_that_a_thread_of_its_parent_held(backend):
    backend.set("key", [1])

    with held_by_a_thread(backend._write_client.connection_pool._lock):
        assert in_child(backend.get, "key") == [1]

    assert backend.get("key") == [1]


EXITING = """
import os, sys, threading
from flask_caching_redis import RedisCache

backend = RedisCache(sys.argv[1], int(sys.argv[2]), key_prefix="exiting")
backend.set("key", [1])
held, done = threading.Event(), threading.Event()

def hold():
    with backend._write_client.connection_pool._lock:
        held.set()
        done.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    assert backend.get("key") == [1]
    sys.exit(7)  # the interpreter cleans up
_, status = os.waitpid(child, 0)
done.set()
thread.join()
print(os.waitstatus_to_exitcode(status), backend.get("key"))
"""


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_such_a_child_can_end(server):
    assert in_new_interpreter(EXITING, HOST, server.port) == "7 [1]"


def test_children_use_connections_of_their_own(backend, around):
    def name_of_connection():
        return backend._write_client.client_id()

    ids = [name_of_connection(), *in_children(4, lambda _: name_of_connection())]

    assert len(set(ids)) == 5
    assert name_of_connection() == ids[0]


def test_a_callable_is_asked_again_in_each_process(server, prefix):
    made = []

    def client():
        made.append(threading.get_ident())
        return server.client()

    backend = RedisCache(client, key_prefix=prefix)

    def children_see():
        backend.set("key", 1)
        return len(made)

    assert in_child(children_see) == 2
    assert children_see() == 1


def test_an_applications_own_client_survives_a_fork(server, prefix):
    backend = RedisCache(server.client(), key_prefix=prefix)
    backend.set_many({str(number): [number] for number in range(4)})

    read = in_children(4, lambda number: [backend.get(str(number)) for _ in range(50)])

    assert read == [[[number]] * 50 for number in range(4)]
