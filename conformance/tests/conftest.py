"""What the tests of the kit share."""

from __future__ import annotations

import threading

import pytest

from flask_caching_conformance.catalogue import case_of

from .network import Store


@pytest.fixture
def store():
    """A server of bytes on a port of its own."""
    with Store() as store:
        thread = threading.Thread(target=store.serve_forever, args=(0.01,))
        thread.start()
        yield store
        store.shutdown()
        thread.join()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a skip of what a reference must show be a failure."""
    report = yield
    case = case_of(getattr(item, "function", None))
    if report.skipped and case and case.id.startswith(getattr(item.cls, "never_skips", ())):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} skips {case}"
    return report
