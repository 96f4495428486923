"""How do the tests take no longer than they must?

A worker takes one file after the other. What takes long begins first, and what can be given out
test by test comes last, so that no worker is left alone at the end.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest
from coverage import Coverage
from xdist.scheduler import LoadFileScheduling

#: What takes half a minute or more, much of it in waiting.
FIRST = (
    "plugins/redis/tests/test_contract.py",
    "plugins/gcs/tests/test_conformance.py",
    "plugins/redis/tests/test_failover.py",
    "plugins/uwsgi/tests/inside/",
    "plugins/memcached/tests/test_contract.py",
    "plugins/redis/tests/test_demo.py",
    "conformance/tests/test_third_party.py",
    "conformance/tests/test_suite.py",
    "core/tests/differential/",
    "core/tests/test_flask_versions.py",
)
#: Its tests share nothing, so that each may go to another worker.
LAST = "conformance/tests/test_mutants.py"
#: What runs through few lines that other tests don't: measuring would double its time.
UNMEASURED = (
    LAST,
    "conformance/tests/test_reference.py",
    "core/tests/backends/test_contract.py::TestPrefixed",
    "core/tests/backends/test_contract.py::TestTenanted",
    "plugins/memcached/tests/test_contract.py::TestMemcachedOnThreeServers",
    "plugins/memcached/tests/test_contract.py::TestSASLMemcached",
    "plugins/memcached/tests/test_contract.py::TestSpreadMemcached",
    "plugins/redis/tests/test_contract.py::TestRedisCluster",
    "plugins/redis/tests/test_contract.py::TestRedisSentinel",
)


class Scheduling(LoadFileScheduling):
    """Gives out file by file, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(LAST) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)  # a session within a test may have no workers
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Give out the tests for ``--dist loadfile``."""
    if config.option.dist != "loadfile":
        return None
    config.option.loadscopereorder = False  # else by the number of tests, which says little
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in order."""
    items.sort(key=lambda item: _place(item.nodeid))


def pytest_collection_finish() -> None:
    """Leave the tests out of searches for garbage: they stay till the end.

    Each search went through all of them, and a session within a test searches six times.
    """
    if not gc.get_freeze_count():  # that session's own are to be found
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure coverage where it tells something."""
    measured = Coverage.current()
    if measured is None or not item.nodeid.startswith(UNMEASURED):
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def _place(nodeid: str) -> int:
    if nodeid.startswith(LAST):
        return len(FIRST) + 1
    return next((place for place, name in enumerate(FIRST) if nodeid.startswith(name)), len(FIRST))
