"""What `cached` and `memoize` have in common: each test runs under both decorators."""

import asyncio
import functools
import inspect
import itertools
from datetime import timedelta

import pytest

from flask_caching import BaseCache, Cache, SimpleCache, notices
from flask_caching.decorated import join_generator, resolved_timeout
from flask_caching.errors import ConfigError, ValueTooLargeError


class Refusing(SimpleCache):
    """A store that can be switched off."""

    down = False

    def get(self, key):
        self._check()
        return super().get(key)

    def get_value(self, key, default=None):
        self._check()
        return super().get_value(key, default)

    def get_many(self, *keys):
        self._check()
        return super().get_many(*keys)

    def _check(self):
        if self.down:
            raise ConnectionError("the store is down")


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def cache(app, clock):
    app.config["CACHE_OPTIONS"] = {"clock": clock}
    return Cache(app)


@pytest.fixture(params=["cached", "memoize"])
def decorate(request, cache):
    """Give either decorator, for functions that are called outside of requests."""
    if request.param == "memoize":
        return cache.memoize
    return functools.partial(cache.cached, key_prefix="answer")


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


# -- the decorated function --------------------------------------------------------------


def test_the_second_call_is_answered_from_the_cache(decorate, number):
    @decorate()
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


def test_the_decorated_function_keeps_its_name_and_its_text(decorate):
    @decorate()
    def answer():
        """Says it."""

    assert answer.__name__ == "answer"
    assert answer.__doc__ == "Says it."


def test_the_decorated_function_is_a_plain_function(decorate):
    @decorate()
    def answer(number=1):
        return number

    assert inspect.isfunction(answer)
    assert str(inspect.signature(answer)) == "(number=1)"


def test_every_call_gets_a_copy_of_its_own(decorate):
    @decorate()
    def answer():
        return ["stored"]

    answer()
    answer().append("changed by a caller")

    assert answer() == ["stored"]


def test_an_error_of_the_function_reaches_the_caller_and_is_not_stored(decorate, number):
    @decorate()
    def answer():
        if number() == 1:
            raise KeyError("the function's own")
        return "recovered"

    with pytest.raises(KeyError, match="the function's own"):
        answer()

    assert answer() == "recovered"


@pytest.mark.parametrize("debug", [False, True])
def test_a_call_with_wrong_arguments_raises_the_functions_own_error(app, decorate, debug):
    app.debug = debug

    @decorate()
    def answer(number):
        return number

    with pytest.raises(TypeError, match=r"answer\(\) missing 1 required positional argument"):
        answer()
    with pytest.raises(TypeError, match=r"answer\(\) takes 1 positional argument but 2 were"):
        answer(1, 2)
    with pytest.raises(TypeError, match=r"answer\(\) got an unexpected keyword argument 'other'"):
        answer(1, other=2)


@pytest.mark.parametrize("debug", [False, True])
def test_a_type_error_raised_within_the_function_is_its_own(app, decorate, debug):
    app.debug = debug

    @decorate()
    def answer():
        return len(5)

    with pytest.raises(TypeError, match="object of type 'int' has no len"):
        answer()


def test_a_decorated_function_works_without_any_context(decorate, number):
    @decorate()
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


def test_a_decorated_function_may_call_another_one(decorate, cache, number):
    @cache.memoize()
    def inner():
        return number()

    @decorate()
    def outer():
        return inner() + 10

    assert [outer(), outer(), inner()] == [11, 11, 1]


# -- timeout -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (10, 10),
        (2.5, 2.5),
        ("10", 10),
        ("2.5", 2.5),
        (timedelta(seconds=10), 10),
        (timedelta(milliseconds=2500), 2.5),
        (lambda: 10, 10),
        (lambda value: value["lives"], 20),
        (lambda *args: 10, 10),
        (lambda: timedelta(minutes=1), 60),
        (lambda: None, 300),
        (None, 300),
    ],
    ids=[
        "int",
        "float",
        "text",
        "text with a fraction",
        "timedelta",
        "timedelta with a fraction",
        "callable",
        "callable with the value",
        "variadic callable",
        "callable giving a timedelta",
        "callable giving None",
        "None",
    ],
)
def test_an_answer_lives_as_long_as_the_timeout_says(decorate, clock, number, timeout, seconds):
    @decorate(timeout=timeout)
    def answer():
        return {"number": number(), "lives": 20}

    answer()
    clock.advance(seconds - 0.25)
    before = answer()
    clock.advance(0.5)
    after = answer()

    assert before["number"] == 1
    assert after["number"] == 2


