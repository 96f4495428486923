"""The keys of memoized functions: which calls share one, and what is remembered."""

import functools
import hashlib
import inspect
import itertools
import linecache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_caching import notices
from flask_caching.keys.function import (
    REMEMBERED_CALLS,
    REMEMBERED_LENGTH,
    FunctionKeys,
    identity,
    version_name,
)


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


def keys_of(function, hash_method=hashlib.sha256, **options):
    return FunctionKeys(function, hash_method, **options)


def key(keys, *args, **kwargs):
    """Return the key of the value of a call."""
    return keys(args, kwargs)[-1]


# -- which calls share a key ---------------------------------------------------------


def plain(a, b=None, c=0): ...
def positional_only(a, b=1, /, c=None): ...
def keyword_only(*, a, b=None): ...
def variadic(a=1, *rest, b=False, **more): ...
def everything(a, /, b="", *rest, c, **more): ...


FUNCTIONS = [plain, positional_only, keyword_only, variadic, everything]


class Shown:
    """An object whose repr is whatever text it is given."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


# Values that are equal and not the same, or that look alike when they are written down.
VALUES = st.one_of(
    st.sampled_from(
        [None, 0, 1, 0.0, -0.0, 1.0, False, True, "", "0", "1", "None", b"", b"1", (), (1,), [1]]
    ),
    st.text("a'\"\\,()= ", max_size=3),
    st.floats(),
    st.builds(Shown, st.sampled_from(["1", "'1'", "1'), ('b', '1", "1, 1", "(1,)"])),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
)


@st.composite
def calls(draw, function, values=VALUES):
    """Draw a call that a function takes."""
    parameters = list(inspect.signature(function).parameters.values())
    positional = [each for each in parameters if each.kind <= each.POSITIONAL_OR_KEYWORD]
    only = [each for each in positional if each.kind is each.POSITIONAL_ONLY]
    required = sum(each.default is each.empty for each in only)
    count = draw(st.integers(required, len(positional)))
    args = [draw(values) for _ in range(count)]
    kinds = {each.kind for each in parameters}
    if count == len(positional) and inspect.Parameter.VAR_POSITIONAL in kinds:
        args += draw(st.lists(values, max_size=2))
    by_name = {
        each.name: draw(values)
        for each in parameters
        if each not in positional[:count] + only
        and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        and (each.default is each.empty or draw(st.booleans()))
    }
    if inspect.Parameter.VAR_KEYWORD in kinds:
        names = st.sampled_from(["d", "rest", "more", *(each.name for each in only)])
        by_name |= draw(st.dictionaries(names, values, max_size=2))
    return tuple(args), dict(draw(st.permutations(list(by_name.items()))))


def written(function, call):
    """Return what a call binds to, each argument as its repr."""
    args, kwargs = call
    signature = inspect.signature(function)
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    return {name: shown(kinds[name], value) for name, value in bound.arguments.items()}


def shown(kind, value):
    if kind is inspect.Parameter.VAR_POSITIONAL:
        return [repr(each) for each in value]
    if kind is inspect.Parameter.VAR_KEYWORD:
        return {name: repr(each) for name, each in value.items()}
    return repr(value)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(data=st.data(), few=st.lists(VALUES, min_size=1, max_size=2))
@settings(deadline=None, max_examples=70)
def test_two_calls_share_a_key_exactly_if_they_bind_to_the_same_arguments(function, data, few):
    one, other = (data.draw(calls(function, st.sampled_from(few))) for _ in range(2))
    keys = keys_of(function)

    found = [keys(*call)[-1] for call in (one, other)]

    assert (found[0] == found[1]) == (written(function, one) == written(function, other))


@given(data=st.data(), values=st.tuples(VALUES, VALUES, VALUES))
@settings(deadline=None)
def test_a_call_has_one_key_however_it_is_spelled(data, values):
    keys = keys_of(plain)
    by_position = data.draw(st.integers(0, 3))
    rest = list(zip("abc", values, strict=True))[by_position:]
    by_name = dict(data.draw(st.permutations(rest)))

    found = keys(values[:by_position], by_name)

    assert found == keys(values, {})


@pytest.mark.parametrize("function", FUNCTIONS)
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_key_does_not_depend_on_the_calls_before(function, data):
    made = data.draw(st.lists(calls(function), max_size=6))
    warm = keys_of(function)

    for call in made * 2:
        assert warm(*call) == keys_of(function)(*call)


@pytest.mark.parametrize(
    "values",
    [
        [1, 1.0, True, "1", b"1", (1,), [1]],
        [0, 0.0, -0.0, False, "", b"", None, (), []],
        [2**70, str(2**70), float(2**70)],
        [float("inf"), float("-inf"), float("nan")],
    ],
)
def test_arguments_that_are_equal_but_not_the_same_have_different_keys(values):
    keys = keys_of(plain)

    found = [[key(keys, value) for value in values] for _ in range(2)]

    assert len(set(found[0])) == len(values)
    assert found[1] == found[0]


@pytest.mark.parametrize("default", [None, 0, False, "", (), 0.0])
def test_a_default_counts_as_the_same_argument_given(default):
    def function(a=default): ...

    keys = keys_of(function)
    falsy = [value for value in (None, 0, False, "", (), 0.0) if repr(value) != repr(default)]

    assert key(keys) == key(keys, default) == key(keys, a=default)
    assert key(keys) not in {key(keys, value) for value in falsy}


def test_an_argument_between_is_not_moved_up_by_a_missing_one():
    def function(a=None, b=None): ...

    keys = keys_of(function)

    assert key(keys, a=1) != key(keys, b=1)


def test_variadic_arguments_count_by_position_and_options_by_name():
    keys = keys_of(variadic)

    assert key(keys, 1, 2, 3) != key(keys, 1, 3, 2)
    assert key(keys, 1, x=1, y=2) == key(keys, 1, y=2, x=1)
    assert key(keys, 1, x=1) != key(keys, 1, y=1)
    assert key(keys, 1, ("x", 1)) != key(keys, 1, x=1)


def test_an_option_may_have_the_name_of_a_positional_only_parameter():
    def function(a, /, **more): ...

    keys = keys_of(function)

    assert key(keys, 1, a=2) != key(keys, 1, a=3)


def test_no_repr_passes_for_two_arguments():
    def function(a, b): ...

    keys = keys_of(function)
    forged = key(keys, Shown("1), ('b', 2"), Shown("3"))

    assert forged != key(keys, Shown("1"), Shown("2), ('b', 3"))


def test_a_lone_surrogate_is_a_letter_like_others():
    keys = keys_of(plain)

    assert key(keys, "\ud800") != key(keys, "\ud801")
    assert key(keys, "\ud800") != key(keys, "\\ud800")


@pytest.mark.parametrize("call", [((), {}), ((1, 2, 3, 4), {}), ((1,), {"a": 1}), ((1,), {"d": 1})])
def test_a_call_that_the_function_does_not_take_has_no_key(call):
    with pytest.raises(TypeError):
        keys_of(plain)(*call)


# -- what keys look like -------------------------------------------------------------


def named(function, name, module="shop"):
    function.__module__, function.__qualname__ = module, name
    return function


def test_keys_are_the_same_in_every_process_and_release():
    keys = keys_of(named(lambda a, b=None, *rest, c=0, **more: None, "find"))

    found = keys((1, "x", None), {"c": 2.5, "z": b"", "y": (1,)})

    assert found == ("memver/shop.find", "shop.find/N4WjRbsiy3vD6b40nuMXag")


def test_a_methods_keys_have_a_version_of_the_object_besides():
    keys = keys_of(named(lambda self, a: None, "Shop.find"))

    found = keys((Shown("shop 7"), 1), {})

    assert found == (
        "memver/shop.Shop.find",
        "memver/shop.Shop.find/Yw0StFsKh-78O4u63E5oLF",
        "shop.Shop.find/cbkryCAZTadBmhcmSTt18z",
    )


def test_version_names_are_those_among_the_keys():
    def method(self): ...

    keys = keys_of(method)((Shown("shop 7"),), {})

    assert keys[0] == version_name(method)
    assert keys[1] == version_name(method, "shop 7")


def test_functions_have_different_keys_and_versions():
    one = keys_of(named(lambda a: None, "one"))((1,), {})
    other = keys_of(named(lambda a: None, "other"))((1,), {})

    assert set(one).isdisjoint(other)


# -- options -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "ignored", "one", "other"),
    [
        (plain, ["b"], ((1, 2), {}), ((1, 3), {})),
        (plain, ["b"], ((1,), {"b": 2}), ((1,), {})),
        (positional_only, ["a"], ((1,), {}), ((2,), {})),
        (keyword_only, ["b"], ((), {"a": 1, "b": 2}), ((), {"a": 1})),
        (variadic, ["x"], ((1,), {"x": 1}), ((1,), {"x": 2})),
        (variadic, ["x"], ((1,), {"x": 1}), ((1,), {})),
        (plain, ("a", "b", "c"), ((1, 2, 3), {}), ((4, 5, 6), {})),
    ],
)
def test_ignored_arguments_dont_tell_calls_apart(function, ignored, one, other):
    keys = keys_of(function, args_to_ignore=ignored)

    assert keys(*one) == keys(*other)


def test_arguments_that_are_not_ignored_still_tell_calls_apart():
    keys = keys_of(variadic, args_to_ignore=["x"])

    assert key(keys, 1, x=1, y=1) != key(keys, 1, x=1, y=2)
    assert key(keys, 1, x=1) != key(keys, 2, x=1)


def test_an_ignored_object_shares_its_methods_entries_with_all_others():
    def method(self, a): ...

    keys = keys_of(method, args_to_ignore=["self"])

    assert keys((Shown("one"), 1), {}) == keys((Shown("other"), 1), {})
    assert len(keys((Shown("one"), 1), {})) == 2
    assert keys.owner((Shown("one"),)) is None


def test_make_name_is_given_the_name_and_changes_the_key_but_not_the_version():
    given_names = []

    def make_name(name):
        given_names.append(name)
        return "another"

    function = named(lambda a: None, "find")
    found = keys_of(function, make_name=make_name)((1,), {})
    without = keys_of(function)((1,), {})

    assert set(given_names) == {"shop.find"}
    assert found[0] == without[0]
    assert found[1] != without[1]


def test_make_name_is_asked_at_each_call():
    names = itertools.count()
    keys = keys_of(plain, make_name=lambda name: f"{name} {next(names)}")

    assert key(keys, 1) != key(keys, 1)


def from_source(source):
    """Return the function that some source text defines, as if it came from a file."""
    file = f"<{source}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"__name__": "shop"}
    exec(compile(source, file, "exec"), namespace)
    return namespace["find"]


def test_the_source_counts_where_it_is_to_be_checked():
    versions = [from_source(f"def find(a):\n    return {number}\n") for number in (1, 2)]

    unchecked = [key(keys_of(function), 1) for function in versions]
    checked = [key(keys_of(function, source_check=True), 1) for function in versions]

    assert unchecked[0] == unchecked[1]
    assert len({*checked, unchecked[0]}) == 3


def test_the_hash_method_is_called_when_a_key_is_made_and_not_before():
    called = []

    def hash_method():
        called.append("hash")
        return hashlib.md5()

    keys = keys_of(plain, hash_method)
    before = list(called)
    found = key(keys, 1)

    assert (before, called) == ([], ["hash"])
    assert found != key(keys_of(plain), 1)


@pytest.mark.parametrize("hash_method", [hashlib.md5, hashlib.sha1, hashlib.sha512])
def test_a_key_has_the_same_length_under_every_hash_method(hash_method):
    found = key(keys_of(plain, hash_method), 1)

    assert len(found) == len(key(keys_of(plain), 1))


# -- objects -------------------------------------------------------------------------


class Identified:
    def __init__(self, number):
        self.number = number

    def __caching_id__(self):
        return self.number

    def __repr__(self):
        return "the same for all"

    def method(self, a): ...


class Derived(Identified):
    @classmethod
    def find(cls, a): ...


def test_an_object_counts_by_its_caching_id():
    keys = keys_of(Identified.method)

    assert keys((Identified(1), 5), {}) == keys((Identified(1), 5), {})
    assert set(keys((Identified(1), 5), {})[1:]).isdisjoint(keys((Identified(2), 5), {})[1:])


def test_an_object_without_caching_id_counts_by_its_repr():
    def method(self): ...

    keys = keys_of(method)

    assert key(keys, Shown("one")) == key(keys, Shown("one"))
    assert key(keys, Shown("one")) != key(keys, Shown("other"))


def test_an_object_that_changes_is_looked_at_each_time():
    keys, obj = keys_of(Identified.method), Identified(1)

    before = keys((obj, 5), {})
    obj.number = 2
    after = keys((obj, 5), {})

    assert after == keys((Identified(2), 5), {})
    assert after != before


def test_an_argument_whose_repr_changes_is_looked_at_each_time():
    keys, changing = keys_of(plain), [1]

    before = key(keys, changing)
    changing.append(2)
    after = key(keys, changing)

    assert after == key(keys_of(plain), [1, 2])
    assert after != before


def test_a_default_whose_repr_changes_is_looked_at_each_time():
    changing = [1]

    def function(a, b=changing): ...

    keys = keys_of(function)
    before = key(keys, 1)
    changing.append(2)
    after = key(keys, 1)

    assert after == key(keys_of(function), 1)
    assert after != before


@pytest.mark.parametrize("function", [lambda self, a: None, lambda self, /, a: None])
def test_self_is_the_object_also_where_it_is_positional_only(function):
    keys = keys_of(function)

    assert len(keys((Identified(1), 5), {})) == 3
    assert key(keys, Identified(1), 5) != key(keys, Identified(2), 5)


def test_self_may_be_given_by_name():
    keys = keys_of(Identified.method)

    assert keys((), {"self": Identified(1), "a": 5}) == keys((Identified(1), 5), {})


def test_a_method_without_its_object_has_no_key():
    with pytest.raises(TypeError, match="missing a required argument: 'self'"):
        keys_of(Identified.method)((), {"a": 5})


def test_a_class_counts_by_its_repr_whatever_identifies_its_objects():
    keys = keys_of(Derived.find.__func__)

    assert len(keys((Derived, 5), {})) == 2
    assert key(keys, Derived, 5) != key(keys, type("Sub", (Derived,), {}), 5)
    assert identity(Derived) == repr(Derived)


def test_a_class_may_identify_itself():
    class Table:
        @classmethod
        def __caching_id__(cls):
            return "table"

    assert identity(Table) == identity(Table()) == "table"


def test_methods_that_were_bound_before_are_told_apart_by_their_objects():
    one, other = keys_of(Identified(1).method), keys_of(Identified(2).method)

    assert key(one, 5) != key(other, 5)
    assert key(one, 5) == key(keys_of(Identified(1).method), 5)
    assert one((5,), {}) == keys_of(Identified.method)((Identified(1), 5), {})


def test_classmethods_that_were_bound_before_are_told_apart_by_their_classes():
    class Sub(Derived): ...

    assert key(keys_of(Sub.find), 5) != key(keys_of(Derived.find), 5)


@pytest.mark.parametrize("make", [functools.partial, lambda f, a: Multiplied(a)])
def test_callables_without_a_name_are_told_apart(make):
    one, other = keys_of(make(pow, 2)), keys_of(make(pow, 3))

    assert set(one((5,), {})).isdisjoint(other((5,), {}))


class Multiplied:
    def __init__(self, factor):
        self.factor = factor

    def __repr__(self):
        return f"Multiplied({self.factor})"

    def __call__(self, number): ...


def test_the_owner_is_the_identity_of_a_methods_object():
    assert keys_of(Identified.method).owner((Identified(7),)) == "7"


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (plain, (1,)),
        (Identified.method, ()),
        (Derived.find.__func__, (Derived,)),
        (Identified(1).method, (5,)),
    ],
    ids=["function", "no object", "classmethod", "bound"],
)
def test_without_a_methods_object_there_is_no_owner(function, args):
    assert keys_of(function).owner(args) is None


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "missing"),
    [
        (plain, (), {}, ["a"]),
        (plain, (1,), {}, []),
        (plain, (), {"a": 1}, []),
        (everything, (), {"b": 1}, ["a", "c"]),
        (everything, (1, 2, 3), {"c": 1, "d": 1}, []),
        (Identified.method, (Identified(1),), {}, ["a"]),
        (Identified(1).method, (), {}, ["a"]),
    ],
)
def test_missing_arguments_are_those_required_and_left_out(function, args, kwargs, missing):
    assert keys_of(function).missing(args, kwargs) == missing


# -- what is remembered --------------------------------------------------------------


def remembered(keys):
    return [call for calls in keys._remembered.values() for call in calls]


def test_a_call_with_plain_arguments_is_remembered():
    asked = []
    keys = keys_of(plain, lambda: asked.append("hash") or hashlib.sha256())

    found = [key(keys, "a", 2, c=None) for _ in range(3)]

    assert len(set(found)) == 1
    assert asked == ["hash"]


@pytest.mark.parametrize(
    "value", [0.0, -0.0, (1,), [1], {}, Shown("1"), type("Number", (int,), {})(1)]
)
def test_a_call_is_not_remembered_by_what_may_look_like_something_else(value):
    keys = keys_of(plain)

    key(keys, value)
    key(keys, a=value)

    assert remembered(keys) == []


@pytest.mark.parametrize(
    ("value", "times"),
    [("x" * REMEMBERED_LENGTH, 1), ("x" * REMEMBERED_LENGTH + "x", 0), (b"x" * 1000, 0)],
)
def test_a_call_with_much_text_is_not_remembered(value, times):
    keys = keys_of(plain)

    found = [key(keys, value), key(keys, value)]

    assert len(remembered(keys)) == times
    assert found[0] == found[1]


def test_an_objects_long_identity_is_not_remembered():
    keys = keys_of(Identified.method)

    key(keys, Identified("x" * 1000), 1)

    assert remembered(keys) == []


def test_no_more_calls_are_remembered_than_the_bound():
    keys = keys_of(plain)
    most = 0

    for number in range(2 * REMEMBERED_CALLS + 10):
        key(keys, number)
        most = max(most, len(remembered(keys))) if number % 256 == 0 else most

    assert most <= REMEMBERED_CALLS
    assert len(remembered(keys)) == 10
    assert key(keys, 5) == key(keys_of(plain), 5)


def test_an_ignored_default_does_not_keep_a_call_from_being_remembered():
    def function(a, connection=Shown("connection")): ...  # noqa: B008

    keys = keys_of(function, args_to_ignore=["connection"])

    key(keys, 1)

    assert remembered(keys) == [(1,)]


# -- warnings ------------------------------------------------------------------------


class Addressed:
    """Has the default repr."""


WARNING = (
    f"{__name__}.Addressed has the default repr, which shows a memory address: as an argument of "
    "a memoized function it never hits in another process, and another object may get the same "
    "address later. Give it a __repr__, or a __caching_id__() method where it is the object of a "
    "memoized method."
)


def method(self): ...


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (plain, (Addressed(),), {}),
        (keyword_only, (), {"a": Addressed()}),
        (variadic, (1, Addressed()), {}),
        (variadic, (1,), {"x": Addressed()}),
        (method, (Addressed(),), {}),
    ],
    ids=["positional", "keyword", "*args", "**kwargs", "self"],
)
def test_a_default_repr_is_warned_about_once(caplog, function, args, kwargs):
    keys = keys_of(function)

    for _ in range(3):
        keys(args, kwargs)

    (record,) = caplog.records
    assert record.getMessage() == WARNING
    assert record.levelname == "WARNING"


@pytest.mark.parametrize(
    ("function", "args", "options"),
    [
        (plain, (Shown("x"), [Addressed], Addressed), {}),
        (plain, (1, Addressed()), {"args_to_ignore": ["b"]}),
        (Identified.method, (Identified(1), 5), {}),
        (Derived.find.__func__, (Derived, 5), {}),
    ],
)
def test_what_shows_no_address_of_an_object_is_not_warned_about(caplog, function, args, options):
    keys_of(function, **options)(args, {})

    assert caplog.records == []
