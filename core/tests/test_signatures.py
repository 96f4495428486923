"""The parameters of Flask-Caching 2.5.1: whoever calls by position or by name still can."""

import inspect

import pytest

import flask_caching
from flask_caching import Cache, CachedResponse, make_template_fragment_key

#: Stands for "has no default".
REQUIRED = inspect.Parameter.empty

CACHE = [("app", None), ("with_jinja2_ext", True), ("config", None)]

INIT_APP = [("self", REQUIRED), ("app", REQUIRED), ("config", None)]

CACHED = [
    ("self", REQUIRED),
    ("timeout", None),
    ("key_prefix", "view/%s"),
    ("unless", None),
    ("forced_update", None),
    ("is_stale", None),
    ("response_filter", None),
    ("query_string", False),
    ("hash_method", None),
    ("cache_none", False),
    ("make_cache_key", None),
    ("source_check", None),
    ("response_hit_indication", False),
]

MEMOIZE = [
    ("self", REQUIRED),
    ("timeout", None),
    ("make_name", None),
    ("unless", None),
    ("forced_update", None),
    ("is_stale", None),
    ("response_filter", None),
    ("hash_method", None),
    ("cache_none", False),
    ("source_check", None),
    ("args_to_ignore", None),
]

DELETE_CACHED = [("self", REQUIRED), ("f", REQUIRED), ("path", None), ("query_args", None)]

DELETE_MEMOIZED = [("self", REQUIRED), ("f", REQUIRED)]

MAKE_TEMPLATE_FRAGMENT_KEY = [("fragment_name", REQUIRED), ("vary_on", None)]

CACHED_RESPONSE = [("response", REQUIRED), ("timeout", REQUIRED)]


def parameters(callable_):
    return list(inspect.signature(callable_).parameters.values())


@pytest.mark.parametrize(
    ("callable_", "expected"),
    [
        (Cache, CACHE),
        (Cache.init_app, INIT_APP),
        (Cache.cached, CACHED),
        (Cache.memoize, MEMOIZE),
        (Cache.delete_cached, DELETE_CACHED),
        (Cache.delete_memoized, DELETE_MEMOIZED),
        (Cache.delete_memoized_verhash, DELETE_MEMOIZED),
        (make_template_fragment_key, MAKE_TEMPLATE_FRAGMENT_KEY),
        (CachedResponse, CACHED_RESPONSE),
    ],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_parameters_begin_with_those_of_2_5_1(callable_, expected):
    begins = parameters(callable_)[: len(expected)]

    assert [(each.name, each.default) for each in begins] == expected
    assert {each.kind for each in begins} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


@pytest.mark.parametrize(
    ("callable_", "expected"),
    [(Cache, CACHE), (Cache.init_app, INIT_APP), (Cache.cached, CACHED), (Cache.memoize, MEMOIZE)],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_what_came_later_is_given_by_name_only(callable_, expected):
    added = parameters(callable_)[len(expected) :]

    assert {each.kind for each in added} <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(
    ("method", "last"),
    [
        (Cache.delete_cached, ["kwargs"]),
        (Cache.delete_memoized, ["args", "kwargs"]),
        (Cache.delete_memoized_verhash, ["args"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_the_deleting_methods_take_the_arguments_of_the_call(method, last):
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

    assert [each.name for each in parameters(method) if each.kind in variadic] == last


@pytest.mark.parametrize(
    "name",
    [
        "get",
        "has",
        "set",
        "add",
        "delete",
        "delete_many",
        "clear",
        "get_many",
        "set_many",
        "get_dict",
        "unlink",
        "cached",
        "delete_cached",
        "memoize",
        "delete_memoized",
        "delete_memoized_verhash",
        "init_app",
    ],
)
def test_every_method_of_2_5_1_is_there(name):
    assert callable(getattr(Cache, name))


@pytest.mark.parametrize(
    "name",
    [
        "Cache",
        "CachedResponse",
        "make_template_fragment_key",
        "cache_view_hit",
        "cache_view_miss",
        "cache_memoize_hit",
        "cache_memoize_miss",
        "__version__",
    ],
)
def test_the_front_page_has_the_name(name):
    assert hasattr(flask_caching, name)


def test_the_front_page_refuses_other_names():
    with pytest.raises(AttributeError, match="'flask_caching' has no attribute 'nonsense'"):
        flask_caching.nonsense  # noqa: B018
