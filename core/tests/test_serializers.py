"""How does a value become bytes, and bytes a value again?"""

import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching.errors import SerializationError
from flask_caching.serializers import ATOMS, PickleSerializer, Serializer, serialized


class Reducing:
    """Its pickling does what a test says."""

    def __init__(self, reduce):
        self.reduce = reduce

    def __reduce__(self):
        return self.reduce()


class Answering:
    """A serializer that gives what a test says."""

    def __init__(self, answer):
        self.answer = answer

    def dumps(self, value):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def loads(self, payload):
        return payload


def raising(error):
    def reduce():
        raise error

    return Reducing(reduce)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(),
        lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_pickle_gives_back_what_it_was_given(value):
    serializer = PickleSerializer()

    read = serializer.loads(serializer.dumps(value))

    assert type(read) is type(value)
    assert repr(read) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        lambda: None,
        threading.Lock(),
        (number for number in range(3)),
        raising(KeyError("no state")),
        raising(pickle.PicklingError("no")),
        nested(100_000),
    ],
    ids=["lambda", "lock", "generator", "any error", "pickle's own error", "too deep"],
)
def test_what_pickle_cannot_carry_is_one_error_chained_to_pickles(value):
    with pytest.raises(SerializationError) as caught:
        PickleSerializer().dumps(value)

    assert isinstance(caught.value.__cause__, Exception)


def test_the_error_names_the_type_and_the_repair_and_not_the_value():
    class Account(list):
        def __reduce__(self):
            raise TypeError("not this one")

    with pytest.raises(SerializationError) as caught:
        PickleSerializer().dumps(Account(["hunter2"]))

    assert "A value of type Account can't be pickled (not this one)" in str(caught.value)
    assert "__reduce__" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_interrupt_while_pickling_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        PickleSerializer().dumps(raising(KeyboardInterrupt()))


@pytest.mark.parametrize("payload", [b"", b"garbage", pickle.dumps([1, 2])[:-3]])
def test_pickle_raises_on_bytes_that_it_cannot_read(payload):
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        PickleSerializer().loads(payload)


def test_anything_with_dumps_and_loads_is_a_serializer():
    assert isinstance(PickleSerializer(), Serializer)
    assert isinstance(pickle, Serializer)
    assert not isinstance(object(), Serializer)


def test_serialized_gives_the_serializers_bytes():
    assert serialized(Answering(b"bytes"), "value") == b"bytes"


def test_a_serialization_error_of_the_serializers_own_is_kept():
    own = SerializationError("own words")

    with pytest.raises(SerializationError) as caught:
        serialized(Answering(own), "value")

    assert caught.value is own


def test_any_other_error_of_a_serializer_becomes_a_serialization_error():
    driver = ZeroDivisionError("by zero")

    with pytest.raises(SerializationError, match=r"Answering can't carry .* type str") as caught:
        serialized(Answering(driver), "value")

    assert caught.value.__cause__ is driver


@pytest.mark.parametrize("answer", [None, "text", 12, bytearray(b"bytes")], ids=repr)
def test_an_answer_that_is_not_bytes_counts_as_a_failure(answer):
    # cachelib's serializers log a failure and answer None.
    with pytest.raises(SerializationError, match="Answering can't carry a value of type list"):
        serialized(Answering(answer), [1])


def test_atoms_are_the_types_whose_values_cannot_be_changed():
    assert set(map(type, ("", b"", 1, 1.5, True, None))) == ATOMS
