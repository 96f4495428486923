"""Do the harness's processes tell what came of them?"""

from __future__ import annotations

import atexit
import os
import signal

import pytest

from flask_caching_conformance.harness.children import (
    Child,
    Meeting,
    SharedNumber,
    exit_as_python_does,
    fork_in_c,
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


def test_a_child_that_answers_and_does_not_end_is_told_and_killed():
    child = Child(str, leave=lambda code: signal.pause())

    with pytest.raises(AssertionError, match="does not end"):
        child.wait(patience=0.01)

    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_child_may_end_as_an_interpreter_does(tmp_path):
    told = tmp_path / "told"

    def wants_to_be_told():
        atexit.register(told.touch)
        return os.getpid()

    assert Child(wants_to_be_told, leave=exit_as_python_does).result() != os.getpid()
    assert told.exists()


def test_a_fork_in_c_is_not_heard_of_by_python():
    heard = []

    def fork_twice():
        os.register_at_fork(after_in_child=lambda: heard.append(os.getpid()))
        deaf = Child(lambda: [heard, os.getppid()], fork=fork_in_c).result()
        hearing = Child(lambda: heard == [os.getpid()]).result()
        return deaf, hearing, os.getpid()

    deaf, hearing, pid = in_child(fork_twice)

    assert deaf == [[], pid]
    assert hearing is True


def test_processes_share_a_number():
    number = SharedNumber(5)

    def change():
        number.value = 2**40
        return number.value

    assert in_child(change) == 2**40
    assert number.value == 2**40


def test_processes_wait_for_one_another():
    meeting, number = Meeting(2), SharedNumber()

    def meet(child):
        for turn in range(1, 6):
            if child == 0:
                number.value = turn
            meeting.wait()
            seen = number.value
            meeting.wait()
            if seen != turn:
                return seen
        return "together"

    assert in_children(2, meet) == ["together"] * 2
