"""What did the application configure?"""

import dataclasses
import hashlib
import warnings
from datetime import timedelta

import pytest

from flask_caching.errors import ConfigError
from flask_caching.serializers import PickleSerializer
from flask_caching.settings import DEFAULTS, is_safe_policy, read_settings

#: Keys of Flask-Caching 2.5.1, and those that its documentation names.
KEYS_OF_2_5_1 = [
    "CACHE_ARGS",
    "CACHE_DEFAULT_TIMEOUT",
    "CACHE_DIR",
    "CACHE_ENABLE_SIGNALS",
    "CACHE_FILE_HASH_METHOD",
    "CACHE_GCS_BUCKET",
    "CACHE_GCS_DELETE_EXPIRED_ON_READ",
    "CACHE_GCS_KEY_PREFIX",
    "CACHE_HASH_METHOD",
    "CACHE_IGNORE_ERRORS",
    "CACHE_KEY_PREFIX",
    "CACHE_MEMCACHED_PASSWORD",
    "CACHE_MEMCACHED_SERVERS",
    "CACHE_MEMCACHED_USERNAME",
    "CACHE_NO_NULL_WARNING",
    "CACHE_OPTIONS",
    "CACHE_REDIS_CLUSTER",
    "CACHE_REDIS_DB",
    "CACHE_REDIS_HOST",
    "CACHE_REDIS_PASSWORD",
    "CACHE_REDIS_PORT",
    "CACHE_REDIS_SENTINELS",
    "CACHE_REDIS_SENTINEL_MASTER",
    "CACHE_REDIS_SENTINEL_PASSWORD",
    "CACHE_REDIS_URL",
    "CACHE_SERIALIZER",
    "CACHE_SOURCE_CHECK",
    "CACHE_THRESHOLD",
    "CACHE_TYPE",
    "CACHE_UWSGI_NAME",
]


# -- what is read ------------------------------------------------------------------------


def test_without_configuration_the_defaults_are_those_of_2_x():
    settings = read_settings()

    assert settings.backend == "NullCache"
    assert settings.default_timeout == 300
    assert settings.config["CACHE_KEY_PREFIX"] == "flask_cache_"
    assert settings.config["CACHE_THRESHOLD"] == 500
    assert settings.config["CACHE_IGNORE_ERRORS"] is False
    assert settings.config["CACHE_NO_NULL_WARNING"] is False
    assert settings.hash_method is hashlib.sha256
    assert settings.config["CACHE_FILE_HASH_METHOD"] is hashlib.sha256
    assert settings.source_check is False
    assert settings.enable_signals is False
    assert settings.serializer is None
    assert settings.safe_views is True
    assert (settings.options, settings.args) == ({}, ())


def test_a_later_layer_wins():
    settings = read_settings(
        {"CACHE_TYPE": "simple", "CACHE_KEY_PREFIX": "app"},
        None,
        {"CACHE_KEY_PREFIX": "cache"},
        {"CACHE_DEFAULT_TIMEOUT": 5},
    )

    assert (settings.backend, settings.default_timeout) == ("simple", 5)
    assert settings.config["CACHE_KEY_PREFIX"] == "cache"


def test_the_layers_are_not_changed_and_not_shared():
    layer = {"CACHE_ARGS": [1], "CACHE_OPTIONS": {"default_timeout": 5}, "CACHE_THRESHOLD": "7"}

    settings = read_settings(layer)
    settings.config["CACHE_ARGS"].append(2)
    settings.options["more"] = 1

    assert layer == {
        "CACHE_ARGS": [1],
        "CACHE_OPTIONS": {"default_timeout": 5},
        "CACHE_THRESHOLD": "7",
    }
    assert read_settings().config["CACHE_ARGS"] == DEFAULTS["CACHE_ARGS"] == []


def test_the_record_is_frozen():
    settings = read_settings()

    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.default_timeout = 5


def test_other_keys_reach_the_backend():
    settings = read_settings({"CACHE_CUSTOM_PARAM": 1, "MY_OWN": 2})

    assert settings.config["CACHE_CUSTOM_PARAM"] == 1
    assert settings.config["MY_OWN"] == 2


