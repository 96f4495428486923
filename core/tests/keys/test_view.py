"""The keys of functions under `cached`: those of Flask-Caching 2.5.1."""

import functools
import hashlib

import pytest
from flask import Flask, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from flask_caching.keys.function import REMEMBERED_CALLS, REMEMBERED_LENGTH
from flask_caching.keys.view import ViewKey, ViewKeys, query_args_as_pairs

app = Flask("application")


def report():
    return "report"


def tenant():
    return "tenant-3"


def key_for(url, key_prefix="view/%s", query_string=False, **options):
    hash_method = options.get("hash_method", hashlib.sha256)
    keys = ViewKeys(
        ViewKey(report, key_prefix, query_string), hash_method, options.get("source_check", False)
    )
    with app.test_request_context(url) as context:
        return keys(context.request)


def key_for_path(path, query_args, key_prefix="view/%s", query_string=False, source_check=False):
    keys = ViewKeys(ViewKey(report, key_prefix, query_string), hashlib.sha256, source_check)
    return keys.for_path(path, query_args)


A1_B2 = "640adf8deb08fffa83a5f3c6f566950fd7ba81491db12f5ab4269f059df4055a"
A1_A2_B = "d00bceee031274347e26d33c98e17108c2347312992ab29730e4714fcfe4726c"
SOURCE = "7b67dacbf675f78d1b3a79a42ff54e83e1f9c371353ad7efcb59eef645c7c4e5"

# The keys in these two lists are what Flask-Caching 2.5.1 gives.
FOR_REQUESTS = {
    "path": ("/shop/7", {}, "view//shop/7"),
    "path in Unicode": ("/gr%C3%BC%C3%9Fe", {}, "view//grüße"),
    "query string that does not count": ("/shop/7?a=1", {}, "view//shop/7"),
    "prefix": ("/shop/7", {"key_prefix": "all/%s/v2"}, "all//shop/7/v2"),
    "prefix without a place": ("/shop/7", {"key_prefix": "menu"}, "menu"),
    "callable": ("/shop/7", {"key_prefix": tenant}, "tenant-3"),
    "callable with a place": ("/shop/7", {"key_prefix": lambda: "tenant-%s"}, "tenant-%s"),
    "query": ("/shop?a=1&b=2", {"query_string": True}, f"view//shop{A1_B2}"),
    "query in another order": ("/shop?b=2&a=1", {"query_string": True}, f"view//shop{A1_B2}"),
    "query with repetitions": ("/shop?a=2&a=1&b=", {"query_string": True}, f"view//shop{A1_A2_B}"),
    "empty query": (
        "/shop",
        {"query_string": True},
        "view//shop2e38e77b22c314a449e91fafed92a43826ac6aa403ae6a8acb6cf58239fbaf5d",
    ),
    "query by another hash": (
        "/shop?a=1&b=2",
        {"query_string": True, "hash_method": hashlib.md5},
        "view//shop615ba0df880c87e4f70d30a886b7dee6",
    ),
    "query under a callable": (
        "/shop?a=1&b=2",
        {"query_string": True, "key_prefix": tenant},
        f"tenant-3{A1_B2}",
    ),
    "query without a place": (
        "/shop?a=1&b=2",
        {"query_string": True, "key_prefix": "menu"},
        f"menu{A1_B2}",
    ),
    "source": ("/shop", {"source_check": True}, f"view//shop{SOURCE}"),
    "source and query": (
        "/shop?a=1&b=2",
        {"source_check": True, "query_string": True},
        "view//shop8f3e9f45556a29ceb939687e8507586e74b1db64d5ad8f1896706a3e83a93843",
    ),
    "source under a callable": (
        "/shop",
        {"source_check": True, "key_prefix": tenant},
        f"tenant-3{SOURCE}",
    ),
    "source by another hash": (
        "/shop",
        {"source_check": True, "hash_method": hashlib.md5},
        "view//shop4be41e9e323d0341265d56cd412a6455",
    ),
}
FOR_PATHS = {
    "path": ("/shop/7", None, {}, "view//shop/7"),
    "text": ("/shop", "a=1&b=2", {"query_string": True}, f"view//shop{A1_B2}"),
    "text with a question mark": (
        "/shop",
        "?b=2&a=1",
        {"query_string": True},
        f"view//shop{A1_B2}",
    ),
    "blank values": ("/shop", "a=2&a=1&b=", {"query_string": True}, f"view//shop{A1_A2_B}"),
    "mapping": ("/shop", {"b": 2, "a": 1}, {"query_string": True}, f"view//shop{A1_B2}"),
    "pairs": ("/shop", [("a", "1"), ("b", 2)], {"query_string": True}, f"view//shop{A1_B2}"),
    "MultiDict": (
        "/shop",
        MultiDict([("a", 2), ("a", 1), ("b", "")]),
        {"query_string": True},
        f"view//shop{A1_A2_B}",
    ),
    "source": ("/shop", None, {"source_check": True}, f"view//shop{SOURCE}"),
}


