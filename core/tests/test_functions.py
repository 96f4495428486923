"""`memoize`: which calls are one call, and every way to invalidate what was memoized."""

import asyncio
import functools
import gc
import hashlib
import itertools
import sys
import weakref

import pytest
from flask import abort
from werkzeug.exceptions import Unauthorized

from flask_caching import (
    Cache,
    Invalidated,
    cache_memoize_hit,
    cache_memoize_miss,
    notices,
)
from flask_caching_conformance.harness.threads import in_thread
from flask_caching_conformance.harness.waiting import PATIENCE


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


@pytest.fixture
def add(cache, number):
    """Give a memoized function; its result is another one each time that it is computed."""

    @cache.memoize()
    def add(a, b=10):
        return a + b, number()

    return add


class Named:
    """Identified by its repr."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


@pytest.fixture
def adder_class(cache, number):
    class Adder(Named):
        @cache.memoize()
        def add(self, b, c=0):
            return self.name, b + c, number()

        @cache.memoize()
        def total(self):
            return self.name, number()

    return Adder


# -- which calls are one call ------------------------------------------------------------


def test_each_argument_has_its_own_entry(add):
    assert [add(1), add(2), add(1)] == [(11, 1), (12, 2), (11, 1)]


def test_it_does_not_matter_how_an_argument_is_given(add):
    calls = [add(1), add(a=1), add(1, 10), add(1, b=10), add(b=10, a=1)]

    assert calls == [(11, 1)] * 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (1, 1.0),
        (0, None),
        (0, False),
        (0.0, -0.0),
        ("", None),
        ("a", b"a"),
        ((1, 2), [1, 2]),
        ("a, b", ("a", "b")),
        ({"a": 1}, [("a", 1)]),
    ],
    ids=repr,
)
def test_unlike_arguments_are_unlike_calls(cache, number, one, other):
    @cache.memoize()
    def answer(value):
        return number()

    assert [answer(one), answer(other), answer(one), answer(other)] == [1, 2, 1, 2]


def test_a_falsy_argument_is_not_taken_for_the_default(cache, number):
    @cache.memoize()
    def answer(a=1, b=None):
        return number()

    assert [answer(), answer(0), answer(None), answer(1, 0), answer(1, None)] == [1, 2, 3, 4, 1]


def test_variadic_arguments_count_in_their_order(cache, number):
    @cache.memoize()
    def answer(*args):
        return number()

    assert [answer(1, 2), answer(2, 1), answer(1, 2), answer()] == [1, 2, 1, 3]


def test_keyword_arguments_count_in_any_order(cache, number):
    @cache.memoize()
    def answer(**kwargs):
        return number()

    assert [answer(a=1, b=2), answer(b=2, a=1), answer(a=2, b=1), answer()] == [1, 1, 2, 3]


def test_keyword_only_arguments_count(cache, number):
    @cache.memoize()
    def answer(*, a, b=2):
        return number()

    assert [answer(a=1), answer(a=1, b=3), answer(a=1, b=2)] == [1, 2, 1]


def test_functions_of_one_name_in_different_scopes_are_different(cache):
    def first():
        @cache.memoize()
        def answer():
            return "first"

        return answer

    def second():
        @cache.memoize()
        def answer():
            return "second"

        return answer

    assert [first()(), second()(), first()()] == ["first", "second", "first"]


def test_objects_are_told_apart_by_their_repr(adder_class):
    one, same, other = adder_class("one"), adder_class("one"), adder_class("other")

    assert one.add(1) == same.add(1) == ("one", 1, 1)
    assert other.add(1) == ("other", 1, 2)


def test_objects_are_told_apart_by_their_caching_id(cache, number):
    class User(Named):
        def __caching_id__(self):
            return self.name[0]

        @cache.memoize()
        def visits(self):
            return number()

    assert [User("ann").visits(), User("abe").visits(), User("bob").visits()] == [1, 1, 2]


def test_an_object_that_changes_is_another_object(adder_class):
    adder = adder_class("before")

    before = adder.add(1)
    adder.name = "after"

    assert [before, adder.add(1)] == [("before", 1, 1), ("after", 1, 2)]


def test_a_method_may_be_called_through_its_class(adder_class):
    adder = adder_class("one")

    assert adder.add(1) == adder_class.add(adder, 1) == adder_class.add(self=adder, b=1)


def test_an_object_with_a_false_truth_value_is_an_object(cache, number):
    class Basket(Named):
        def __len__(self):
            return 0

        @cache.memoize()
        def total(self):
            return self.name, number()

    empty, other = Basket("empty"), Basket("other")

    assert [empty.total(), other.total(), empty.total()] == [
        ("empty", 1),
        ("other", 2),
        ("empty", 1),
    ]


def test_a_classmethod_is_memoized_for_each_class(cache, number):
    class Base:
        @classmethod
        @cache.memoize()
        def answer(cls):
            return cls.__name__, number()

    class Derived(Base):
        pass

    assert [Base.answer(), Derived.answer(), Base().answer(), Derived.answer()] == [
        ("Base", 1),
        ("Derived", 2),
        ("Base", 1),
        ("Derived", 2),
    ]


# -- the parameters ----------------------------------------------------------------------


def test_all_parameters_may_be_given_by_position(cache, number):
    @cache.memoize(
        50,
        lambda name: f"{name}.v2",
        lambda: False,
        lambda: False,
        lambda value: False,
        lambda value: True,
        hashlib.md5,
        True,
        True,
        ["b"],
    )
    def answer(a, b):
        number()

    answer(1, 2)
    answer(1, 3)

    assert number() == 2
    assert answer.cache_timeout == 50


def test_make_name_is_given_the_name_and_its_answer_is_in_the_key(cache):
    given = []

    def make_name(name):
        given.append(name)
        return f"{name}.v{len(given)}"

    @cache.memoize(make_name=make_name)
    def answer():
        return "stored"

    keys = {answer.make_cache_key(answer.uncached), answer.make_cache_key(answer.uncached)}

    assert len(keys) == 2
    assert given[0].endswith("answer")


def test_a_made_name_does_not_hide_the_function_from_invalidation(cache, number):
    @cache.memoize(make_name=lambda name: "another name")
    def answer():
        return number()

    answer()
    cache.delete_memoized(answer)

    assert answer() == 2


def test_the_hash_method_makes_other_keys(cache):
    def answer():
        return 1

    keys = {
        cache.memoize(hash_method=method)(answer).make_cache_key(answer)
        for method in (None, hashlib.sha256, hashlib.md5)
    }

    assert len(keys) == 2


def test_the_hash_method_is_a_setting(app):
    def key(hash_method):
        cache = Cache(app, config={"CACHE_HASH_METHOD": hash_method})
        return cache.memoize()(test_the_hash_method_is_a_setting).make_cache_key(
            test_the_hash_method_is_a_setting, app
        )

    assert key(hashlib.sha256) != key(hashlib.md5)


def test_the_hash_method_is_not_called_when_decorating(cache):
    calls = []

    @cache.memoize(hash_method=lambda *args: calls.append(args))
    def answer():
        return 1

    assert calls == []


def memoized_sources(cache, **options):
    """Memoize two functions of one name that differ in nothing but their source."""

    @cache.memoize(**options)
    def answer():
        return "first"

    first = answer

    @cache.memoize(**options)
    def answer():
        return "second"

    return first, answer


def test_with_source_check_another_source_is_another_function(cache):
    first, second = memoized_sources(cache, source_check=True)

    assert [first(), second(), first()] == ["first", "second", "first"]


def test_without_source_check_the_source_does_not_count(cache):
    first, second = memoized_sources(cache)

    assert [first(), second()] == ["first", "first"]


def test_source_check_is_a_setting_that_a_decorator_may_switch_off(app):
    cache = Cache(app, config={"CACHE_SOURCE_CHECK": True})

    checked = memoized_sources(cache)
    unchecked = memoized_sources(cache, source_check=False)

    assert [each() for each in checked] == ["first", "second"]
    assert [each() for each in unchecked] == ["first", "first"]


def test_ignored_arguments_do_not_tell_calls_apart(cache, number):
    @cache.memoize(args_to_ignore=["b"])
    def answer(a, b, **rest):
        return number()

    assert [answer(1, 2), answer(1, 3), answer(1, b=4), answer(2, 2)] == [1, 1, 1, 2]


def test_one_name_of_an_ignored_argument_may_come_as_it_is(cache, number):
    @cache.memoize(args_to_ignore="trace")
    def answer(a, trace):
        return number()

    assert [answer(1, 2), answer(1, 3), answer(2, 3)] == [1, 1, 2]


def test_ignored_keyword_arguments_do_not_tell_calls_apart(cache, number):
    @cache.memoize(args_to_ignore=["trace"])
    def answer(**kwargs):
        return number()

    assert [answer(a=1, trace=1), answer(a=1, trace=2), answer(a=2)] == [1, 1, 2]


def test_an_ignored_self_makes_all_objects_one(cache, number):
    class Adder(Named):
        @cache.memoize(args_to_ignore=["self"])
        def add(self, b):
            return number()

    one, other = Adder("one"), Adder("other")

    assert [one.add(1), other.add(1), other.add(2)] == [1, 1, 2]


def test_with_an_ignored_self_a_call_is_invalidated_for_all_objects(cache, number):
    class Adder(Named):
        @cache.memoize(args_to_ignore=["self"])
        def add(self, b):
            return number()

    one, other = Adder("one"), Adder("other")
    one.add(1)
    one.add(2)
    cache.delete_memoized(one.add, 1)

    assert [other.add(1), other.add(2)] == [3, 2]


def test_with_an_ignored_self_a_bound_method_stands_for_all_objects(cache, number):
    class Adder(Named):
        @cache.memoize(args_to_ignore=["self"])
        def add(self, b):
            return number()

    one, other = Adder("one"), Adder("other")
    other.add(1)
    done = cache.delete_memoized(one.add)

    assert other.add(1) == 2
    assert done.scope == "function"


def test_make_cache_key_is_the_key_of_a_call(add):
    key = add.make_cache_key(add.uncached, 1)

    assert key == add.make_cache_key(add.uncached, a=1, b=10)
    assert key != add.make_cache_key(add.uncached, 2)


def test_make_cache_key_takes_the_object_of_a_method(cache, adder_class):
    adder = adder_class("one")
    stored = adder.add(1)

    assert cache.get(adder_class.add.make_cache_key(adder_class.add.uncached, adder, 1)) == stored


def test_a_replaced_make_cache_key_is_given_the_function_and_the_call(cache):
    given = []

    @cache.memoize()
    def answer(a):
        return "stored"

    answer.make_cache_key = lambda f, *args, **kwargs: given.append((f, args, kwargs)) or "key"
    answer(1)

    assert given == [(answer.uncached, (1,), {})]
    assert cache.get("key") == "stored"


def test_a_replaced_make_cache_key_counts_for_invalidation_too(cache, number):
    @cache.memoize()
    def answer(a):
        return number()

    answer.make_cache_key = lambda f, a: a % 2
    answer(1)
    one_call = cache.delete_memoized(answer, 3)
    after_one_call = answer(1)
    cache.delete_memoized(answer)

    assert (one_call.key, one_call.removed) == ("1", True)
    assert [after_one_call, answer(1)] == [2, 3]


def test_an_object_without_a_repr_is_logged_and_the_function_called(cache, number, caplog):
    class Mute:
        def __repr__(self):
            raise TypeError("no repr")

        @cache.memoize()
        def answer(self):
            return number()

    mute = Mute()

    assert [mute.answer(), mute.answer()] == [1, 2]
    where = "in a key, a tag or a condition of core.tests.test_functions."
    assert len(caplog.messages) == 2
    for message in caplog.messages:
        assert message.startswith(f"Answered without the cache: no repr ({where}")


# -- delete_memoized: a function ---------------------------------------------------------


def test_without_arguments_every_call_of_a_function_is_forgotten(cache, add):
    add(1)
    add(2)
    cache.delete_memoized(add)

    assert [add(1), add(2)] == [(11, 3), (12, 4)]


def test_the_function_can_do_it_itself(add):
    add(1)
    add.delete_memoized()

    assert add(1) == (11, 2)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((1,), {}), ((), {"a": 1}), ((1, 10), {}), ((1,), {"b": 10}), ((), {"b": 10, "a": 1})],
    ids=str,
)
def test_with_arguments_that_one_call_is_forgotten(cache, add, args, kwargs):
    add(1)
    add(2)
    cache.delete_memoized(add, *args, **kwargs)

    assert [add(2), add(1)] == [(12, 2), (11, 3)]


def test_another_function_keeps_what_it_has(cache, add, number):
    @cache.memoize()
    def other(a):
        return number()

    other(1)
    cache.delete_memoized(add)

    assert other(1) == 1


def test_a_required_argument_that_is_left_out_counts_as_none_with_a_warning(cache, number, caplog):
    @cache.memoize()
    def answer(a, b, c):
        return number()

    answer(1, None, None)
    done = [cache.delete_memoized(answer, 1), cache.delete_memoized(answer, 1)]

    assert [each.removed for each in done] == [True, False]
    assert [each.partition(".<locals>.")[2] for each in caplog.messages] == [
        "answer) was called without b, c, which counts as None."
    ]


def test_arguments_that_the_function_does_not_take_are_an_error(cache, add):
    with pytest.raises(TypeError, match="too many positional arguments"):
        cache.delete_memoized(add, 1, 2, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
        cache.delete_memoized(add, 1, c=3)


def test_the_undecorated_function_will_do(cache, add):
    add(1)
    cache.delete_memoized(add.uncached)

    assert add(1) == (11, 2)


def test_of_the_undecorated_function_a_single_call_cannot_be_told(cache, add):
    with pytest.raises(TypeError, match=r"is not a memoized function.*Give .* the decorated"):
        cache.delete_memoized(add.uncached, 1)


@pytest.mark.parametrize("method", ["delete_memoized", "delete_memoized_verhash"])
def test_a_name_is_not_a_function(cache, method):
    with pytest.raises(TypeError, match=r"takes the decorated function itself, not 'add'"):
        getattr(cache, method)("add")


def test_the_function_may_be_wrapped_again(cache, number):
    def noisy(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return "noisy", function(*args, **kwargs)

        return wrapper

    @noisy
    @cache.memoize()
    def answer(a):
        return number()

    answer(1)
    answer(2)
    cache.delete_memoized(answer, 1)
    after_one_call = [answer(1), answer(2)]
    cache.delete_memoized(answer)

    assert after_one_call == [("noisy", 3), ("noisy", 2)]
    assert answer(2) == ("noisy", 4)


def test_a_memoized_function_under_cached_is_invalidated_by_its_own_key(cache, number):
    @cache.cached(key_prefix="answer")
    @cache.memoize()
    def answer(a):
        return number()

    answer(1)
    done = cache.delete_memoized(answer, 1)
    cache.delete_cached(answer)

    assert done.removed
    assert answer(1) == 2


# -- delete_memoized: a method -----------------------------------------------------------


def test_a_bound_method_stands_for_its_object(cache, adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), one.add(2), other.add(1)
    cache.delete_memoized(one.add)

    assert [one.add(1), one.add(2), other.add(1)] == [("one", 1, 4), ("one", 2, 5), ("other", 1, 3)]


def test_a_bound_method_stands_for_equally_named_objects_too(cache, adder_class):
    adder_class("one").add(1)
    cache.delete_memoized(adder_class("one").add)

    assert adder_class("one").add(1) == ("one", 1, 2)


@pytest.mark.parametrize("repeated", [False, True], ids=["without the object", "with the object"])
@pytest.mark.parametrize(
    ("args", "kwargs"), [((1,), {}), ((), {"b": 1}), ((1, 0), {}), ((1,), {"c": 0})], ids=str
)
def test_a_bound_method_with_arguments_is_one_call(cache, adder_class, repeated, args, kwargs):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), one.add(2), other.add(1)
    cache.delete_memoized(one.add, *((one,) if repeated else ()), *args, **kwargs)

    assert [one.add(2), other.add(1), one.add(1)] == [("one", 2, 2), ("other", 1, 3), ("one", 1, 4)]


def test_a_method_of_the_class_stands_for_all_objects(cache, adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), other.add(1)
    cache.delete_memoized(adder_class.add)

    assert [one.add(1), other.add(1)] == [("one", 1, 3), ("other", 1, 4)]


@pytest.mark.parametrize(
    ("args", "kwargs"), [((1,), {}), ((), {"b": 1}), ((1,), {"c": 0})], ids=str
)
def test_a_method_of_the_class_with_object_and_arguments_is_one_call(
    cache, adder_class, args, kwargs
):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), one.add(2), other.add(1)
    cache.delete_memoized(adder_class.add, one, *args, **kwargs)

    assert [one.add(2), other.add(1), one.add(1)] == [("one", 2, 2), ("other", 1, 3), ("one", 1, 4)]


def test_a_method_of_the_class_with_the_object_alone_stands_for_the_object(cache, adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), other.add(1)
    done = cache.delete_memoized(adder_class.add, one)

    assert [other.add(1), one.add(1)] == [("other", 1, 2), ("one", 1, 3)]
    assert done.scope == "object"


def test_a_method_without_further_parameters_has_one_call_an_object(cache, adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.total(), other.total()
    cache.delete_memoized(adder_class.total, one)

    assert [other.total(), one.total()] == [("other", 2), ("one", 3)]


def test_arguments_without_the_object_are_an_error(cache, adder_class):
    with pytest.raises(TypeError, match="missing a required argument: 'self'"):
        cache.delete_memoized(adder_class.add, b=1)


def test_another_method_of_the_object_keeps_what_it_has(cache, adder_class):
    one = adder_class("one")
    one.add(1), one.total()
    cache.delete_memoized(one.add)

    assert one.total() == ("one", 2)


def test_an_object_with_a_false_truth_value_can_be_invalidated_alone(cache, number):
    class Basket(Named):
        def __len__(self):
            return 0

        @cache.memoize()
        def total(self, currency):
            return number()

    empty, other = Basket("empty"), Basket("other")
    empty.total("eur"), other.total("eur")
    cache.delete_memoized(empty.total)
    after_the_object = [empty.total("eur"), other.total("eur")]
    cache.delete_memoized(empty.total, "eur")

    assert after_the_object == [3, 2]
    assert [empty.total("eur"), other.total("eur")] == [4, 2]


def test_an_inherited_method_is_the_base_classs(cache, adder_class):
    class Derived(adder_class):
        pass

    base, derived = adder_class("base"), Derived("derived")
    base.add(1), derived.add(1)
    cache.delete_memoized(derived.add)
    after_the_object = [base.add(1), derived.add(1)]
    cache.delete_memoized(Derived.add)

    assert after_the_object == [("base", 1, 1), ("derived", 1, 3)]
    assert [base.add(1), derived.add(1)] == [("base", 1, 4), ("derived", 1, 5)]


def test_the_caching_id_names_the_object_to_invalidate(cache, number):
    class User:
        def __init__(self, key):
            self.key = key

        def __caching_id__(self):
            return self.key

        @cache.memoize()
        def visits(self):
            return number()

    User(1).visits(), User(2).visits()
    cache.delete_memoized(User(1).visits)

    assert [User(1).visits(), User(2).visits()] == [3, 2]


def test_a_method_of_a_nested_class_is_not_its_namesake(cache, number):
    class Outer(Named):
        class Inner(Named):
            @cache.memoize()
            def answer(self):
                return number()

        @cache.memoize()
        def answer(self):
            return number()

    outer, inner = Outer("same"), Outer.Inner("same")
    outer.answer(), inner.answer()
    cache.delete_memoized(Outer.Inner.answer)

    assert [outer.answer(), inner.answer()] == [1, 3]


def test_a_method_may_do_it_itself_for_all_objects(adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), other.add(1)
    one.add.delete_memoized()

    assert [one.add(1), other.add(1)] == [("one", 1, 3), ("other", 1, 4)]


def test_a_method_wrapped_again_is_invalidated_by_object(cache, number):
    def noisy(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    class Adder(Named):
        @noisy
        @cache.memoize()
        def add(self, b):
            return number()

    one, other = Adder("one"), Adder("other")
    one.add(1), other.add(1)
    cache.delete_memoized(one.add)
    after_the_object = [one.add(1), other.add(1)]
    cache.delete_memoized(one.add, 1)

    assert after_the_object == [3, 2]
    assert [one.add(1), other.add(1)] == [4, 2]


def test_the_undecorated_bound_method_will_do(cache, number):
    class Adder(Named):
        def plain(self, b):
            return number()

        add = cache.memoize()(plain)

    one, other = Adder("one"), Adder("other")
    one.add(1), other.add(1)
    cache.delete_memoized(one.plain)

    assert [one.add(1), other.add(1)] == [3, 2]


# -- delete_memoized: classmethods and staticmethods -------------------------------------


@pytest.fixture(params=["above", "below"])
def model(request, cache, number):
    """Give a class with a classmethod and a staticmethod, in either order of decorators."""
    memoize = cache.memoize()

    def count(cls, a, b=0):
        return cls.__name__, number()

    def double(a, b=0):
        return a, number()

    class Model:
        if request.param == "above":
            count_all = classmethod(memoize(count))
            double_all = staticmethod(memoize(double))
        else:
            count_all = memoize(classmethod(count))
            double_all = memoize(staticmethod(double))

    return Model


def test_a_classmethod_is_memoized_in_either_order(model):
    assert [model.count_all(1), model().count_all(1), model.count_all(2)] == [
        ("Model", 1),
        ("Model", 1),
        ("Model", 2),
    ]


def test_a_classmethod_is_forgotten_as_a_whole(cache, model):
    model.count_all(1), model.count_all(2)
    done = cache.delete_memoized(model.count_all)

    assert [model.count_all(1), model.count_all(2)] == [("Model", 3), ("Model", 4)]
    assert done.scope == "function"


@pytest.mark.parametrize("repeated", [False, True], ids=["without the class", "with the class"])
@pytest.mark.parametrize(("args", "kwargs"), [((1,), {}), ((), {"a": 1}), ((1, 0), {})], ids=str)
def test_a_classmethod_with_arguments_is_one_call(cache, model, repeated, args, kwargs):
    model.count_all(1), model.count_all(2)
    cache.delete_memoized(model.count_all, *((model,) if repeated else ()), *args, **kwargs)

    assert [model.count_all(2), model.count_all(1)] == [("Model", 2), ("Model", 3)]


def test_a_classmethod_with_the_class_alone_is_forgotten_as_a_whole(cache, model):
    model.count_all(1), model.count_all(2)
    cache.delete_memoized(model.count_all, model)

    assert [model.count_all(1), model.count_all(2)] == [("Model", 3), ("Model", 4)]


def test_one_call_of_a_classmethod_is_one_classs(cache, model):
    class Derived(model):
        pass

    model.count_all(1), Derived.count_all(1)
    cache.delete_memoized(Derived.count_all, 1)

    assert [model.count_all(1), Derived.count_all(1)] == [("Model", 1), ("Derived", 3)]


def test_a_classmethod_has_its_attributes_in_either_order(model):
    assert callable(model.count_all.uncached)
    assert model.count_all.cache_timeout is None


def test_a_staticmethod_is_memoized_in_either_order(model):
    assert [model.double_all(1), model().double_all(1), model.double_all(2)] == [
        (1, 1),
        (1, 1),
        (2, 2),
    ]


def test_a_staticmethod_is_forgotten_as_a_whole(cache, model):
    model.double_all(1), model.double_all(2)
    cache.delete_memoized(model.double_all)

    assert [model.double_all(1), model.double_all(2)] == [(1, 3), (2, 4)]


@pytest.mark.parametrize(("args", "kwargs"), [((1,), {}), ((), {"a": 1}), ((1, 0), {})], ids=str)
def test_a_staticmethod_with_arguments_is_one_call(cache, model, args, kwargs):
    model.double_all(1), model.double_all(2)
    cache.delete_memoized(model().double_all, *args, **kwargs)

    assert [model.double_all(2), model.double_all(1)] == [(2, 2), (1, 3)]


# -- what an invalidation says -----------------------------------------------------------


def test_an_invalidated_function_is_said_to_be_one(cache, add):
    done = cache.delete_memoized(add)

    assert isinstance(done, Invalidated)
    assert (done.scope, done.removed) == ("function", True)
    assert done.key.endswith("add")


def test_an_invalidated_object_is_said_to_be_one(cache, adder_class):
    done = cache.delete_memoized(adder_class("one").add)

    assert (done.scope, done.removed) == ("object", True)


def test_an_invalidated_call_says_whether_it_was_there(cache, add):
    add(1)
    key = add.make_cache_key(add.uncached, 1)

    done = [cache.delete_memoized(add, 1), cache.delete_memoized(add, 1)]

    assert done == [Invalidated("call", key, True), Invalidated("call", key, False)]


def test_what_an_invalidation_says_cannot_be_changed(cache, add):
    done = cache.delete_memoized(add)

    with pytest.raises(AttributeError):
        done.removed = False


def test_an_invalidation_that_the_store_refuses_is_an_error(app, cache, add):
    cache.cache.set = lambda key, value, timeout=None: False

    with pytest.raises(ConnectionError, match="nothing was invalidated"):
        cache.delete_memoized(add)


# -- delete_memoized_verhash -------------------------------------------------------------


def test_without_its_version_a_function_is_computed_again(cache, add):
    add(1)
    cache.delete_memoized_verhash(add)

    assert [add(1), add(1)] == [(11, 2), (11, 2)]


def test_without_its_version_an_object_is_computed_again(cache, adder_class):
    one, other = adder_class("one"), adder_class("other")
    one.add(1), other.add(1)
    cache.delete_memoized_verhash(one.add)

    assert [one.add(1), other.add(1)] == [("one", 1, 3), ("other", 1, 2)]


def test_deleting_the_version_returns_nothing(cache, add):
    assert cache.delete_memoized_verhash(add) is None


# -- coroutine functions -----------------------------------------------------------------


def test_a_coroutine_method_is_memoized_and_invalidated(cache, number):
    class Adder(Named):
        @cache.memoize()
        async def add(self, b):
            return self.name, number()

    async def run():
        one, other = Adder("one"), Adder("other")
        before = [await one.add(1), await one.add(1), await other.add(1)]
        cache.delete_memoized(one.add)
        return before, [await one.add(1), await other.add(1)]

    assert asyncio.run(run()) == (
        [("one", 1), ("one", 1), ("other", 2)],
        [("one", 3), ("other", 2)],
    )


def test_callers_that_waited_each_get_a_copy_of_an_error(cache, number):
    @cache.memoize()
    async def answer():
        await asyncio.sleep(0)
        raise ValueError(number())

    async def together():
        return await asyncio.gather(*[answer() for _ in range(3)], return_exceptions=True)

    errors = asyncio.run(together())

    assert [error.args for error in errors] == [(1,), (1,), (1,)]
    assert len({id(error) for error in errors}) == 3


def test_an_abort_is_not_shared_with_callers_that_waited(cache, number):
    @cache.memoize()
    async def answer():
        await asyncio.sleep(0)
        abort(401, description=str(number()))

    async def together():
        return await asyncio.gather(*[answer() for _ in range(3)], return_exceptions=True)

    errors = asyncio.run(together())

    assert {type(error) for error in errors} == {Unauthorized}
    assert sorted(error.description for error in errors) == ["1", "2", "3"]


# -- signals -----------------------------------------------------------------------------


@pytest.fixture
def heard():
    """Give the list of (signal's name, what it was sent with)."""
    sent = []

    def hit(sender, **details):
        sent.append(("hit", details))

    def miss(sender, **details):
        sent.append(("miss", details))

    with cache_memoize_hit.connected_to(hit), cache_memoize_miss.connected_to(miss):
        yield sent


def test_hits_and_misses_are_signalled_where_signals_are_enabled(app, heard):
    cache = Cache(app, config={"CACHE_ENABLE_SIGNALS": True})

    @cache.memoize()
    def answer(a):
        return a

    answer(5)
    answer(a=5)

    key = answer.make_cache_key(answer.uncached, 5)
    common = {"cache": cache, "cache_key": key, "f": answer.uncached}
    assert heard == [
        ("miss", {**common, "args": (5,), "kwargs": {}}),
        ("hit", {**common, "args": (), "kwargs": {"a": 5}}),
    ]


def test_nothing_is_signalled_by_default(add, heard):
    add(1)
    add(1)

    assert heard == []


# -- what a call costs -------------------------------------------------------------------


@pytest.fixture
def recursion_limit():
    """Give the limit that Python starts with."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield 1000
    sys.setrecursionlimit(before)


def test_a_function_may_call_itself_deeply(cache, recursion_limit):
    @cache.memoize()
    def total(n):
        return n + total(n - 1) if n else 0

    # Of the frames, four are those of a level, and a fifth of all is left to what stores.
    depth = recursion_limit // 5

    # On a thread of its own, above which there are no frames of pytest's.
    assert in_thread(total, depth).result(PATIENCE) == depth * (depth + 1) // 2


@pytest.mark.parametrize("invalidated", [False, True])
def test_a_function_memoized_within_another_is_freed(cache, invalidated):
    def outer():
        @cache.memoize()
        def inner(a, b):
            return a, b

        inner(1, 2)
        if invalidated:
            cache.delete_memoized(inner, 1)  # without b, of which the application is told
            cache.delete_memoized(inner)
        return weakref.ref(inner.uncached)

    inner = outer()
    gc.collect()

    assert inner() is None


@pytest.mark.parametrize(
    "tell",
    [
        lambda cache, thing: cache.get(thing),
        lambda cache, thing: cache.memoize()(lambda a: 1)(thing),
    ],
    ids=["as a key", "as an argument"],
)
def test_a_class_of_which_the_application_was_told_is_freed(cache, caplog, tell):
    def told():
        class Thing:
            pass

        tell(cache, Thing())
        return weakref.ref(Thing)

    thing = told()
    gc.collect()

    assert "Thing" in caplog.text
    assert thing() is None
