"""`Cache.memoize`: each parameter, which calls share an entry, and what is deleted."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask import abort

from flask_caching import Cache

from .record import counter, make_app, scenario
from .stores import OLD


class Point:
    """Told apart by its repr."""

    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"Point({self.x})"


def _giving(answer):
    return lambda: answer


def _values(cache):
    """Return the values in a store, without what the implementation keeps beside them."""
    return {key: timeout for key, timeout in cache.cache.timeouts.items() if "memver" not in key}


@scenario
def calls(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def add(a, b=2, *rest, c=3, **others):
        return number()

    spellings = {
        "1": add(1),
        "1, 2": add(1, 2),
        "a=1": add(a=1),
        "b=2, a=1": add(b=2, a=1),
        "1, 2, 3": add(1, 2, 3),
        "1, x=1, y=2": add(1, x=1, y=2),
        "1, y=2, x=1": add(1, y=2, x=1),
        "2": add(2),
        "'1'": add("1"),
        "1.0": add(1.0),
        "True": add(True),
        "None": add(None),
        "1, None": add(1, None),
        "1, 0": add(1, 0),
        "1, ''": add(1, ""),
        "[1]": add([1]),
        "(1,)": add((1,)),
        "{'a': 1}": add({"a": 1}),
        "Point(1)": add(Point(1)),
        "another Point(1)": add(Point(1)),
        "Point(2)": add(Point(2)),
        "'Point(1)'": add("Point(1)"),
        "b'1'": add(b"1"),
    }
    for spelling, value in spellings.items():
        see(spelling, value)


@scenario
def keyword_only_default(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def add(a, *, b=2):
        return number()

    see("a default and the same given", [add(1), add(1, b=2), add(1, b=3)])


@scenario
def parameters_of_any_name(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def find(f=0, args=0, kwargs=0, timeout=0, key=0, cache=0, path=0, use_request=0):
        return number()

    for name in ("args", "kwargs", "timeout", "key", "cache", "path", "use_request"):
        see(name, [find(**{name: 1}), find(**{name: 1})])

    see.outcome("f", lambda: [type(find(f=1)).__name__, type(find(f=1)).__name__])

    @cache.memoize()
    def ignoring(make_name=0, args_to_ignore=0):
        return number()

    see("make_name", ignoring(make_name=1) == ignoring(make_name=1))
    see("args_to_ignore", ignoring(args_to_ignore=1) == ignoring(args_to_ignore=1))

    @cache.memoize()
    def load(self, item=0):
        return number()

    see("self", load("a") == load("a") != load("b"))
    see.outcome("self by name", lambda: load(self="c") == load(self="c") == load("c"))


@scenario
def falsy_default(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def find(a, flag=False, limit=0, name="", rest=None):
        return number()

    for spelling, args in {
        "1": (1,),
        "1, False": (1, False),
        "1, None": (1, None),
        "1, False, 0": (1, False, 0),
        "1, False, None": (1, False, None),
        "1, False, 0, ''": (1, False, 0, ""),
        "1, False, 0, None": (1, False, 0, None),
        "1, False, 0, '', None": (1, False, 0, "", None),
    }.items():
        see(spelling, find(*args))


@scenario
def values_of_every_kind(see):
    cache = Cache(make_app())
    for value in (0, "", False, [], {}, b"", 0.0, (), {"a": (1, [2])}, {1, 2}, Point):
        calls = []

        def give(calls=calls, value=value):
            calls.append(1)
            return value

        give.__qualname__ = f"give {value!r}"
        memoized = cache.memoize()(give)
        equal = [memoized() == value, memoized() == value]
        see(f"{value!r}", [*equal, type(memoized()).__name__, len(calls)])


@scenario
def results_are_copies(see):
    cache = Cache(make_app())
    memoized = cache.memoize()(lambda: {"list": [1]})
    memoized()["list"].append(2)
    memoized()["list"].append(3)
    see("the third result", memoized())


@scenario
def timeout(see):
    cache = Cache(make_app(**OLD, CACHE_DEFAULT_TIMEOUT=77))
    for given in (None, 0, 5, 60):
        number = counter()

        def function(a, number=number):
            return number()

        function.__qualname__ = f"with {given}"
        memoized = cache.memoize(timeout=given)(function)
        see(f"{given}: calls", [memoized(1), memoized(1)])
        see(f"{given}: attribute", memoized.cache_timeout)
        see(f"{given}: stored with", list(_values(cache).values()))
        cache.clear()
        cache.cache.timeouts.clear()


@scenario(since=(2, 5))
def timeout_as_timedelta_or_text(see):
    for given in (timedelta(minutes=2), timedelta(milliseconds=300), "90"):
        cache = Cache(make_app(**OLD))
        cache.memoize(timeout=given)(lambda: 1)()
        see(f"{given} is stored with", list(_values(cache).values()))


@scenario
def timeout_by_position(see):
    cache = Cache(make_app(**OLD))
    cache.memoize(30)(lambda: 1)()
    see("stored with", list(_values(cache).values()))


@scenario
def cache_timeout_attribute(see):
    cache = Cache(make_app(**OLD))
    memoized = cache.memoize(timeout=5)(lambda: 1)
    memoized.cache_timeout = 9
    memoized()
    see("stored with", list(_values(cache).values()))


@scenario
def negative_timeout(see):
    cache = Cache(make_app())
    memoized = cache.memoize(timeout=-1)(counter())
    see.outcome("calls", lambda: [memoized(), memoized()])
    number = counter()
    memoized = cache.memoize(timeout=-1)(lambda: number())
    see("calls of a function", [memoized(), memoized()])


@scenario
def make_name(see):
    cache = Cache(make_app())
    number = counter()
    given = []

    def name(original):
        given.append(original.rpartition(".")[2])
        return "shared"

    def one(a):
        return number()

    def other(a):
        return number()

    memoized = [cache.memoize(make_name=name)(one), cache.memoize()(other)]
    see("calls", [memoized[0](1), memoized[0](1), memoized[1](1), memoized[0](2)])
    see("given", sorted(set(given)))
    ignored = cache.memoize(make_name="no callable")(lambda: number())
    see("no callable", [ignored(), ignored()])


@scenario
def make_name_changes(see):
    cache = Cache(make_app())
    names = ["a", "b", "a"]
    number = counter()
    memoized = cache.memoize(make_name=lambda name: names[0])(lambda: number())
    results = []
    while names:
        results.append(memoized())
        names.pop(0)
    see("calls", results)


@scenario
def unless(see):
    cache = Cache(make_app())
    asked = []

    def refuse(f, *args, **kwargs):
        asked.append((f.__name__, list(args), kwargs))
        return args[0] < 0

    number = counter()

    @cache.memoize(unless=refuse)
    def find(a, b=1):
        return number()

    see("calls", [find(1), find(1), find(-1), find(-1, b=2)])
    see("asked", asked)
    for answer in (True, 1, False):
        function = counter()
        memoized = cache.memoize(unless=_giving(answer))(lambda a, f=function: f())
        see(f"unless gives {answer!r}", [memoized(answer), memoized(answer)])


@scenario
def forced_update(see):
    cache = Cache(make_app())
    asked = []

    def force(*args, **kwargs):
        asked.append((list(args), kwargs))
        return kwargs.get("fresh", False)

    number = counter()

    @cache.memoize(forced_update=force, args_to_ignore=["fresh"])
    def find(a, fresh=False):
        return number()

    see("calls", [find(1), find(1), find(1, fresh=True), find(1), find(2)])
    see("asked", asked)


@scenario
def forced_update_is_called_once(see):
    cache = Cache(make_app())
    asked = []

    def force():
        asked.append(1)
        return True

    memoized = cache.memoize(forced_update=force)(lambda: 1)
    memoized()
    memoized()
    see("asked", len(asked))


@scenario(since=(2, 5))
def is_stale(see):
    cache = Cache(make_app())
    asked = []

    def stale(value, a, b=0):
        asked.append((value, a, b))
        return b == 1

    number = counter()

    @cache.memoize(is_stale=stale)
    def find(a, b=0):
        return number()

    see("calls", [find(1), find(1), find(1, b=1), find(1, 1), find(1, b=1)])
    see("asked", sorted(set(asked)))


@scenario
def response_filter(see):
    for answer in (True, "yes", False, None):
        cache = Cache(make_app())
        given = []

        def keep(value, answer=answer, given=given):
            given.append(value)
            return answer

        number = counter()
        memoized = cache.memoize(response_filter=keep)(lambda number=number: number())
        see(f"{answer!r}", [memoized(), memoized()])
        see(f"{answer!r} was given", given)


@scenario
def hash_method(see):
    cache = Cache(make_app())
    used = []

    def method(*data):
        used.append(1)
        return hashlib.sha1(*data)

    number = counter()
    memoized = cache.memoize(hash_method=method)(lambda a: number())
    see("not used before it is called", len(used))
    see("calls", [memoized(1), memoized(1), memoized(2)])
    see("used", len(used) > 0)


@scenario
def cache_none(see):
    for given in (False, True):
        cache = Cache(make_app())
        calls = []
        memoized = cache.memoize(cache_none=given)(lambda calls=calls: calls.append(1))
        see(f"{given}", [memoized(), memoized(), len(calls)])


@scenario
def source_check(see):
    def versions(**options):
        cache = Cache(make_app())
        found = []
        for body in ("'first'", "'second'"):
            function = _function_of_source(f"def made():\n    return {body}\n")
            found.append(cache.memoize(**options)(function)())
        return found

    see("off", versions())
    see("on", versions(source_check=True))


def _function_of_source(source):
    import linecache

    file = f"<made {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"__name__": "made"}
    exec(compile(source, file, "exec"), namespace)
    return namespace["made"]


@scenario
def args_to_ignore(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize(args_to_ignore=["b", "verbose"])
    def find(a, b=1, *, verbose=False):
        return number()

    see("calls", [find(1), find(1, 2), find(1, b=3), find(1, verbose=True), find(2), find(a=1)])

    class Shop:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return self.name

        @cache.memoize(args_to_ignore=["self"])
        def price(self, item):
            return number()

    one, other = Shop("one"), Shop("other")
    see("of any object", [one.price(1), other.price(1), one.price(2)])
    cache.delete_memoized(Shop.price)
    see("deleted", [one.price(1), other.price(1)])


@scenario
def wrong_calls(see):
    cache = Cache(make_app())
    calls = []

    @cache.memoize()
    def find(a, b=1):
        calls.append(1)

    see.outcome("nothing", find)
    see.outcome("too many", find, 1, 2, 3)
    see.outcome("unknown name", find, 1, c=3)
    see.outcome("twice", find, 1, a=2)
    see("calls", len(calls))


@scenario
def the_function_raises(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def fails(a):
        raise ZeroDivisionError(number())

    @cache.memoize()
    def aborts(a):
        number()
        abort(404)

    see.outcome("first", fails, 1)
    see.outcome("second", fails, 1)
    see.outcome("aborted", aborts, 1)
    see.outcome("aborted again", aborts, 1)
    see("calls", number() - 1)


@scenario
def attributes(see):
    cache = Cache(make_app())

    @cache.memoize(timeout=12)
    def documented(a: int = 1) -> str:
        """What it says."""
        return "value"

    see("name", [documented.__name__, documented.__doc__])
    see("uncached", documented.uncached())
    see("wrapped", documented.__wrapped__ is documented.uncached)
    key = documented.make_cache_key(documented.uncached, 1)
    see("key", [type(key).__name__, key == documented.make_cache_key(documented.uncached, a=1)])
    see("keys of two calls", key == documented.make_cache_key(documented.uncached, 2))
    documented(1)
    see("the value lies there", cache.get(key))
    see("deleted by key", cache.delete(key))
    see("and gone", cache.get(key))


@scenario
def replaced_uncached_and_key(see):
    cache = Cache(make_app())
    number = counter()
    memoized = cache.memoize()(lambda a: number())
    see("before", [memoized(1), memoized(1)])
    memoized.make_cache_key = lambda f, *args, **kwargs: f"own {args}"
    see("after", [memoized(1), memoized(1), cache.has("own (1,)")])


@scenario
def recursion(see):
    cache = Cache(make_app())
    calls = []

    @cache.memoize()
    def fibonacci(n):
        calls.append(n)
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    see("value", fibonacci(20))
    see("calls", len(calls))


@scenario
def generators(see):
    cache = Cache(make_app())
    memoized = cache.memoize()(lambda: (each for each in "abc"))
    see("text", [memoized(), memoized()])
    memoized = cache.memoize()(lambda a: (each for each in ("a", 1)))
    see("mixed", [memoized(1), memoized(1)])


@scenario
def functions_of_one_name(see):
    cache = Cache(make_app())

    def make(value):
        @cache.memoize()
        def made(a):
            return value

        return made

    one, other = make("one"), make("other")
    see("they share", [one(1), other(1)])


@scenario
def delete_memoized(see):
    cache = Cache(make_app())
    number = counter()

    @cache.memoize()
    def find(a, b=2):
        return number()

    see("calls", [find(1), find(2), find(1, 3)])
    see("returned for all", cache.delete_memoized(find))
    see("all anew", [find(1), find(2), find(1, 3)])
    see("returned for one", cache.delete_memoized(find, 1))
    see("one anew", [find(1), find(2), find(1, 3)])
    cache.delete_memoized(find, 1, b=3)
    see("another anew", [find(1), find(2), find(1, 3)])
    cache.delete_memoized(find, a=1, b=2)
    see("by name", [find(1), find(2), find(1, 3)])
    cache.delete_memoized(find, 99)
    see("one that is not there", [find(1), find(2), find(1, 3)])
    see("by attribute", find.delete_memoized())
    see("all again", [find(1), find(2), find(1, 3)])
    cache.delete_memoized(find.uncached)
    see("by the function itself", [find(1), find(2), find(1, 3)])


@scenario
def delete_memoized_wrongly(see):
    cache = Cache(make_app())
    see.outcome("a name", cache.delete_memoized, "find")
    see.outcome("a name for the version", cache.delete_memoized_verhash, "find")
    see.outcome("a plain function with arguments", cache.delete_memoized, counter, 1)


@scenario
def delete_memoized_verhash(see):
    cache = Cache(make_app())
    number = counter()
    find = cache.memoize()(lambda a: number())
    see("calls", [find(1), find(1)])
    see("returned", cache.delete_memoized_verhash(find))
    see("anew", [find(1), find(1)])


@scenario
def clear(see):
    cache = Cache(make_app())
    number = counter()
    find = cache.memoize()(lambda a: number())
    see("calls", [find(1), find(2)])
    cache.clear()
    see("anew", [find(1), find(2)])


@scenario
def nothing_is_cached(see):
    cache = Cache(make_app(CACHE_TYPE="NullCache", CACHE_NO_NULL_WARNING=True))
    number = counter()
    find = cache.memoize(cache_none=True)(lambda a: number())
    see("calls", [find(1), find(1)])
    see.outcome("deleted", lambda: type(cache.delete_memoized(find)).__name__ != "nothing")


@scenario(since=(2, 5))
def signals(see):
    from flask_caching import cache_memoize_hit, cache_memoize_miss

    for enabled in (True, False):
        cache = Cache(make_app(CACHE_ENABLE_SIGNALS=enabled))
        heard = []

        def hear(name, heard=heard):
            def receive(sender, **facts):
                function = facts["f"].__name__
                heard.append((name, sorted(facts), function, list(facts["args"]), facts["kwargs"]))

            return receive

        receivers = [(cache_memoize_hit, hear("hit")), (cache_memoize_miss, hear("miss"))]
        for signal, receive in receivers:
            signal.connect(receive)

        @cache.memoize()
        def find(a, b=1):
            return a

        find(1)
        find(1, b=1)
        for signal, receive in receivers:
            signal.disconnect(receive)
        see(f"enabled {enabled}", heard)


@scenario
def coroutine_function(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @cache.memoize()
    async def find(a):
        return number()

    see("without a loop", [find(1), find(1), find(2)])


@scenario
def coroutine_function_in_an_async_view(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    @cache.memoize()
    async def find(a):
        return number()

    @app.route("/")
    async def index():
        return f"{await find(1)} {await find(1)}"

    see.page("page", app.test_client().get("/"))
