"""What can a cache of another server do, and what happens when that server is gone?"""

from __future__ import annotations

import pytest

from flask_caching.backends.base import Capability
from flask_caching.errors import CacheUnavailableError, NotSupportedError
from flask_caching_conformance.harness.children import in_children
from flask_caching_uwsgi import UWSGICache, remote

from ..uwsgi_server import remote_server

ON_ONE_KEY = {
    "get": lambda backend: backend.get("key"),
    "get_many": lambda backend: backend.get_many("other", "key"),
    "has": lambda backend: backend.has("key"),
    "set": lambda backend: backend.set("key", 1),
    "set to have expired": lambda backend: backend.set("key", 1, -1),
    "set_many": lambda backend: backend.set_many({"key": 1}),
    "add": lambda backend: backend.add("key", 1),
    "inc": lambda backend: backend.inc("key"),
    "touch": lambda backend: backend.touch("key"),
    "delete": lambda backend: backend.delete("key"),
    "delete_many": lambda backend: backend.delete_many("key"),
}


@pytest.fixture
def theirs(running, make, request):
    """A backend on the other server's cache, with a prefix of the test's own."""
    return make(cache=f"theirs@{running[1]}", key_prefix=request.node.name)


def test_it_has_fewer_capabilities(theirs):
    assert type(theirs) is UWSGICache
    assert theirs.capabilities == {
        Capability.SHARED,
        Capability.SUBSECOND,
        Capability.TOUCH,
        Capability.NETWORK,
    }


def test_entries_are_kept_by_the_other_server(theirs, make, running, server):
    same = make(cache=f"theirs@{running[1]}", key_prefix=theirs.key_prefix)

    assert theirs.set("key", {"a": 1}) is True
    assert same.get("key") == {"a": 1}
    assert same.add("key", 2) is False
    assert same.add("added", 2) is True
    assert same.inc("added") == 3
    assert theirs.touch("key", 10) is True
    assert same.delete("key") is True
    assert same.delete("key") is False
    assert theirs.get_many("key", "added") == [None, 3]

    assert server.cache_keys("first") == []


def test_lives_end(theirs, clock):
    theirs.set("key", 1, 0.5)
    theirs.set("for ever", 2, 0)

    clock.advance(0.5)

    assert theirs.get_many("key", "for ever") == [None, 2]
    assert theirs.add("key", "new") is True
    assert theirs.get("key") == "new"


def test_long_keys_and_values_work(theirs):
    key, value = "k" * 5_000, b"x" * (1 << 20)

    assert theirs.set(key, value) is True

    assert theirs.get(key) == value
    assert theirs.delete(key) is True


def test_what_the_other_server_refuses_is_told(theirs, caplog):
    large = b"x" * (1 << 25)

    assert theirs.set("key", large) is False
    assert theirs.add("key", large) is False

    assert theirs.get("key") is None
    assert len(caplog.records) == 1


@pytest.mark.parametrize("operation", ["clear", "prune"])
def test_what_needs_a_list_of_the_entries_is_not_supported(theirs, operation):
    with pytest.raises(NotSupportedError, match=rf"{operation}\(\) on a cache of another"):
        getattr(theirs, operation)()


def test_processes_share_it(theirs):
    def write_and_read(number):
        theirs.set(str(number), number)
        return theirs.get(str(number))

    assert in_children(3, write_and_read) == [0, 1, 2]
    assert theirs.get_many("0", "1", "2") == [0, 1, 2]


# -- faults ------------------------------------------------------------------------------


@pytest.fixture
def lost(tmp_path, make):
    """A backend on a server that is not started yet."""
    server, address = remote_server(tmp_path)
    yield server, make(cache=f"theirs@{address}")
    server.kill()


@pytest.mark.parametrize("call", ON_ONE_KEY.values(), ids=ON_ONE_KEY.keys())
def test_a_server_that_is_down_is_an_error_in_every_operation(lost, call):
    with pytest.raises(CacheUnavailableError, match="can't be reached"):
        call(lost[1])


def test_it_recovers_when_the_server_is_back(lost):
    server, backend = lost
    with pytest.raises(CacheUnavailableError):
        backend.get("key")
    server.start()
    backend.set("key", 1)
    server.kill()
    with pytest.raises(CacheUnavailableError):
        backend.get("key")

    server.start()

    assert backend.get("key") is None
    assert backend.set("key", 2) is True
    assert backend.get("key") == 2


def test_a_server_that_does_not_answer_is_an_error(lost, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 0.5)
    server, backend = lost
    server.start()
    backend.set("key", 1)
    server.freeze()

    with pytest.raises(CacheUnavailableError, match="did not answer within"):
        backend.get("key")

    server.thaw()
    assert backend.get("key") == 1
