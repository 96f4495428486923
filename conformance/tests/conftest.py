"""What the tests of the kit share."""

from __future__ import annotations

import threading

import pytest

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