def test_no_type_means_no_cache():
    assert read_settings({"CACHE_TYPE": None}).backend == "NullCache"


def test_its_repr_shows_no_secret():
    settings = read_settings(
        {
            "SECRET_KEY": "hunter1",
            "CACHE_REDIS_PASSWORD": "hunter2",
            "CACHE_OPTIONS": {"password": "hunter3"},
            "CACHE_ARGS": ["redis://:hunter4@host"],
        }
    )

    assert "hunter" not in repr(settings)
    assert "default_timeout=300" in repr(settings)


# -- numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (5, 5),
        (0, 0),
        (-1, -1),
        (0.5, 0.5),
        (timedelta(minutes=1), 60),
        ("60", 60),
        (" 60 ", 60),
        ("0.5", 0.5),
        ("-1", -1),
        ("0", 0),
    ],
    ids=repr,
)
def test_a_timeout_is_read_in_seconds(value, seconds):
    settings = read_settings({"CACHE_DEFAULT_TIMEOUT": value})

    assert settings.default_timeout == seconds
    assert settings.config["CACHE_DEFAULT_TIMEOUT"] == seconds


def test_a_whole_number_of_seconds_from_the_environment_is_an_int():
    assert type(read_settings({"CACHE_DEFAULT_TIMEOUT": "60"}).default_timeout) is int


@pytest.mark.parametrize("value", [None, True, "", "5m", "nan", "inf", float("nan"), [5]], ids=repr)
def test_a_timeout_that_cannot_work_names_key_value_and_repair(value):
    with pytest.raises(ConfigError) as caught:
        read_settings({"CACHE_DEFAULT_TIMEOUT": value})

    assert caught.value.key == "CACHE_DEFAULT_TIMEOUT"
    assert f"must be a number of seconds or a timedelta, not {value!r}" in str(caught.value)


def test_a_default_timeout_among_the_options_goes_first():
    settings = read_settings(
        {"CACHE_DEFAULT_TIMEOUT": 5, "CACHE_OPTIONS": {"default_timeout": "7", "db": 1}}
    )

    assert settings.default_timeout == settings.config["CACHE_DEFAULT_TIMEOUT"] == 7
    assert settings.options == {"db": 1}


@pytest.mark.parametrize(("value", "count"), [(0, 0), (7, 7), ("7", 7), (10**9, 10**9)], ids=repr)
def test_a_threshold_is_a_whole_number(value, count):
    assert read_settings({"CACHE_THRESHOLD": value}).config["CACHE_THRESHOLD"] == count


@pytest.mark.parametrize("value", [-1, "-1", 1.5, "1.5", "many", True, []], ids=repr)
def test_a_threshold_that_cannot_work_names_key_and_value(value):
    with pytest.raises(ConfigError, match="CACHE_THRESHOLD: must be a whole number") as caught:
        read_settings({"CACHE_THRESHOLD": value})

    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(("value", "seconds"), [(0, 0), ("2.5", 2.5), (timedelta(seconds=3), 3)])
def test_the_wait_for_a_flight_is_read_in_seconds(value, seconds):
    assert read_settings({"CACHE_SINGLE_FLIGHT_WAIT": value}).single_flight_wait == seconds


@pytest.mark.parametrize("value", [-1, "-0.5", timedelta(seconds=-1)], ids=repr)
def test_nobody_waits_for_less_than_no_time(value):
    with pytest.raises(ConfigError, match="CACHE_SINGLE_FLIGHT_WAIT: must be at least 0 seconds"):
        read_settings({"CACHE_SINGLE_FLIGHT_WAIT": value})


# -- switches ----------------------------------------------------------------------------

SWITCHES = [key for key, default in DEFAULTS.items() if isinstance(default, bool)]


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize(
    ("value", "on"),
    [
        (True, True),
        (1, True),
        ("true", True),
        ("YES", True),
        ("On", True),
        ("1", True),
        (False, False),
        (0, False),
        (None, False),
        ("false", False),
        ("No", False),
        ("off", False),
        ("0", False),
        ("", False),
    ],
    ids=repr,
)
def test_a_switch_is_on_or_off_in_several_spellings(key, value, on):
    assert read_settings({key: value}).config[key] is on


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize("value", ["perhaps", 1.5, []], ids=repr)
def test_a_switch_that_is_neither_names_key_and_value(key, value):
    with pytest.raises(ConfigError, match=f"{key}: must be True or False") as caught:
        read_settings({key: value})

    assert repr(value) in str(caught.value)