def test_the_timeout_is_the_first_parameter(cache, clock, number):
    @cache.memoize(10)
    def answer():
        return number()

    answer()
    clock.advance(11)

    assert answer() == 2


@pytest.mark.parametrize(
    "timeout", [0, "0", timedelta(0), lambda: 0], ids=["int", "text", "timedelta", "callable"]
)
def test_a_timeout_of_0_means_for_ever(decorate, clock, number, timeout):
    @decorate(timeout=timeout)
    def answer():
        return number()

    answer()
    clock.advance(9 * 365 * 24 * 3600)

    assert answer() == 1


def test_a_negative_timeout_means_expired_already(decorate, number):
    with pytest.warns(UserWarning, match="with -1 what is stored has expired already"):

        @decorate(timeout=-1)
        def answer():
            return number()

    assert [answer(), answer()] == [1, 2]


def test_the_default_timeout_is_a_setting(app, clock, number):
    app.config["CACHE_OPTIONS"] = {"clock": clock}
    cache = Cache(app, config={"CACHE_DEFAULT_TIMEOUT": 5})

    @cache.memoize()
    def answer():
        return number()

    answer()
    clock.advance(6)

    assert answer() == 2


def test_a_callable_timeout_is_asked_each_time_that_an_answer_is_stored(decorate, clock, number):
    timeouts = iter([10, 20])

    @decorate(timeout=lambda: next(timeouts))
    def answer():
        return number()

    answer()
    clock.advance(11)
    answer()
    clock.advance(19)

    assert answer() == 2


def test_a_timeout_as_text_is_warned_about_once(decorate, number, caplog):
    @decorate(timeout="10", forced_update=lambda: True)
    def answer():
        return number()

    answer()
    answer()

    assert caplog.messages == [
        "A timeout is a number of seconds: a decorator's text '10' counts as 10. Write 10."
    ]


def test_a_timeout_that_is_no_number_is_an_error(decorate):
    @decorate(timeout=lambda: "soon")
    def answer():
        return 1

    with pytest.raises(ConfigError, match=r"timeout=….* not 'soon'"):
        answer()
    with pytest.raises(ConfigError, match=r"timeout=….* not 'later'"):
        decorate(timeout="later")


def test_whole_seconds_of_a_timedelta_are_an_int():
    seconds = resolved_timeout(timedelta(minutes=1))

    assert (seconds, type(seconds)) == (60, int)


# -- unless ------------------------------------------------------------------------------


def test_unless_bypasses_the_cache(decorate, number):
    @decorate(unless=lambda: True)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


def test_a_bypassed_call_leaves_the_stored_answer_alone(decorate, number):
    bypass = []

    @decorate(unless=lambda: bool(bypass))
    def answer():
        return number()

    answer()
    bypass.append(True)
    bypassed = answer()
    bypass.clear()

    assert bypassed == 2
    assert answer() == 1


@pytest.mark.parametrize("truthy", [1, "yes", ["something"], None, False])
def test_only_exactly_true_bypasses_the_cache(decorate, number, truthy):
    @decorate(unless=lambda: truthy)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


def test_unless_is_given_the_function_and_the_arguments_of_the_call(decorate):
    asked = []

    @decorate(unless=lambda f, *args, **kwargs: asked.append((f, args, kwargs)))
    def answer(a, b):
        return a

    answer(1, b=2)

    assert asked == [(answer.uncached, (1,), {"b": 2})]


def test_unless_may_name_the_arguments_it_wants(decorate, number):
    @decorate(unless=lambda f, user: user == "admin")
    def answer(user):
        return number()

    assert [answer("admin"), answer("admin"), answer("guest"), answer("guest")] == [1, 2, 3, 3]


def test_unless_with_keyword_only_parameters_is_called_without_arguments(decorate, number):
    @decorate(unless=lambda *, really=True: really)
    def answer(user):
        return number()

    assert [answer("a"), answer("a")] == [1, 2]


def test_an_error_of_unless_reaches_the_caller(decorate):
    def unless():
        raise KeyError("unless")

    @decorate(unless=unless)
    def answer():
        return 1

    with pytest.raises(KeyError, match="unless"):
        answer()


def test_a_condition_that_is_not_callable_is_ignored(decorate, number):
    with pytest.warns(UserWarning, match="True has no effect"):

        @decorate(unless=True, forced_update=True, is_stale=True)
        def answer():
            return number()

    assert [answer(), answer()] == [1, 1]


# -- forced_update -----------------------------------------------------------------------


