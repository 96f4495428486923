"""What does every backend promise, and what does it get for free?"""

import inspect
import math
from datetime import timedelta

import pytest
from markupsafe import Markup

from flask_caching.backends.base import (
    LONGEST_LIFE,
    BaseCache,
    Capability,
    by_position,
    checked_delta,
    checked_key,
    checked_timeout,
    counter_sum,
    without_unknown_default,
)
from flask_caching.errors import CacheUnavailableError, ConfigError, NotSupportedError
from flask_caching.typing import MISSING


class PaperCache(BaseCache):
    """What a stranger writes: five methods."""

    def __init__(self, default_timeout=300, ignore_delete_many_errors=False):
        super().__init__(default_timeout, ignore_delete_many_errors)
        self.written = {}
        self.lives = {}
        self.torn = set()

    def get(self, key):
        return self.written.get(key)

    def set(self, key, value, timeout=None):
        if value == "too large":
            return False
        self.written[key] = value
        self.lives[key] = self.life(timeout)
        return True

    def delete(self, key):
        if key in self.torn:
            raise CacheUnavailableError("the page is torn")
        return self.written.pop(key, None) is not None

    def has(self, key):
        return key in self.written

    def clear(self):
        self.written.clear()
        return True


@pytest.fixture
def paper():
    return PaperCache()


