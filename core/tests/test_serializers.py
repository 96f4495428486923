"""How does a value become bytes, and bytes a value again?"""

import json
import pickle
import sys
import threading
from datetime import datetime
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching.errors import ConfigError, SerializationError
from flask_caching.serializers import (
    ATOMS,
    JSONSerializer,
    MessagePackSerializer,
    PickleSerializer,
    Serializer,
    read_serializer,
    serialized,
    tag_of,
)


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


# -- JSON and MessagePack ----------------------------------------------------------------

plain_keys = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | plain_keys,
    lambda inner: st.lists(inner) | st.dictionaries(plain_keys, inner),
    max_leaves=8,
)


@pytest.fixture(params=["msgspec", "msgpack"])
def message_pack(request, monkeypatch):
    """Give a serializer that uses one of the two packages."""
    if request.param == "msgpack":
        monkeypatch.setitem(sys.modules, "msgspec.msgpack", None)
    return MessagePackSerializer()


@given(plain)
def test_json_gives_back_what_it_was_given(value):
    serializer = JSONSerializer()

    assert repr(serializer.loads(serializer.dumps(value))) == repr(value)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -0.0, 2**70, "\ud800", "\0"])
def test_json_carries_what_is_out_of_the_ordinary(value):
    serializer = JSONSerializer()

    assert repr(serializer.loads(serializer.dumps([value]))) == repr([value])


@pytest.mark.parametrize("value", [b"bytes", {1: b"a", None: [], b"k": {"": True}}, [1.5, -1]])
def test_message_pack_gives_back_what_it_was_given(message_pack, value):
    assert repr(message_pack.loads(message_pack.dumps(value))) == repr(value)


def test_both_packages_for_message_pack_read_the_other(monkeypatch):
    one = MessagePackSerializer()
    monkeypatch.setitem(sys.modules, "msgspec.msgpack", None)
    other = MessagePackSerializer()
    value = {"a": [1, -(2**63), 2**63, 1.5, None, True, b"b", "ü"], 5: {}}

    assert other.loads(one.dumps(value)) == one.loads(other.dumps(value)) == value


class Text(str):
    __slots__ = ()


REFUSED = [
    (1, 2),
    [{"deep": (1,)}],
    {1, 2},
    Text("subclass"),
    bytearray(b"a"),
    object(),
    datetime(2026, 1, 1),  # noqa: DTZ001
]


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_what_would_come_back_as_something_else_is_refused(value, message_pack):
    for serializer in (JSONSerializer(), message_pack):
        with pytest.raises(SerializationError, match="can't carry a value of type"):
            serialized(serializer, value)


@pytest.mark.parametrize("value", [b"bytes", {1: "a"}, {"a": {None: 1}}])
def test_json_refuses_bytes_and_keys_that_are_no_text(value):
    with pytest.raises(SerializationError, match="JSON can't carry"):
        JSONSerializer().dumps(value)


def test_what_is_too_deep_or_too_large_is_one_error(message_pack):
    endless = []
    endless.append(endless)
    for serializer, value in (
        (JSONSerializer(), nested(100_000)),
        (message_pack, nested(100_000)),
        (message_pack, endless),
        (message_pack, 2**64),
        (message_pack, "\ud800"),
    ):
        with pytest.raises(SerializationError):
            serialized(serializer, value)


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x92\x01", b"[1", b"\x80\x05."])
def test_bytes_that_cannot_be_read_raise(message_pack, payload):
    for serializer in (JSONSerializer(), message_pack):
        with pytest.raises(Exception):  # noqa: B017, PT011 (whatever the package raises)
            serializer.loads(payload)


# -- the setting -------------------------------------------------------------------------


class Mine:
    dumps = staticmethod(pickle.dumps)
    loads = staticmethod(pickle.loads)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("pickle", PickleSerializer),
        ("JSON", JSONSerializer),
        ("msgpack", MessagePackSerializer),
        ("flask_caching.serializers.JSONSerializer", JSONSerializer),
        ("flask_caching.serializers:JSONSerializer", JSONSerializer),
        ("flask_caching.serializers.pickle", ModuleType),
        (Mine, Mine),
        (Mine(), Mine),
    ],
)
def test_a_serializer_is_named_or_given(value, kind):
    assert type(read_serializer(value)) is kind


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("cpickle", "must be 'pickle', 'json', 'msgpack', or an object"),
        ("no.such.Serializer", "'no.such.Serializer' can't be imported (No module named 'no')"),
        ("json.Serializer", "'json.Serializer' can't be imported (module 'json' has no attribute"),
    ],
)
def test_what_is_no_serializer_says_so(value, message):
    with pytest.raises(ConfigError) as caught:
        read_serializer(value)

    assert message in str(caught.value)


def test_message_pack_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "msgspec.msgpack", None)
    monkeypatch.setitem(sys.modules, "msgpack", None)

    with pytest.raises(ConfigError, match="pip install msgspec, or: pip install msgpack"):
        read_serializer("msgpack")


def test_each_serializer_has_a_tag_of_its_own_and_pickle_none():
    class Other(Mine):
        pass

    tags = [tag_of(each) for each in (Mine(), Other(), JSONSerializer(), pickle, json)]

    assert tag_of(PickleSerializer()) == b""
    assert {len(tag) for tag in tags} == {4}
    assert len(set(tags)) == len(tags)
    assert tag_of(Mine()) == tag_of(Mine())
