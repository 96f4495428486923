"""Every difference between Flask-Caching 2.x and this implementation that the corpus can see.

Each row says what 2.x does, what is done here, how to have the old way back, and in which
observations it shows, with what each side gives there. The test fails for a difference that
no row explains, and for a row that explains nothing any more. The tables of the migration
page are made of the same rows: ``python differences.py`` writes them into it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "migration.md"
V25, V24 = "2.5.1", "2.4.1"


@dataclass(frozen=True)
class Raises:
    """Stands for an exception, by the name of its class as the corpus notes it."""

    error: str

    def __call__(self, value):
        return isinstance(value, dict) and value.get("raises") == self.error


@dataclass(frozen=True)
class Row:
    """One difference.

    `seen` names observations as ``scenario/label``, where ``*`` stands for anything, and says
    what is given there: two values, or a question about the two values.
    """

    id: str
    today: str
    here: str
    switch: str
    seen: dict[str, Any] = field(default_factory=dict)
    versions: tuple[str, ...] = (V25, V24)
    #: Where a row is tested that the corpus can't see: it takes threads, say.
    elsewhere: str = ""

    def explains(self, version, place, theirs, ours):
        """Return the name, as it stands in `seen`, that explains a difference, or ``None``."""
        for name, given in self.seen.items() if version in self.versions else ():
            if _matches(name, place) and _gives(given, theirs, ours):
                return name
        return None


def same(theirs, ours):
    """Return whether an application of 2.x sees no difference.

    An exception is the same where an ``except`` clause written for theirs catches ours.
    """
    if isinstance(theirs, dict) and isinstance(ours, dict) and "raises" in theirs and "is" in ours:
        return theirs["raises"] in ours["is"]
    return json.dumps(theirs) == json.dumps(ours)


def _matches(name, place):
    pattern = ".*".join(re.escape(part) for part in name.split("*"))
    return re.fullmatch(pattern, place) is not None


def _gives(given, theirs, ours):
    if callable(given):
        return given(theirs, ours)
    return all(
        expected(value) if callable(expected) else json.dumps(expected) == json.dumps(value)
        for expected, value in zip(given, (theirs, ours), strict=True)
    )


# -- questions about two values ----------------------------------------------------------


def _computed_anew(theirs, ours):
    """Theirs is the first visitor's page, ours another one."""
    return "page 1" in theirs and ours == theirs.replace("page 1", "page 2").replace(
        "of one", "of other"
    )


def _as_python(theirs, ours):
    """Ours are the entries that Python's own view of the arguments asks for, theirs aren't."""
    return ours["shared"] == ours["python"] != theirs["shared"]


def _with_slash(theirs, ours):
    return "/" in ours["of"] and _as_python(theirs, ours)


def _with_keyword_only(theirs, ours):
    return "/" not in ours["of"] and "*" in ours["of"] and _as_python(theirs, ours)


def _invalidated(theirs, ours):
    return theirs is None and ours.startswith("Invalidated(scope=")


def _hash_of_2_4(theirs, ours):
    """Theirs are the path and an MD5, ours the prefix and a SHA-256."""
    return (
        len(theirs) >= len(ours)
        and all(re.fullmatch(r"/[/\w]*[0-9a-f]{32}", key) for key in theirs)
        and all(re.fullmatch(r"[^/]\S*[0-9a-f]{64}", key) for key in ours)
    )


def _longer_by(characters):
    def ask(theirs, ours):
        return [length + characters for length in theirs] == ours

    return ask


def _source_hash_of_2_4(theirs, ours):
    return [each.replace("35", "67") for each in theirs] == ours


NOWHERE = "-"
POLICY = '`CACHE_VIEW_POLICY = "legacy"`, or `cached(policy="legacy")` for one view'

