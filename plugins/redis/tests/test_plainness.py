"""When do commands go past the driver's ``execute_command``, and what of it is never passed by?"""

from __future__ import annotations

import functools

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from flask_caching_redis import RedisCache
from flask_caching_redis.plainness import _untouched, is_plain


class Traced:
    """Stands where the driver's method stood, as the wrappers of tracers do.

    :param pretends: whether it shows what it wraps in its own place, as wrapt's proxies do.
    """

    def __init__(self, wrapped, pretends):
        self.wrapped, self.pretends = wrapped, pretends
        self.seen = []

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return Bound(self.wrapped.__get__(instance, owner), self)

    def __getattr__(self, name):
        return getattr(self.wrapped, name)


class Bound:
    """A traced method of a client."""

    def __init__(self, method, traced):
        self.method, self.traced = method, traced

    @property
    def __class__(self):
        return type(self.method) if self.traced.pretends else Bound

    def __getattr__(self, name):
        if not self.traced.pretends:
            raise AttributeError(name)
        return getattr(self.method, name)

    def __call__(self, *args, **options):
        self.traced.seen.append(args[0])
        return self.method(*args, **options)


@pytest.fixture
def client_of(server):
    """Make an application's own clients, whose policy is to repeat nothing."""
    made = []

    def of(kind=redis.Redis, **options):
        made.append(server.client(kind, **{"retry": Retry(NoBackoff(), 0), **options}))
        return made[-1]

    yield of
    for client in made:
        client.close()


def wrapped(seen, method):
    @functools.wraps(method)
    def traced(self, *args, **options):
        seen.append(args[0])
        return method(self, *args, **options)

    return traced


def use(backend):
    """Do what takes single commands, and check that it was done."""
    assert backend.set("key", [1], 60)
    assert backend.get("key") == [1]
    assert backend.get_many("key", "other") == [[1], None]
    assert backend.has("key")
    assert backend.touch("key", 50)
    assert 0 < backend.life_left("key") <= 50
    assert backend.delete("key")
    assert not backend.delete("key")


#: What `use` sends.
SENT = ["SET", "GET", "MGET", "EXISTS", "PEXPIRE", "PTTL", "UNLINK", "UNLINK"]


def test_a_client_of_ours_is_plain(backend):
    assert is_plain(backend._write_client)
    use(backend)


@pytest.mark.parametrize("pretends", [False, True])
def test_a_proxy_of_the_method_sees_every_command(backend, monkeypatch, pretends):
    traced = Traced(redis.Redis.execute_command, pretends)
    monkeypatch.setattr(redis.Redis, "execute_command", traced)

    use(backend)

    assert traced.seen == SENT


def test_a_wrapper_of_the_method_sees_every_command(backend, monkeypatch):
    seen = []
    monkeypatch.setattr(redis.Redis, "execute_command", wrapped(seen, redis.Redis.execute_command))

    use(backend)

    assert seen == SENT


def test_a_wrapper_of_one_client_sees_every_command(backend):
    client, seen = backend._write_client, []
    client.execute_command = functools.partial(wrapped(seen, redis.Redis.execute_command), client)

    use(backend)

    assert seen == SENT


@pytest.mark.parametrize("make", [lambda method: wrapped([], method), lambda m: Traced(m, True)])
def test_a_wrapper_that_was_there_before_us_is_not_taken_for_the_drivers(monkeypatch, make):
    monkeypatch.setattr(redis.Redis, "execute_command", make(redis.Redis.execute_command))

    assert _untouched() is None


def test_a_subclass_does_it_in_its_own_way(client_of, prefix):
    seen = []

    class Own(redis.Redis):
        def parse_response(self, connection, command_name, **options):
            seen.append(command_name)
            return super().parse_response(connection, command_name, **options)

    use(RedisCache(client_of(Own), key_prefix=prefix))

    assert seen[-len(SENT) :] == SENT


def test_a_policy_that_repeats_is_the_drivers_matter(client_of, prefix):
    client = client_of(retry=Retry(NoBackoff(), 3))

    assert not is_plain(client)
    use(RedisCache(client, key_prefix=prefix))

    client.set_retry(Retry(NoBackoff(), 0))
    assert is_plain(client)
    use(RedisCache(client, key_prefix=prefix))


def test_a_policy_of_an_own_kind_is_asked_for_each_command(client_of, prefix):
    called = []

    class Own:
        """All that the driver asks of a policy while nothing fails."""

        def call_with_retry(self, do, fail, **options):
            called.append(do)
            return do()

        def update_supported_errors(self, errors):
            pass

        def __deepcopy__(self, memo):
            return self

    backend = RedisCache(client_of(retry=Own()), key_prefix=prefix)
    called.clear()
    use(backend)

    assert len(called) >= len(SENT)


def test_a_policy_that_repeats_nothing_in_a_way_of_its_own_is_asked(client_of, prefix):
    class Own(Retry):
        pass

    assert not is_plain(client_of(retry=Own(NoBackoff(), 0)))


def test_a_client_of_a_single_connection_keeps_to_it(client_of, prefix):
    client = client_of(single_connection_client=True)

    assert not is_plain(client)
    use(RedisCache(client, key_prefix=prefix))


def test_commands_are_counted_where_the_drivers_metrics_are_on(backend, monkeypatch):
    observability = pytest.importorskip("redis.observability")
    metrics = observability.get_observability_instance()
    monkeypatch.setattr(metrics, "is_enabled", lambda: True)

    assert not is_plain(backend._write_client)
