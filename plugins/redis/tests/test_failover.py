"""What becomes of an application when the server dies that its cache writes to?

The application goes on all the while, in one process; nothing of it is started again.
"""

from __future__ import annotations

import pytest

from .visitors import DOWN, NUMBERS, Visitors, application

#: Seconds: the visitors come for so long, and the server is killed after so many.
VISIT, KILL = 30, 5
#: Values that the replica has when its primary dies.
KEPT = {f"kept {number}": [number] for number in range(200)}


def play(app, kill):
    """Return what the visitors saw, and when they saw the server killed."""
    visitors = Visitors(app)
    visitors.come_until(KILL)
    kill()
    killed_at = visitors.now
    visitors.come_until(VISIT)
    return visitors.leave(), killed_at


def assert_served(visits, killed_at, numbers):
    """Assert that nobody saw an error or a wrong value, and how soon the cache was back."""
    assert len(visits) >= 0.9 * 50 * VISIT, "the visitors came too seldom"
    assert [visit for visit in visits if not visit.is_right] == []
    assert DOWN in {visit.text for visit in visits}, "nobody noticed"
    assert max(visit.took for visit in visits) < 5
    written = [
        visit.at - killed_at
        for visit in visits
        if visit.path == "write" and visit.text == "stored True" and visit.number in numbers
    ]
    assert min(after for after in written if after > 0.1) < 10
    for path, back in [("read", "read"), ("count", "counted"), ("write", "stored True")]:
        late = [visit for visit in visits if visit.path == path and visit.at > killed_at + 12]
        assert all(visit.text.startswith(back) for visit in late)


@pytest.mark.xdist_group("redis-cluster")
def test_a_killed_primary_of_a_cluster_is_replaced(cluster, prefix):
    app, cache = application(
        CACHE_TYPE="rediscluster",
        CACHE_REDIS_CLUSTER=cluster.addresses,
        CACHE_KEY_PREFIX=prefix,
    )
    cache.cache.set_many(KEPT, 0)
    for primary in cluster.primaries():
        with primary.client() as client:
            assert client.wait(1, 5_000) == 1
    victim = cluster.primary_of(cache.cache.name("key 0"))
    lost = {n for n in range(NUMBERS) if cluster.primary_of(cache.cache.name(f"key {n}")) is victim}

    visits, killed_at = play(app, victim.kill)

    assert_served(visits, killed_at, lost)
    assert cache.cache.get_dict(*KEPT) == KEPT
    cluster.revive(victim)
    assert cache.cache.clear() is True


@pytest.mark.xdist_group("redis-sentinel")
def test_a_killed_master_of_sentinels_is_replaced(own_watched, prefix):
    watched = own_watched
    app, cache = application(
        CACHE_TYPE="redissentinel",
        CACHE_REDIS_SENTINELS=watched.addresses,
        CACHE_KEY_PREFIX=prefix,
    )
    cache.cache.set_many(KEPT, 0)
    victim = watched.master()
    with victim.client() as client:
        assert client.wait(2, 5_000) == 2

    visits, killed_at = play(app, victim.kill)

    assert_served(visits, killed_at, range(NUMBERS))
    assert cache.cache.get_dict(*KEPT) == KEPT