VIEWS = [
    Row(
        "private answers",
        "A view's answer is cached and replayed to everybody, also where it sets a cookie, "
        "the view changed the session or read what is in it, or the answer says `private`, "
        "`no-store`, `Vary: *` or `Vary: Cookie`",
        "Such an answer is given to its own visitor and not stored (rules a, b, e, f)",
        POLICY,
        {
            f"safe_views.by_default/{name}: another visitor": _computed_anew
            for name in (
                *("cookie", "session written", "session read"),
                *("private", "no-store", "vary star", "vary cookie"),
            )
        },
    ),
    Row(
        "errors as answers",
        "An answer with a status of 401, 403, 407, 429 or 5xx is cached like any other, and so "
        "is one to the range or the condition of one request (206, 304, 412, 416)",
        "It is not stored (rule c)",
        POLICY + "; or `cached(cache_statuses=…)`",
        {"safe_views.by_default/status *: another visitor": _computed_anew},
    ),
    Row(
        "errors raised as answers",
        "The same where a view raises one of these, with `abort(403)` for example",
        "It is not stored (rule c)",
        POLICY + "; or `cached(cache_statuses=…)`",
        {"safe_views.exceptions_by_default/aborted *: another visitor": _computed_anew},
        versions=(V25,),
    ),
    Row(
        "files",
        "What `send_file` makes of a file in memory is read and cached",
        "A body that is streamed or passed through directly is not stored (rule d)",
        "`cached(buffer=True)` joins the body and stores it",
        {"safe_views.files/a file sent: another visitor": _computed_anew},
    ),
    Row(
        "methods",
        "GET, HEAD, POST and the others share one entry of a view: a POST may be answered with "
        "what a GET has stored, without being executed",
        "Only GET is stored; HEAD may be answered with it; any other method calls the view "
        "(rule g)",
        POLICY + "; or a `make_cache_key`, such as `body_key`, that tells requests apart",
        {
            "safe_views.head_first/GET": ("200 HEAD 1", "200 GET 2"),
            "safe_views.methods/GET": ("200 POST 1", "200 GET 2"),
            "safe_views.methods/POST again": ("200 POST 1", "200 POST 3"),
            "safe_views.methods/PUT": ("200 POST 1", "200 PUT 4"),
            "safe_views.methods/HEAD": (
                ["200", {"Content-Length": "6"}],
                ["200", {"Content-Length": "5"}],
            ),
            "safe_views.methods/GET again": ("200 POST 1", "200 GET 2"),
            "class_based.decorators_of_a_method_view/safe": (
                ["got 1", "got 1", "got 1"],
                ["got 1", "posted 2", "got 1"],
            ),
        },
    ),
    Row(
        "CachedResponse for ever",
        "`CachedResponse(response, 0)` is stored with the decorator's timeout",
        "`0` means for ever, as everywhere else",
        "`CachedResponse(response, None)`",
        {"cached.cached_response/0 stored with": (50, 0)},
    ),
    Row(
        "views of blueprints",
        "`view.make_cache_key(**arguments)` and `delete_cached(view, **arguments)` fail for "
        "the view of a blueprint",
        "They find its path",
        NOWHERE,
        {"class_based.key_of_a_blueprints_view/*": (Raises("LookupError"), "view//shop/item/3")},
    ),
    Row(
        "view arguments of any name",
        "A view with an argument called `f` fails, and one with an argument called `use_request` "
        "is not cached",
        "Any name will do",
        NOWHERE,
        {
            "cached.views_with_arguments_of_any_name/use_request again": (
                "200 page 2",
                "200 page 1",
            ),
            "cached.views_with_arguments_of_any_name/f": ("500 (error page)", "200 page"),
            "cached.views_with_arguments_of_any_name/keys": (
                ["view//b/c/d"],
                ["view//b/c/d", "view//f/a", "view//x"],
            ),
        },
    ),
    Row(
        "coroutine functions on a loop",
        "A memoized coroutine function fails when it is awaited in an async view",
        "It is awaited where a loop runs, and works as before where none does",
        NOWHERE,
        {
            "memoized.coroutine_function_in_an_async_view/page": (
                "500 (error page)",
                "200 1 1",
            )
        },
    ),
]

