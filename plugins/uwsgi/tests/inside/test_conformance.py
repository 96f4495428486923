"""Does it keep what every backend promises?"""

from __future__ import annotations

from typing import ClassVar

import pytest

from flask_caching_conformance import BackendConformance
from flask_caching_conformance.verdicts import Skip
from flask_caching_uwsgi import UWSGICache


class OnThisServer(BackendConformance):
    """A cache of the server that the tests run in."""

    revision = 2
    #: Not hardened: the server writes over the old value, and a death amid that leaves a miss.
    level = "declared"
    cache: ClassVar = "first"
    #: As many as it has room for, beside a few others.
    crowd = 500
    #: A new interpreter is in no server.
    process_models = frozenset({"fork"})

    @pytest.fixture
    def backend_config(self):
        return {"CACHE_TYPE": "uwsgi", "CACHE_UWSGI_NAME": self.cache}

    @pytest.fixture
    def raw_keys(self, server):
        return lambda: server.cache_keys(self.cache)

    @pytest.fixture
    def fill(self, backend):
        def fill():
            for number in range(3_000):
                if not backend.set(f"filler {number}", 1, 0):
                    return
            Skip.DOES_NOT_APPLY("the server makes room for whatever comes")

        return fill


class TestUWSGICache(OnThisServer):
    pass


class TestUWSGICacheInBlocks(OnThisServer):
    cache = "bitmap"


class TestUWSGICacheWithOtherExpiry(OnThisServer):
    cache = "lazylru"


class Emptied(UWSGICache):
    """Empties the other server's whole cache, in which nobody else has entries here.

    `UWSGICache` itself does not clear what another server keeps.
    """

    def raw_clear(self, prefix):
        import uwsgi

        if not uwsgi.cache_clear(self.cache):
            raise ConnectionError(self.cache)


LOST = "uWSGI answers None for a reply that was cut off, as for what is not there or was refused"


class TestRemoteUWSGICache(BackendConformance):
    process_models = frozenset({"fork"})
    level = "core"
    known_failures = {
        "O-FLT-04": LOST,
        "O-FLT-06": LOST,
        "O-FLT-09": LOST,
    }
    crowd = 500

    @pytest.fixture
    def backend_config(self, running):
        return {"CACHE_TYPE": Emptied, "CACHE_UWSGI_NAME": f"theirs@{running[1]}"}