def test_a_forced_update_computes_and_stores_anew(decorate, number):
    force = []

    @decorate(forced_update=lambda: bool(force))
    def answer():
        return number()

    answer()
    force.append(True)
    forced = answer()
    force.clear()

    assert forced == 2
    assert answer() == 2


def test_forced_update_is_asked_once_for_each_call(decorate):
    asked = []

    @decorate(forced_update=lambda: asked.append("asked"))
    def answer():
        return 1

    answer()
    answer()

    assert asked == ["asked", "asked"]


def test_forced_update_is_asked_once_where_it_forces_too(decorate):
    asked = []

    @decorate(forced_update=lambda: asked.append("asked") or True)
    def answer():
        return 1

    answer()

    assert asked == ["asked"]


def test_forced_update_is_given_the_arguments_of_the_call(decorate):
    asked = []

    @decorate(forced_update=lambda *args, **kwargs: asked.append((args, kwargs)))
    def answer(a, b):
        return a

    answer(1, b=2)

    assert asked == [((1,), {"b": 2})]


@pytest.mark.parametrize("truthy", [1, "yes", None, False])
def test_only_exactly_true_forces_an_update(decorate, number, truthy):
    @decorate(forced_update=lambda: truthy)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


# -- is_stale ----------------------------------------------------------------------------


def test_a_stale_answer_is_computed_and_stored_anew(decorate, number):
    @decorate(is_stale=lambda value: value == 1)
    def answer():
        return number()

    assert [answer(), answer(), answer()] == [1, 2, 2]


def test_is_stale_is_not_asked_where_nothing_is_stored(decorate):
    asked = []

    @decorate(is_stale=asked.append)
    def answer():
        return "stored"

    answer()
    asked_by_the_first_call = list(asked)
    answer()

    assert asked_by_the_first_call == []
    assert asked == ["stored"]


def test_is_stale_with_more_parameters_is_given_the_arguments_of_the_call(decorate):
    asked = []

    @decorate(is_stale=lambda value, *args, **kwargs: asked.append((value, args, kwargs)))
    def answer(a, b):
        return a + b

    answer(1, b=2)
    answer(1, b=2)

    assert asked == [(3, (1,), {"b": 2})]


@pytest.mark.parametrize("truthy", [1, "yes", None, False])
def test_only_exactly_true_is_stale(decorate, number, truthy):
    @decorate(is_stale=lambda value: truthy)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


@pytest.mark.parametrize("option", ["unless", "forced_update", "is_stale"])
def test_only_exactly_true_counts_of_a_condition_with_arguments(decorate, number, option):
    @decorate(**{option: lambda *args: "truthy"})
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


# -- response_filter ---------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [False, None, 0, ""])
def test_what_the_response_filter_refuses_is_not_stored(decorate, number, verdict):
    @decorate(response_filter=lambda value: verdict)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


@pytest.mark.parametrize("verdict", [True, 1, "yes"])
def test_what_the_response_filter_accepts_is_stored(decorate, number, verdict):
    @decorate(response_filter=lambda value: verdict)
    def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


def test_the_response_filter_is_given_what_was_computed_once(decorate):
    given = []

    @decorate(response_filter=lambda value: given.append(value) or True)
    def answer():
        return "computed"

    answer()
    answer()

    assert given == ["computed"]


# -- cache_none --------------------------------------------------------------------------


def test_none_is_computed_again_by_default(decorate, number):
    @decorate()
    def answer():
        number()

    answer()
    answer()

    assert number() == 3


def test_with_cache_none_a_stored_none_is_an_answer(decorate, number):
    @decorate(cache_none=True)
    def answer():
        number()

    first, second = answer(), answer()

    assert (first, second) == (None, None)
    assert number() == 2


@pytest.mark.parametrize("value", [0, False, "", b"", [], {}, 0.0])
def test_other_false_values_are_answers(decorate, number, value):
    @decorate()
    def answer():
        number()
        return value

    answer()

    assert answer() == value
    assert number() == 2


# -- the attributes ----------------------------------------------------------------------


def test_uncached_is_the_function_itself(decorate):
    def answer():
        return 1

    assert decorate()(answer).uncached is answer


def test_uncached_leaves_the_cache_alone(decorate, number):
    @decorate()
    def answer():
        return number()

    answer()
    uncached = answer.uncached()

    assert uncached == 2
    assert answer() == 1


def test_a_function_put_into_uncached_is_called_from_then_on(decorate):
    @decorate()
    def answer():
        return "as decorated"

    answer.uncached = lambda: "put there"

    assert answer() == "put there"


