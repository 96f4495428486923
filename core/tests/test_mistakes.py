"""What is a user told who makes a mistake? One row for each, and the page of errors beside them.

The rows of mistakes that need a plugin or a server are in the tests of that plugin.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path

import pytest
from flask import Flask, Response, render_template_string, request
from jinja2 import TemplateSyntaxError

from flask_caching import BaseCache, Cache, notices
from flask_caching.backends.simple import SimpleCache
from flask_caching.errors import (
    BackendConflictError,
    BackendContractError,
    BackendNotFoundError,
    ConfigError,
    NotInitializedError,
    SerializationError,
)
from flask_caching.settings import DEFAULTS
from flask_caching_conformance.harness.mistakes import Logged, Mistake, symptoms

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


@pytest.fixture(autouse=True)
def nothing_was_told(monkeypatch):
    """Let each row be the first of its kind in this process."""
    monkeypatch.setattr(notices, "_told", set())


class Unpicklable:
    def __init__(self):
        self.lock = threading.Lock()


class Shelves(BaseCache):
    def __init__(self, rows, columns, **options):
        super().__init__(**options)


class Unwritable:
    def __repr__(self):
        raise RuntimeError("no repr")


class User:
    """The hands of a user: an application with a cache in memory, and what they type."""

    def __init__(self, install):
        self.install = install
        self.app = Flask("shop")
        self.cache = Cache(self.app, config={"CACHE_TYPE": "simple"})

    def configure(self, **config):
        app = Flask("shop")
        app.config.update({"CACHE_TYPE": "simple", **config})
        return Cache(app)

    def view(self, path="/", **options):
        """Serve a cached view, and visit it."""

        @self.app.route("/")
        @self.cache.cached(**options)
        def index():
            return "page"

        return self.visit(path)

    def visit(self, path="/"):
        self.app.testing = True
        return self.app.test_client().get(path)

    def memoize(self, *args, **options):
        """Call a memoized function."""

        @self.cache.memoize(**options)
        def add(a=1, b=2):
            return 3

        return add(*args)

    def render(self, template):
        with self.app.app_context():
            return render_template_string(template)


def setting(key, value, symptom, *says, hides=()):
    """Return the row of a setting that can't work."""
    return Mistake(
        f"{key} = {value!r}",
        lambda user: user.configure(**{key: value}),
        ConfigError,
        symptom,
        (key, *(says or (repr(value),))),
        hides,
    )


def install_foo(user, source, name="foo"):
    """Install a plugin for the backend of this name."""
    point = {"foo": f"{name}_cache:FooCache"}
    user.install(f"{name}-cache", {f"{name}_cache.py": source}, backends=point)


NO_NUMBER = "CACHE_…: must be a number of seconds or a timedelta, not …"
NO_SWITCH = "CACHE_…: must be True or False, not …"
NO_COUNT = "CACHE_…: must be a whole number, 0 or more, not …"
NO_HASH = "CACHE_…HASH_METHOD: must be a hash constructor such as hashlib.sha256, or its name …"

