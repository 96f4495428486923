"""memcached as a backend of `flask_caching`: ``CACHE_TYPE = "memcached"``."""

from .backend import MemcachedCache as MemcachedCache
from .backend import SASLMemcachedCache as SASLMemcachedCache
from .backend import SpreadSASLMemcachedCache as SpreadSASLMemcachedCache

__all__ = ["MemcachedCache", "SASLMemcachedCache", "SpreadSASLMemcachedCache"]
