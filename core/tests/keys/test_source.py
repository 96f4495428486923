"""A function's name, signature and source, as they count in keys."""

import functools
import inspect
import operator

import pytest

from flask_caching.keys.source import namespace_of, signature_of, source_of, takes_arguments


def double(number):
    return 2 * number


class Shop:
    def open(self): ...

    @classmethod
    def find(cls): ...

    @staticmethod
    def count(): ...


class Times:
    def __init__(self, factor):
        self.factor = factor

    def __repr__(self):
        return f"Times({self.factor})"

    def __call__(self, number):
        return self.factor * number


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (double, "double"),
        (Shop.open, "Shop.open"),
        (Shop().open, "Shop.open"),
        (Shop.find, "Shop.find"),
        (Shop.count, "Shop.count"),
        (Shop, "Shop"),
        (lambda: None, "<lambda>"),
        (functools.partial(double, 2), "double((2,), {})"),
        (functools.partial(functools.partial(double), number=2), "double((), {'number': 2})"),
        (Times(3), "Times(Times(3))"),
    ],
)
def test_a_function_goes_by_its_module_and_qualified_name(function, name):
    namespace = namespace_of(function)

    assert namespace == f"{__name__}.{name}"


def test_a_local_function_goes_by_the_function_around_it():
    def local(): ...

    namespace = namespace_of(local)

    test = "test_a_local_function_goes_by_the_function_around_it"
    assert namespace == f"{__name__}.{test}.<locals>.local"


def test_a_wrapped_function_goes_by_the_name_of_what_it_wraps():
    @functools.wraps(double)
    def wrapper(*args): ...

    namespace = namespace_of(wrapper)

    assert namespace == f"{__name__}.double"


def test_a_builtin_goes_by_its_name():
    assert namespace_of(operator.add) == "_operator.add"


def test_bound_methods_of_builtins_are_told_apart():
    one, other = {}, {}

    assert namespace_of(one.get) != namespace_of(other.get)


def test_the_signature_of_a_method_on_an_object_lacks_self():
    assert list(signature_of(Shop.open).parameters) == ["self"]
    assert list(signature_of(Shop().open).parameters) == []


def test_the_signature_of_a_wrapped_function_is_that_of_what_it_wraps():
    @functools.wraps(double)
    def wrapper(*args): ...

    signature = signature_of(wrapper)

    assert list(signature.parameters) == ["number"]


def test_annotations_that_dont_resolve_do_no_harm():
    def annotated(number: "NoSuchType") -> "NorThisOne": ...  # noqa: F821

    signature = signature_of(annotated)

    assert list(signature.parameters) == ["number"]


def test_the_source_is_the_text_in_bytes():
    assert source_of(double) == b"def double(number):\n    return 2 * number\n"


def test_the_source_is_read_once(monkeypatch):
    def once(): ...

    first = source_of(once)
    monkeypatch.setattr(inspect, "getsource", lambda function: "changed")
    second = source_of(once)

    assert second == first


def keyword_only(*, number): ...
def nothing(): ...
def variadic(*numbers): ...
def options(**options): ...
def two(one, other=None): ...


@pytest.mark.parametrize(
    ("function", "more_than", "answer"),
    [
        (nothing, 0, False),
        (keyword_only, 0, False),
        (double, 0, True),
        (double, 1, False),
        (two, 1, True),
        (two, 2, False),
        (variadic, 0, True),
        (options, 0, True),
        (Shop().open, 0, False),
        (functools.partial(double, 2), 0, False),
        (max, 0, False),  # shows no signature
    ],
)
def test_parameters_count_unless_they_are_keyword_only(function, more_than, answer):
    assert takes_arguments(function, more_than) is answer
