"""Do the harness's processes tell what came of them?"""

from __future__ import annotations

import os
import signal

import pytest

from flask_caching_conformance.harness.children import (
    Child,
    in_child,
    in_children,
    in_new_interpreter,
)
from flask_caching_conformance.harness.waiting import wait_until


def test_a_childs_answer_comes_back():
    assert in_child(lambda: {"pid": os.getpid()}) != {"pid": os.getpid()}
    assert in_children(3, lambda number: number * 2) == [0, 2, 4]


def test_a_large_answer_comes_back_whole():
    assert in_child(bytes, 1_000_000) == bytes(1_000_000)


def test_a_childs_error_comes_as_its_repr():
    assert in_child(int, "no number").startswith("ValueError(")
    assert "PicklingError" in in_child(lambda: lambda: None) or "AttributeError" in in_child(
        lambda: lambda: None
    )


def test_a_child_that_hangs_is_told_and_killed():
    child = Child(signal.pause)

    with pytest.raises(AssertionError, match="hangs"):
        child.result(patience=0.01)

    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_child_that_dies_answers_nothing():
    child = Child(lambda: os.kill(os.getpid(), signal.SIGKILL))

    with pytest.raises(EOFError):
        child.result()


def test_a_child_is_killed(tmp_path):
    started = tmp_path / "started"
    child = Child(lambda: (started.touch(), signal.pause()))
    wait_until(started.exists)

    child.kill()

    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_children_leave_no_file_open():
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (a count is enough)

    in_children(3, str)

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_new_interpreter_says_what_it_prints():
    assert in_new_interpreter("import sys; print(sys.argv[1:])", "a", 1) == "['a', '1']"


def test_a_new_interpreter_that_fails_says_how():
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        in_new_interpreter("1 / 0")
