"""How does a connection survive threads, a fork and the end of a thread?"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

import pytest

from flask_caching import connections
from flask_caching.connections import Connections
from flask_caching_conformance.harness.children import Child, in_child, in_new_interpreter
from flask_caching_conformance.harness.threads import for_a_while, in_thread, results
from flask_caching_conformance.harness.waiting import wait_until

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")


class Driver:
    """Counts what it opens and closes; a connection knows its process."""

    def __init__(self):
        self.opened, self.closed = [], []

    @contextmanager
    def opening(self):
        connection = Connection()
        self.opened.append(connection)
        yield connection
        assert connection.pid == os.getpid()
        self.closed.append(connection)


class Connection:
    def __init__(self):
        self.pid = os.getpid()


@pytest.fixture
def driver():
    return Driver()


@pytest.fixture
def lend(driver):
    lend = Connections(driver.opening)
    yield lend
    lend.close()


def borrowed(lend):
    with lend() as connection:
        return connection


def test_nothing_is_opened_before_it_is_used(driver, lend):
    assert driver.opened == []


def test_a_thread_gets_the_same_one_again(lend):
    assert borrowed(lend) is borrowed(lend)


def test_each_thread_gets_one_of_its_own(lend):
    together = threading.Barrier(4)

    def borrow():
        with lend() as connection:
            together.wait()
            return connection

    assert len(set(results([in_thread(borrow) for _ in range(4)]))) == 4


def test_one_that_can_not_be_opened_is_tried_again(lend, driver, monkeypatch):
    def refuse():
        raise ConnectionError

    monkeypatch.setattr(lend, "_opening", refuse)
    with pytest.raises(ConnectionError):
        borrowed(lend)
    monkeypatch.setattr(lend, "_opening", driver.opening)

    assert borrowed(lend) is driver.opened[0]


def test_the_end_of_a_thread_closes_its_connection(driver, lend):
    results([in_thread(borrowed, lend)])

    wait_until(lambda: driver.closed == driver.opened != [])
    assert lend._here().places() == []


def test_closing_closes_those_of_all_threads_and_the_next_use_opens_another(driver, lend):
    first = borrowed(lend)

    results([in_thread(lend.close)])

    assert driver.closed == [first]
    assert borrowed(lend) is not first


def test_letting_go_of_all_closes_them(driver):
    lend = Connections(driver.opening)
    borrowed(lend)

    del lend

    assert driver.closed == driver.opened != []


@needs_fork
def test_none_is_open_in_a_fork_and_both_processes_open_their_own(driver, lend):
    first = borrowed(lend)

    child = in_child(lambda: ([each.pid for each in driver.closed], borrowed(lend).pid))

    assert child[0] == [os.getpid()]
    assert child[1] != os.getpid()
    assert driver.closed == [first]
    assert borrowed(lend) is not first


@needs_fork
def test_a_fork_waits_for_a_connection_in_use(driver, lend):
    lent, returned = threading.Event(), threading.Event()

    def borrow():
        with lend():
            lent.set()
            returned.wait()

    def fork():
        return in_child(lambda: len(driver.closed))

    borrower = in_thread(borrow)
    lent.wait()
    forking = in_thread(fork)
    wait_until(connections._forking().locked)
    returned.set()

    assert results([forking, borrower]) == [1, None]


@needs_fork
def test_what_is_not_given_back_is_left_alone_in_the_child(driver, lend, monkeypatch):
    monkeypatch.setattr(connections, "LONGEST_USE", 0.01)
    lent, returned = threading.Event(), threading.Event()

    def borrow():
        with lend() as connection:
            lent.set()
            returned.wait()
        return connection

    def in_the_child():
        own = borrowed(lend)
        lend.close()
        return own.pid != driver.opened[0].pid, len(driver.closed)

    borrower = in_thread(borrow)
    lent.wait()

    assert in_child(in_the_child) == (True, 1)  # which is its own
    returned.set()
    assert results([borrower])[0].pid == os.getpid()


@needs_fork
def test_one_that_can_not_be_closed_does_not_hinder_the_fork():
    closed = []

    @contextmanager
    def opening():
        connection = Connection()
        yield connection
        closed.append(connection)
        raise ConnectionError

    lend = Connections(opening)
    first = borrowed(lend)

    assert in_child(lambda: borrowed(lend).pid) != os.getpid()
    assert closed == [first]
    assert borrowed(lend) is not first
    with pytest.raises(ConnectionError):
        lend.close()


@needs_fork
def test_processes_may_fork_while_threads_come_and_go(driver, lend):
    def use(_):
        for _ in for_a_while(least=10, seconds=0.3):
            results([in_thread(borrowed, lend)])
        return True

    def fork(_):
        return all(
            in_child(lambda: borrowed(lend).pid == os.getpid())
            for _ in for_a_while(least=3, seconds=0.3)
        )

    assert results(
        [*(in_thread(use, n) for n in range(2)), *(in_thread(fork, n) for n in range(2))]
    )
    wait_until(lambda: set(driver.closed) == set(driver.opened))


@needs_fork
def test_a_child_may_fork_in_its_turn(lend):
    def in_between():
        own = borrowed(lend)
        return own.pid, in_child(lambda: borrowed(lend).pid), borrowed(lend).pid

    child = Child(in_between)
    first, grandchild, again = child.result()

    assert first == again == child.pid
    assert grandchild not in {child.pid, os.getpid()}


#: A process that forks without any of Python's hooks, as uWSGI does.
FORKING = """
import ctypes, os
from contextlib import closing
from flask_caching.connections import Connections

class Connection:
    def __init__(self):
        self.pid = os.getpid()

    def close(self):
        if self.pid != os.getpid():
            os._exit(3)  # an error in __del__ would be ignored

    __del__ = close  # as a driver's does

lend = Connections(lambda: closing(Connection()))
with lend() as first:
    first_pid = first.pid
del first
pid = ctypes.PyDLL(None).fork()
with lend() as own:
    assert own.pid == os.getpid()
lend.close()
del own, lend
if pid:
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@needs_fork
def test_a_fork_in_c_is_noticed_by_the_process_number():
    assert in_new_interpreter(FORKING) == "0"
