"""What type checkers see of class methods and static methods.

mypy takes the first overload of a descriptor whatever its `self`, so it does not bind the class
where it is reached through the class, and binds what is static. That much is for pyright alone.
"""

from __future__ import annotations

from typing import assert_type

from flask import Flask

from flask_caching import Cache
from flask_caching.invalidated import Invalidated

app = Flask("typed")
#: Which mypy takes for true, and no other checker.
MYPY = False
cache = Cache(app, config={"CACHE_TYPE": "simple"})


class Shelf:
    @classmethod
    @cache.memoize()
    def count(cls, number: int) -> str:
        return str(number)

    @classmethod
    @cache.cached(key_prefix="all")
    def all(cls) -> bytes:
        return b""

    @staticmethod
    @cache.memoize()
    def half(number: float) -> float:
        return number / 2

    @cache.memoize()
    @staticmethod
    def third(number: float) -> float:
        return number / 3

    @staticmethod
    @cache.cached(key_prefix="name")
    def name() -> str:
        return "name"

    def used(self) -> None:
        assert_type(self.count(1), str)
        assert_type(self.name(), str)


class Drawer(Shelf):
    pass


def check_that_a_class_method_binds_its_class() -> None:
    assert_type(Shelf().count(1), str)
    assert_type(Drawer().count(number=1), str)
    assert_type(Shelf().all(), bytes)
    assert_type(Shelf.count.invalidate(Shelf, 1), Invalidated)
    if not MYPY:
        assert_type(Shelf.count(1), str)
        assert_type(Drawer.count(number=1), str)
        assert_type(Shelf.count.uncached(Shelf, 1), str)
        assert_type(Shelf.all(), bytes)


def check_that_a_static_method_binds_nothing() -> None:
    Shelf().used()
    assert_type(Shelf.half(1), float)
    assert_type(Shelf.third(1), float)
    assert_type(Shelf.name(), str)
    assert_type(Shelf().name(), str)
    if not MYPY:
        assert_type(Shelf().half(1), float)
        assert_type(Shelf().third(1), float)
