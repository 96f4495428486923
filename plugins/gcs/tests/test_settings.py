"""What can be configured, and what says an error?"""

from __future__ import annotations

import inspect

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_gcs import GoogleCloudStorageCache

from .conftest import options_for


@pytest.fixture
def cache_with(emulator, bucket):
    made = []

    def cache_with(options=(), **config):
        defaults = {"CACHE_TYPE": "gcs", "CACHE_GCS_BUCKET": bucket}
        options = {**options_for(emulator.url), **dict(options)}
        cache = Cache(Flask("app"), config={**defaults, "CACHE_OPTIONS": options, **config})
        made.append(cache.cache)
        return made[-1]

    yield cache_with
    for backend in made:
        backend.close()


def test_the_signature_begins_as_documented():
    parameters = list(inspect.signature(GoogleCloudStorageCache).parameters.values())

    assert [(each.name, each.default) for each in parameters[1:5]] == [
        ("key_prefix", None),
        ("default_timeout", 300),
        ("delete_expired_objects_on_read", False),
        ("anonymous", False),
    ]
    assert parameters[0].name == "bucket"
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters[5:-1])
    assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD


def test_the_settings_reach_the_backend(cache_with, bucket):
    backend = cache_with(
        CACHE_DEFAULT_TIMEOUT=11,
        CACHE_IGNORE_ERRORS=True,
        CACHE_KEY_PREFIX="mine",
        CACHE_GCS_DELETE_EXPIRED_ON_READ=True,
        CACHE_GCS_PROJECT="project",
    )

    assert type(backend) is GoogleCloudStorageCache
    assert (backend.bucket.name, backend.bucket.client.project) == (bucket, "project")
    assert (backend.default_timeout, backend.key_prefix) == (11, "mine")
    assert backend.ignore_delete_many_errors is True
    assert backend.delete_expired_objects_on_read is True


def test_the_defaults_are_those_of_the_core(cache_with):
    backend = cache_with()

    assert (backend.default_timeout, backend.key_prefix) == (300, "flask_cache_")
    assert backend.ignore_delete_many_errors is False
    assert backend.delete_expired_objects_on_read is False


@pytest.mark.parametrize(
    ("own", "prefix"), [("own", "own"), ("", ""), (None, "general"), (len, len)], ids=str
)
def test_its_own_prefix_comes_first(cache_with, own, prefix):
    backend = cache_with(CACHE_KEY_PREFIX="general", CACHE_GCS_KEY_PREFIX=own)

    assert backend.key_prefix == prefix


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("No", False)])
def test_a_switch_may_come_from_the_environment(cache_with, text, value):
    backend = cache_with(CACHE_GCS_DELETE_EXPIRED_ON_READ=text)

    assert backend.delete_expired_objects_on_read is value


def test_an_argument_that_has_no_place_is_refused(cache_with):
    with pytest.raises(
        ConfigError, match=r"CACHE_ARGS: are 20, and at most these are taken: key_prefix, "
    ):
        cache_with(CACHE_ARGS=[5] * 20)


def test_options_and_arguments_come_first(cache_with):
    by_name = cache_with({"key_prefix": "by name"}, CACHE_GCS_KEY_PREFIX="configured")
    by_place = cache_with(CACHE_ARGS=["by place", 5, True])

    assert by_name.key_prefix == "by name"
    assert (by_place.key_prefix, by_place.delete_expired_objects_on_read) == ("by place", True)


@pytest.mark.parametrize("bucket", [None, ""])
def test_a_missing_bucket_says_what_to_set(bucket):
    with pytest.raises(ConfigError, match=r"CACHE_GCS_BUCKET: is not set\. Set it to the name"):
        Cache(Flask("app"), config={"CACHE_TYPE": "gcs", "CACHE_GCS_BUCKET": bucket})


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("CACHE_GCS_KEY_PREFIX", 1, "CACHE_GCS_KEY_PREFIX: must be a str or a callable"),
        ("CACHE_GCS_DELETE_EXPIRED_ON_READ", "perhaps", "EXPIRED_ON_READ: must be True or False"),
        ("CACHE_GCS_DELETE_EXPIRED_ON_READ", [], "EXPIRED_ON_READ: must be True or False"),
    ],
)
def test_a_setting_of_the_wrong_type_is_named(cache_with, setting, value, message):
    with pytest.raises(ConfigError, match=message):
        cache_with(**{setting: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("connect_timeout", 0),
        ("connect_timeout", "soon"),
        ("reply_timeout", -1),
        ("reply_timeout", None),
        ("reply_timeout", True),
        ("reply_timeout", float("inf")),
        ("parallel", -1),
        ("parallel", 1.5),
        ("parallel", "many"),
        ("parallel", True),
        ("anonymous", "perhaps"),
    ],
)
def test_an_option_of_the_wrong_type_is_named(cache_with, option, value):
    with pytest.raises(ConfigError, match=f"CACHE_OPTIONS: {option} must be"):
        cache_with({option: value})


def test_numbers_may_come_as_text(cache_with):
    backend = cache_with({"connect_timeout": "2", "reply_timeout": "0.5", "parallel": "3"})

    assert backend._objects._times == (2.0, 0.5)


def test_its_representation_shows_nothing_secret(make):
    from google.oauth2.credentials import Credentials

    backend = make(anonymous=False, credentials=Credentials("the token"))

    assert "the token" not in repr(backend)
    assert "the token" not in repr(vars(backend))
