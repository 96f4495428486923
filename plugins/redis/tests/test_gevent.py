"""Do a hundred greenlets share the cache, where everything is patched?"""

from __future__ import annotations

from flask_caching_conformance.harness.children import in_new_interpreter
from flask_caching_conformance.harness.servers import HOST

GREENLETS = """
from gevent import monkey
monkey.patch_all()

import sys
import gevent
from flask import Flask
from flask_caching import Cache, CacheUnavailableError

app = Flask("application")
cache = Cache(app, config={
    "CACHE_TYPE": "redis", "CACHE_REDIS_HOST": sys.argv[1], "CACHE_REDIS_PORT": sys.argv[2],
    "CACHE_KEY_PREFIX": "greenlets",
})
computed = []

@cache.memoize()
def double(number):
    computed.append(number)
    gevent.sleep(0.01)
    return 2 * number

def visit(number):
    with app.app_context():
        assert double(number % 5) == number % 5 * 2
        cache.set(f"key {number}", [number])
        gevent.sleep(0)
        assert cache.get(f"key {number}") == [number]
        assert cache.cache.get_many(f"key {number}", "none") == [[number], None]
        return cache.inc("count")

greenlets = [gevent.spawn(visit, number) for number in range(100)]
gevent.joinall(greenlets, raise_error=True)
assert sorted(each.value for each in greenlets) == list(range(1, 101))
assert sorted(computed) == list(range(5))

# A greenlet that is given up amid an operation leaves nothing behind for the next one.
cache.set("late", ["late"]), cache.set("next", ["next"])
client = cache.cache._write_client
for _ in range(50):
    with gevent.Timeout(0.0002, False):
        while True:
            cache.get("late")
    assert cache.get("next") == ["next"]
cache.clear()
print("well")
"""


def test_greenlets_share_the_cache(server):
    assert in_new_interpreter(GREENLETS, HOST, server.port) == "well"
