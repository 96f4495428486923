"""What is a user told who makes a mistake with Google Cloud Storage?"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.mistakes import Logged, Mistake, symptoms
from flask_caching_conformance.harness.servers import HOST, free_port

from .conftest import options_for

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


@pytest.fixture
def url(emulator, monkeypatch, tmp_path):
    """The address of the emulator, in an environment without credentials."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    return emulator.url


def configure(**config):
    return Cache(Flask("shop"), config={"CACHE_TYPE": "gcs", **config})


def setting(symptom, *says, **config):
    """Return the row of settings that can't work."""
    shown = ", ".join(f"{key}={value!r}" for key, value in config.items())

    def do(url):
        configure(**{"CACHE_GCS_BUCKET": "bucket", "CACHE_OPTIONS": options_for(url), **config})

    return Mistake(shown, do, ConfigError, symptom, says)


NO_NAME = "CACHE_GCS_BUCKET: must be the name of a bucket, without 'gs://' and folders, …"

MISTAKES = [
    setting(
        "CACHE_GCS_BUCKET: is not set. Set it to the name of the bucket …", CACHE_GCS_BUCKET=None
    ),
    setting(NO_NAME, "'gs://bucket'", CACHE_GCS_BUCKET="gs://bucket"),
    setting(NO_NAME, "5", CACHE_GCS_BUCKET=5),
    setting(
        "CACHE_GCS_BUCKET: … does not exist. …",
        "'missing-bucket'",
        "gcloud storage buckets create gs://missing-bucket",
        CACHE_GCS_BUCKET="missing-bucket",
    ),
    setting(
        "CACHE_GCS_KEY_PREFIX: must be a str or a callable that gives one, not …",
        "5",
        CACHE_GCS_KEY_PREFIX=5,
    ),
    setting(
        "CACHE_GCS_DELETE_EXPIRED_ON_READ: must be True or False, not …",
        "'perhaps'",
        CACHE_GCS_DELETE_EXPIRED_ON_READ="perhaps",
    ),
    setting(
        "CACHE_OPTIONS: there are no credentials for Google Cloud. "
        "Set GOOGLE_APPLICATION_CREDENTIALS …",
        "STORAGE_EMULATOR_HOST",
        CACHE_OPTIONS={},
    ),
    Mistake(
        "nobody there",
        lambda url: configure(
            CACHE_GCS_BUCKET="bucket", CACHE_OPTIONS=options_for(f"http://{HOST}:{free_port()}")
        ),
        Logged,
        "The bucket … can't be reached (…); nothing is cached while that is so.",
        ("'bucket'", HOST),
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, url, caplog):
    mistake.check(url, caplog)


def test_the_page_of_errors_has_these_symptoms():
    assert symptoms(PAGE, "gcs") == {row.symptom for row in MISTAKES}
