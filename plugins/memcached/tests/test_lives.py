"""What is memcached told about an item's life, and does it keep to that?"""

from __future__ import annotations

import time

import pytest

from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_memcached.lives import GONE, LAST_DATE, LONGEST_RELATIVE, expiry

NOW = 1_800_000_000.25
DAY = 24 * 3600


@pytest.mark.parametrize(
    ("life", "told"),
    [
        (0, 0),
        (0.001, 2),
        (1, 2),
        (1.5, 3),
        (30 * DAY - 1, 30 * DAY),
        (30 * DAY, 1_800_000_001 + 30 * DAY + 1),
        (31 * DAY, 1_800_000_001 + 31 * DAY + 1),
        (LAST_DATE - 1_800_000_000 - 2, LAST_DATE),
        (LAST_DATE - 1_800_000_000, 0),
        (100 * 365 * DAY, 0),
    ],
)
def test_the_life_is_rounded_up_and_said_as_memcached_takes_it(life, told):
    assert expiry(life, lambda: NOW) == told


@pytest.mark.parametrize(
    "life", [1, 30 * DAY - 1, 30 * DAY, 30 * DAY + 1, 365 * DAY, 20 * 365 * DAY]
)
def test_memcached_keeps_what_it_is_told_to_keep(raw, prefix, life):
    raw.set(prefix, b"value", time=expiry(life))

    assert raw.get(prefix) == b"value"


def test_what_is_to_be_gone_is_gone_at_once(raw, prefix):
    raw.set(prefix, b"value", time=GONE)

    assert raw.get(prefix) is None
    assert LONGEST_RELATIVE < GONE < time.time()


@pytest.mark.parametrize("life", [0.2, 1, 31 * DAY, 10 * 365 * DAY, 200 * 365 * DAY])
def test_an_entry_lives_as_long_as_it_should(backend, clock, life):
    backend.set("key", "value", life)

    clock.advance(life - 0.125)
    assert backend.get("key") == "value"
    clock.advance(0.125)
    assert backend.get("key") is None


def test_memcached_forgets_what_has_expired(backend, raw):
    backend.set("key", "value", 0.001)
    assert raw.get(backend.name("key")) is not None

    wait_until(lambda: raw.get(backend.name("key")) is None)


def test_the_life_that_an_entry_has_left_is_told(backend):
    backend.set("key", [1], 1000)
    backend.set("for ever", [1], 0)

    assert 0 < backend.life_left("key") <= 1000
    assert backend.life_left("for ever") == 0
    assert backend.life_left("missing") is None
