"""How does a lock survive ``fork()``? By being made anew in each process."""

import os
import threading

import pytest

from flask_caching.processes import PerProcess
from flask_caching_conformance.harness.children import in_child
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


def test_a_fork_is_noticed_by_the_process_number_alone(monkeypatch):
    # uWSGI forks in C: nothing but the number tells.
    own = PerProcess(list)
    own().append("the parent's")

    monkeypatch.setattr("flask_caching.processes.getpid", lambda: os.getpid() + 1)

    assert own() == []


def test_what_ancestors_made_is_let_go(monkeypatch):
    own = PerProcess(object)

    monkeypatch.setattr("flask_caching.processes.getpid", lambda: os.getpid() + 1)
    own()

    assert list(own._made) == [os.getpid() + 1]


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
