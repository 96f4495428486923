"""The types of what tests use: run by a test, and read by mypy and pyright."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

from flask import Flask

from flask_caching import Cache
from flask_caching.testing import CacheInTest, in_memory

app = Flask("typed")
cache = Cache(app, config={"CACHE_TYPE": "simple"})


def check_what_a_test_is_given() -> None:
    with in_memory(app) as test:
        assert_type(test, CacheInTest)
        assert_type(test.now(), float)
        assert_type(test.app, Flask)
        test.advance(1)
        test.advance(0.5)
        test.advance(timedelta(minutes=1))
        with test.off() as nothing:
            assert_type(nothing, None)
