"""Redis, Redis Cluster and Redis Sentinel as backends of `flask_caching`."""

from .backend import RedisCache as RedisCache
from .cluster import RedisClusterCache as RedisClusterCache
from .sentinel import RedisSentinelCache as RedisSentinelCache

__all__ = ["RedisCache", "RedisClusterCache", "RedisSentinelCache"]
