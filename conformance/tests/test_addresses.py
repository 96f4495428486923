"""Is the port found under which a configuration reaches its server, and is it exchanged?"""

from __future__ import annotations

import pytest

from flask_caching_conformance.addresses import at_port, port_in


@pytest.mark.parametrize(
    ("config", "port"),
    [
        ({"CACHE_FOO_PORT": 6379}, 6379),
        ({"CACHE_FOO_PORT": "6379"}, 6379),
        ({"CACHE_FOO_URL": "foo://:secret@127.0.0.1:6379/0"}, 6379),
        ({"CACHE_FOO_SERVERS": ["localhost:11211"]}, 11211),
        ({"CACHE_FOO_SERVERS": ["localhost:1", "localhost:2"]}, None),
        ({"CACHE_FOO_URL": "foo://elsewhere:6379/0"}, None),
        ({"CACHE_TYPE": "simple", "CACHE_THRESHOLD": 500}, None),
    ],
)
def test_the_only_port_of_this_machine_is_found(config, port):
    assert port_in(config) == port


@pytest.mark.parametrize(
    ("config", "moved"),
    [
        ({"CACHE_TYPE": "foo", "CACHE_FOO_PORT": 6379}, {"CACHE_FOO_PORT": 7000}),
        (
            {"CACHE_FOO_URL": "foo://me:6379@localhost:6379/6379"},
            {"CACHE_FOO_URL": "foo://me:6379@localhost:7000/6379"},
        ),
        ({"CACHE_FOO_SERVERS": ["localhost:6379"]}, {"CACHE_FOO_SERVERS": ["localhost:7000"]}),
    ],
)
def test_another_port_takes_its_place_and_the_rest_stays(config, moved):
    assert at_port(config, 6379, 7000) == moved
