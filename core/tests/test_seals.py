"""How does a payload show that it is whole, and who wrote it?"""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching.payload import pack, unpack
from flask_caching.seals import BLAKE2B, CHECKSUM, HMAC_SHA256, SEAL_KIND, SHORT, Signature

SEAL = Signature(b"secret")
SHORT_BODY, LONG_BODY = b"body", b"body" * 1000
PLAIN_HEAD = 18

encodable = st.text(st.characters(exclude_categories=["Cs"]))
bodies = pytest.mark.parametrize("body", [SHORT_BODY, LONG_BODY], ids=["short", "long"])


def signed(key="key", body=SHORT_BODY, seal=SEAL, **more):
    return pack(key, body, 0.0, seal=seal, **more)


@given(encodable, st.binary(max_size=2 * SHORT), encodable)
def test_what_is_signed_is_read_with_the_same_secret(key, body, secret):
    seal, same = Signature(secret.encode()), Signature(secret.encode())

    packed = unpack(key, signed(key, body, seal), same)

    assert packed is not None
    assert packed.body == body


@pytest.mark.parametrize("size", [0, 1, SHORT - PLAIN_HEAD])
def test_what_is_short_is_signed_by_blake2b(size):
    assert signed(body=bytes(size))[5] & SEAL_KIND == BLAKE2B


@pytest.mark.parametrize("size", [SHORT - PLAIN_HEAD + 1, 100_000])
def test_what_is_longer_is_signed_by_hmac_sha256(size):
    assert signed(body=bytes(size))[5] & SEAL_KIND == HMAC_SHA256


def test_stamps_count_for_the_length():
    names = tuple(f"tag {number}" for number in range(200))

    payload = pack("key", b"", 0.0, names, names, seal=SEAL)

    assert payload[5] & SEAL_KIND == HMAC_SHA256
    assert unpack("key", payload, SEAL).names == names


def test_the_signatures_are_those_of_the_description():
    def key(purpose):
        secret = hashlib.sha512(b"secret").digest()
        return hmac.digest(secret, b"flask-caching payload " + purpose, "sha512")

    for body, sign in (
        (
            SHORT_BODY,
            lambda text: hashlib.blake2b(text, key=key(b"BLAKE2b"), digest_size=16).digest(),
        ),
        (LONG_BODY, lambda text: hmac.digest(key(b"HMAC-SHA256"), text, "sha256")[:16]),
    ):
        payload = signed("kéy", body)
        head, signature = payload[:PLAIN_HEAD], payload[PLAIN_HEAD : PLAIN_HEAD + 16]

        assert signature == sign(b"\0\0\0\x04" + "kéy".encode() + head + body)


@bodies
def test_a_signed_payload_with_any_bit_flipped_is_nothing(body):
    payload = signed(body=body)
    for bit in range(8 * min(len(payload), 200)):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8

        assert unpack("key", bytes(flipped), SEAL) is None, f"bit {bit} went unnoticed"


@bodies
def test_a_signed_payload_cut_anywhere_or_with_something_behind_it_is_nothing(body):
    payload = signed(body=body)

    assert [unpack("key", payload[:length], SEAL) for length in range(0, len(payload), 7)] == [
        None
    ] * len(range(0, len(payload), 7))
    assert unpack("key", payload + b"\0", SEAL) is None


@bodies
def test_no_key_is_part_of_another_keys_header(body):
    # Without the key's length before it, "key" and what follows would read as a longer key.
    payload = signed("key", body)
    inner = signed("", body)
    moved = signed("key", inner + body)

    assert unpack("ke", payload, SEAL) is None
    assert unpack("key" + payload[:1].decode(), payload[1:], SEAL) is None
    assert unpack("key", inner, SEAL) is None
    assert unpack("", moved[PLAIN_HEAD + 16 :], SEAL) is None


@bodies
@pytest.mark.parametrize(
    "seal",
    [CHECKSUM, Signature(b"Secret"), Signature(b""), Signature(b"secret\0")],
    ids=["checksum", "another secret", "no secret", "a secret with a NUL"],
)
def test_another_seal_does_not_fit(body, seal):
    assert unpack("key", signed(body=body), seal) is None
    assert unpack("key", signed(body=body, seal=seal), SEAL) is None


@bodies
def test_the_other_algorithm_is_not_taken_for_a_length(body):
    # Made with the right key, as if an attacker had found a weak one of the two.
    payload = bytearray(signed(body=body))
    payload[5] ^= SEAL_KIND
    head = bytes(payload[:PLAIN_HEAD])
    payload[PLAIN_HEAD : PLAIN_HEAD + 16] = SEAL.of("key", head, body)

    assert unpack("key", bytes(payload), SEAL) is None


@bodies
def test_an_older_secret_is_accepted_and_does_not_sign(body):
    rotating = Signature(b"new", b"older", b"secret")

    assert unpack("key", signed(body=body), rotating) is not None
    assert unpack("key", signed(body=body, seal=rotating), SEAL) is None
    assert unpack("key", signed(body=body, seal=rotating), Signature(b"new")) is not None


def test_the_secret_is_kept_nowhere():
    def everything(each, depth=4):
        names = getattr(each, "__slots__", None) or vars(each) if depth else ()
        values = [getattr(each, name) for name in names if hasattr(each, name)]
        values += [one for value in values if isinstance(value, tuple) for one in value]
        yield repr(each)
        for value in values:
            if type(value).__module__.startswith("flask_caching"):
                yield from everything(value, depth - 1)
            else:
                yield repr(value)

    shown = " ".join(everything(Signature(b"hush", b"hush-hush")))

    assert "_Keyed" in shown
    assert "hush" not in shown
