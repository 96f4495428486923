"""What all tests of the core may use."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_caching import Cache


class Clock:
    """A clock that stands still until a test sets it."""

    def __init__(self, now=1_000_000.0):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app():
    app = Flask("application")
    app.config["CACHE_TYPE"] = "simple"
    return app


@pytest.fixture
def cache(app):
    return Cache(app)
