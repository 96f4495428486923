"""Memoized and cached methods of all kinds, and deleting them."""

from __future__ import annotations

import functools

from flask_caching import Cache

from .record import counter, make_app, scenario


def _shop(cache):
    number = counter()

    class Shop:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return f"Shop({self.name})"

        @cache.memoize()
        def price(self, item, tax=0):
            return number()

        @classmethod
        @cache.memoize()
        def count(cls, city):
            return number()

        @staticmethod
        @cache.memoize()
        def rate(currency):
            return number()

    class Market(Shop):
        pass

    return Shop, Market


@scenario
def methods(see):
    Shop, Market = _shop(Cache(make_app()))
    a, b, m = Shop("a"), Shop("b"), Market("a")
    see("one object", [a.price(1), a.price(1, 0), a.price(item=1), a.price(1, tax=0)])
    see("another", b.price(1))
    see("an equal one", Shop("a").price(1))
    see("one of a subclass with the same repr", m.price(1))
    see("through the class", Shop.price(a, 1))
    a.name = "b"
    see("changed", a.price(1))


@scenario
def classmethods(see):
    Shop, Market = _shop(Cache(make_app()))
    see("the class", [Shop.count("x"), Shop.count("x"), Shop.count(city="x"), Shop.count("y")])
    see("a subclass", Market.count("x"))
    see("an object", Shop("a").count("x"))


@scenario
def staticmethods(see):
    Shop, Market = _shop(Cache(make_app()))
    see("calls", [Shop.rate(1), Shop.rate(1), Market.rate(1), Shop("a").rate(1), Shop.rate(2)])


@scenario
def caching_id(see):
    cache = Cache(make_app())
    number = counter()

    class Named:
        def __init__(self, name):
            self.name = name

        def __caching_id__(self):
            return self.name

        @cache.memoize()
        def find(self, a):
            return number()

    one, same, other = Named("one"), Named("one"), Named("other")
    see("calls", [one.find(1), same.find(1), other.find(1), one.find(2)])


@scenario
def default_repr(see):
    cache = Cache(make_app())
    number = counter()

    class Plain:
        @cache.memoize()
        def find(self, a):
            return number()

    one, other = Plain(), Plain()
    see("calls", [one.find(1), one.find(1), other.find(1)])
    cache.delete_memoized(Plain.find)
    see("deleted", [one.find(1), other.find(1)])


@scenario
def delete_all_of_a_method(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    a, b = Shop("a"), Shop("b")
    see("calls", [a.price(1), a.price(2), b.price(1)])
    cache.delete_memoized(Shop.price)
    see("anew", [a.price(1), a.price(2), b.price(1)])


@scenario
def delete_of_one_object(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    a, b = Shop("a"), Shop("b")
    see("calls", [a.price(1), a.price(2), b.price(1)])
    cache.delete_memoized(a.price)
    see("anew", [a.price(1), a.price(2), b.price(1)])


@scenario
def delete_one_call_of_a_bound_method(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    a, b = Shop("a"), Shop("b")
    see("calls", [a.price(1), a.price(2), b.price(1)])
    see.outcome("deleted", lambda: cache.delete_memoized(a.price, 1) and None)
    see("anew", [a.price(1), a.price(2), b.price(1)])


@scenario
def delete_one_call_with_its_object(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    a, b = Shop("a"), Shop("b")
    see("calls", [a.price(1), a.price(2), b.price(1)])
    cache.delete_memoized(a.price, a, 1)
    see("bound", [a.price(1), a.price(2), b.price(1)])
    cache.delete_memoized(Shop.price, a, 1)
    see("through the class", [a.price(1), a.price(2), b.price(1)])
    cache.delete_memoized(Shop.price, a, item=2)
    see("by name", [a.price(1), a.price(2), b.price(1)])


@scenario
def delete_an_object_through_the_class(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    a, b = Shop("a"), Shop("b")
    see("calls", [a.price(1), b.price(1)])
    see.outcome("deleted", lambda: cache.delete_memoized(Shop.price, a) and None)
    see("anew", [a.price(1), b.price(1)])


@scenario
def delete_classmethods(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    see("calls", [Shop.count("x"), Shop.count("y")])
    see.outcome("one", lambda: cache.delete_memoized(Shop.count, Shop, "x") and None)
    see("one anew", [Shop.count("x"), Shop.count("y")])
    see.outcome("one without the class", lambda: cache.delete_memoized(Shop.count, "y") and None)
    see("the other anew", [Shop.count("x"), Shop.count("y")])
    see.outcome("all", lambda: cache.delete_memoized(Shop.count) and None)
    see("all anew", [Shop.count("x"), Shop.count("y")])


@scenario
def delete_staticmethods(see):
    cache = Cache(make_app())
    Shop, _ = _shop(cache)
    see("calls", [Shop.rate(1), Shop.rate(2)])
    cache.delete_memoized(Shop.rate, 1)
    see("one anew", [Shop.rate(1), Shop.rate(2)])
    cache.delete_memoized(Shop.rate)
    see("all anew", [Shop.rate(1), Shop.rate(2)])


@scenario
def above_classmethod(see):
    cache = Cache(make_app())
    number = counter()

    def build():
        class Shop:
            @cache.memoize()
            @classmethod
            def count(cls, city):
                return number()

            @cache.memoize()
            @staticmethod
            def rate(currency):
                return number()

        return Shop

    see.outcome("classmethod", lambda: [build().count(1), build().count(1)])
    see.outcome("staticmethod", lambda: [build().rate(1), build().rate(1)])


@scenario
def cached_methods(see):
    cache = Cache(make_app())
    number = counter()

    class Shop:
        @cache.cached(key_prefix="total")
        def total(self):
            return number()

        @classmethod
        @cache.cached(key_prefix="sum")
        def sum(cls):
            return number()

        @property
        @cache.cached(key_prefix="name")
        def name(self):
            return number()

    one, other = Shop(), Shop()
    see("total", [one.total(), other.total()])
    see("sum", [Shop.sum(), one.sum()])
    see("name", [one.name, other.name])


@scenario
def inherited_and_overridden(see):
    cache = Cache(make_app())
    number = counter()

    class Base:
        def __repr__(self):
            return "same"

        @cache.memoize()
        def find(self, a):
            return f"base {number()}"

    class Derived(Base):
        @cache.memoize()
        def find(self, a):
            return f"derived {number()} of {super().find(a)}"

    see("calls", [Base().find(1), Derived().find(1), Base().find(1), Derived().find(1)])


@scenario
def bound_before_it_is_memoized(see):
    cache = Cache(make_app())
    number = counter()

    class Shop:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return self.name

        def find(self, a):
            return f"{self.name} {number()}"

    one, other = Shop("one"), Shop("other")
    find_one, find_other = cache.memoize()(one.find), cache.memoize()(other.find)
    see("calls", [find_one(1), find_other(1), find_one(1), find_one(2)])


@scenario
def callables(see):
    cache = Cache(make_app())
    number = counter()

    class Adder:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return self.name

        def __call__(self, a):
            return number()

    see.outcome("an object", lambda: [f(1) for f in [cache.memoize()(Adder("x"))] * 2])
    number = counter()
    partial = cache.memoize()(functools.partial(lambda a, b: number(), 1))
    see("a partial", [partial(1), partial(1), partial(2)])
    number = counter()
    see("a lambda", [f(1) for f in [cache.memoize()(lambda a: number())] * 2])