MEMOIZE = [
    Row(
        "keyword-only defaults",
        "`f(1)` and `f(1, b=2)` have an entry each, where `b=2` is the default of a keyword-only "
        "parameter",
        "They are the same call and share an entry",
        NOWHERE,
        {
            "memoized.keyword_only_default/a default and the same given": ([1, 2, 3], [1, 1, 2]),
            "generated.keyword_only/*": _with_keyword_only,
            "generated.everything/*": _with_keyword_only,
        },
    ),
    Row(
        "positional-only parameters",
        "Positional-only arguments can be taken for others: with `def f(a, /, b)`, `f(1, b=2)` and "
        "`f(9, b=2)` share an entry; a default of one is not the same as the value given",
        "Calls share an entry exactly where Python sees the same arguments",
        NOWHERE,
        {
            "generated.positional_only/*": _with_slash,
            "generated.everything/*": _with_slash,
        },
    ),
    Row(
        "what delete_memoized gives back",
        "`delete_memoized` returns `None`",
        "It returns what it did: the scope, the key, and whether an entry was there",
        NOWHERE,
        {
            "memoized.delete_memoized/returned for *": _invalidated,
            "memoized.delete_memoized/by attribute": _invalidated,
        },
    ),
    Row(
        "deleting by object",
        "`delete_memoized(Class.method, obj)` does nothing",
        "It removes everything of that object",
        NOWHERE,
        {"methods.delete_an_object_through_the_class/anew": ([1, 2], [3, 2])},
    ),
    Row(
        "deleting of classmethods",
        "`delete_memoized(Class.classmethod, …)` raises where the class is not given once more",
        "The class comes with the method; giving it keeps working",
        NOWHERE,
        {
            "methods.delete_classmethods/one without the class": (Raises("ValueError"), None),
            "methods.delete_classmethods/the other anew": ([3, 2], [3, 4]),
            "methods.delete_classmethods/all anew": ([4, 5], [5, 6]),
        },
    ),
    Row(
        "decorating descriptors",
        "`@cache.memoize()` above `@classmethod` makes a method that can't be called",
        "It may stand above and below `@classmethod` and `@staticmethod`",
        NOWHERE,
        {
            "methods.above_classmethod/classmethod": (Raises("TypeError"), [1, 1]),
            "methods.above_classmethod/staticmethod": ([1, 1], [2, 2]),
        },
    ),
    Row(
        "callable objects",
        "A partial, or an object with `__call__`, can be memoized, but is called each time",
        "Its results are cached",
        NOWHERE,
        {
            "methods.callables/an object": ([1, 2], [1, 1]),
            "methods.callables/a partial": ([1, 2, 3], [1, 1, 2]),
        },
    ),
    Row(
        "arguments of any name",
        "Giving a memoized function an argument called `f` or `self` by name raises `TypeError`, "
        "and with one called `args_to_ignore` it is not cached",
        "Any name will do",
        NOWHERE,
        {
            "memoized.parameters_of_any_name/f": (Raises("TypeError"), ["int", "int"]),
            "memoized.parameters_of_any_name/self by name": (Raises("TypeError"), True),
            "memoized.parameters_of_any_name/args_to_ignore": (False, True),
        },
    ),
    Row(
        "replaced key functions",
        "2.5 ignores a replaced `make_cache_key` attribute of a memoized function, and "
        "`delete_memoized` does not",
        "It is used for both",
        NOWHERE,
        {"memoized.replaced_uncached_and_key/after": ([1, 1, False], [2, 2, True])},
        versions=(V25,),
    ),
    Row(
        "None and has()",
        "With `cache_none=True`, a store whose `has` fails makes the function be called each "
        "time, and raises in debug mode",
        "A stored `None` is told from a miss by the one read that there is",
        NOWHERE,
        {
            "errors.store_down/has, debug False: memoized with None": ([1, 2], [1, 1]),
            "errors.store_down/has, debug True: memoized with None": (
                Raises("ConnectionError"),
                [1, 1],
            ),
        },
    ),
]

