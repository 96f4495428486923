"""Which keys does an application sign its entries with?"""

import pytest

from flask_caching import ConfigError
from flask_caching.signing import signing_keys


@pytest.mark.parametrize(
    ("config", "setting", "keys"),
    [
        ({"SECRET_KEY": "s"}, "SECRET_KEY", (b"s",)),
        ({"SECRET_KEY": b"\xff"}, "SECRET_KEY", (b"\xff",)),
        (
            {"SECRET_KEY": "s", "SECRET_KEY_FALLBACKS": ["a", b"b"]},
            "SECRET_KEY",
            (b"s", b"a", b"b"),
        ),
        ({"SECRET_KEY": "s", "SECRET_KEY_FALLBACKS": ["", None, 5]}, "SECRET_KEY", (b"s",)),
        ({"SECRET_KEY": "s", "CACHE_SIGNING_KEY": "own"}, "CACHE_SIGNING_KEY", (b"own",)),
        (
            {"CACHE_SIGNING_KEY": "ü", "CACHE_SIGNING_KEY_FALLBACKS": ("a",)},
            "CACHE_SIGNING_KEY",
            ("ü".encode(), b"a"),
        ),
        (
            {
                "SECRET_KEY": "s",
                "SECRET_KEY_FALLBACKS": ["a"],
                "CACHE_SIGNING_KEY_FALLBACKS": ["b"],
            },
            "SECRET_KEY",
            (b"s", b"a", b"b"),
        ),
        (
            {"CACHE_SIGNING_KEY": "own", "SECRET_KEY": "s", "SECRET_KEY_FALLBACKS": ["a"]},
            "CACHE_SIGNING_KEY",
            (b"own",),
        ),
    ],
)
def test_the_applications_own_key_comes_before_flasks(config, setting, keys):
    assert signing_keys(config) == (setting, keys)


def test_a_single_fallback_is_no_list_of_keys_of_one_letter():
    assert signing_keys({"SECRET_KEY": "s", "SECRET_KEY_FALLBACKS": "older"}).keys == (
        b"s",
        b"older",
    )


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"SECRET_KEY": None},
        {"SECRET_KEY": ""},
        {"SECRET_KEY": 5},
        {"SECRET_KEY": None, "SECRET_KEY_FALLBACKS": ["a"]},
        {"CACHE_SIGNING_KEY": False, "SECRET_KEY": "s"},
        {"CACHE_SIGNING_KEY": "False", "SECRET_KEY": "s"},
        {"CACHE_SIGNING_KEY": "0", "SECRET_KEY": "s"},
    ],
    ids=str,
)
def test_nobody_signs_without_a_key_or_where_it_is_switched_off(config):
    assert signing_keys(config) is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"CACHE_SIGNING_KEY": ""},
            (
                "CACHE_SIGNING_KEY: must be text or bytes, or False for no signatures, not an "
                "empty one"
            ),
        ),
        (
            {"CACHE_SIGNING_KEY": 1234},
            "CACHE_SIGNING_KEY: must be text or bytes, or False for no signatures, not int",
        ),
        (
            {"CACHE_SIGNING_KEY": "hush", "CACHE_SIGNING_KEY_FALLBACKS": "hush"},
            "CACHE_SIGNING_KEY_FALLBACKS: must be a list of keys, not str",
        ),
        (
            {"SECRET_KEY": "hush", "CACHE_SIGNING_KEY_FALLBACKS": "hush"},
            "CACHE_SIGNING_KEY_FALLBACKS: must be a list of keys, not str",
        ),
        (
            {"CACHE_SIGNING_KEY": "hush", "CACHE_SIGNING_KEY_FALLBACKS": [5]},
            "CACHE_SIGNING_KEY_FALLBACKS: must be text or bytes, not int",
        ),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(config, message):
    with pytest.raises(ConfigError) as caught:
        signing_keys(config)

    assert str(caught.value) == message


def test_keys_show_only_their_number():
    assert repr(signing_keys({"SECRET_KEY": "s", "SECRET_KEY_FALLBACKS": ["a"]})) == (
        "<2 keys of SECRET_KEY>"
    )
