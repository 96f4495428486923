"""Under which name does a key lie in uWSGI's cache, which takes keys up to a size only?

Nearly every key lies under its own name. Of a name that is too long the hash stands there in
the key's place, behind a mark. A key that itself begins with the mark is hashed as well, so
that no key can have the name of another's hash. The prefix stays in front of either, so that
`clear` finds both.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

#: What uWSGI takes where no ``keysize`` is given, in bytes, and at most.
DEFAULT_KEYSIZE, MOST_KEYSIZE = 2_048, 65_535
MARK = "~"
#: Begins the namespace of a prefix that is too long; in the others "%25" or "%7C" follow "%".
PREFIX_MARK = "%~"
#: Bytes of a key's hash, and of a prefix's.
_KEY_HASH, _PREFIX_HASH = 28, 16
#: The characters that either takes: six bits in each.
_KEY_TEXT, _PREFIX_TEXT = -(-_KEY_HASH * 8 // 6), -(-_PREFIX_HASH * 8 // 6)
#: Bytes that a key's hash takes in a name.
_ROOM = len(MARK) + _KEY_TEXT
#: Bytes of the longest name of hashes; a "|" ends the prefix's.
LEAST_KEYSIZE = len(PREFIX_MARK) + _PREFIX_TEXT + 1 + _ROOM


class Names:
    """Maps keys to names of at most `keysize` bytes."""

    def __init__(self, keysize: int) -> None:
        self.keysize = keysize

    def name(self, namespace: str, key: str) -> str:
        name = namespace + key
        if key.startswith(MARK) or not self._fits(name):
            return f"{namespace}{MARK}{_hashed(key, _KEY_HASH)}"
        return name

    def namespace(self, namespace: str) -> str:
        """Return what the names of a prefix begin with, with room for a key's hash."""
        if self._fits(namespace, _ROOM):
            return namespace
        return f"{PREFIX_MARK}{_hashed(namespace, _PREFIX_HASH)}|"

    def _fits(self, text: str, room: int = 0) -> bool:
        left = self.keysize - room
        # UTF-8 takes up to four bytes for a character.
        return len(text) * 4 <= left or len(text.encode()) <= left


def _hashed(text: str, size: int) -> str:
    digest = hashlib.sha256(text.encode()).digest()[:size]
    return urlsafe_b64encode(digest).decode().rstrip("=")