TEMPLATES = [
    Row(
        "fragments with underscores",
        "Fragments that vary on `a_b`, `c` and on `a`, `b_c` share a key",
        "Underscores within a name, a part or a file's name are escaped in the key, so no two "
        "fragments share one. Keys without any are the same as before; take the others from "
        "`make_template_fragment_key`",
        NOWHERE,
        {
            "templates.keys_with_underscores/in the name": (
                "_template_fragment_cache_user_box",
                "_template_fragment_cache_user\\_box",
            ),
            "templates.fragments_without_a_name/user_page.html: keys": (
                ["_template_fragment_cache_corpus/pages/user_page.html3"],
                ["_template_fragment_cache_corpus/pages/user\\_page.html3"],
            ),
            "templates.keys_with_underscores/in what it varies on": (
                "_template_fragment_cache_box_a_b",
                "_template_fragment_cache_box_a\\_b",
            ),
            "templates.keys_with_underscores/two lists, one key": (True, False),
        },
    ),
    Row(
        "fragments that vary on numbers",
        "A fragment that varies on anything but text raises `TypeError`",
        "It varies on the text of it",
        NOWHERE,
        {
            "templates.keys_of_other_values/a number": (
                Raises("TypeError"),
                "_template_fragment_cache_box_7",
            ),
            "templates.numbers_in_what_it_varies_on/status": (500, 200),
        },
    ),
    Row(
        "fragments without a name or a file",
        "Fragments without a name, in templates that come from no file, share an entry where they "
        "stand in the same line",
        "They go by the template's name",
        "give the fragments one name",
        {
            "templates.fragments_without_a_name_or_a_file/two": ("200 two 1", "200 two 2"),
            "templates.fragments_without_a_name_or_a_file/keys": (
                ["_template_fragment_cache_None1"],
                ["_template_fragment_cache_one1", "_template_fragment_cache_two1"],
            ),
            "templates.fragments_without_a_name_or_a_file/from a text": ("1", "3"),
            "templates.fragments_without_a_name_or_a_file/from another text": ("more 1", "more 3"),
        },
    ),
    Row(
        "fragments with the store down",
        "Where a fragment can't be stored, its body is rendered twice",
        "It is rendered once",
        NOWHERE,
        {"templates.store_down/set: box": ("200 5", "200 3")},
        versions=(V25,),
    ),
]