NAMES = [
    Mistake(
        "a typo in CACHE_TYPE",
        lambda user: user.configure(CACHE_TYPE="SimpelCache"),
        BackendNotFoundError,
        "CACHE_TYPE … is the name of no backend. …Installed here: …",
        ("'SimpelCache'", "Did you mean 'SimpleCache'?", "null, ", "dotted path"),
    ),
    Mistake(
        "a CACHE_TYPE that is like no other",
        lambda user: user.configure(CACHE_TYPE="zzz"),
        BackendNotFoundError,
        "CACHE_TYPE … is the name of no backend. …Installed here: …",
        ("'zzz'",),
        ("Did you mean",),
    ),
    Mistake(
        "a plugin that is not installed",
        lambda user: user.configure(CACHE_TYPE="RedisCache"),
        BackendNotFoundError,
        "CACHE_TYPE … is not installed. Install it with: pip install …",
        ("'RedisCache'", "pip install flask-caching-redis ", "./plugins/redis", "Installed here"),
    ),
    Mistake(
        "a dotted path to a module that is not there",
        lambda user: user.configure(CACHE_TYPE="no.such.Cache"),
        BackendNotFoundError,
        "CACHE_TYPE …: the module … can't be imported …",
        ("'no.such.Cache'", "'no.such'", "No module named 'no'", "Correct the path"),
    ),
    Mistake(
        "a dotted path to a name that is not there",
        lambda user: user.configure(CACHE_TYPE="flask_caching.backends.base.Cache"),
        BackendNotFoundError,
        "CACHE_TYPE …: the module … has no attribute …",
        ("'flask_caching.backends.base'", "'Cache'", "Correct the path"),
    ),
    Mistake(
        "a CACHE_TYPE that is no name",
        lambda user: user.configure(CACHE_TYPE=5),
        ConfigError,
        "CACHE_TYPE: must be a backend's name, a dotted path, …, not …",
        ("not 5",),
    ),
    Mistake(
        "a factory with another signature",
        lambda user: user.configure(CACHE_TYPE=lambda app: SimpleCache()),
        BackendContractError,
        "The factory of … has the signature … It is called with four positional arguments: …",
        ("(app)", "factory(app, config, args, kwargs)"),
    ),
    Mistake(
        "a factory that gives no backend",
        lambda user: user.configure(CACHE_TYPE=lambda app, config, args, kwargs: {}),
        BackendContractError,
        "The factory of CACHE_TYPE … gave …, which is no backend: it lacks get, set or delete.",
        ("gave dict",),
    ),
    Mistake(
        "a plugin whose client library is missing",
        lambda user: (install_foo(user, "import no_such_client"), user.configure(CACHE_TYPE="foo")),
        BackendNotFoundError,
        "The backend … of the distribution … can't be imported: … Install what it lacks …",
        ("'foo'", "foo-cache", "No module named 'no_such_client'", "pip check"),
    ),
    Mistake(
        "a plugin that is broken",
        lambda user: (install_foo(user, "1 / 0"), user.configure(CACHE_TYPE="foo")),
        BackendNotFoundError,
        "The backend … of the distribution … can't be imported: … Install what it lacks …",
        ("'foo'", "foo-cache", "ZeroDivisionError: division by zero"),
    ),
    Mistake(
        "two plugins of one name",
        lambda user: (
            install_foo(user, ""),
            install_foo(user, "", "bar"),
            user.configure(CACHE_TYPE="foo"),
        ),
        BackendConflictError,
        "CACHE_TYPE … is claimed by … and …. Uninstall one of them, or give the dotted path …",
        ("'foo'", "foo-cache", "bar-cache", "foo_cache:FooCache", "bar_cache:FooCache"),
    ),
    Mistake(
        "no CACHE_TYPE",
        lambda user: Cache(Flask("shop")),
        UserWarning,
        "CACHE_TYPE is 'NullCache', so nothing is cached. Set CACHE_NO_NULL_WARNING = True …",
    ),
]