def test_cache_timeout_is_the_decorators_timeout(decorate):
    @decorate(timeout=50)
    def answer():
        return 1

    assert answer.cache_timeout == 50


def test_cache_timeout_is_read_at_each_call(decorate, clock, number):
    @decorate(timeout=50)
    def answer():
        return number()

    answer.cache_timeout = 5
    answer()
    clock.advance(6)

    assert answer() == 2


def test_a_replaced_make_cache_key_is_called_at_each_call(decorate, number):
    @decorate()
    def answer():
        return number()

    keys = iter(["one", "two", "one"])
    answer.make_cache_key = lambda *args, **kwargs: next(keys)

    assert [answer(), answer(), answer()] == [1, 2, 1]


def test_the_value_lies_under_the_key_that_make_cache_key_gives(cache):
    @cache.cached(key_prefix="answer")
    def cached():
        return "a value"

    @cache.memoize()
    def memoized(number):
        return "memoized"

    cached()
    memoized(5)

    assert cache.get(cached.make_cache_key()) == "a value"
    assert cache.get(memoized.make_cache_key(memoized.uncached, 5)) == "memoized"


# -- generators --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chunks", "joined"),
    [
        (["a", "b"], "ab"),
        ([b"a", b"b"], b"ab"),
        (["a", b"b", 3], ["a", b"b", 3]),
        ([], ""),
    ],
    ids=["text", "bytes", "mixed", "nothing"],
)
def test_what_a_generator_yields_is_joined(decorate, chunks, joined):
    calls = []

    @decorate()
    def answer():
        calls.append("called")
        yield from chunks

    assert [answer(), answer()] == [joined, joined]
    assert calls == ["called"]


def test_join_generator_takes_any_iterable():
    assert join_generator(iter(("a", "b"))) == "ab"


def test_a_list_of_texts_stays_a_list(decorate):
    @decorate()
    def answer():
        return ["a", "b"]

    assert [answer(), answer()] == [["a", "b"], ["a", "b"]]


# -- coroutine functions -----------------------------------------------------------------


def test_a_coroutine_function_without_a_loop_answers_at_once(decorate, number):
    @decorate()
    async def answer():
        return number()

    assert [answer(), answer()] == [1, 1]


def test_a_coroutine_function_on_a_loop_is_awaited(decorate, number):
    @decorate()
    async def answer():
        return number()

    async def twice():
        return [await answer(), await answer()]

    assert asyncio.run(twice()) == [1, 1]


def test_a_value_stored_on_a_loop_is_a_hit_without_one(decorate, number):
    @decorate()
    async def answer():
        return number()

    async def awaited():
        return await answer()

    assert asyncio.run(awaited()) == 1
    assert answer() == 1


def test_a_bypassed_coroutine_function_is_awaited_too(decorate, number):
    @decorate(unless=lambda: True)
    async def answer():
        return number()

    async def twice():
        return [await answer(), await answer()]

    assert asyncio.run(twice()) == [1, 2]


def test_a_bypassed_coroutine_function_without_a_loop_answers_at_once(decorate, number):
    @decorate(unless=lambda: True)
    async def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


def test_concurrent_awaits_of_one_call_compute_once(decorate, number):
    @decorate()
    async def answer():
        await asyncio.sleep(0)
        return number()

    async def together():
        return await asyncio.gather(*[answer() for _ in range(5)])

    assert asyncio.run(together()) == [1, 1, 1, 1, 1]


def test_an_error_of_a_coroutine_function_reaches_the_awaiting_caller(decorate):
    @decorate()
    async def answer():
        raise KeyError("of the coroutine")

    async def awaited():
        return await answer()

    with pytest.raises(KeyError, match="of the coroutine"):
        asyncio.run(awaited())


@pytest.mark.parametrize("debug", [False, True])
def test_a_coroutine_function_on_a_loop_raises_its_own_error_for_wrong_arguments(
    app, decorate, debug
):
    app.debug = debug

    @decorate()
    async def answer(number):
        return number

    async def awaited():
        return await answer()

    with pytest.raises(TypeError, match=r"answer\(\) missing 1 required positional argument"):
        asyncio.run(awaited())


def test_a_plain_function_called_on_a_loop_answers_at_once(decorate, number):
    @decorate()
    def answer():
        return number()

    async def twice():
        return [answer(), answer()]

    assert asyncio.run(twice()) == [1, 1]


# -- the store fails ---------------------------------------------------------------------


