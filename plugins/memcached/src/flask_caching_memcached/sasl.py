"""Who are we, and does the server believe it?

memcached's SASL works over its binary protocol only, and a client logs in when it connects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_caching.errors import CacheUnavailableError, ConfigError

from .client import ANY_KEY, SUPPORTS_SASL, Access, Client, Error

#: libmemcached's AUTH_PROBLEM and AUTH_FAILURE, for which pylibmc has no exceptions.
_PROBLEM, _REFUSED = "40", "41"
_CODE = re.compile(r"error (\d+) ")


class CredentialsRefusedError(CacheUnavailableError):
    """A server that answers, and does not let us in."""


@dataclass(frozen=True, slots=True)
class Login:
    """Arguments of ``pylibmc.Client``, among which may be a password."""

    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)


def checked_login(
    username: Any, password: Any, *, is_required: bool, is_supported: bool = SUPPORTS_SASL
) -> Login:
    """Return how to log in, or only the protocol where there is no user.

    :param is_required: whether there must be a user.
    :raises ConfigError: where one is missing, is no text, or pylibmc can't log in.
    """
    given = {"CACHE_MEMCACHED_USERNAME": username, "CACHE_MEMCACHED_PASSWORD": password}
    if not is_required and username is None and password is None:
        return Login({"binary": True})
    for key, value in given.items():
        if value is None:
            raise ConfigError(key, "is not set; SASL needs a user name and a password")
        if not isinstance(value, str):
            raise ConfigError(key, f"must be a text, not {type(value).__name__}")
    if not is_supported:
        raise ConfigError(
            "CACHE_TYPE",
            "the installed pylibmc was built without SASL. Build it here, with the packages "
            "libmemcached-dev and libsasl2-dev: pip install --no-binary pylibmc pylibmc",
        )
    return Login({"binary": True, "username": username, "password": password})


def connected(access: Access, address: str) -> Client:
    """Return a client for a server; one that needs a login has logged in.

    :raises CredentialsRefusedError: where the server refuses; else that were taken for an outage,
        or for misses: libmemcached reads nothing where it should have logged in.
    :raises Error: where it does not answer.
    """
    client = access.client(address)
    is_known = "username" in access.options
    try:
        if is_known:
            client.get(ANY_KEY)
        elif access.options.get("binary"):
            client.delete(ANY_KEY)
    except Error as error:
        code = _CODE.match(str(error))
        if code is None or code[1] not in (_PROBLEM, _REFUSED):
            raise
        raise CredentialsRefusedError(_refusal(address, code[1], is_known)) from error
    return client


def _refusal(server: str, code: str, is_known: bool) -> str:
    if not is_known:
        return (
            f"memcached at {server} asks for a user name and a password. Set "
            "CACHE_MEMCACHED_USERNAME and CACHE_MEMCACHED_PASSWORD."
        )
    if code == _REFUSED:
        return f"memcached at {server} refuses the user name or the password."
    return (
        f"pylibmc can't log in to memcached at {server}. Its binary wheels come without SASL's "
        "mechanisms; build it here: pip install --no-binary pylibmc pylibmc. Or the server has "
        "no mechanism in common with this machine (libsasl2-modules has PLAIN)."
    )
