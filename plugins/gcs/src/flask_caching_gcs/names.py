"""Under which name does an object of this cache lie in the bucket?

The service refuses names of more than 1,024 bytes, line ends, and names that begin with
``.well-known/acme-challenge/``. A bucket with hierarchical namespaces takes 512 bytes for the
folders and 512 for the rest, and 50 folders within each other. Control characters are legal, but
not every tool can list them. (https://cloud.google.com/storage/docs/objects#naming,
https://cloud.google.com/storage/docs/folders-overview)

What is illegal in either kind of bucket is replaced by its hash, and nothing else is.
"""

from __future__ import annotations

import functools
import hashlib
import re

#: Bytes of UTF-8, with the prefix.
LONGEST_NAME = 512
MOST_FOLDERS = 50
RESERVED = ".well-known/acme-challenge/"

HASHED = "sha256:"
_LOOKS_HASHED = re.compile(f"{HASHED}[0-9a-f]{{64}}")
#: Leaves room for a hashed key.
LONGEST_NAMESPACE = LONGEST_NAME - len(HASHED) - 64
#: What XML 1.0 has no place for, and the control characters that it discourages.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")

#: How many prefixes are remembered, where a callable gives one for each tenant.
MOST_KNOWN = 1_024


def object_name(namespace: str, key: str) -> str:
    """Return the name of a key's object; distinct keys have distinct names.

    :param namespace: what the names of a prefix begin with; ends with the only ``|`` in it, and
        every ``%`` in it begins ``%25`` or ``%7C``.
    """
    folder = legal_namespace(namespace)
    name = folder + key
    if _is_legal(name, LONGEST_NAME) and not _LOOKS_HASHED.fullmatch(key):
        return name
    return folder + _hashed(key)


@functools.lru_cache(MOST_KNOWN)
def legal_namespace(namespace: str) -> str:
    """Return what the names of the objects of a prefix begin with."""
    if _is_legal(namespace, LONGEST_NAMESPACE):
        return namespace
    return f"%{_hashed(namespace)}|"  # no other one has such a "%"


def _is_legal(name: str, longest: int) -> bool:
    return (
        len(name.encode()) <= longest
        and name.count("/") <= MOST_FOLDERS
        and not _CONTROLS.search(name)
        and not name.startswith(RESERVED)
    )


def _hashed(text: str) -> str:
    return HASHED + hashlib.sha256(text.encode()).hexdigest()
