"""How do the tests take no longer than they must?

A worker takes one file after the other. What takes long begins first, and what can be given out
test by test comes last, so that no worker is left alone at the end.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from typing import Any

import pytest
from coverage import Coverage
from xdist.scheduler import LoadFileScheduling

#: What takes half a minute or more, much of it in waiting.
FIRST = (
    "plugins/redis/tests/test_conformance.py",
    "plugins/gcs/tests/test_conformance.py",
    "plugins/redis/tests/test_failover.py",
    "plugins/uwsgi/tests/inside/",
    "plugins/memcached/tests/test_conformance.py",
    "plugins/redis/tests/test_demo.py",
    "conformance/tests/test_third_party.py",
    "conformance/tests/test_suite.py",
    "core/tests/differential/",
    "core/tests/test_flask_versions.py",
)
#: Its tests share nothing, so that each may go to another worker.
LAST = "conformance/tests/test_mutants.py"
#: The tests that are measured, as far as nobody asks for more: measuring takes as long again.
MEASURED = "core/tests/"
#: By this variable coverage reaches the processes that tests start.
MEASURING_OTHERS = "COVERAGE_PROCESS_CONFIG"


class Scheduling(LoadFileScheduling):
    """Gives out file by file, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(LAST) else super()._split_scope(nodeid)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make coverage` ask for more."""
    parser.addoption("--measure-all", action="store_true", help="measure coverage in every test")


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
    """Measure coverage where it is asked for."""
    measuring = Coverage.current()
    wanted = item.config.option.measure_all or item.nodeid.startswith(MEASURED)
    if measuring is None or wanted:
        return (yield)
    of_others = os.environ.pop(MEASURING_OTHERS, None)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
        if of_others is not None:
            os.environ[MEASURING_OTHERS] = of_others


def _place(nodeid: str) -> int:
    if nodeid.startswith(LAST):
        return len(FIRST) + 1
    return next((place for place, name in enumerate(FIRST) if nodeid.startswith(name)), len(FIRST))
