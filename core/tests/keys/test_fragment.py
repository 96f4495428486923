"""The keys of template fragments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from flask_caching import make_template_fragment_key
from flask_caching.keys import fragment

#: Few letters besides the two that matter, so that lists differ in little.
PARTS = st.lists(st.text("_\\ab", max_size=4), min_size=1, max_size=4)
PLAIN = st.text(st.characters(blacklist_characters="_\\", blacklist_categories=["Cs"]))


# These are the keys of Flask-Caching 2.5.1.
@pytest.mark.parametrize(
    ("name", "vary_on", "key"),
    [
        ("sidebar", None, "_template_fragment_cache_sidebar"),
        ("sidebar", [], "_template_fragment_cache_sidebar"),
        ("sidebar", ["anna"], "_template_fragment_cache_sidebar_anna"),
        ("sidebar", ["anna", "de"], "_template_fragment_cache_sidebar_anna_de"),
        ("", ["", ""], "_template_fragment_cache___"),
        ("größe", ["1"], "_template_fragment_cache_größe_1"),
    ],
)
def test_a_key_is_the_one_that_it_was(name, vary_on, key):
    assert make_template_fragment_key(name, vary_on) == key


@given(name=PLAIN, vary_on=st.lists(PLAIN))
@settings(deadline=None)
def test_a_key_of_parts_without_underscore_and_backslash_is_the_one_that_it_was(name, vary_on):
    key = make_template_fragment_key(name, vary_on)

    assert key == "_template_fragment_cache_" + "_".join([name, *vary_on])


@given(one=PARTS, other=PARTS)
@settings(deadline=None, max_examples=200)
def test_different_parts_have_different_keys(one, other):
    keys = [make_template_fragment_key(name, vary_on) for name, *vary_on in (one, other)]

    assert (keys[0] == keys[1]) == (one == other)


@given(parts=PARTS)
@settings(deadline=None)
def test_the_parts_can_be_read_back_from_the_key(parts):
    name, *vary_on = parts

    key = make_template_fragment_key(name, vary_on)

    assert read_back(key.removeprefix(fragment.PREFIX)) == parts


def read_back(text):
    parts, escaped = [""], False
    for letter in text:
        if escaped or letter not in "_\\":
            parts[-1] += letter
            escaped = False
        elif letter == "_":
            parts.append("")
        else:
            escaped = True
    return parts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("menu", ["b_c"]), ("menu", ["b", "c"])),
        (("menu_b", []), ("menu", ["b"])),
        (("menu", ["b\\", "c"]), ("menu", ["b\\_c"])),
        (("menu", [""]), ("menu", [])),
    ],
)
def test_parts_that_look_alike_when_joined_have_different_keys(one, other):
    assert make_template_fragment_key(*one) != make_template_fragment_key(*other)


@pytest.mark.parametrize(
    ("vary_on", "as_text"),
    [
        ([7, None, 1.5], ["7", "None", "1.5"]),
        (("de",), ["de"]),
        (iter(["de"]), ["de"]),
        ([Markup("a_b")], ["a_b"]),
    ],
)
def test_parts_may_be_anything_that_has_a_text(vary_on, as_text):
    key = make_template_fragment_key("menu", vary_on)

    assert key == make_template_fragment_key("menu", as_text)