SETTINGS = [
    *(
        setting("CACHE_DEFAULT_TIMEOUT", value, NO_NUMBER)
        for value in ("5 minutes", [], None, True, math.nan, math.inf)
    ),
    *(
        setting(key, value, NO_NUMBER)
        for key in ("CACHE_SINGLE_FLIGHT_WAIT", "CACHE_BREAKER_PAUSE")
        for value in ("soon", True)
    ),
    *(
        setting(key, -1, "CACHE_…: must be at least 0 seconds, not …")
        for key in ("CACHE_SINGLE_FLIGHT_WAIT", "CACHE_BREAKER_PAUSE")
    ),
    *(
        setting(key, value, NO_COUNT)
        for key in ("CACHE_THRESHOLD", "CACHE_BREAKER_FAILURES")
        for value in ("many", -1, 1.5, True)
    ),
    *(
        setting(key, value, NO_SWITCH)
        for key in (
            "CACHE_IGNORE_ERRORS",
            "CACHE_NO_NULL_WARNING",
            "CACHE_SOURCE_CHECK",
            "CACHE_ENABLE_SIGNALS",
        )
        for value in ("perhaps", [])
    ),
    *(
        setting(key, value, NO_HASH)
        for key in ("CACHE_HASH_METHOD", "CACHE_FILE_HASH_METHOD")
        for value in ("md55", 5)
    ),
    setting("CACHE_KEY_PREFIX", 5, "CACHE_KEY_PREFIX: must be a str or a callable …, not …"),
    *(
        setting("CACHE_OPTIONS", value, "CACHE_OPTIONS: must be a dict of the backend's …", kind)
        for value, kind in (
            ("threshold=5", "not str"),
            ([5], "not list"),
            ({5: 5}, "not dict with a key of type int"),
        )
    ),
    setting("CACHE_ARGS", "5", "CACHE_ARGS: must be a list of the backend's …", "not str"),
    setting(
        "CACHE_ARGS",
        [5],
        "CACHE_ARGS: gives … by position, and a setting or CACHE_OPTIONS gives it by name. …",
        "'threshold'",
        "'simple'",
    ),
    setting("CACHE_SERIALIZER", "xml", "CACHE_SERIALIZER: must be 'pickle', 'json', 'msgpack', …"),
    setting(
        "CACHE_SERIALIZER",
        "no.such.Serializer",
        "CACHE_SERIALIZER: … can't be imported …",
        "'no.such.Serializer'",
        "No module named 'no'",
    ),
    setting("CACHE_COMPRESSION", "zip", "CACHE_COMPRESSION: must be 'zlib'…"),
    setting("CACHE_COMPRESSION", 9, "CACHE_COMPRESSION: must be 'zlib'…"),
    Mistake(
        "CACHE_SIGNING_KEY = 12345",
        lambda user: user.configure(CACHE_SIGNING_KEY=12345),
        ConfigError,
        "CACHE_SIGNING_KEY: must be text or bytes, or False for no signatures, not …",
        ("int",),
        ("12345",),
    ),
    Mistake(
        "CACHE_SIGNING_KEY_FALLBACKS = 'hunter2'",
        lambda user: user.configure(CACHE_SIGNING_KEY="a", CACHE_SIGNING_KEY_FALLBACKS="hunter2"),
        ConfigError,
        "CACHE_SIGNING_KEY_FALLBACKS: must be a list of keys, not …",
        ("str",),
        ("hunter2",),
    ),
    setting("CACHE_VIEW_POLICY", "unsafe", "CACHE_VIEW_POLICY: must be 'safe' or 'legacy', not …"),
    setting(
        "CACHE_FAIL_OPEN", "no way", "CACHE_FAIL_OPEN: must be True, False, 'legacy' or None …"
    ),
    setting("CACHE_STATUS_HEADER", [], "CACHE_STATUS_HEADER: must be True, False, or the name …"),
    Mistake(
        "an option that the backend has not",
        lambda user: user.configure(CACHE_OPTIONS={"treshold": 5}),
        ConfigError,
        "CACHE_OPTIONS: … is not an option of CACHE_TYPE …; it has …",
        ("'treshold'", "'simple'", "threshold, default_timeout"),
    ),
    Mistake(
        "no option that a class of one's own needs",
        lambda user: user.configure(CACHE_TYPE=Shelves),
        ConfigError,
        "CACHE_OPTIONS: must give …, without which CACHE_TYPE … can't be made …",
        ("'rows' and 'columns'", "Shelves"),
    ),
    Mistake(
        "an option of a wrong type",
        lambda user: user.configure(CACHE_OPTIONS={"threshold": "five"}),
        ConfigError,
        "CACHE_THRESHOLD: must be a number of entries, 0 or more, not …",
        ("'five'",),
    ),
    Mistake(
        "a typo in a key",
        lambda user: user.configure(CACHE_DEFAULT_TIMOUT=5),
        UserWarning,
        "… is not a setting and has no effect. Did you mean CACHE_…?",
        ("CACHE_DEFAULT_TIMOUT", "CACHE_DEFAULT_TIMEOUT?"),
    ),
    Mistake(
        "a key without CACHE_",
        lambda user: user.cache.init_app(Flask("x"), {"CACHE_TYPE": "simple", "THRESHOLD": 5}),
        UserWarning,
        "… is not a setting and has no effect. Did you mean CACHE_…?",
        ("THRESHOLD is", "CACHE_THRESHOLD?"),
    ),
    Mistake(
        "a key in small letters",
        lambda user: Cache(config={"CACHE_TYPE": "simple", "cache_dir": "/"}).init_app(Flask("x")),
        UserWarning,
        "… is not a setting and has no effect. Did you mean CACHE_…?",
        ("cache_dir is", "CACHE_DIR?"),
    ),
    Mistake(
        "a config that is no dict",
        lambda user: Cache(config="simple"),
        ConfigError,
        "config: must be a dict such as {'CACHE_TYPE': 'simple'}, or None, not …",
        ("not str",),
    ),
    Mistake(
        "the settings in second place",
        lambda user: Cache(None, {"CACHE_TYPE": "simple", "CACHE_REDIS_PASSWORD": "hunter2"}),
        UserWarning,
        "The second argument of Cache is with_jinja2_ext, so these settings have no effect. …",
        ("config=",),
        ("hunter2",),
    ),
    Mistake(
        "the settings in place of the application",
        lambda user: Cache({"CACHE_TYPE": "simple", "CACHE_REDIS_PASSWORD": "hunter2"}),
        TypeError,
        "A Cache is given the Flask application, not …: cache.init_app(app), or Cache(app). …",
        ("not dict", "config="),
        ("hunter2",),
    ),
]