BACKENDS = [
    Row(
        "short names",
        '`CACHE_TYPE = "simple"`, `"null"` and their dotted forms are gone in 2.5',
        "Short names, class names and dotted paths all work, for ever",
        NOWHERE,
        {
            "applications.short_names/simple": (Raises("ImportError"), "SimpleCache"),
            "applications.short_names/null": (Raises("ImportError"), "NullCache"),
            "applications.dotted_paths/a factory of 2.4": (Raises("ImportError"), "SimpleCache"),
        },
        versions=(V25,),
    ),
    Row(
        "options of own backends",
        "2.5 hands `ignore_delete_many_errors` to every backend; one that does not know it no "
        "longer starts",
        "A backend is given `default_timeout` and what `CACHE_OPTIONS` names",
        'name it: `CACHE_OPTIONS = {"ignore_delete_many_errors": True}`',
        {
            "applications.own_backends/that knows its options": (
                Raises("TypeError"),
                "StrictStore",
            ),
            "applications.own_backends/options not asked for": (["ignore_delete_many_errors"], []),
        },
        versions=(V25,),
    ),
    Row(
        "keys that are no text",
        'A key may be anything that the store takes: `1` and `"1"` are two entries in memory and '
        "one on Redis",
        "A key is a text; anything else is used as `str(key)`, with one warning. What no "
        "store could encode, a lone surrogate, is refused",
        NOWHERE,
        {
            "proxies.keys_that_are_no_text/the text of *": (None, "value"),
            "proxies.keys_that_are_no_text/set_many": ([1], ["1"]),
            "proxies.keys_that_are_no_text/a lone surrogate": (True, Raises("ValueError")),
        },
    ),
    Row(
        "keys that are no text, deleted",
        "`delete_many` gives back such keys as they are",
        "It gives back the texts",
        NOWHERE,
        {"proxies.keys_that_are_no_text/delete_many": ([1], ["1"])},
    ),
    Row(
        "negative lives",
        "A negative timeout has an effect that depends on the store: in memory the entry is "
        "there for `delete`, and one of -0.5 s lives for ever; on Redis one of -1 does",
        "It means that the entry has expired already, and that nothing is there afterwards; a "
        "decorator warns of it",
        "`0` for ever",
        {
            "proxies.negative_timeouts/delete": (True, False),
            "proxies.timeouts/there for -0.5": ("value", None),
            "proxies.timeouts/has for -0.5": (True, False),
        },
    ),
    Row(
        "timeouts that are no time",
        "`set(…, timeout=True)` means one second, infinity raises `OverflowError`",
        "`TypeError` for anything but a number or a `timedelta`, `ValueError` for NaN and infinity",
        NOWHERE,
        {
            "proxies.timeouts_of_other_types/set for True": (True, Raises("TypeError")),
            "proxies.timeouts_of_other_types/there for True": ("value", None),
            "proxies.timeouts_of_other_types/set for inf": (
                Raises("OverflowError"),
                Raises("ValueError"),
            ),
        },
    ),
    Row(
        "what delete_many gives back",
        "`delete_many` lists a key as often as it was given",
        "It lists the keys under which nothing is left, each once",
        NOWHERE,
        {
            "proxies.delete_many_of_absent_keys/*: delete_many": (
                ["a", "absent", "a"],
                ["a", "absent"],
            )
        },
        versions=(V25,),
    ),
    Row(
        "counters",
        "`inc` and `dec` count on from whatever is there: a list, a float, `True`, `None`",
        "What is no integer raises `TypeError` and stays as it is; an absent key starts a counter",
        "`delete` the key first",
        {
            "proxies.inc_of_other_values/inc of []": (1, Raises("TypeError")),
            "proxies.inc_of_other_values/[] afterwards": (1, []),
            "proxies.inc_of_other_values/inc of 1.5": ("2.5", Raises("TypeError")),
            "proxies.inc_of_other_values/1.5 afterwards": ("2.5", "1.5"),
            "proxies.inc_of_other_values/inc of True": (2, Raises("TypeError")),
            "proxies.inc_of_other_values/True afterwards": (2, True),
            "proxies.inc_of_other_values/inc of None": (1, Raises("TypeError")),
            "proxies.inc_of_other_values/None afterwards": (1, None),
        },
    ),
    Row(
        "counters of older backends",
        "`inc` gives `None` where the `set` of an own backend returns nothing",
        "It gives the new number; only `False` from `set` means that nothing was stored",
        NOWHERE,
        {"applications.older_and_smaller_backends/OlderStore: inc": (None, 1)},
    ),
    Row(
        "values that can't be stored",
        "Storing one raises what the serializer raises: `AttributeError`, `TypeError`, "
        "`PicklingError`; `set_many` has stored the values before it",
        "`SerializationError`, which is a `ValueError`; `set_many` has stored nothing. In "
        "decorated functions it is logged, as before",
        "`except (AttributeError, TypeError, CacheError)`",
        {
            "proxies.values_that_cannot_be_stored/set a lambda": (
                Raises("AttributeError"),
                Raises("ValueError"),
            ),
            "proxies.values_that_cannot_be_stored/set a generator": (
                Raises("TypeError"),
                Raises("ValueError"),
            ),
            "proxies.values_that_cannot_be_stored/set_many": (
                Raises("AttributeError"),
                Raises("ValueError"),
            ),
            "proxies.values_that_cannot_be_stored/what was set": (1, None),
        },
    ),
    Row(
        "proxies with the store down",
        "With the store down, `get`, `set` and the other calls that read and write raise",
        "Reading finds nothing and writing stores nothing (`None`, `False`, `[]`), unless in debug "
        "mode; `delete`, `clear`, `delete_memoized` and whatever else invalidates raise, as before",
        '`CACHE_FAIL_OPEN = "legacy"`',
        {
            "errors.proxies_with_the_store_down/get": (Raises("ConnectionError"), None),
            "errors.proxies_with_the_store_down/set": (Raises("ConnectionError"), False),
            "errors.proxies_with_the_store_down/has": (Raises("ConnectionError"), False),
            "errors.proxies_with_the_store_down/get_many": (Raises("ConnectionError"), [None]),
            "errors.proxies_with_the_store_down/set_many": (Raises("ConnectionError"), []),
        },
    ),
]

