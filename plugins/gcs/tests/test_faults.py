"""Does every failure of the service come as one error, in time, and does nothing linger?"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from google.oauth2.credentials import Credentials

from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.waiting import wait_until

from .limits import without_threads

OPERATIONS = {
    "get": lambda backend: backend.get("key"),
    "get_many": lambda backend: backend.get_many("key", "other", "third"),
    "has": lambda backend: backend.has("key"),
    "set": lambda backend: backend.set("key", "value"),
    "set_many": lambda backend: backend.set_many({"key": 1, "other": 2}),
    "add": lambda backend: backend.add("new", "value"),
    "inc": lambda backend: backend.inc("counter"),
    "touch": lambda backend: backend.touch("key", 10),
    "delete": lambda backend: backend.delete("key"),
    "delete_many": lambda backend: backend.delete_many("key", "other"),
    "unlink": lambda backend: backend.unlink("key", "other"),
    "clear": lambda backend: backend.clear(),
    "prune": lambda backend: backend.prune(),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture
def own_bucket(own_emulator):
    return own_emulator.new_bucket()


@pytest.fixture
def own(make, own_emulator, own_bucket):
    """A backend that has been used, on an emulator that may be hurt."""
    backend = make(own_emulator.url, own_bucket)
    backend.set_many({"key": "value", "other": "value", "counter": 1})
    return backend


def failure(operation, backend, within):
    """Return the error of an operation, which must come in time."""
    began = time.monotonic()
    with pytest.raises(CacheUnavailableError) as raised:
        operation(backend)
    assert time.monotonic() - began < within
    assert raised.value.__cause__ is not None
    return raised.value


def test_a_dead_service_is_an_error_of_every_operation_at_once(own, own_emulator):
    own_emulator.kill()

    for name, operation in OPERATIONS.items():
        error = failure(operation, own, within=1)

        shown = name if name != "unlink" else "delete_many"
        assert str(error).startswith(f"GoogleCloudStorageCache.{shown} failed: ")


def test_a_service_that_comes_back_is_used_again(own, own_emulator):
    own_emulator.kill()
    failure(OPERATIONS["get"], own, within=1)
    own_emulator.start()
    own_emulator.client().create_bucket(own.bucket.name)

    assert own.set("key", "value") is True
    assert own.get("key") == "value"


@every_operation
def test_a_frozen_service_is_an_error_in_time(make, own_emulator, own_bucket, operation):
    backend = make(own_emulator.url, own_bucket, connect_timeout=0.2, reply_timeout=0.2)
    backend.set_many({"key": "value", "counter": 1})
    own_emulator.freeze()

    failure(operation, backend, within=1)
    own_emulator.thaw()


def test_the_time_is_a_second_where_none_is_given(own, own_emulator):
    own_emulator.freeze()

    failure(OPERATIONS["get"], own, within=1.5)
    own_emulator.thaw()


def test_after_a_time_out_no_answer_belongs_to_another_call(make, own_emulator, own_bucket):
    backend = make(own_emulator.url, own_bucket, reply_timeout=0.2)
    backend.set_many({str(number): number for number in range(10)})
    own_emulator.freeze()
    for number in range(5):
        failure(lambda backend, n=number: backend.get(str(n)), backend, within=1)
    own_emulator.thaw()  # which answers now what was asked before

    assert [backend.get(str(number)) for number in range(5, 10)] == [5, 6, 7, 8, 9]


def test_a_counter_whose_answer_got_lost_is_counted_once_at_most(make, own_emulator, own_bucket):
    backend = make(own_emulator.url, own_bucket, reply_timeout=0.2)
    backend.set("counter", 10)
    own_emulator.freeze()
    failure(OPERATIONS["inc"], backend, within=1)
    own_emulator.thaw()

    assert wait_until(lambda: backend.get("counter")) in (10, 11)


def test_a_delete_many_that_fails_may_be_ignored(make, own_emulator, own_bucket):
    backend = make(own_emulator.url, own_bucket, ignore_delete_many_errors=True)
    own_emulator.kill()

    assert backend.delete_many("a", "b") == []


def test_a_bucket_that_is_gone_is_an_error_of_writing_and_a_miss(own, own_emulator):
    with closing(own_emulator.client()) as client:
        client.bucket(own.bucket.name).delete(force=True)

    assert own.get("key") is None
    failure(OPERATIONS["set"], own, within=1)
    failure(OPERATIONS["add"], own, within=1)


def test_a_broken_payload_is_a_miss(backend, objects, prefix):
    backend.set("key", "value")
    whole = objects.blob(f"{prefix}|key").download_as_bytes()

    for broken in (b"", whole[:-1], whole[:20], whole + b"x", b"\x80\x04garbage", whole[1:]):
        objects.blob(f"{prefix}|key").upload_from_string(broken)

        assert backend.get("key") is None
        assert backend.add("key", "new") is True


# -- tokens ------------------------------------------------------------------------------


@pytest.fixture
def silent_server():
    """Accepts connections, and never says anything."""
    with socket.create_server((HOST, 0)) as server:
        yield f"http://{HOST}:{server.getsockname()[1]}"


@pytest.fixture
def busy_server(front):
    """Answers each request with a 503, after which Google's credentials wait for seconds."""
    front.rule = lambda body: 503
    return front.url


