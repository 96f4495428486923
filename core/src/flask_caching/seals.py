"""How does a payload show that it is whole, and who wrote it?

By a seal over the key, the header and the body. A checksum shows damage and no more: whoever can
write into the store can make one. A signature is made with a secret, so that what others write,
change, or move to another key is told from what the application wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from typing import Protocol

#: The bits of a payload's flags that name the kind of its seal, and the kinds.
SEAL_KIND = 0b0000_0110
CRC32, BLAKE2B, HMAC_SHA256 = 0b0000_0000, 0b0000_0010, 0b0000_0100

#: Bytes of header and body up to which keyed BLAKE2b signs, which begins at once. Above it is
#: HMAC-SHA256, slower to begin and, with the processor's own instructions, faster to go on.
SHORT = 1024
#: Bytes of a signature: as many as nobody guesses.
SIGNATURE_SIZE = 16
#: Bytes in which the length of the key is written before it: no key and header are then those
#: of another key and another header, joined.
_LENGTH_SIZE = 4


class Seal(Protocol):
    """Seals payloads, and checks the seals of others."""

    @property
    def size(self) -> int:
        """Bytes of a seal."""
        ...

    @property
    def kinds(self) -> tuple[int, int]:
        """The kinds of the seals on what is `SHORT`, and on what is longer; there are no others."""
        ...

    def of(self, key: str, head: bytes, body: bytes) -> bytes:
        """Return the seal to write."""
        ...

    def was(self, seal: bytes, key: str, head: bytes, body: bytes) -> bool:
        """Return whether a seal that was read is not `of`'s, but one that was written before."""
        ...


class Checksum:
    """Notices what is damaged."""

    size = 4
    kinds = (CRC32, CRC32)

    def of(self, key: str, head: bytes, body: bytes) -> bytes:
        return zlib.crc32(body, zlib.crc32(head, zlib.crc32(key.encode()))).to_bytes(4, "big")

    def was(self, seal: bytes, key: str, head: bytes, body: bytes) -> bool:
        return False


class Signature:
    """Notices what was not written with one of the secrets.

    :param secret: signs, and is accepted.
    :param older: are accepted only.
    """

    size = SIGNATURE_SIZE
    kinds = (BLAKE2B, HMAC_SHA256)

    def __init__(self, secret: bytes, *older: bytes) -> None:
        self.of = _Keyed(secret).signature
        self._older = tuple(_Keyed(each) for each in older)

    def was(self, seal: bytes, key: str, head: bytes, body: bytes) -> bool:
        return any(
            hmac.compare_digest(seal, each.signature(key, head, body)) for each in self._older
        )


#: What seals where nobody has a secret.
CHECKSUM = Checksum()


class _Keyed:
    """The states of both algorithms after their keys, to be copied for each signature.

    The keys themselves are not kept, so that no repr and no traceback shows them.
    """

    __slots__ = ("_long", "_short")

    def __init__(self, secret: bytes) -> None:
        self._short = hashlib.blake2b(key=_derived(secret, b"BLAKE2b"), digest_size=SIGNATURE_SIZE)
        self._long = hmac.new(_derived(secret, b"HMAC-SHA256"), digestmod="sha256")

    def signature(self, key: str, head: bytes, body: bytes) -> bytes:
        name = key.encode()
        begin = len(name).to_bytes(_LENGTH_SIZE, "big") + name + head
        if len(head) + len(body) <= SHORT:
            short = self._short.copy()
            short.update(begin + body)
            return short.digest()
        long = self._long.copy()
        long.update(begin)
        long.update(body)
        return long.digest()[:SIGNATURE_SIZE]


def _derived(secret: bytes, purpose: bytes) -> bytes:
    """Return a key for one algorithm, of which nobody learns the others' or the secret.

    ``SECRET_KEY`` also signs sessions, and an algorithm wants a key of its own. The secret is
    hashed first, since HMAC takes keys for the same that differ by NULs at the end.
    """
    key = hashlib.sha512(secret).digest()
    return hmac.digest(key, b"flask-caching payload " + purpose, "sha512")
