"""Which versions an entry depends on: those of tags, of namespaces, of results."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching.keys.tags import EPOCH, EVERYWHERE, Space, dependencies, tag_versions


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (None, ()),
        ("", ("tagver/",)),
        ("user:1", ("tagver/user:1",)),
        (["b", "a"], ("tagver/b", "tagver/a")),
        (("a", "a"), ("tagver/a",)),
        ((each for each in "ab"), ("tagver/a", "tagver/b")),
        ([], ()),
    ],
)
def test_each_tag_has_a_version_once(tags, names):
    assert tag_versions(tags) == names


@pytest.mark.parametrize("tags", [5, [1], ["a", None], [["a"]], b"bytes"])
def test_what_is_no_text_is_refused(tags):
    with pytest.raises(TypeError, match=r"str.*, not"):
        tag_versions(tags)


def test_a_key_in_no_namespace_is_what_it_was():
    assert (EVERYWHERE.prefix, EVERYWHERE.versions) == ("", ())


def test_a_namespace_depends_on_those_around_it():
    space = EVERYWHERE.within("reports").within("2026")

    assert space.prefix == "ns/reports/2026|"
    assert space.versions == ("nsver/reports", "nsver/reports/2026")


def test_a_namespace_has_a_text_for_a_name():
    with pytest.raises(TypeError, match="name is a str, not 5"):
        EVERYWHERE.within(5)


@given(st.lists(st.lists(st.text("ab/|%2F7C"), min_size=1, max_size=3), min_size=2, max_size=4))
def test_no_two_namespaces_share_a_key_or_a_version(paths):
    spaces = {tuple(path): Space(tuple(path)) for path in paths}

    for one, other in itertools.permutations(spaces.values(), 2):
        assert one.versions[-1] != other.versions[-1]
        assert not one.prefix.startswith(other.prefix)


def test_the_names_come_before_the_key():
    depends = dependencies(EVERYWHERE.within("n"), ["a", "b"])

    assert depends.keys(("version", "key")) == (
        "version",
        "nsver/n",
        "tagver/a",
        "tagver/b",
        "ns/n|key",
    )


def test_nothing_depends_on_nothing():
    assert not dependencies(EVERYWHERE, None)
    assert not dependencies(EVERYWHERE, [])


def function(number, name=None):
    pass


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (lambda number, name: [f"n:{number}", name], ("tagver/n:1", "tagver/x")),
        (lambda number, **others: f"n:{number}", ("tagver/n:1",)),
        (lambda *args, **kwargs: f"{args}{kwargs}", ("tagver/(1,){'name': 'x'}",)),
        (lambda: ["always"], ("tagver/always",)),
        (lambda: None, ()),
    ],
)
def test_a_callable_is_given_the_call(tags, names):
    depends = dependencies(EVERYWHERE, tags, function)

    assert depends.keys(("key",), (1,), {"name": "x"}) == (*names, "key")


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (lambda result: result, ("tagver/r",)),
        (lambda *, result: [result, "x"], ("tagver/r", "tagver/x")),
        (lambda number, result: f"{number}{result}", ("tagver/1r",)),
        (lambda *args, result, **kwargs: f"{args}{result}", ("tagver/(1,)r",)),
        (lambda result: None, ()),
    ],
)
def test_a_callable_with_a_parameter_for_it_is_given_the_result(tags, names):
    depends = dependencies(EVERYWHERE, tags, function)

    assert depends.keys(("version", "key"), (1,)) == (EPOCH, "version", "key")
    assert depends.result_names("r", (1,)) == names


def test_a_function_s_own_parameter_of_that_name_is_the_call_s():
    def announced(result):
        pass

    depends = dependencies(EVERYWHERE, lambda result: f"of {result}", announced)

    assert depends.keys(("key",), ("final",)) == ("tagver/of final", "key")