def credentials_from(server, token=None, life=None):
    """Return credentials that have a token already, for so many seconds, or none yet."""
    now = datetime.now(UTC).replace(tzinfo=None)  # as Google's credentials have it
    return Credentials(
        token,
        expiry=now + timedelta(seconds=life) if token else None,
        refresh_token="a refresh token",
        client_id="an id",
        client_secret="a client's secret",
        token_uri=f"{server}/token",
    )


@pytest.mark.parametrize("server", ["silent_server", "busy_server"])
def test_a_token_that_does_not_come_is_an_error_in_time(make, request, server, caplog):
    credentials = credentials_from(request.getfixturevalue(server))
    began = time.monotonic()
    backend = make(anonymous=False, credentials=credentials, reply_timeout=0.2)

    for operation in OPERATIONS.values():
        error = failure(operation, backend, within=1)

        assert "secret" not in str(error)
    assert "can't be reached" in caplog.text
    assert time.monotonic() - began < 2 + 0.2 * len(OPERATIONS)


def test_all_threads_wait_for_one_token(make, busy_server, front):
    backend = make(anonymous=False, credentials=credentials_from(busy_server), reply_timeout=0.05)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: failure(OPERATIONS["get"], backend, 1), range(8)))

    assert len(front.seen) == 1


def test_a_token_is_fetched_once(make, front):
    front.rule = lambda body: b'{"access_token": "a token", "expires_in": 3600}'
    backend = make(anonymous=False, credentials=credentials_from(front.url))

    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda number: backend.set(str(number), number), range(8)))

    assert stored == [True] * 8
    assert [each.path for each in front.seen] == ["/token"]


def test_a_token_that_is_good_for_a_minute_is_used_while_another_one_is_fetched(make, front):
    front.rule = lambda body: 503
    credentials = credentials_from(front.url, "an old token", 60)

    backend = make(anonymous=False, credentials=credentials)

    assert backend.set("key", "value") is True
    wait_until(lambda: front.seen)
    front.rule = lambda body: b'{"access_token": "a new token", "expires_in": 3600}'
    wait_until(lambda: backend.set("key", "value") and credentials.token == "a new token")


def test_a_token_that_is_refused_is_fetched_again(make, front):
    tokens = iter([401, b'{"access_token": "a new token", "expires_in": 3600}', None])
    front.rule = lambda body: next(tokens)
    credentials = credentials_from(front.url, "an old token", 3600)

    backend = make(front.url, anonymous=False, credentials=credentials)

    assert credentials.token == "a new token"
    assert [each.path for each in front.seen][1] == "/token"
    front.rule = lambda body: None
    assert backend.set("key", "value") is True


def test_no_thread_for_fetching_a_token_is_an_error(make, busy_server):
    backend = make(anonymous=False, credentials=credentials_from(busy_server), reply_timeout=0.05)

    error = in_child(without_threads, lambda: OPERATIONS["get"](backend))

    assert "CacheUnavailableError" in error
    assert "RefreshError: can't start new thread" in error


def test_who_pays_is_told_with_each_request(make, front):
    options = {"api_endpoint": front.url, "quota_project_id": "who-pays"}

    backend = make(anonymous=False, credentials=Credentials("a token"), client_options=options)

    assert backend.set("key", 1) is True
    sent = [each.headers for each in front.seen]
    assert [each["x-goog-user-project"] for each in sent] == ["who-pays"] * 2
    assert {each["authorization"] for each in sent} == {"Bearer a token"}


def test_a_dead_token_server_is_an_error_at_once(make, caplog):
    backend = make(anonymous=False, credentials=credentials_from(f"http://{HOST}:{free_port()}"))

    failure(OPERATIONS["set"], backend, within=1)

    assert "can't be reached" in caplog.text


def test_a_token_that_was_refused_is_told_from_one_that_does_not_come(make, front):
    front.rule = lambda body: 400

    with pytest.raises(ConfigError, match="the credentials for Google Cloud are refused"):
        make(anonymous=False, credentials=credentials_from(front.url))