def test_with_the_store_down_every_call_computes_once_and_one_is_logged(decorate, cache, caplog):
    calls = []
    cache.init_app(cache.app, {"CACHE_TYPE": Refusing})
    cache.cache.down = True

    @decorate()
    def answer():
        calls.append("called")
        return 1

    assert [answer(), answer()] == [1, 1]
    assert calls == ["called", "called"]
    assert caplog.messages == ["Answered without the cache: the store is down"]


def test_with_the_store_down_debug_raises(decorate, cache):
    cache.init_app(cache.app, {"CACHE_TYPE": Refusing})
    cache.cache.down = True
    cache.app.debug = True

    @decorate()
    def answer():
        return 1

    with pytest.raises(ConnectionError, match="the store is down"):
        answer()


def test_a_value_that_cannot_be_stored_is_returned_all_the_same(decorate, caplog):
    @decorate()
    def answer():
        return lambda: "a function can't be pickled"

    assert answer()() == "a function can't be pickled"
    assert [(each.name, each.levelname, each.exc_info) for each in caplog.records] == [
        ("flask_caching", "WARNING", None)
    ]


def test_a_value_too_large_for_the_store_is_returned_and_told_in_one_line(
    cache, decorate, caplog, monkeypatch
):
    def refuse(key, value, timeout=None):
        raise ValueTooLargeError("5 bytes are too many")

    monkeypatch.setattr(cache.cache, "set", refuse)

    @decorate()
    def answer():
        return "large"

    assert answer() == "large"
    assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)]
    assert "5 bytes are too many" in caplog.text


def test_in_debug_a_value_that_cannot_be_stored_raises(app, decorate):
    app.debug = True

    @decorate()
    def answer():
        return lambda: "a function can't be pickled"

    with pytest.raises(ValueError, match="can't be pickled"):
        answer()


def test_an_error_of_make_cache_key_is_logged_and_the_function_called(decorate, caplog, number):
    def make_cache_key(*args, **kwargs):
        raise KeyError("no key")

    @decorate()
    def answer():
        return number()

    answer.make_cache_key = make_cache_key

    assert [answer(), answer()] == [1, 2]
    where = f" (in a key, a tag or a condition of {__name__}.{answer.__qualname__})"
    assert caplog.messages == [f"Answered without the cache: 'no key'{where}"] * 2


def test_in_debug_an_error_of_make_cache_key_is_raised(app, decorate):
    def make_cache_key(*args, **kwargs):
        raise KeyError("no key")

    app.debug = True

    @decorate()
    def answer():
        return 1

    answer.make_cache_key = make_cache_key

    with pytest.raises(KeyError, match="no key"):
        answer()


@pytest.mark.parametrize("option", ["forced_update", "is_stale"])
def test_an_error_of_a_condition_is_logged_and_the_function_called(
    decorate, caplog, number, option
):
    def condition(*args):
        raise KeyError("condition")

    @decorate(**{option: condition})
    def answer():
        return number()

    answer()

    assert answer() == 2
    where = f" (in a key, a tag or a condition of {__name__}.{answer.__qualname__})"
    assert set(caplog.messages) == {f"Answered without the cache: 'condition'{where}"}


def test_a_backend_without_a_memory_computes_each_time(app, number):
    cache = Cache(app, config={"CACHE_TYPE": "null", "CACHE_NO_NULL_WARNING": True})

    @cache.memoize()
    def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


def test_a_backend_that_refuses_to_store_is_no_error(app, number):
    class Full(BaseCache):
        def set(self, key, value, timeout=None):
            return False

    cache = Cache(app, config={"CACHE_TYPE": Full})

    @cache.cached(key_prefix="answer")
    def answer():
        return number()

    assert [answer(), answer()] == [1, 2]


# -- callables without a name ------------------------------------------------------------


class Multiplier:
    """A callable object."""

    def __init__(self, by):
        self.by = by

    def __repr__(self):
        return f"Multiplier({self.by})"

    def __call__(self, number):
        return number * self.by


def multiply(number, by):
    return number * by


@pytest.mark.parametrize(
    "function", [Multiplier(by=3), functools.partial(multiply, by=3)], ids=["object", "partial"]
)
@pytest.mark.parametrize("down", [False, True], ids=["store up", "store down"])
def test_a_callable_without_a_name_is_cached(cache, decorate, caplog, function, down):
    cache.init_app(cache.app, {"CACHE_TYPE": Refusing})
    cache.cache.down = down

    answer = decorate()(function)

    assert [answer(5), answer(5)] == [15, 15]
    assert len(caplog.messages) == (1 if down else 0)
