"""The helpers of `flask_caching.utils`, with what 2.5.1 answers."""

from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict

from flask_caching import utils


class Named:
    def __repr__(self):
        return "<A one>"

    def method(self, b, c=5, *d, e=6, **f): ...

    @classmethod
    def of_class(cls, x): ...

    @staticmethod
    def static(x): ...


class Identified(Named):
    def __caching_id__(self):
        return 17


def function(a, b=2, *c, d=4, **e): ...


def empty(): ...


def looks_like_a_classmethod(cls): ...


@pytest.mark.parametrize(
    ("f", "names"),
    [
        (function, ["a", "b"]),
        (empty, []),
        (Named.method, ["self", "b", "c"]),
        (Named().method, ["b", "c"]),
        (Named.of_class, ["x"]),
        (Named.static, ["x"]),
    ],
)
def test_get_arg_names(f, names):
    answer = utils.get_arg_names(f)

    assert answer == names


@pytest.mark.parametrize(
    ("f", "defaults"),
    [(function, [None, 2, None, 4, None]), (Named.method, [None, None, 5, None, 6, None])],
)
def test_get_arg_default(f, defaults):
    answers = [utils.get_arg_default(f, position) for position in range(len(defaults))]

    assert answers == defaults


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (5, 5),
        (0, 0),
        (None, None),
        (-1, -1),
        (1.5, 1.5),
        ("7", 7),
        (timedelta(minutes=1), 60),
        (timedelta(milliseconds=1), 1),
        (timedelta(seconds=1, milliseconds=1), 2),
        (timedelta(0), 0),
    ],
)
def test_normalize_timeout(timeout, seconds):
    answer = utils.normalize_timeout(timeout)

    assert answer == seconds


@pytest.mark.parametrize(
    ("obj", "token"), [(Named(), "<A one>"), (Identified(), "17"), (3, "3"), ("a", "'a'")]
)
def test_get_id(obj, token):
    answer = utils.get_id(obj)

    assert answer == token


@pytest.mark.parametrize(
    ("f", "args", "name", "token"),
    [
        (function, None, "function", None),
        (Named.method, None, "Named.method", None),
        (Named.method, (Named(),), "Named.method", "Aone"),
        (Named().method, None, "Named.method", "Aone"),
        (Identified().method, None, "Named.method", "17"),
        (Named.of_class, None, "Named.of_class", None),
        (Named.of_class, (Named,), "Named.of_class", None),
        (Named.static, None, "Named.static", None),
        (looks_like_a_classmethod, (Named,), "looks_like_a_classmethod", None),
    ],
)
def test_function_namespace(f, args, name, token):
    namespace, instance = utils.function_namespace(f, args)

    assert namespace == f"{__name__}.{name}"
    assert instance == (token and f"{__name__}.{name}.{token}")


def test_function_namespace_keeps_letters_digits_underscores_and_dots():
    namespace, _ = utils.function_namespace(lambda: 1)

    test = test_function_namespace_keeps_letters_digits_underscores_and_dots.__name__
    assert namespace == f"{__name__}.{test}.locals.lambda"


@pytest.mark.parametrize("args", [None, (1,)])
def test_function_namespace_of_a_classmethod_wants_the_class(args):
    with pytest.raises(ValueError, match="first argument"):
        utils.function_namespace(looks_like_a_classmethod, args)


@pytest.mark.parametrize(
    ("f", "wants", "wants_extra"),
    [
        (function, True, True),
        (empty, False, False),
        (lambda a: 1, True, False),
        (lambda a, b: 1, True, True),
        (lambda a, *, b: 1, True, False),
        (lambda a, **b: 1, True, True),
        (lambda *, a: 1, False, False),
        (lambda **a: 1, True, False),
    ],
)
def test_wants_args(f, wants, wants_extra):
    answers = utils.wants_args(f), utils.wants_extra_args(f)

    assert answers == (wants, wants_extra)


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("?a=1&b=&a=2", [("a", "1"), ("b", ""), ("a", "2")]),
        ({"a": 1}, [("a", "1")]),
        ([("a", 1)], [("a", "1")]),
        (MultiDict([("a", 1), ("a", 2)]), [("a", "1"), ("a", "2")]),
    ],
)
def test_query_args_as_pairs(query, pairs):
    answer = utils.query_args_as_pairs(query)

    assert answer == pairs


@pytest.mark.parametrize(
    ("chunks", "joined"),
    [("ab", "ab"), ((b"a", b"b"), b"ab"), ((1, "a"), [1, "a"]), ((), "")],
)
def test_join_generator(chunks, joined):
    answer = utils.join_generator(chunk for chunk in chunks)

    assert answer == joined


def test_get_function_parameters():
    names = [parameter.name for parameter in utils.get_function_parameters(function)]

    assert names == ["a", "b", "c", "d", "e"]


def test_the_parts_of_keys():
    assert "a b\n.c_\xe9-\xfc".translate(utils.null_control) == "ab.c_"
    assert utils.TEMPLATE_FRAGMENT_KEY_TEMPLATE == "_template_fragment_cache_%s%s"
    assert utils.make_template_fragment_key("a") == "_template_fragment_cache_a"
    assert utils.make_template_fragment_key("a", ["b", "c"]) == "_template_fragment_cache_a_b_c"
