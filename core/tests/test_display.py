"""How settings are shown: plain data as it is, secrets never."""

import json
from types import SimpleNamespace

import pytest

from flask_caching.display import displayed, shown_error, without_passwords


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (300, "300"),
        (0.5, "0.5"),
        ("redis", "'redis'"),
        ("redis://cache:6379/0", "'redis://cache:6379/0'"),
        (["a", 1], "['a', 1]"),
        (("a", 1), "['a', 1]"),
        ({"socket_timeout": 5, "name": "a"}, "{socket_timeout: 5, name: 'a'}"),
    ],
)
def test_plain_data_is_shown_as_it_is(value, text):
    shown = displayed("CACHE_OPTION", value)

    assert shown == text


@pytest.mark.parametrize(
    "name",
    [
        "CACHE_REDIS_PASSWORD",
        "CACHE_REDIS_SENTINEL_MASTER_PASSWORD",
        "CACHE_PASSPHRASE",
        "CACHE_API_TOKEN",
        "CACHE_SECRET",
        "CACHE_GCS_CREDENTIALS",
        "CACHE_SIGNING_KEY",
        "CACHE_SIGNING_KEY_FALLBACKS",
        "api_key",
        "aws_access_key",
        "CACHE_PRIVATE_KEY",
        "password",
        "authToken",
        "CACHE_ARGS",
    ],
)
@pytest.mark.parametrize("value", ["s3cret", 4711, 4.711, b"s3cret", ["s3cret"], {"a": "s3cret"}])
def test_the_value_of_a_setting_named_like_a_secret_is_hidden(name, value):
    shown = displayed(name, value)

    assert shown == "(hidden)"


@pytest.mark.parametrize("value", [None, True, False])
def test_whether_a_secret_is_set_at_all_may_be_seen(value):
    shown = displayed("CACHE_REDIS_PASSWORD", value)

    assert shown == repr(value)


def test_secrets_within_options_are_hidden():
    options = {"username": "me", "password": "s3cret", "more": [{"token": "s3cret", "db": 1}]}

    shown = displayed("CACHE_OPTIONS", options)

    assert shown == ("{username: 'me', password: (hidden), more: [{token: (hidden), db: 1}]}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:s3cret@cache:6379/0", "redis://me:(hidden)@cache:6379/0"),
        ("redis://:s3cret@cache", "redis://:(hidden)@cache"),
        ("redis://:s3c/r@t@cache", "redis://:(hidden)@cache"),
        ("rediss://cache?db=1&password=s3cret&a=b", "rediss://cache?db=1&password=(hidden)&a=b"),
        ("https://cache/?auth_token=s3cret", "https://cache/?auth_token=(hidden)"),
        ("can't reach redis://:s3cret@cache now", "can't reach redis://:(hidden)@cache now"),
        ("me@example.org: 5", "me@example.org: 5"),
    ],
)
def test_the_password_within_a_url_is_hidden(url, shown):
    text = without_passwords(url)

    assert text == shown


def test_an_error_shows_its_kind_and_no_password():
    text = shown_error(ConnectionError("no answer from redis://:s3cret@cache"))

    assert text == "ConnectionError: no answer from redis://:(hidden)@cache"


def test_the_password_within_a_url_among_the_options_is_hidden():
    shown = displayed("CACHE_OPTIONS", {"urls": ["redis://:s3cret@cache"]})

    assert shown == "{urls: ['redis://:(hidden)@cache']}"


def test_an_object_is_shown_by_its_type_only():
    client = SimpleNamespace(password="s3cret")

    shown = displayed("CACHE_REDIS_HOST", client)

    assert shown == "<types.SimpleNamespace>"


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (json.dumps, "<json.dumps>"),
        (SimpleNamespace, "<types.SimpleNamespace>"),
        (displayed, "<flask_caching.display.displayed>"),
    ],
)
def test_functions_and_classes_are_shown_by_their_names(function, shown):
    text = displayed("CACHE_HASH_METHOD", function)

    assert text == shown