def parameters(function):
    """Return names, kinds and defaults of a signature."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
REQUIRED = inspect.Parameter.empty


def test_its_signature_begins_with_the_default_timeout():
    assert parameters(BaseCache)[0] == ("default_timeout", POSITIONAL, 300)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("get", [("key", POSITIONAL, REQUIRED)]),
        (
            "set",
            [
                ("key", POSITIONAL, REQUIRED),
                ("value", POSITIONAL, REQUIRED),
                ("timeout", POSITIONAL, None),
            ],
        ),
        (
            "add",
            [
                ("key", POSITIONAL, REQUIRED),
                ("value", POSITIONAL, REQUIRED),
                ("timeout", POSITIONAL, None),
            ],
        ),
        ("delete", [("key", POSITIONAL, REQUIRED)]),
        ("delete_many", [("keys", inspect.Parameter.VAR_POSITIONAL, REQUIRED)]),
        ("has", [("key", POSITIONAL, REQUIRED)]),
        ("clear", []),
        ("get_many", [("keys", inspect.Parameter.VAR_POSITIONAL, REQUIRED)]),
        ("set_many", [("mapping", POSITIONAL, REQUIRED), ("timeout", POSITIONAL, None)]),
        ("get_dict", [("keys", inspect.Parameter.VAR_POSITIONAL, REQUIRED)]),
    ],
)
def test_each_operation_has_the_documented_signature(operation, expected):
    assert parameters(getattr(BaseCache(), operation)) == expected


def test_by_itself_it_accepts_writes_and_finds_nothing():
    base = BaseCache()

    assert base.set("key", 1) is True
    assert base.get("key") is None
    assert base.has("key") is False
    assert base.delete("key") is True
    assert base.clear() is True
    assert base.close() is None


def test_the_default_has_finds_what_get_finds():
    class Getting(BaseCache):
        def get(self, key):
            return 0

    assert Getting().has("key") is True


def test_it_declares_no_capability():
    assert BaseCache.capabilities == frozenset()
    assert all(isinstance(each.value, str) for each in Capability)


@pytest.mark.parametrize("operation", ["touch", "prune"])
def test_what_it_cannot_do_is_a_clear_error(paper, operation):
    arguments = {"touch": ["key"], "prune": []}[operation]

    with pytest.raises(NotSupportedError, match=rf"PaperCache does not support {operation}\(\)"):
        getattr(paper, operation)(*arguments)


# -- derived operations ------------------------------------------------------------------


def test_get_value_tells_a_miss_from_a_stored_none(paper):
    paper.set("none", None)
    paper.set("one", 1)

    assert paper.get_value("none", "default") is None
    assert paper.get_value("one", "default") == 1
    assert paper.get_value("missing", "default") == "default"


def test_get_many_keeps_order_and_duplicates(paper):
    paper.set_many({"a": 1, "b": 2})

    assert paper.get_many("b", "missing", "a", "b") == [2, None, 1, 2]
    assert paper.get_many() == []


def test_get_dict_has_every_key_asked(paper):
    paper.set("a", 1)

    assert paper.get_dict("a", "missing", "a") == {"a": 1, "missing": None}


def test_set_many_lists_the_keys_stored_and_leaves_out_the_refused(paper):
    stored = paper.set_many({"b": 1, "refused": "too large", "a": 2}, 7)

    assert stored == ["b", "a"]
    assert paper.lives == {"b": 7, "a": 7}


def test_set_many_counts_a_set_that_answers_nothing_as_stored():
    class Silent(BaseCache):
        def set(self, key, value, timeout=None):
            return None

    assert Silent().set_many({"a": 1}) == ["a"]
    assert Silent().add("a", 1) is True


def test_add_keeps_the_first_value(paper):
    assert paper.add("key", None, 5) is True
    assert paper.add("key", 2, 50) is False
    assert paper.written == {"key": None}
    assert paper.lives == {"key": 5}


def test_add_of_a_refused_value_is_false(paper):
    assert paper.add("key", "too large") is False


def test_counters_start_at_the_step_and_are_stored(paper):
    assert paper.inc("up") == 1
    assert paper.inc("up", 4) == 5
    assert paper.dec("down", 3) == -3
    assert paper.written == {"up": 5, "down": -3}


def test_counting_what_is_no_integer_leaves_it(paper):
    paper.set("key", None)

    with pytest.raises(TypeError, match="'key' does not hold a counter"):
        paper.inc("key")

    assert paper.written == {"key": None}


def test_delete_many_lists_what_is_gone_once_each(paper):
    paper.set_many({"a": 1, "b": 2})

    assert paper.delete_many("missing", "b", "b", "a") == ["missing", "b", "a"]
    assert paper.written == {}


def test_delete_many_leaves_out_what_is_still_there():
    class Sticky(PaperCache):
        def delete(self, key):
            return key != "sticky" and super().delete(key)

    sticky = Sticky()
    sticky.set_many({"sticky": 1, "a": 2})

    assert sticky.delete_many("sticky", "a") == ["a"]


def test_delete_many_raises_the_error_of_the_store(paper):
    paper.torn = {"b"}
    paper.set_many({"a": 1, "b": 2, "c": 3})

    with pytest.raises(CacheUnavailableError):
        paper.delete_many("a", "b", "c")


def test_delete_many_leaves_out_what_fails_where_it_is_told_to():
    paper = PaperCache(ignore_delete_many_errors=True)
    paper.torn = {"b"}
    paper.set_many({"a": 1, "b": 2, "c": 3})

    assert paper.delete_many("a", "b", "c") == ["a", "c"]


def test_an_error_that_is_not_the_stores_is_never_left_out():
    class Broken(PaperCache):
        def delete(self, key):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Broken(ignore_delete_many_errors=True).delete_many("a")


def test_unlink_deletes(paper):
    paper.set("a", 1)

    assert paper.unlink("a", "missing") == ["a", "missing"]


# -- construction ------------------------------------------------------------------------


def test_a_default_timeout_is_kept_in_seconds():
    assert BaseCache(timedelta(minutes=2)).default_timeout == 120


@pytest.mark.parametrize("default", ["300", True, None])
def test_a_default_timeout_of_another_type_is_a_type_error(default):
    with pytest.raises(TypeError):
        BaseCache(default)


def test_a_subclass_that_never_calls_super_has_the_defaults():
    class Old(BaseCache):
        def __init__(self):
            pass

    old = Old()

    assert old.life(None) == 300
    assert old.delete_many("a") == ["a"]
    assert old.key_prefix is None


@pytest.mark.parametrize(
    ("timeout", "life"), [(None, 60), (5, 5), (0, 0), (timedelta(hours=1), 3600)]
)
def test_a_life_is_the_timeout_or_the_default(timeout, life):
    assert BaseCache(60).life(timeout) == life
    assert BaseCache(60)._normalize_timeout(timeout) == life


def test_the_factory_calls_the_class_with_the_options():
    made = PaperCache.factory(None, {}, [60], {"ignore_delete_many_errors": True})

    assert (made.default_timeout, made.ignore_delete_many_errors) == (60, True)


def test_the_factory_spares_a_class_the_default_that_it_does_not_know():
    class Old(BaseCache):
        def __init__(self, size):
            self.size = size

    options = {"default_timeout": 60, "size": 3}

    assert Old.factory(None, {}, [], options).size == 3
    assert options == {"default_timeout": 60, "size": 3}


def test_an_unknown_option_reaches_the_class_and_is_refused_there():
    with pytest.raises(TypeError, match="colour"):
        PaperCache.factory(None, {}, [], {"colour": "red"})


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        (lambda default_timeout: None, True),
        (lambda **options: None, True),
        (lambda size=1: None, False),
        (dict, True),  # it shows no signature
    ],
    ids=["named", "any option", "unknown", "no signature"],
)
def test_the_default_is_left_out_only_where_it_is_surely_unknown(target, kept):
    options = without_unknown_default(target, {"default_timeout": 60, "size": 1})

    assert ("default_timeout" in options) is kept
    assert options["size"] == 1


def test_arguments_get_the_names_of_their_places():
    assert by_position(["size", "colour"], []) == {}
    assert by_position(("size", "colour"), [5]) == {"size": 5}
    with pytest.raises(ConfigError, match=r"CACHE_ARGS: are 3, and .* taken: size, colour$"):
        by_position(["size", "colour"], [1, 2, 3])


# -- checks ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "key", "a b\0\n", "sö\N{FOX FACE}"])
def test_a_text_is_a_key_as_it_is(key):
    assert checked_key(key) is key


@pytest.mark.parametrize("text", ["a<b", "sö<b"])
def test_a_key_is_put_together_as_a_plain_text_is(text):
    assert "<mine>|" + checked_key(Markup(text)) == f"<mine>|{text}"


@pytest.mark.parametrize("key", [None, 1, b"key", ["key"]], ids=repr)
def test_another_type_of_key_is_named(key):
    with pytest.raises(TypeError, match=f"A cache key is a str, not {type(key).__name__}"):
        checked_key(key)


def test_a_lone_surrogate_is_named():
    with pytest.raises(ValueError, match="UTF-8") as caught:
        checked_key("a\udc80")

    assert isinstance(caught.value.__cause__, UnicodeEncodeError)


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(0, 0), (5, 5), (-1, -1), (0.5, 0.5), (timedelta(days=1, microseconds=500_000), 86_400.5)],
)
def test_a_timeout_is_given_in_seconds(timeout, seconds):
    assert checked_timeout(timeout) == seconds


@pytest.mark.parametrize(
    ("timeout", "sign"), [(10**400, 1), (1e300, 1), (-(10**400), -1), (-1e300, -1)]
)
def test_a_timeout_beyond_what_can_be_expressed_is_the_longest(timeout, sign):
    assert checked_timeout(timeout) == sign * LONGEST_LIFE


@pytest.mark.parametrize("timeout", [True, "5", None, [5]], ids=repr)
def test_another_type_of_timeout_is_named(timeout):
    with pytest.raises(TypeError, match=f"{type(timeout).__name__}.*0 means for ever"):
        checked_timeout(timeout)


@pytest.mark.parametrize("timeout", [math.nan, math.inf, -math.inf], ids=repr)
def test_a_timeout_that_is_not_finite_is_refused(timeout):
    with pytest.raises(ValueError, match="finite"):
        checked_timeout(timeout)


def test_a_step_is_an_integer():
    assert checked_delta(-5) == -5
    for delta in (True, 1.0, "1", None):
        with pytest.raises(TypeError, match="delta is an int"):
            checked_delta(delta)


def test_a_sum_begins_at_zero_where_nothing_is():
    assert counter_sum("key", MISSING, 5) == 5
    assert counter_sum("key", 5, -6) == -1


@pytest.mark.parametrize(("value", "delta"), [(2**63 - 1, 1), (-(2**63), -1)])
def test_a_sum_beyond_64_bits_is_refused(value, delta):
    with pytest.raises(OverflowError, match="64 bits"):
        counter_sum("key", value, delta)