@pytest.mark.parametrize(("url", "options", "key"), FOR_REQUESTS.values(), ids=FOR_REQUESTS)
def test_the_key_of_a_request_is_the_one_that_it_was(url, options, key):
    assert key_for(url, **options) == key


@pytest.mark.parametrize(("path", "query", "options", "key"), FOR_PATHS.values(), ids=FOR_PATHS)
def test_the_key_of_a_path_and_a_query_is_the_one_that_it_was(path, query, options, key):
    assert key_for_path(path, query, **options) == key


PAIRS = st.lists(st.tuples(st.text("ab", max_size=2), st.text("ab12&=", max_size=2)), max_size=4)


@given(pairs=PAIRS, data=st.data())
@settings(deadline=None)
def test_the_order_of_the_query_does_not_matter(pairs, data):
    shuffled = data.draw(st.permutations(pairs))

    key = key_for_path("/shop", shuffled, query_string=True)

    assert key == key_for_path("/shop", pairs, query_string=True)


@given(one=PAIRS, other=PAIRS)
@settings(deadline=None)
def test_different_queries_have_different_keys(one, other):
    keys = [key_for_path("/shop", pairs, query_string=True) for pairs in (one, other)]

    assert (keys[0] == keys[1]) == (sorted(one) == sorted(other))


@given(pairs=PAIRS)
@settings(deadline=None)
def test_a_query_has_one_key_whether_requested_or_given(pairs):
    with app.test_request_context("/shop", query_string=MultiDict(pairs)) as context:
        requested = ViewKeys(ViewKey(report, "view/%s", True), hashlib.sha256)(context.request)

    assert requested == key_for_path("/shop", pairs, query_string=True)


@pytest.mark.parametrize(
    "options", [{}, {"query_string": True}, {"key_prefix": "menu", "query_string": True}]
)
def test_a_key_that_depends_on_the_request_needs_one(options):
    view_key = ViewKey(report, **{"key_prefix": "view/%s", "query_string": False, **options})

    with pytest.raises(RuntimeError) as caught:
        ViewKeys(view_key, hashlib.sha256)(None)

    assert str(caught.value) == (
        f"The cache key of {__name__}.report depends on the request, and there is none. "
        "Give cached() a key_prefix without %s to call it anywhere."
    )


@pytest.mark.parametrize("key_prefix", ["menu", tenant])
def test_a_key_that_does_not_depend_on_the_request_needs_none(key_prefix):
    key = ViewKeys(ViewKey(report, key_prefix, False), hashlib.sha256)(None)

    assert key == (key_prefix if isinstance(key_prefix, str) else "tenant-3")


@pytest.mark.parametrize(
    ("key_prefix", "varies"),
    [("view/%s", True), ("%s", True), ("menu", False), (tenant, False), (lambda: "%s", False)],
)
def test_a_key_varies_on_the_path_where_the_prefix_has_a_place_for_it(key_prefix, varies):
    assert ViewKey(report, key_prefix, False).varies_on_path is varies