def bare_cached(user):
    @user.app.route("/")
    @user.cache.cached
    def index():
        return "page"

    return user.visit()


def bare_cached_with_arguments(user):
    @user.app.route("/<name>")
    @user.cache.cached
    def index(name):
        return name

    return user.visit("/name")


def bare_memoize(user):
    @user.cache.memoize
    def add(a, b):
        return a + b

    return add(1, b=2)


def bare_memoized_method(user):
    class Shop:
        @user.cache.memoize
        def total(self):
            return 1

    return Shop().total()


def above_a_property(user):
    class Shop:
        @user.cache.memoize()
        @property
        def total(self):
            return 1

    return Shop


def above_the_route(decorate):
    def do(user):
        @decorate(user.cache)()
        @user.app.route("/")
        def index():
            return "page"

    return do


def wrong_argument(did, told, symptom, *says, **options):
    def do(user):
        user.cache.cached(**options)

    return Mistake(did, do, told, symptom, says)


BARE = "… was decorated without parentheses. Write @cache.…() above it."
ORDER = "… is served as it was before it was decorated, so its answers are not cached. …"
NO_EFFECT = "…=…: is a callable, as in …; … has no effect."
NEGATIVE = "timeout=…: with … what is stored has expired already, so nothing is cached. …"
NO_TIME = "timeout=…: is a number of seconds, a timedelta, or a callable …, not …"

