"""Do other programs do what they are told, and say what came of it?"""

from __future__ import annotations

import os
import pickle
import sys

import pytest

from flask_caching_conformance.harness.programs import CannotReadError, Program

SIMPLE = pickle.dumps({"CACHE_TYPE": "simple"})


class OfThisModule:
    """Something that a new interpreter does not find."""


@pytest.fixture(scope="module")
def program():
    with Program(SIMPLE, sys.path) as program:
        yield program


def test_it_calls_the_operations_of_a_backend(program):
    assert program.call("set", "key", [1]) is True
    assert program.call("get", "key") == [1]


def test_it_answers_in_the_order_in_which_it_was_asked(program):
    for number in range(20):
        program.ask("set", str(number), number)
        program.ask("get", str(number))

    answers = program.answers(40)

    assert answers[0::2] == [True] * 20
    assert answers[1::2] == list(range(20))


def test_an_exception_comes_as_its_repr(program):
    assert program.call("get", 5).startswith("TypeError(")
    assert program.call("no_such_operation").startswith("AttributeError(")


def test_what_cannot_be_pickled_is_told(program):
    assert "pickle" in program.call("__getattribute__", "_lock")


def test_a_large_answer_comes_back_whole(program):
    program.call("set", "large", bytes(1_000_000))

    assert program.call("get", "large") == bytes(1_000_000)


def test_a_backend_that_cannot_be_made_is_told():
    with pytest.raises(AssertionError, match=r"can't make the backend: .*no_such_type"):
        Program(pickle.dumps({"CACHE_TYPE": "no_such_type"}), sys.path)


def test_a_configuration_that_names_what_it_does_not_find_is_told(monkeypatch):
    monkeypatch.setattr(OfThisModule, "__module__", "a_module_of_nobodys")
    module = type(sys)("a_module_of_nobodys")
    module.OfThisModule = OfThisModule
    monkeypatch.setitem(sys.modules, "a_module_of_nobodys", module)

    with pytest.raises(CannotReadError, match="a_module_of_nobodys"):
        Program(pickle.dumps({"CACHE_TYPE": OfThisModule}), sys.path)


def test_one_that_has_died_says_so():
    with Program(SIMPLE, sys.path) as program:
        program.kill()
        with pytest.raises(AssertionError, match="the program has ended"):
            program.call("get", "key")


def test_one_that_hangs_is_told():
    with Program(SIMPLE, sys.path) as program, pytest.raises(AssertionError, match="hang"):
        program.answers(1, patience=0.01)


def test_it_leaves_no_file_open():
    def number_of_open_files():
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (a count is enough)

    before = number_of_open_files()

    Program(SIMPLE, sys.path).close()

    assert number_of_open_files() == before
