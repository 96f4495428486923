"""Which errors can the cache raise, and what does each one say?"""

import copy
import pickle

import pytest

from flask_caching import errors
from flask_caching.errors import (
    BackendConflictError,
    BackendContractError,
    BackendNotFoundError,
    CacheError,
    CacheUnavailableError,
    ConfigError,
    NotInitializedError,
    NotSupportedError,
    SerializationError,
    ValueTooLargeError,
)

BUILTINS = {
    ConfigError: ValueError,
    BackendNotFoundError: ImportError,
    BackendConflictError: LookupError,
    BackendContractError: TypeError,
    NotInitializedError: RuntimeError,
    NotSupportedError: NotImplementedError,
    CacheUnavailableError: ConnectionError,
    SerializationError: ValueError,
    ValueTooLargeError: ValueError,
}


@pytest.mark.parametrize(("error", "builtin"), BUILTINS.items(), ids=lambda it: it.__name__)
def test_each_error_is_a_cache_error_and_the_builtin_that_it_resembles(error, builtin):
    assert issubclass(error, CacheError)
    assert issubclass(error, builtin)


def test_no_error_is_left_out_of_these_tests():
    raised = {each for each in vars(errors).values() if isinstance(each, type)}

    assert raised == BUILTINS.keys() | {CacheError}


def test_a_config_error_names_the_key_and_the_repair():
    error = ConfigError("CACHE_THRESHOLD", "must be 0 or more, not -1")

    assert error.key == "CACHE_THRESHOLD"
    assert str(error) == "CACHE_THRESHOLD: must be 0 or more, not -1"


def test_a_missing_init_app_is_caught_as_2_x_raised_it():
    with pytest.raises(KeyError):
        raise NotInitializedError("call init_app")


def test_a_missing_init_app_reads_as_a_sentence_and_not_as_a_quoted_key():
    assert str(NotInitializedError("call init_app")) == "call init_app"


def test_a_missing_init_app_without_a_message_is_an_empty_text():
    assert str(NotInitializedError()) == ""


def test_an_unsupported_operation_names_the_backend_and_where_to_look():
    class PaperCache:
        pass

    error = NotSupportedError(PaperCache, "touch")

    assert error.operation == "touch"
    assert str(error) == (
        "PaperCache does not support touch(). PaperCache.capabilities lists what it supports."
    )


@pytest.mark.parametrize(
    "error", [ConfigError("CACHE_THRESHOLD", "must be a number"), NotSupportedError(dict, "touch")]
)
def test_an_error_with_facts_survives_being_pickled_and_copied(error):
    twins = [pickle.loads(pickle.dumps(error)), copy.copy(error)]

    assert [(str(twin), vars(twin)) for twin in twins] == [(str(error), vars(error))] * 2