DECORATORS = [
    Mistake(
        "@cache.cached without parentheses",
        bare_cached,
        TypeError,
        BARE,
        ("cached.<locals>.index", "@cache.cached()"),
    ),
    Mistake(
        "@cache.cached without parentheses, on a view with arguments",
        bare_cached_with_arguments,
        TypeError,
        BARE,
        ("index", "@cache.cached()"),
    ),
    Mistake(
        "@cache.memoize without parentheses",
        bare_memoize,
        TypeError,
        BARE,
        ("add", "@cache.memoize()"),
    ),
    Mistake(
        "@cache.memoize without parentheses, on a method",
        bare_memoized_method,
        TypeError,
        BARE,
        ("Shop.total", "@cache.memoize()"),
    ),
    Mistake(
        "a decorator above @property",
        above_a_property,
        TypeError,
        "@cache.…(…) decorates a function, not …. It stands below …",
        ("memoize", "not property", "below @property"),
    ),
    Mistake(
        "@cache.cached() above @app.route",
        above_the_route(lambda cache: cache.cached),
        Logged,
        ORDER,
        ("index", "Put @cache.cached() below @app.route"),
    ),
    Mistake(
        "@cache.memoize() above @app.route",
        above_the_route(lambda cache: cache.memoize),
        Logged,
        ORDER,
        ("index", "Put @cache.memoize() below @app.route"),
    ),
    wrong_argument("a timeout below 0", UserWarning, NEGATIVE, "with -1 what is", timeout=-1),
    wrong_argument("a timeout in words", ConfigError, NO_TIME, "'5 minutes'", timeout="5 minutes"),
    *(
        wrong_argument(f"timeout={value!r}", UserWarning, NO_TIME, repr(value), timeout=value)
        for value in (True, math.nan, math.inf, [])
    ),
    Mistake(
        "a callable that gives no time",
        lambda user: user.memoize(timeout=lambda: "soon"),
        ConfigError,
        NO_TIME,
        ("'soon'",),
    ),
    wrong_argument("unless=True", UserWarning, NO_EFFECT, "unless=lambda", "True", unless=True),
    wrong_argument("make_cache_key='key'", UserWarning, NO_EFFECT, "'key'", make_cache_key="key"),
    wrong_argument(
        "key_prefix=5",
        UserWarning,
        "key_prefix=…: is a text, or a callable …, not …",
        "5",
        key_prefix=5,
    ),
    wrong_argument(
        "two places for the path",
        UserWarning,
        "key_prefix=…: has one %s, for the request's path, and any other percent sign twice, not …",
        "'%s/%s'",
        key_prefix="%s/%s",
    ),
    wrong_argument(
        "the name of a hash",
        UserWarning,
        "hash_method=…: is a hash constructor such as hashlib.sha256, not …",
        "'sha256'",
        hash_method="sha256",
    ),
    wrong_argument(
        "vary_on=5", ConfigError, "vary_on=…: names request headers, as in …, not …", "5", vary_on=5
    ),
    wrong_argument(
        "a header that is a number",
        ConfigError,
        "vary_on=…: names request headers, as in …, not …",
        "[5]",
        vary_on=[5],
    ),
    wrong_argument(
        "statuses as one number",
        ConfigError,
        "cached(cache_statuses=…): must be a list of statuses such as [200, 404], not …",
        "200",
        cache_statuses=200,
    ),
    wrong_argument(
        "statuses as texts",
        ConfigError,
        "cached(cache_statuses=…): must be a list of statuses such as [200, 404], not …",
        "['200']",
        cache_statuses=["200"],
    ),
    wrong_argument(
        "jitter in seconds",
        ConfigError,
        "jitter=…: is the share of its life …, not …",
        "30",
        jitter=30,
    ),
    wrong_argument(
        "stale for no time",
        ConfigError,
        "stale=…: is a number of seconds above 0, a timedelta, or None, not …",
        "-1",
        stale=-1,
    ),
    Mistake(
        "a policy that there is not",
        lambda user: user.view(policy="none"),
        ConfigError,
        "cached(policy=…): must be 'safe' or 'legacy', not …",
        ("'none'",),
    ),
    Mistake(
        "tags that are numbers",
        lambda user: user.memoize(tags=[5]),
        TypeError,
        "A tag is a str, not …: in …. Tags are given as …",
        ("not 5 (int)", "[5]", "invalidate_tags('a', 'b')"),
    ),
    Mistake(
        "one number as tags",
        lambda user: user.memoize(tags=5),
        TypeError,
        "Tags are a str or a list of them, such as ['a', 'b'], not …",
        ("not 5 (int)",),
    ),
    Mistake(
        "a list for invalidate_tags()",
        lambda user: user.cache.invalidate_tags(["a"]),
        TypeError,
        "A tag is a str, not …: in …. Tags are given as …",
        ("['a'] (list)",),
    ),
    Mistake(
        "a name in args_to_ignore that is no parameter's",
        lambda user: user.memoize(args_to_ignore=["c"]),
        Logged,
        "args_to_ignore of … names …, which is none of its parameters: …",
        ("add", "'c'", "a, b"),
    ),
    Mistake(
        "args_to_ignore by their number",
        lambda user: user.memoize(args_to_ignore=1),
        ConfigError,
        "args_to_ignore=…: names parameters, as in ['connection'], not …",
        ("not 1",),
    ),
]

