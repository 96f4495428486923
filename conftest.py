"""In which order do the tests run, and on which worker? So that none is left alone at the end.

A worker takes one file after the other. What takes long begins first, and what can be given out
test by test comes last.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

#: Longest first.
FIRST = (
    "plugins/redis/tests/test_failover.py",
    "plugins/uwsgi/tests/inside/",
)
#: Their tests share nothing, so that each may go to another worker.
LAST = ("conformance/tests/test_mutants.py",)


class Scheduling(LoadFileScheduling):
    """Gives out file by file, in the order of the tests."""

    def _split_scope(self, nodeid):
        return nodeid if nodeid.startswith(LAST) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)  # a session within a test may have no workers
def pytest_xdist_make_scheduler(config, log):
    if config.option.dist != "loadfile":
        return None
    config.option.loadscopereorder = False  # else by the number of tests, which says little
    return Scheduling(config, log)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place_of(item.nodeid))


def place_of(nodeid):
    if nodeid.startswith(LAST):
        return len(FIRST) + 1
    return next((place for place, name in enumerate(FIRST) if nodeid.startswith(name)), len(FIRST))
