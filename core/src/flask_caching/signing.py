"""Which keys does an application sign its entries with?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import ConfigError
from .seals import Signature

#: The setting for the keys, and the one that counts where it is not set: Flask's own.
OWN, FLASKS = "CACHE_SIGNING_KEY", "SECRET_KEY"
#: The settings that `signing_keys` reads.
SETTINGS = (OWN, f"{OWN}_FALLBACKS", FLASKS, f"{FLASKS}_FALLBACKS")

_OFF = frozenset({"false", "0", "no", "off"})


class SigningKeys(NamedTuple):
    """The keys, and the name of the setting that holds them."""

    setting: str
    #: The first one signs, the others are accepted.
    keys: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"<{len(self.keys)} keys of {self.setting}>"

    def signature(self) -> Signature:
        return Signature(*self.keys)


def signing_keys(config: Mapping[str, Any]) -> SigningKeys | None:
    """Return the keys of a configuration; ``None`` where it has none or wants none.

    :raises ConfigError: where ``CACHE_SIGNING_KEY`` or its fallbacks are no keys.
    """
    if is_switched_off(config):
        return None
    own, former = config.get(OWN), _former(config)
    if own is not None:
        return SigningKeys(OWN, (_key(OWN, own), *former))
    older = config.get(f"{FLASKS}_FALLBACKS") or ()
    # A single one by mistake must not count as a list of keys of one letter.
    flasks = [config.get(FLASKS), *([older] if isinstance(older, str | bytes) else older)]
    # Flask takes any objects for secrets until they are used.
    secrets = [_bytes(each) if isinstance(each, str | bytes) else b"" for each in flasks]
    if not secrets[0]:
        return None
    return SigningKeys(FLASKS, (secrets[0], *filter(None, secrets[1:]), *former))


def is_switched_off(config: Mapping[str, Any]) -> bool:
    """Return whether the application wants no signatures."""
    own = config.get(OWN)
    return own is False or (isinstance(own, str) and own.lower() in _OFF)


def _former(config: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the fallbacks, of which an application may go back to Flask's own key as well."""
    setting = f"{OWN}_FALLBACKS"
    given = config.get(setting) or ()
    if isinstance(given, str | bytes) or not isinstance(given, list | tuple | set | frozenset):
        raise ConfigError(setting, f"must be a list of keys, not {type(given).__name__}")
    return tuple(_key(setting, each) for each in given)


def _key(setting: str, value: Any) -> bytes:
    if not isinstance(value, str | bytes) or not value:
        shown = "an empty one" if isinstance(value, str | bytes) else type(value).__name__
        off = ", or False for no signatures" if setting == OWN else ""
        raise ConfigError(setting, f"must be text or bytes{off}, not {shown}")
    return _bytes(value)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
