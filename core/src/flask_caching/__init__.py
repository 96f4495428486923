"""Caching for Flask applications: names, and nothing else.

An independent implementation of the API of Flask-Caching, with a plugin for each store.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .backends.base import BaseCache as BaseCache
from .backends.base import Capability as Capability
from .backends.bytestore import BytesCache as BytesCache
from .backends.null import NullCache as NullCache
from .backends.simple import SimpleCache as SimpleCache
from .compression import Compression as Compression
from .errors import BackendConflictError as BackendConflictError
from .errors import BackendContractError as BackendContractError
from .errors import BackendNotFoundError as BackendNotFoundError
from .errors import CacheError as CacheError
from .errors import CacheUnavailableError as CacheUnavailableError
from .errors import ConfigError as ConfigError
from .errors import NotInitializedError as NotInitializedError
from .errors import NotSupportedError as NotSupportedError
from .errors import SerializationError as SerializationError
from .errors import ValueTooLargeError as ValueTooLargeError
from .extension import Cache as Cache
from .invalidated import Invalidated as Invalidated
from .keys.body import body_key as body_key
from .keys.fragment import make_template_fragment_key as make_template_fragment_key
from .namespaces import Namespace as Namespace
from .signals import cache_breaker_closed as cache_breaker_closed
from .signals import cache_breaker_opened as cache_breaker_opened
from .signals import cache_delete as cache_delete
from .signals import cache_entry_untrusted as cache_entry_untrusted
from .signals import cache_error as cache_error
from .signals import cache_hit as cache_hit
from .signals import cache_invalidate as cache_invalidate
from .signals import cache_memoize_hit as cache_memoize_hit
from .signals import cache_memoize_miss as cache_memoize_miss
from .signals import cache_miss as cache_miss
from .signals import cache_refuse as cache_refuse
from .signals import cache_stale as cache_stale
from .signals import cache_store as cache_store
from .signals import cache_view_hit as cache_view_hit
from .signals import cache_view_miss as cache_view_miss
from .signals import cache_view_refused as cache_view_refused
from .signals import cache_wait as cache_wait
from .statistics import Statistics as Statistics
from .typing import MISSING as MISSING
from .views import CachedResponse as CachedResponse

#: Any constructor of hashlib's will do; these are the ones that 2.x lists.
SUPPORTED_HASH_FUNCTIONS = [
    hashlib.sha1,
    hashlib.sha224,
    hashlib.sha256,
    hashlib.sha384,
    hashlib.sha512,
    hashlib.md5,
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("flask-caching-core")
    if name == "function_namespace":  # a helper of 2.x
        from .utils import function_namespace

        return function_namespace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