APPLICATIONS = [
    Row(
        "settings of several applications",
        "Applications on one `Cache` share the last one's `CACHE_SOURCE_CHECK`, "
        "`CACHE_ENABLE_SIGNALS`, hash method and debug mode",
        "Each has its own",
        NOWHERE,
        {
            "applications.settings_of_two_applications/one has the source in its keys": (
                False,
                True,
            ),
            "applications.signals_of_two_applications/loud": (0, 1),
            "applications.debug_of_two_applications/plain": (Raises("RuntimeError"), 1),
        },
    ),
    Row(
        "misspelled settings",
        "A typo in a `CACHE_…` key is ignored",
        "A warning names the nearest key",
        "Python's warning filters",
        {"errors.misspelled_settings/a typo": ([], ["UserWarning"])},
    ),
    Row(
        "settings of other types",
        "A setting of a wrong type fails somewhere, or has no effect",
        "`ConfigError`, which is a `ValueError`, at `init_app`, with the key, the value and the "
        "repair. Numbers may come as text, a hash method as its name",
        NOWHERE,
        {
            "errors.settings_of_other_types/threshold as text": (Raises("TypeError"), [True, 1]),
            "errors.settings_of_other_types/timeout as *": (
                Raises("TypeError"),
                Raises("ValueError"),
            ),
            "errors.settings_of_other_types/options as a list": ([True, 1], Raises("ValueError")),
            "errors.settings_of_other_types/arguments as a tuple": (
                Raises("TypeError"),
                Raises("ValueError"),
            ),
            "errors.wrong_settings/an unknown option": (Raises("TypeError"), Raises("ValueError")),
        },
    ),
    Row(
        "names of hash methods",
        'In 2.5, `CACHE_HASH_METHOD = "md5"` raises',
        "The name of a hash method will do",
        NOWHERE,
        {"errors.wrong_hash_method/its name": (Raises("ValueError"), "Cache")},
        versions=(V25,),
    ),
    Row(
        "no application",
        "A `Cache` without an application raises `AttributeError`",
        "`NotInitializedError`, which is a `RuntimeError` and a `KeyError`, says to call "
        "`init_app`",
        NOWHERE,
        {"errors.no_application/*": (Raises("AttributeError"), Raises("RuntimeError"))},
    ),
    Row(
        "wrong arguments",
        "Something else than a memoized function in `delete_memoized(f, 1)` raises "
        "`AttributeError`",
        "`TypeError`, saying what is expected",
        NOWHERE,
        {
            "memoized.delete_memoized_wrongly/a plain function with arguments": (
                Raises("AttributeError"),
                Raises("TypeError"),
            )
        },
    ),
    Row(
        "CachedResponse of something else",
        "`CachedResponse` of something else than a response raises `AttributeError`",
        "`TypeError`, saying what is expected",
        NOWHERE,
        {
            "errors.wrong_cached_response/of a text": (
                Raises("AttributeError"),
                Raises("TypeError"),
            )
        },
        versions=(V25,),
    ),
]

#: What the corpus can't see, because it takes threads, processes or a look at the store.
UNSEEN = [
    Row(
        "one computes",
        "Twenty threads that miss the same key compute it twenty times",
        "One computes, the others wait, at most `CACHE_SINGLE_FLIGHT_WAIT` seconds, and read",
        "`CACHE_SINGLE_FLIGHT_WAIT = 0`: nobody waits",
        elsewhere="core/tests/test_flights.py",
    ),
    Row(
        "trips of memoize",
        "A `memoize` hit reads the store twice, and a miss five times; keys hold the version, so "
        "`delete_memoized` leaves entries behind",
        "One trip and two; keys are stable, and entries are overwritten in place. The keys are "
        "others than in 2.x",
        NOWHERE,
        elsewhere="core/tests/test_functions.py",
    ),
    Row(
        "streamed responses",
        "A streamed `Response` can't be stored, and logs a traceback at each call",
        "It is not stored, and one line says so",
        "`cached(buffer=True)` joins the body and stores it",
        elsewhere="core/tests/test_views.py",
    ),
    Row(
        "entries of 2.x",
        "-",
        "Entries that 2.x left in a shared store are misses, and so are ours for 2.x: both may run "
        "side by side during an upgrade",
        NOWHERE,
        elsewhere="core/tests/test_payload.py",
    ),
    Row(
        "outages",
        "While the store is down, each call waits until the driver gives up, and logs a traceback",
        "A store with a network is left alone for 5 seconds after 5 failures in a row, then one "
        "caller asks whether it is back; the log has a line when an outage begins and one when it "
        "is over",
        "`CACHE_BREAKER_FAILURES = 0`: every call asks",
        elsewhere="core/tests/test_outages.py",
    ),
]