def test_switches_reach_the_record():
    settings = read_settings({"CACHE_SOURCE_CHECK": "true", "CACHE_ENABLE_SIGNALS": 1})

    assert settings.source_check is True
    assert settings.enable_signals is True


@pytest.mark.parametrize(("policy", "safe"), [("safe", True), ("legacy", False)])
def test_a_view_policy_has_a_name(policy, safe):
    assert is_safe_policy("policy", policy) is safe
    assert read_settings({"CACHE_VIEW_POLICY": policy}).safe_views is safe


@pytest.mark.parametrize("policy", ["unsafe", None, True, ["safe"]], ids=repr)
def test_another_view_policy_names_key_and_value(policy):
    with pytest.raises(
        ConfigError, match="CACHE_VIEW_POLICY: must be 'safe' or 'legacy'"
    ) as caught:
        read_settings({"CACHE_VIEW_POLICY": policy})

    assert repr(policy) in str(caught.value)


# -- objects -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["CACHE_HASH_METHOD", "CACHE_FILE_HASH_METHOD"])
def test_a_hash_method_may_be_a_constructor_or_a_name(key):
    by_constructor = read_settings({key: hashlib.sha1}).config[key]
    by_name = read_settings({key: "md5"}).config[key]

    assert by_constructor is hashlib.sha1
    assert by_name(b"text").hexdigest() == hashlib.md5(b"text").hexdigest()
    assert by_name().hexdigest() == hashlib.md5(b"").hexdigest()


@pytest.mark.parametrize("value", ["sha257", None, 5], ids=repr)
def test_a_hash_method_that_cannot_work_names_key_and_value(value):
    with pytest.raises(ConfigError, match="CACHE_HASH_METHOD: must be a hash") as caught:
        read_settings({"CACHE_HASH_METHOD": value})

    assert repr(value) in str(caught.value)


def test_a_prefix_may_be_a_callable():
    def tenant():
        return "tenant"

    assert read_settings({"CACHE_KEY_PREFIX": tenant}).config["CACHE_KEY_PREFIX"] is tenant


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_an_application_may_have_no_prefix(value):
    assert read_settings({"CACHE_KEY_PREFIX": value}).config["CACHE_KEY_PREFIX"] == value


@pytest.mark.parametrize("value", [5, b"prefix", ["prefix"]], ids=repr)
def test_a_prefix_of_another_type_names_key_and_value(value):
    with pytest.raises(
        ConfigError, match="CACHE_KEY_PREFIX: must be a str or a callable"
    ) as caught:
        read_settings({"CACHE_KEY_PREFIX": value})

    assert repr(value) in str(caught.value)


def test_options_and_arguments_are_handed_on():
    settings = read_settings({"CACHE_OPTIONS": {"db": 1}, "CACHE_ARGS": ("a", 2)})

    assert settings.options == {"db": 1}
    assert settings.args == ("a", 2)
    assert settings.config["CACHE_ARGS"] == ["a", 2]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CACHE_OPTIONS", "password=hunter2"),
        ("CACHE_OPTIONS", ["hunter2"]),
        ("CACHE_OPTIONS", {1: "hunter2"}),
        ("CACHE_ARGS", "redis://:hunter2@host"),
        ("CACHE_ARGS", {"password": "hunter2"}),
    ],
)
def test_options_of_another_type_are_refused_without_showing_what_may_be_secret(key, value):
    with pytest.raises(
        ConfigError, match=f"{key}: must be a .* not {type(value).__name__}"
    ) as caught:
        read_settings({key: value})

    assert "hunter2" not in str(caught.value)


def test_a_serializer_may_be_an_object_a_module_or_a_class():
    import json

    own = PickleSerializer()

    assert read_settings({"CACHE_SERIALIZER": own}).serializer is own
    assert read_settings({"CACHE_SERIALIZER": json}).serializer is json
    made = read_settings({"CACHE_SERIALIZER": PickleSerializer}).serializer
    assert isinstance(made, PickleSerializer)


