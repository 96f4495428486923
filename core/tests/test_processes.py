"""How does a lock survive ``fork()``? By being made anew in each process."""

import os
import threading

import pytest

from flask_caching import processes
from flask_caching.processes import PerProcess
from flask_caching_conformance.harness.children import fork_in_c, in_child
from flask_caching_conformance.harness.threads import crowd, results
from flask_caching_conformance.harness.waiting import PATIENCE

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")


def test_it_makes_its_object_once_in_a_process():
    made = []

    own = PerProcess(lambda: made.append(object()) or made[-1])

    assert own() is own() is made[0]
    assert len(made) == 1


@needs_fork
def test_a_child_gets_an_object_of_its_own():
    own = PerProcess(list)
    own().append("the parent's")

    assert in_child(lambda: repr(own())) == "[]"
    assert own() == ["the parent's"]


@needs_fork
def test_a_child_keeps_the_object_that_it_made():
    own = PerProcess(object)

    assert in_child(lambda: str(own() is own())) == "True"


@needs_fork
def test_a_grandchild_gets_an_object_of_its_own():
    own = PerProcess(list)

    def in_between():
        own().append("the child's")
        return in_child(lambda: repr(own()))

    assert in_child(in_between) == "[]"


@needs_fork
def test_a_fork_that_python_does_not_hear_of_is_noticed():
    # uWSGI forks in C.
    own = PerProcess(list)
    own().append("the parent's")
    reading, writing = os.pipe()

    child = fork_in_c()
    if child == 0:
        os.write(writing, repr(own()).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 100) == b"[]"
    os.close(reading)
    os.close(writing)


@pytest.fixture
def without_a_page(monkeypatch):
    """A system that empties no page in a child, so that the process number is asked for."""
    monkeypatch.setattr("flask_caching.processes._mark", b"\0")
    # What a test says the number is, no later test may find beside the page.
    monkeypatch.setattr("flask_caching.processes._pid", os.getpid())


@needs_fork
@pytest.mark.usefixtures("without_a_page")
def test_without_a_page_the_process_number_tells():
    own = PerProcess(list)
    own().append("the parent's")

    assert in_child(lambda: repr(own())) == "[]"
    assert own() == ["the parent's"]


@pytest.mark.parametrize("failing", [AttributeError, OSError(22, "Invalid argument")])
def test_a_system_that_has_no_such_page_does_without(monkeypatch, failing):
    def refuse(*args, **kwargs):
        raise failing

    monkeypatch.setattr("flask_caching.processes.mmap.mmap", refuse)

    assert processes._page() == b"\0"


@pytest.mark.usefixtures("without_a_page")
def test_what_ancestors_made_is_let_go(monkeypatch):
    own = PerProcess(object)

    monkeypatch.setattr("flask_caching.processes.getpid", lambda: os.getpid() + 1)
    own()

    assert list(own._made) == [os.getpid() + 1]


@pytest.mark.usefixtures("without_a_page")
def test_threads_that_come_first_all_get_the_same_object(monkeypatch):
    together = threading.Barrier(4)

    def make():
        if threading.current_thread() is not threading.main_thread():
            together.wait(PATIENCE)
        return object()

    own = PerProcess(make)
    monkeypatch.setattr("flask_caching.processes.getpid", lambda: -1)

    given = results(crowd(4, own))

    assert len(set(given)) == 1
