"""Which entries does an application believe to be its own, and who is told of the others?

`protect` gives a store of bytes the application's signature, and has it watched: what is not
signed, or not with a key of the application's, is a miss, and `Watch` tells of it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import ref

from .backends.base import BaseCache, Capability
from .backends.bytestore import BytesCache
from .errors import CacheError
from .notices import warn_once
from .payload import seal_kind
from .seals import CRC32, Seal
from .settings import Settings
from .signals import send_untrusted
from .signing import FLASKS, OWN, SETTINGS, SigningKeys, is_switched_off, signing_keys

if TYPE_CHECKING:
    from .lookup import Lookup

#: Where processes leave word of what they did not believe, for ``flask cache doctor``; in seconds.
MARK = "flask-caching:untrusted"
MARK_LIFE = 24 * 3600

_LOST = (
    "Programs that share a store share one CACHE_SIGNING_KEY, and a key that was replaced belongs "
    "in CACHE_SIGNING_KEY_FALLBACKS (or SECRET_KEY_FALLBACKS) while its entries live. If that is "
    "so, somebody else has written there."
)
#: What can be wrong with an entry, and what to do.
REASONS = {
    "unsigned": (
        "is not signed. It is left from before the application had a key, or somebody else has "
        "written there."
    ),
    "unverified": f"verifies under no key of this application. {_LOST}",
    "signed": (
        "is signed, and this application has no key. Programs that share a store share one "
        "CACHE_SIGNING_KEY: set it here too."
    ),
}


def protect(lookup: Lookup, backend: Any) -> None:
    """Have the entries of an application signed, compressed and watched, as its settings say.

    For stores of bytes; one that was made by itself, and is given to several applications, is
    signed with the key of the first.
    """
    watch = watch_of(backend)
    if not isinstance(backend, BytesCache) or (watch is not None and watch.is_wanted):
        return
    settings = lookup.settings
    if settings.compression is not None:
        backend.compression = settings.compression
    config = _Config(lookup.app.config, settings)
    backend.tell_untrusted = Watch(lookup, backend, config)
    if not is_switched_off(config.now()):
        backend.seal_by(_finder(lookup.app.name, config, backend))


def watch_of(backend: Any) -> Watch | None:
    """Return what watches a backend, if something does."""
    watch = backend.tell_untrusted if isinstance(backend, BytesCache) else None
    return watch if isinstance(watch, Watch) else None


class Watch:
    """Counts and tells what a backend found in its store and did not believe."""

    def __init__(self, lookup: Lookup, backend: BytesCache, config: _Config) -> None:
        self._lookup = ref(lookup)
        self._backend = ref(backend)
        self._config = config
        #: How many entries this process did not believe, by the reason.
        self.counts: Counter[str] = Counter()

    def __call__(self, name: str, payload: bytes) -> None:
        backend, lookup = self._backend(), self._lookup()
        reason = self._reason(payload)
        if reason is None or backend is None or lookup is None:
            return
        self.counts[reason] += 1
        lookup.statistics.untrusted += 1
        key = name.removeprefix(backend.namespace())
        warn_once(
            ("untrusted", lookup.app.name, type(backend), reason),
            "An entry in the store of %s counts as missing: %r %s This is told once.",
            type(backend).__name__,
            key,
            REASONS[reason],
        )
        lookup.tell("untrusted", key)
        if lookup.settings.enable_signals:
            send_untrusted(lookup.app, lookup.cache, key, reason)
        if key != MARK:
            self._leave_word(lookup, key, reason)

    @property
    def is_wanted(self) -> bool:
        """Whether the application is still there."""
        return self._lookup() is not None

    def keys(self) -> SigningKeys | None:
        """Return the application's keys, as they are now."""
        return signing_keys(self._config.now())

    def is_switched_off(self) -> bool:
        return is_switched_off(self._config.now())

    def _reason(self, payload: bytes) -> str | None:
        kind = seal_kind(payload)
        if self.keys() is None:
            return None if kind in (None, CRC32) else "signed"
        return "unsigned" if kind in (None, CRC32) else "unverified"

    def _leave_word(self, lookup: Lookup, key: str, reason: str) -> None:
        """Tell the doctor, which is another process: of the first, second, fourth, and so on."""
        count = self.counts[reason]
        if count & (count - 1):
            return
        word = {"count": count, "reason": reason, "key": key, "time": time.time()}
        with suppress(CacheError):
            lookup.backend.set(MARK, word, MARK_LIFE)


class _Config:
    """The settings of the keys, which an application may have after `init_app` only."""

    def __init__(self, config: Mapping[str, Any], settings: Settings) -> None:
        self._config = config
        #: What was given to the `Cache` and not by the application's configuration.
        self._given = {
            name: settings.config[name]
            for name in SETTINGS
            if settings.config.get(name) is not None
            and settings.config[name] is not config.get(name)
        }

    def asking(self) -> Callable[[], bool]:
        """Return what tells whether to look for keys. Each use asks it, where there are none."""
        get = self._config.get
        if self._given:
            return lambda: True
        return lambda: bool(get(FLASKS)) or get(OWN) is not None

    def now(self) -> Mapping[str, Any]:
        """Return the settings."""
        return {**{name: self._config.get(name) for name in SETTINGS}, **self._given}


def _finder(app: str, config: _Config, backend: BytesCache) -> Callable[[], Seal | None]:
    """Return what looks for the keys, for as long as there are none."""
    kind, may_be_told, may_have_key = type(backend).__name__, is_shared(backend), config.asking()

    def find() -> Seal | None:
        nonlocal may_be_told
        if may_have_key():
            keys = signing_keys(config.now())
            if keys is not None:
                return keys.signature()
        elif not may_be_told:
            return None
        if may_be_told and not is_switched_off(config.now()):
            may_be_told = False
            warn_once(
                ("no secret", app, kind),
                "The application %r has neither CACHE_SIGNING_KEY nor SECRET_KEY, so what it "
                "stores in %s is not signed: whoever can write there can run code in the "
                "application. Set one of them, or CACHE_SIGNING_KEY = False to have it so.",
                app,
                kind,
            )
        return None

    return find


def is_shared(backend: BaseCache) -> bool:
    """Return whether others may write into a backend's store."""
    return bool(backend.capabilities & {Capability.SHARED, Capability.PERSISTENT})


def described(watch: Watch) -> str:
    """Say how the entries of an application are signed."""
    keys = watch.keys()
    if keys is None:
        return f"not signed, as {OWN} is False" if watch.is_switched_off() else "not signed"
    older = len(keys.keys) - 1
    also = "" if not older else ", and 1 older key is accepted"
    if older > 1:
        also = f", and {older} older keys are accepted"
    return f"signed with {keys.setting}{also}"
