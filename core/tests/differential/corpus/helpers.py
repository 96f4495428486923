"""The helper functions that applications import from `flask_caching.utils`."""

from __future__ import annotations

import inspect

from flask_caching.utils import (
    function_namespace,
    get_arg_default,
    get_arg_names,
    get_id,
    wants_args,
)

from .record import scenario


def sample(a, b=2, *rest, c=3, **others):
    """Have parameters of every kind."""


class Shop:
    """Has methods of every kind."""

    def __repr__(self):
        return "Shop(1 2)"

    def price(self, item):
        """Be a method."""

    @classmethod
    def count(cls, city):
        """Be a classmethod."""

    @staticmethod
    def rate(currency):
        """Be a staticmethod."""


@scenario
def parameters(see):
    see("names", get_arg_names(sample))
    see("of a method", get_arg_names(Shop.price))
    see("of a bound method", get_arg_names(Shop().price))
    see("defaults", [get_arg_default(sample, position) for position in (0, 1, 3)])
    see.outcome("beyond", get_arg_default, sample, 9)
    for source in (
        "lambda: 1",
        "lambda a: 1",
        "lambda *a: 1",
        "lambda **a: 1",
        "lambda *, a=1: 1",
        "lambda a=1: 1",
    ):
        see(source, wants_args(eval(source)))


@scenario
def identity(see):
    class Named:
        def __caching_id__(self):
            return 17

    see("repr", get_id(Shop()))
    see.outcome("caching id", get_id, Named())
    see("text", get_id("text"))
    see("none", get_id(None))


@scenario
def namespaces(see):
    see("function", function_namespace(sample))
    see("function with arguments", function_namespace(sample, (1,)))
    see("method", function_namespace(Shop.price, (Shop(),)))
    see("method without its object", function_namespace(Shop.price))
    see("bound method", function_namespace(Shop().price))
    see("staticmethod", function_namespace(Shop.rate))
    see("classmethod", function_namespace(Shop.count))
    raw = inspect.getattr_static(Shop, "count").__func__
    see.outcome("classmethod with its class", function_namespace, raw, (Shop,))
    see.outcome("classmethod without its class", function_namespace, raw, (1,))


@scenario(since=(2, 5))
def later_helpers(see):
    from datetime import timedelta

    from flask_caching.utils import (
        join_generator,
        normalize_timeout,
        query_args_as_pairs,
        wants_extra_args,
    )

    for given in (None, 0, 5, "7", timedelta(seconds=1.2), timedelta(0)):
        see(f"timeout {given!r}", normalize_timeout(given))
    for given in ("a=1&b=", "?a=1", "", {"a": 1}, [("a", 1), ("a", 2)]):
        see(f"query {given!r}", query_args_as_pairs(given))
    for given in (["a", "b"], [b"a"], ["a", 1], []):
        see(f"join {given!r}", join_generator(iter(given)))
    see("extra", [wants_extra_args(f) for f in (lambda a: 1, lambda a, b: 1, lambda *, a: 1)])