def test_arguments_by_position_are_named_as_url_for_wants_them():
    def view(shop, item, /, colour, size=1, *rest, page=1, **more): ...

    named = ViewKey(view, "view/%s", False).named_arguments(("red", 2), {"page": 3})

    assert named == {"colour": "red", "size": 2, "page": 3}


@pytest.mark.parametrize(
    "given",
    ["a=1&b=", "?a=1&b=", {"a": 1, "b": ""}, [("a", "1"), ("b", "")], MultiDict({"a": 1, "b": ""})],
)
def test_a_query_may_be_given_as_text_mapping_or_pairs(given):
    assert query_args_as_pairs(given) == [("a", "1"), ("b", "")]


def test_headers_that_count_are_appended_as_a_digest():
    view_key = ViewKey(report, "view/%s", False, ("accept-language",))
    keys = []

    for language in ("de", "en", "de"):
        with app.test_request_context("/", headers={"Accept-Language": language}) as context:
            keys.append(view_key.varied("view//", context.request))
    keys.append(view_key.varied("view//", None))

    assert keys[0] == keys[2]
    assert len(set(keys)) == 3
    assert all(key.startswith("view//+") for key in keys)


def test_a_hash_method_may_resolve_when_the_key_is_made():
    called = []

    def hash_method(data=b""):
        called.append(data)
        return hashlib.sha256(data)

    make = functools.partial(key_for, "/shop?a=1&b=2", query_string=True, hash_method=hash_method)

    assert called == []
    assert make() == f"view//shop{A1_B2}"
    assert called == [b"(('a', '1'), ('b', '2'))"]


# -- remembered queries ------------------------------------------------------------------


@pytest.fixture
def by_query():
    return ViewKeys(ViewKey(report, "view/%s", True), hashlib.sha256)


def asked(url):
    return app.test_request_context(url).request


def test_a_query_that_was_asked_for_before_is_not_parsed_again(by_query):
    first, second = asked("/shop?a=1&b=2"), asked("/shop?a=1&b=2")

    keys = [by_query(first), by_query(second)]

    assert keys == [f"view//shop{A1_B2}"] * 2
    assert "args" in first.__dict__
    assert "args" not in second.__dict__


@pytest.mark.parametrize("parsed", [0, 1, 2])
def test_a_query_has_one_key_whether_or_not_it_was_parsed_before(by_query, parsed):
    requests = [asked("/shop?a=1&b=2"), asked("/shop?b=2&a=1"), asked("/shop?a=1&b=2")]
    for request in requests[:parsed]:
        request.args.get("a")

    assert {by_query(request) for request in requests} == {f"view//shop{A1_B2}"}


def test_paths_and_prefixes_tell_the_same_query_apart(by_query):
    urls = ["/shop?a=1", "/bar?a=1", "/shop?a=1"]

    keys = [by_query(asked(url)) for url in urls]

    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("kind", ["property", "class of the arguments"])
def test_arguments_that_the_application_makes_itself_are_asked_for(by_query, kind):
    without_a = MultiDict({"b": "2"})

    class Own(Request):
        args = property(lambda self: without_a)

    class Arguments(ImmutableMultiDict):
        def items(self, multi=False):
            return iter([("b", "2")])

    class OwnArguments(Request):
        parameter_storage_class = Arguments

    chosen = Own if kind == "property" else OwnArguments
    environ = asked("/shop?a=1&b=2").environ

    keys = {by_query(chosen(environ)) for _ in range(2)}

    assert keys == {key_for_path("/shop", without_a, query_string=True)}
    assert by_query(asked("/shop?a=1&b=2")) == f"view//shop{A1_B2}"


def test_no_more_queries_are_remembered_than_there_is_room_for(by_query):
    for number in range(REMEMBERED_CALLS + 5):
        by_query(asked(f"/shop?a={number}"))
    by_query(asked(f"/shop?a={'x' * REMEMBERED_LENGTH}"))

    assert len(by_query._remembered) == 5
