"""The backends by their old names; new code finds them by `CACHE_TYPE`."""

from ..old_imports import names_of_plugins
from .base import BaseCache as BaseCache
from .null import NullCache as NullCache
from .simple import SimpleCache as SimpleCache

__getattr__ = names_of_plugins(
    __name__,
    "FileSystemCache",
    "GoogleCloudStorageCache",
    "MemcachedCache",
    "RedisCache",
    "RedisClusterCache",
    "RedisSentinelCache",
    "SASLMemcachedCache",
    "SpreadSASLMemcachedCache",
    "UWSGICache",
)