NO_KEY = "Answered without the cache: … (in a key, a tag or a condition of …)"
NOT_STORED = "A value of type … can't be pickled (…). …"
KEY_AS_TEXT = "A cache key is a str; a key of type … is used as str(key), such as …"


def never(*_args):
    raise ZeroDivisionError("division by zero")


def with_coroutine(user):
    async def price():
        return 1

    coroutine = price()
    try:
        user.cache.set("price", coroutine)
    finally:
        coroutine.close()


def two_applications(user):
    other = Flask("other")
    with other.app_context():
        return user.cache.get("key")


def streamed(user, **options):
    @user.app.route("/")
    @user.cache.cached(**options)
    def index():
        return Response(part for part in ("a", "b"))

    return user.visit()


def memoized_stream(user):
    @user.cache.memoize()
    def answer():
        return Response(part for part in ("a", "b"))

    return answer()


def open_file(user):
    with Path(__file__).open("rb") as file:
        user.cache.set("key", file)


def plain():
    return 1


def delete_of_cached(user):
    @user.cache.cached(key_prefix="answer")
    def answer():
        return 1

    return user.cache.delete_memoized(answer)


def delete_cached_of_memoized(user):
    @user.cache.memoize()
    def answer():
        return 1

    return user.cache.delete_cached(answer)


def outside_of_a_request(user):
    @user.cache.cached()
    def answer():
        return 1

    return answer()


def without_a_repr(user):
    class Basket:
        pass

    return user.memoize(Basket())


