"""What exactly lies in the store under a key?"""

import json
import math
import pickle
import struct
import zlib
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_caching.payload import Packed, deadline_of, pack, packing, unpack
from flask_caching.seals import CHECKSUM, SHORT, Signature

KEY = "view//index"
BODY = pickle.dumps({"answer": 42})
PLAIN = pack(KEY, BODY, 1_700_000_000.5)
STAMPED = pack(KEY, BODY, 0.0, ("function:f", "tag:ü"), ("a1", "b2"))

encodable = st.text(st.characters(exclude_categories=["Cs"]))
deadlines = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
stamps = st.lists(st.tuples(encodable, encodable), max_size=3)


def sealed(key, version=1, flags=0, deadline=0.0, block=b"", body=BODY):
    """Write a payload as the format's description says it is."""
    head = struct.pack(">4sBBdI", b"!\x00FC", version, flags, deadline, len(block)) + block
    return head + struct.pack(">I", zlib.crc32(key.encode() + head + body)) + body


@given(encodable, st.binary(), deadlines, stamps)
def test_what_is_packed_unpacks_under_the_same_key(key, body, deadline, pairs):
    names = tuple(name for name, _ in pairs)
    versions = tuple(version for _, version in pairs)

    payload = pack(key, body, deadline, names, versions)

    assert unpack(key, payload) == Packed(deadline, names, versions, body)


def test_the_bytes_are_those_of_the_description():
    block = json.dumps([["function:f", "tag:ü"], ["a1", "b2"]]).encode()

    assert sealed(KEY, deadline=1_700_000_000.5) == PLAIN
    assert sealed(KEY, flags=1, block=block) == STAMPED


def test_the_bytes_of_today_are_still_read_after_a_change_of_the_code():
    payload = bytes.fromhex("21004643 01 00 41d954fc40200000 00000000 bd1e00a5") + b"body"

    assert pack("key", b"body", 1_700_000_000.5) == payload
    assert unpack("key", payload) == Packed(1_700_000_000.5, (), (), b"body")


@pytest.mark.parametrize("payload", [PLAIN, STAMPED], ids=["plain", "stamped"])
def test_a_payload_cut_anywhere_is_nothing(payload):
    cuts = [unpack(KEY, payload[:length]) for length in range(len(payload))]

    assert cuts == [None] * len(payload)


@pytest.mark.parametrize("payload", [PLAIN, STAMPED], ids=["plain", "stamped"])
def test_a_payload_without_its_beginning_is_nothing(payload):
    assert [unpack(KEY, payload[start:]) for start in range(1, len(payload))] == [None] * (
        len(payload) - 1
    )


@pytest.mark.parametrize("payload", [PLAIN, STAMPED], ids=["plain", "stamped"])
def test_a_payload_with_any_bit_flipped_is_nothing(payload):
    for bit in range(8 * len(payload)):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8

        assert unpack(KEY, bytes(flipped)) is None, f"bit {bit} went unnoticed"


@pytest.mark.parametrize(
    "block",
    ["[]", "[[],[]]", "1", "[[1],[2]]", '[["a"],["1","2"]]', '[["a"],[null]]', "[" * 100_000],
)
def test_stamps_that_are_none_are_nothing_whatever_the_checksum(block):
    assert unpack(KEY, sealed(KEY, flags=1, block=block.encode())) is None


@pytest.mark.parametrize("deadline", [math.nan, math.inf, -math.inf, -1.0])
def test_a_deadline_that_no_backend_writes_is_none(deadline):
    assert deadline_of(pack(KEY, BODY, deadline)) is None


@given(st.binary(min_size=1, max_size=20))
def test_a_payload_with_something_behind_it_is_nothing(more):
    assert unpack(KEY, PLAIN + more) is None


@pytest.mark.parametrize("key", ["", "view//inde", "view//index ", "View//index", "view//indeẍ"])
def test_another_keys_payload_is_nothing(key):
    assert unpack(key, PLAIN) is None


def test_a_key_is_not_its_other_normal_form():
    assert (
        unpack("caf\N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT}", pack("café", b"", 0))
        is None
    )


@given(st.binary())
@example(b"")
@example(b"!\x00FC")
def test_garbage_is_nothing(payload):
    assert unpack(KEY, payload) is None


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_of_the_format_is_nothing(version):
    assert unpack(KEY, sealed(KEY, version=version)) is None


@pytest.mark.parametrize("flags", [0b10, 0b100, 0b110, 0b100_0000, 0b1000_0001])
def test_an_unknown_flag_or_kind_of_seal_is_nothing(flags):
    assert unpack(KEY, sealed(KEY, flags=flags, block=b"[[],[]]")) is None


@given(encodable, st.binary(), deadlines, stamps)
def test_flask_caching_2_reads_our_payloads_as_misses(key, body, deadline, pairs):
    # cachelib's Redis serializer strips the "!", unpickles the rest and catches PickleError.
    payload = (
        pack(key, body, deadline, *zip(*pairs, strict=True)) if pairs else pack(key, body, deadline)
    )

    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(payload[1:])

    assert payload.startswith(b"!")


@pytest.mark.parametrize(
    "payload",
    [
        *(b"!" + pickle.dumps([1, "a"], protocol) for protocol in range(6)),
        b"!" + pickle.dumps(Decimal("1.5")),
        pickle.dumps("from a file or memcached"),
        b"12",
        b"-5",
        b"0",
    ],
    ids=repr,
)
def test_payloads_of_flask_caching_2_are_misses(payload):
    assert unpack(KEY, payload) is None


def test_a_body_may_be_a_payload_itself():
    nested = pack(KEY, PLAIN, 5.0)

    assert unpack(KEY, nested) == Packed(5.0, (), (), PLAIN)


@given(deadlines)
def test_the_deadline_stands_in_the_first_bytes(deadline):
    assert deadline_of(pack(KEY, BODY, deadline, ("tag",), ("v1",))[:18]) == deadline


@pytest.mark.parametrize("beginning", [b"", PLAIN[:17], b"!" + pickle.dumps("a" * 20), b"1" * 18])
def test_what_begins_like_no_payload_has_no_deadline(beginning):
    assert deadline_of(beginning) is None


@pytest.mark.parametrize("seal", [CHECKSUM, Signature(b"secret")], ids=["checksum", "signature"])
@pytest.mark.parametrize("tag", [b"", b"json"], ids=["pickle", "tagged"])
@pytest.mark.parametrize("size", [0, 1, SHORT - 30, SHORT - 18, SHORT - 17, 2 * SHORT])
def test_many_are_packed_as_each_would_be(seal, tag, size):
    body = b"x" * size

    assert packing(5.0, tag, seal)("key", body) == pack("key", body, 5.0, tag=tag, seal=seal)
