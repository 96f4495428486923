"""Do threads and processes share the bucket without getting in each other's way?"""

from __future__ import annotations

from contextlib import closing

import pytest

from flask_caching_conformance.harness.children import (
    Child,
    in_child,
    in_children,
    in_new_interpreter,
)
from flask_caching_conformance.harness.threads import Gate, in_thread, in_threads, results
from flask_caching_conformance.harness.waiting import PATIENCE
from flask_caching_gcs import GoogleCloudStorageCache

KEYS = [str(number) for number in range(20)]

#: A process that forks without any of Python's hooks, as uWSGI does, and has no other threads.
FORKING = """
import ctypes, os, sys
from flask_caching_gcs import GoogleCloudStorageCache

url, bucket, prefix = sys.argv[1:]
options = {"anonymous": True, "client_options": {"api_endpoint": url}}
backend = GoogleCloudStorageCache(bucket, prefix, **options)
backend.set_many({"key": "value", "other": "another"})
pid = ctypes.PyDLL(None).fork()
found = [backend.get("key"), *backend.get_many("other", "key")]
if pid == 0:
    os._exit(found != ["value", "another", "value"])
print(found, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.fixture
def patient(make, front):
    """A backend that waits as long as the test lets it, in front of the emulator."""
    return make(front.url, reply_timeout=PATIENCE)


@pytest.fixture(params=["made by the backend", "ready", "callable"])
def forking(request, make, emulator, bucket, prefix):
    """A backend whose processes fork, on each kind of client."""
    if request.param == "made by the backend":
        yield make()
    elif request.param == "callable":
        backend = GoogleCloudStorageCache(bucket, prefix, client=emulator.client)
        yield backend
        backend.close()
    else:
        with closing(emulator.client()) as client:
            yield GoogleCloudStorageCache(bucket, prefix, client=client)


# -- threads -----------------------------------------------------------------------------


def test_each_of_many_threads_has_a_connection_which_is_used_again(patient, front):
    gate = Gate()
    front.before_answer = gate.stop
    readers = [in_thread(patient.get, "key") for _ in range(20)]  # more than one client keeps
    gate.await_arrival(20)
    gate.open()
    results(readers)
    made = front.connections

    in_threads(20, lambda number: patient.get("key"))

    assert made == front.connections == 20


def test_threads_read_their_own_keys(backend):
    backend.set_many({key: key for key in KEYS})

    def read(number):
        return {backend.get(KEYS[number]) for _ in range(20)}

    assert in_threads(8, read) == [{KEYS[number]} for number in range(8)]


def test_of_racing_adds_one_wins(backend):
    wins = in_threads(8, lambda number: [backend.add(key, number) for key in KEYS])

    for attempts in zip(*wins, strict=True):
        assert sorted(attempts) == [False] * 7 + [True]


def test_of_racing_adds_over_what_has_expired_one_wins(backend, clock):
    backend.set_many(dict.fromkeys(KEYS, "old"), 10)
    clock.advance(10)

    wins = in_threads(4, lambda number: [backend.add(key, number) for key in KEYS])

    for attempts in zip(*wins, strict=True):
        assert sorted(attempts) == [False] * 3 + [True]


def test_racing_increments_all_count(backend):
    totals = in_threads(8, lambda number: [backend.inc("key") for _ in range(5)])

    assert sorted(total for each in totals for total in each) == list(range(1, 41))


# -- processes ---------------------------------------------------------------------------


def test_children_of_a_used_backend_read_their_own_keys(forking):
    forking.set_many({key: key for key in KEYS})
    assert forking.get_many(*KEYS) == KEYS

    def read(number):
        return [{forking.get(KEYS[number]), *forking.get_many(KEYS[number])} for _ in range(20)]

    children = [Child(read, number) for number in range(3)]

    assert read(3) == [{KEYS[3]}] * 20
    assert [child.result() for child in children] == [[{KEYS[n]}] * 20 for n in range(3)]


def test_no_connection_is_shared_by_a_child(watched, front):
    watched.set("key", "value")
    made = front.connections

    assert in_child(watched.get, "key") == "value"
    assert front.connections == made + 1
    assert watched.get("key") == "value"
    assert front.connections == made + 1


def test_a_child_forked_while_requests_are_under_way_gets_on(patient, front):
    gate = Gate()
    front.before_answer = gate.stop
    writers = [in_thread(patient.set_many, dict.fromkeys(KEYS, "value"))]
    gate.await_arrival(9)  # the caller and all of its helpers

    child = Child(lambda: [patient.set_many({"a": 1, "b": 2}), patient.get_many("a", "b")])
    gate.open()

    assert child.result() == [["a", "b"], [1, 2]]
    assert results(writers) == [KEYS]


def test_a_fork_that_python_does_not_hear_of_shares_no_connection(front, bucket, prefix):
    printed = in_new_interpreter(FORKING, front.url, bucket, prefix)

    assert printed == "['value', 'another', 'value'] 0"


def test_adds_and_increments_of_processes_are_atomic(backend):
    def work(number):
        return [backend.add(key, number) for key in KEYS], [backend.inc("n") for _ in range(5)]

    done = in_children(3, work)

    for attempts in zip(*(wins for wins, _ in done), strict=True):
        assert sorted(attempts) == [False, False, True]
    assert sorted(total for _, totals in done for total in totals) == list(range(1, 16))


def test_a_restart_of_the_service_keeps_entries_and_their_lives(make, lasting_emulator, clock):
    backend = make(lasting_emulator.url, lasting_emulator.new_bucket())
    backend.set("key", "value", 10)
    backend.inc("counter")

    lasting_emulator.stop()
    lasting_emulator.start()

    assert backend.set("other", 1) is True  # over a connection that is closed by now
    assert backend.get("key") == "value"
    assert backend.inc("counter") == 2
    clock.advance(10)
    assert backend.get("key") is None


def test_a_death_amid_a_write_leaves_the_old_value_or_the_new_one(patient, front, backend, objects):
    backend.set("key", "old")
    gate = Gate()
    front.before_answer = gate.stop
    child = Child(patient.set, "key", "new")
    gate.await_arrival()

    child.kill()
    gate.open()

    assert backend.get("key") in ("old", "new")
    assert [blob.name for blob in objects.list_blobs(prefix=backend.name(""))] == [
        backend.name("key")
    ]