CALLS = [
    Mistake(
        "a Cache without an application",
        lambda user: Cache().get("key"),
        NotInitializedError,
        "This Cache has no application yet: call cache.init_app(app) …",
    ),
    Mistake(
        "a memoized function without an application",
        lambda user: Cache().memoize()(lambda: 1)(),
        NotInitializedError,
        "This Cache has no application yet: call cache.init_app(app) …",
    ),
    Mistake(
        "another application's context",
        two_applications,
        NotInitializedError,
        "This Cache was never initialized for the application …: call cache.init_app(app) …",
        ("'other'",),
    ),
    *(
        Mistake(
            f"set(…, timeout={value!r})",
            lambda user, value=value: user.cache.set("key", 1, timeout=value),
            told,
            symptom,
            (repr(value),),
        )
        for value, told, symptom in (
            (True, TypeError, "A timeout is a number of seconds or a timedelta, not …"),
            ("60", TypeError, "A timeout is a number of seconds or a timedelta, not …"),
            ([], TypeError, "A timeout is a number of seconds or a timedelta, not …"),
            (math.nan, ValueError, "A timeout must be finite, not …. 0 means for ever."),
            (math.inf, ValueError, "A timeout must be finite, not …. 0 means for ever."),
        )
    ),
    Mistake(
        "a list of keys as one",
        lambda user: user.cache.get_many(["a", "b"]),
        TypeError,
        "A cache key is a str, not …. Several keys are given one by one, as in get_many(*keys).",
        ("['a', 'b'] (list)",),
    ),
    Mistake(
        "a key that is a number",
        lambda user: user.cache.get(5),
        Logged,
        KEY_AS_TEXT,
        ("int", "'5'"),
    ),
    Mistake(
        "a key that no store can encode",
        lambda user: user.cache.get("\ud800"),
        ValueError,
        "A cache key must be encodable as UTF-8: …",
        (r"'\ud800'",),
    ),
    Mistake(
        "set_many() of pairs",
        lambda user: user.cache.set_many([("a", 1)]),
        TypeError,
        "set_many() takes a dict of values by key, not …",
        ("[('a', 1)]",),
    ),
    Mistake(
        "counting with a text",
        lambda user: user.cache.inc("visits", "1"),
        TypeError,
        "delta is an int, not …",
        ("'1' (str)",),
    ),
    Mistake(
        "counting what is no counter",
        lambda user: user.cache.set("visits", "many") and user.cache.inc("visits"),
        TypeError,
        "… does not hold a counter, which is an int",
        ("'visits'",),
    ),
    Mistake(
        "a namespace without a name",
        lambda user: user.cache.namespace(None),
        TypeError,
        "A namespace's name is a str, not …",
        ("None (NoneType)",),
    ),
    Mistake(
        "set() of what can't be pickled",
        lambda user: user.cache.set("key", Unpicklable()),
        SerializationError,
        NOT_STORED,
        ("Unpicklable", "_thread.lock", "Return plain data"),
    ),
    Mistake(
        "a memoized function that gives what can't be pickled",
        lambda user: user.cache.memoize()(Unpicklable)(),
        Logged,
        NOT_STORED,
        ("Not cached under 'core.tests.test_mistakes.Unpicklable", "Return plain data"),
    ),
    Mistake(
        "a coroutine as a value",
        with_coroutine,
        SerializationError,
        NOT_STORED,
        ("coroutine", "Await it"),
    ),
    Mistake(
        "a generator as a value",
        lambda user: user.cache.set("key", (each for each in "ab")),
        SerializationError,
        NOT_STORED,
        ("generator", "Make a list of it"),
    ),
    Mistake(
        "the request as a value",
        lambda user: user.cache.set("key", request),
        SerializationError,
        NOT_STORED,
        ("LocalProxy", "cache what you need of that"),
        ("Await it",),
    ),
    Mistake(
        "an open file as a value",
        open_file,
        SerializationError,
        NOT_STORED,
        ("BufferedReader", "Read it"),
    ),
    Mistake(
        "a function that gives a stream",
        memoized_stream,
        Logged,
        NOT_STORED,
        ("Response", "buffer=True"),
    ),
    Mistake(
        "a view that gives a stream",
        streamed,
        Logged,
        "The answer of … is not cached: … (rule … of CACHE_VIEW_POLICY). To cache it, …",
        ("index", "streamed", "cached(buffer=True)"),
    ),
    Mistake(
        "make_cache_key that fails",
        lambda user: user.view(make_cache_key=never),
        Logged,
        NO_KEY,
        ("division by zero", "index"),
    ),
    Mistake(
        "make_cache_key that does not take the view's arguments",
        lambda user: user.cache.cached(make_cache_key=lambda: "key")(lambda name: name)("name"),
        Logged,
        NO_KEY,
        ("takes 0 positional arguments but 1 was given", "<lambda>"),
    ),
    Mistake(
        "make_cache_key that gives a list",
        lambda user: user.view(make_cache_key=lambda: ["key"]),
        Logged,
        NO_KEY,
        ("A cache key is a str, not ['key'] (list)", "index"),
    ),
    Mistake(
        "make_cache_key that gives nothing",
        lambda user: user.view(make_cache_key=lambda: None),
        Logged,
        KEY_AS_TEXT,
        ("NoneType",),
    ),
    Mistake(
        "tags= that gives a number",
        lambda user: user.memoize(tags=lambda: 5),
        Logged,
        NO_KEY,
        ("Tags are a str", "not 5 (int)", "add"),
    ),
    Mistake(
        "an argument whose repr fails",
        lambda user: user.memoize(Unwritable()),
        Logged,
        NO_KEY,
        ("no repr", "add"),
    ),
    Mistake(
        "an argument without a repr",
        without_a_repr,
        Logged,
        "… has the default repr, which shows a memory address: … Give it a __repr__, …",
        ("Basket",),
    ),
    Mistake(
        "a view's key outside of a request",
        outside_of_a_request,
        Logged,
        "The cache key of … depends on the request, and there is none. Give cached() …",
        ("answer",),
    ),
    Mistake(
        "delete_memoized() of a name",
        lambda user: user.cache.delete_memoized("add"),
        TypeError,
        "delete_memoized() takes the decorated function itself, not …",
        ("'add'",),
    ),
    Mistake(
        "delete_memoized() of a function that is not memoized",
        lambda user: user.cache.delete_memoized(plain),
        Logged,
        "delete_memoized() was given …, which is not memoized here, so nothing is removed. …",
        ("plain", "Give it the decorated function"),
    ),
    Mistake(
        "delete_memoized() of a cached function",
        delete_of_cached,
        Logged,
        "delete_memoized() was given …, which is not memoized here, so nothing is removed. …",
        ("answer", "delete_cached()"),
    ),
    Mistake(
        "delete_memoized() of a call that was not memoized",
        lambda user: user.cache.delete_memoized(plain, 1),
        TypeError,
        "… is not a memoized function, so the key of a call can't be told. Give …",
        ("plain",),
    ),
    Mistake(
        "delete_memoized() of a call with too many arguments",
        lambda user: user.cache.delete_memoized(user.cache.memoize()(plain), 1, 2, 3),
        TypeError,
        "No call of … has these arguments (…), so there is none to forget. Give …",
        ("plain", "too many positional arguments"),
    ),
    Mistake(
        "delete_cached() of a memoized function",
        delete_cached_of_memoized,
        TypeError,
        "delete_cached() takes a function decorated with cached(), not …",
        ("answer", "delete_memoized()"),
    ),
    Mistake(
        "delete_cached() of a function",
        lambda user: user.cache.delete_cached(plain),
        TypeError,
        "delete_cached() takes a function decorated with cached(), not …",
        ("plain",),
    ),
]