class Demanding:
    def __init__(self, secret):
        pass


class OnlyWriting:
    dumps = staticmethod(repr)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "pickles",
            "must be 'pickle', 'json', 'msgpack', or an object, a class or the dotted path",
        ),
        (OnlyWriting, "or the dotted path of one with dumps and loads, not <class"),
        (OnlyWriting(), "or the dotted path of one with dumps and loads, not <"),
        (Demanding, "can't be made without arguments; give an instance"),
    ],
    ids=["text", "half a class", "half an object", "needs arguments"],
)
def test_a_serializer_that_cannot_work_is_refused(value, message):
    with pytest.raises(ConfigError, match="CACHE_SERIALIZER: ") as caught:
        read_settings({"CACHE_SERIALIZER": value})

    assert message in str(caught.value)


# -- misspelled keys ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("CACHE_TIPE", "CACHE_TYPE"),
        ("CACHE_DEFAULT_TIME_OUT", "CACHE_DEFAULT_TIMEOUT"),
        ("CACHE_TRESHOLD", "CACHE_THRESHOLD"),
        ("CACHE_REDIS_PASWORD", "CACHE_REDIS_PASSWORD"),
        ("CACHE_REDIS_HOSTS", "CACHE_REDIS_HOST"),
        ("CACHE_MEMCACHED_SERVER", "CACHE_MEMCACHED_SERVERS"),
        ("CACHE_GCS_BUCKETS", "CACHE_GCS_BUCKET"),
        ("cache_type", "CACHE_TYPE"),
    ],
)
def test_a_misspelled_key_is_told_with_the_nearest_name(key, meant):
    with pytest.warns(UserWarning, match=rf"{key} is not a setting.*Did you mean {meant}\?"):
        read_settings({key: "value"})


def test_the_value_of_a_misspelled_key_is_not_told():
    with pytest.warns(UserWarning, match="CACHE_REDIS_PASSWORT") as told:
        read_settings({"CACHE_REDIS_PASSWORT": "hunter2"})

    assert "hunter2" not in str(told[0].message)


@pytest.mark.parametrize(
    "key",
    [
        *KEYS_OF_2_5_1,
        *DEFAULTS,
        "CACHE_MEMCACHED_SPREAD",
        "CACHE_CUSTOM_PARAM",
        "CACHE_FOO_URL",
        "CACHED_TYPE",
        5,
    ],
)
def test_known_keys_and_a_custom_backends_own_pass_silently(key):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        read_settings({key: DEFAULTS.get(key)})


# -- what stands for nothing -------------------------------------------------------------


@pytest.mark.parametrize("key", ["CACHE_TYPE", "CACHE_THRESHOLD"])
def test_none_means_the_default(key):
    settings = read_settings({key: None})

    assert settings.config[key] == DEFAULTS[key]
    assert settings.backend == "NullCache"


@pytest.mark.parametrize("value", [None, {}, [], ""], ids=repr)
def test_options_that_are_empty_are_none(value):
    assert read_settings({"CACHE_OPTIONS": value}).options == {}


def test_a_long_wait_for_a_flight_is_taken():
    assert read_settings({"CACHE_SINGLE_FLIGHT_WAIT": 10**10}).single_flight_wait == 10**10


@pytest.mark.parametrize(
    ("key", "value", "says_it"),
    [("CACHE_DEFAULT_TIMEOUT", "soon", True), ("CACHE_SINGLE_FLIGHT_WAIT", "long", False)],
)
def test_only_where_0_means_for_ever_the_message_says_it(key, value, says_it):
    with pytest.raises(ConfigError, match=f"{key}: must be a number of seconds") as caught:
        read_settings({key: value})

    assert ("0 means for ever" in str(caught.value)) is says_it


def test_a_wait_for_a_flight_that_is_negative_is_refused():
    with pytest.raises(ConfigError, match=r"must be at least 0 seconds, not -1"):
        read_settings({"CACHE_SINGLE_FLIGHT_WAIT": -1})
