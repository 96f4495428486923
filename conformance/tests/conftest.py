"""What the tests of the kit share."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from flask_caching_conformance.catalogue import case_of
from flask_caching_conformance.harness.servers import Server, accepts, free_port

from .store import Store

PROGRAM = Path(__file__).with_name("store.py")


@pytest.fixture
def store():
    """A server of bytes on a port of its own."""
    with Store() as store:
        thread = threading.Thread(target=store.serve_forever, args=(0.01,))
        thread.start()
        yield store
        store.shutdown()
        thread.join()


@pytest.fixture
def own_store(tmp_path):
    """A server of bytes in a process of its own."""
    port = free_port()
    command = [sys.executable, "-P", str(PROGRAM), str(port)]
    with Server(command, tmp_path / "store", lambda: accepts(port)) as server:
        server.port = port
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a skip of what a reference must show be a failure."""
    report = yield
    case = case_of(getattr(item, "function", None))
    if report.skipped and case and case.id.startswith(getattr(item.cls, "never_skips", ())):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} skips {case}"
    return report