#: What 2.5 has changed itself: an application that comes from 2.4 meets it here as there.
SINCE_2_4 = [
    Row(
        "2.4: keys by query string",
        "With `query_string=True` the key is the path and an MD5; `key_prefix` does not count",
        "As in 2.5, the key is `key_prefix` and a SHA-256",
        "`CACHE_HASH_METHOD = hashlib.md5` for the hash; none for the prefix",
        {
            "cached.query_string/keys": _hash_of_2_4,
            "cached.query_string_with_a_prefix/*: keys": _hash_of_2_4,
            "cached.query_string_with_a_prefix/fixed: pages": (
                ["1", "1", "2", "3"],
                ["1", "1", "2", "1"],
            ),
            "cached.query_string_with_a_prefix/callable: pages": (
                ["1", "1", "2", "3"],
                ["1", "1", "2", "1"],
            ),
            "cached.hash_method/*: length of the keys": _longer_by(len("view/")),
            "cached.source_check/keys": _source_hash_of_2_4,
            "cached.source_check_as_a_setting/keys": _source_hash_of_2_4,
        },
        versions=(V24,),
    ),
    Row(
        "2.4: aborts",
        "What a view raises with `abort()` is not cached",
        "As in 2.5, it is cached and raised again (except for the statuses of rule c)",
        "a `response_filter` that refuses its status",
        {
            "cached.aborted/* stored": (False, True),
            "cached.aborted/calls": (8, 4),
            "cached.aborted_outside_of_requests/calls": (2, 1),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: generators",
        "A generator that a cached function returns becomes a list",
        "As in 2.5, parts that are all text or all bytes are joined",
        "return `list(…)`",
        {
            "cached.generator_of_text/first": ('200 ["page ","1"]', "200 page 1"),
            "cached.generator_of_text/second": ('200 ["page ","1"]', "200 page 1"),
            "cached.generator_of_text/bytes": (
                [["b'a'", "b'b'"], ["b'a'", "b'b'"]],
                ["b'ab'", "b'ab'"],
            ),
            "memoized.generators/text": ([["a", "b", "c"], ["a", "b", "c"]], ["abc", "abc"]),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: falsy defaults",
        "A default that is falsy counts as `None`: `f(1)` and `f(1, None)` share an entry, and "
        "`f(1, False)` has another one",
        "As in 2.5, the default counts",
        NOWHERE,
        {
            "memoized.falsy_default/1, False": (2, 1),
            "memoized.falsy_default/1, None": (1, 2),
            "memoized.falsy_default/1, False, 0": (3, 1),
            "memoized.falsy_default/1, False, None": (2, 3),
            "memoized.falsy_default/1, False, 0, ''": (4, 1),
            "memoized.falsy_default/1, False, 0, None": (3, 4),
            "memoized.falsy_default/1, False, 0, '', None": (4, 1),
            "methods.methods/one object": ([1, 2, 1, 2], [1, 1, 1, 1]),
            "methods.methods/another": (3, 2),
            "methods.methods/changed": (3, 2),
            **{
                f"generated.{subject}/*": _as_python
                for subject in ("plain", "variadic", "keywords", "methods")
            },
        },
        versions=(V24,),
    ),
    Row(
        "2.4: forced_update",
        "`forced_update` of `memoize` is called twice for each call",
        "As in 2.5, once",
        NOWHERE,
        {
            "memoized.forced_update/asked": lambda theirs, ours: theirs[::2] == ours,
            "memoized.forced_update_is_called_once/asked": (4, 2),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: objects that say what they are",
        "An object's `__caching_id__()` can't be called, so its methods are not cached",
        "As in 2.5, it tells objects apart",
        NOWHERE,
        {
            "methods.caching_id/calls": ([1, 2, 3, 4], [1, 1, 2, 3]),
            "helpers.identity/caching id": (Raises("TypeError"), "17"),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: names of objects",
        "`function_namespace` keeps spaces and brackets in the object's part",
        "As in 2.5, it keeps letters, digits, underscores and dots",
        NOWHERE,
        {
            "helpers.namespaces/*": (
                "('corpus.helpers.Shop.price', 'corpus.helpers.Shop.price.Shop(1 2)')",
                "('corpus.helpers.Shop.price', 'corpus.helpers.Shop.price.Shop12')",
            )
        },
        versions=(V24,),
    ),
    Row(
        "2.4: deleting one call of a bound method",
        "`delete_memoized(obj.method, 1)` does nothing",
        "As in 2.5, it removes that call",
        NOWHERE,
        {"methods.delete_one_call_of_a_bound_method/anew": ([1, 2, 3], [4, 2, 3])},
        versions=(V24,),
    ),
    Row(
        "2.4: what delete_many gives back",
        "`delete_many` stops at the first key that is not there",
        "It goes on, and lists the keys under which nothing is left",
        NOWHERE,
        {
            "proxies.delete_many_of_absent_keys/SimpleCache: *": (["a"], ["a", "absent"]),
            "proxies.delete_many_of_absent_keys/old store: *": (["a"], ["a", "absent"]),
            "proxies.delete_many_of_absent_keys/NullCache: *": (
                ["a", "absent", "a"],
                ["a", "absent"],
            ),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: overridden proxies",
        "Decorated functions go straight to the backend",
        "As in 2.5, they read and write through `get` and `set` of a subclass of `Cache`",
        NOWHERE,
        {
            "proxies.overridden_proxies/seen": (
                ["('set', 2, [])", "('get', 1, [])", "('delete', 1, [])"],
                [
                    *("('get', 1, [])", "('set', 2, ['timeout'])", "('get', 1, [])"),
                    *("('set', 2, [])", "('get', 1, [])", "('delete', 1, [])"),
                ],
            )
        },
        versions=(V24,),
    ),
    Row(
        "2.4: fragments with the store down",
        "A template with a fragment fails where the store does",
        "It is rendered, each fragment once",
        NOWHERE,
        {
            "templates.store_down/get: statuses": ([500, 200], [200, 200]),
            "templates.store_down/get: box": ("500 (error page)", "200 3"),
            "templates.store_down/set: statuses": ([500, 200], [200, 200]),
            "templates.store_down/set: box": ("500 (error page)", "200 3"),
            "templates.store_down/delete: statuses": ([200, 500], [200, 200]),
        },
        versions=(V24,),
    ),
    Row(
        "2.4: warnings at init_app",
        "An application without `CACHE_TYPE` gets a `DeprecationWarning` beside the warning that "
        "nothing is cached; `NullCache` by its class name gets none",
        "As in 2.5, one warning for each way, and none with `CACHE_NO_NULL_WARNING`",
        "`CACHE_NO_NULL_WARNING = True`",
        {
            "applications.no_type_at_all/warns": (
                ["DeprecationWarning", "UserWarning"],
                ["UserWarning"],
            ),
            "applications.no_type_at_all/told not to": (["DeprecationWarning"], []),
            "applications.no_type_at_all/asked for by its class": ([], ["UserWarning"]),
        },
        versions=(V24,),
    ),
]

GROUPS = {
    "Views": VIEWS,
    "Memoized functions": MEMOIZE,
    "Templates": TEMPLATES,
    "Backends": BACKENDS,
    "Settings and errors": APPLICATIONS,
    "Behind the scenes": UNSEEN,
    "What 2.5 had changed already": SINCE_2_4,
}
ROWS = [row for rows in GROUPS.values() for row in rows]


# -- the migration page ------------------------------------------------------------------


def table():
    """Return the tables of the migration page."""
    lines = []
    for title, rows in GROUPS.items():
        lines += [f"### {title}", "", "| 2.x | here | the old way back |", "| --- | --- | --- |"]
        lines += [f"| {row.today} | {row.here} | {row.switch} |" for row in rows]
        lines.append("")
    return "\n".join(lines)


BEGIN, END = "<!-- differences: begin -->\n", "<!-- differences: end -->"


def with_table(page):
    """Return the migration page with the tables between its two marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