TEMPLATES = [
    Mistake(
        "a tag without a timeout",
        lambda user: user.render("{% cache %}text{% endcache %}"),
        TemplateSyntaxError,
        "The tag 'cache' begins with a timeout, as in {% cache 60 %}.",
    ),
    Mistake(
        "a tag that begins with its name",
        lambda user: user.render("{% cache 'menu' %}text{% endcache %}"),
        ConfigError,
        NO_TIME,
        ("'menu'",),
    ),
    Mistake(
        "a tag that is not closed",
        lambda user: user.render("{% cache 60 %}text"),
        TemplateSyntaxError,
        "Unexpected end of template. … 'endcache'. …",
    ),
    Mistake(
        "a tag in an application without a cache",
        lambda user: Flask("bare").jinja_env.from_string("{% cache 60 %}text{% endcache %}"),
        TemplateSyntaxError,
        "Encountered unknown tag 'cache'.",
    ),
]

MISTAKES = {
    "Names of backends": NAMES,
    "Settings": SETTINGS,
    "Decorators": DECORATORS,
    "Calls": CALLS,
    "Templates": TEMPLATES,
}


@pytest.mark.parametrize("mistake", [each for rows in MISTAKES.values() for each in rows], ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, only_core, install, caplog):
    mistake.check(User(install), caplog)


def test_each_setting_of_a_type_has_a_row():
    # Their plugins have those of the others.
    others = {"CACHE_MEMCACHED_SERVERS", "CACHE_DIR"}
    told = " ".join(f"{row} {row.symptom}" for row in (*NAMES, *SETTINGS))

    assert [key for key in DEFAULTS.keys() - others if key not in told] == []


@pytest.mark.parametrize("section", MISTAKES)
def test_the_page_of_errors_has_these_symptoms(section):
    assert symptoms(PAGE, section) == {row.symptom for row in MISTAKES[section]}
