"""What may decorators be given, and where does a warning point?

What is said of anything else, `test_mistakes` reads.
"""

import warnings

import pytest

from flask_caching.arguments import header_names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("Accept", ("accept",)),
        (["B", "a", "A"], ("a", "b")),
        (iter(["B", "a"]), ("a", "b")),
        ((), ()),
    ],
)
def test_headers_are_named_by_any_iterable_in_any_case(given, names):
    assert header_names(given) == names


@pytest.mark.parametrize(
    "options",
    [{"unless": True}, {"timeout": True}, {"hash_method": "sha256"}],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("decorator", ["cached", "memoize"])
def test_a_warning_points_at_the_line_that_decorates(cache, decorator, options):
    with pytest.warns(UserWarning, match="=…: is a") as warned:
        getattr(cache, decorator)(**options)

    assert [each.filename for each in warned] == [__file__]


@pytest.mark.parametrize("timeout", [None, 0, 60, 2.5, "60", "2.5", 10**400, lambda: 5])
@pytest.mark.parametrize("decorator", ["cached", "memoize"])
def test_what_is_a_time_passes_silently(cache, decorator, timeout):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        getattr(cache, decorator)(timeout)


@pytest.mark.parametrize("prefix", ["plain", "page/%s", "100%%/%s", "100%", lambda: "key"])
def test_what_makes_a_key_passes_silently(cache, prefix):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        cache.cached(key_prefix=prefix)


@pytest.mark.parametrize("nothing", [None, False, 0, ""])
def test_what_stands_for_no_condition_passes_silently(cache, nothing):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        cache.cached(unless=nothing, forced_update=nothing, make_cache_key=nothing)
