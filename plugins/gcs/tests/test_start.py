"""Which failures are errors at the start, and which are lines in the log?"""

from __future__ import annotations

import json
import logging
import os
from contextlib import closing

import pytest
from flask import Flask
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2.credentials import Credentials

from flask_caching import Cache
from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_gcs import GoogleCloudStorageCache

from .conftest import options_for


@pytest.fixture
def no_credentials(monkeypatch, tmp_path):
    """An environment in which the client finds none."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))


def test_a_bucket_that_does_not_exist_names_the_repair(make):
    with pytest.raises(ConfigError) as raised:
        make(bucket="missing-bucket")

    assert raised.value.key == "CACHE_GCS_BUCKET"
    assert "gcloud storage buckets create gs://missing-bucket" in str(raised.value)


def test_so_does_init_app(emulator):
    config = {"CACHE_TYPE": "gcs", "CACHE_GCS_BUCKET": "missing-bucket"}

    with pytest.raises(ConfigError, match="'missing-bucket' does not exist"):
        Cache(Flask("app"), config={**config, "CACHE_OPTIONS": options_for(emulator.url)})


@pytest.mark.parametrize("name", ["-bucket", "bucket-", "gs://bucket", "bucket/folder", 1, b"b"])
def test_what_is_no_name_of_a_bucket_names_the_setting(make, name):
    with pytest.raises(ConfigError, match="CACHE_GCS_BUCKET"):
        make(bucket=name)


def test_a_bucket_that_may_not_be_seen_may_be_used(make, front):
    front.answer(403)

    backend = make(front.url)

    assert backend.set("key", "value") is True


def test_a_name_that_the_service_finds_wrong_names_the_setting(make, front):
    front.answer(400)

    with pytest.raises(ConfigError, match=r"CACHE_GCS_BUCKET: .* can't be a bucket's name"):
        make(front.url)


def test_an_anonymous_user_who_is_refused_is_told_how_to_log_in(make, front):
    front.answer(401)

    with pytest.raises(ConfigError, match=r"refused\. Set GOOGLE_APPLICATION_CREDENTIALS"):
        make(front.url)


def test_credentials_that_stay_refused_are_an_error(make, front):
    front.answer(401)
    token = Credentials("a token that can't be fetched again")

    with pytest.raises(ConfigError, match="the credentials for Google Cloud are refused"):
        make(front.url, anonymous=False, credentials=token)


def test_missing_credentials_name_the_repair(no_credentials):
    with pytest.raises(ConfigError, match=r"there are no credentials.* GOOGLE_APPLICATION_CREDE"):
        GoogleCloudStorageCache("bucket")


@pytest.mark.parametrize("emulator_host", ["", None])
def test_so_do_they_where_only_the_address_is_given(no_credentials, monkeypatch, emulator_host):
    if emulator_host is not None:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator_host)

    with pytest.raises(ConfigError, match="there are no credentials"):
        GoogleCloudStorageCache("bucket", client_options={"api_endpoint": "https://example.com"})


def test_credentials_of_no_known_kind_name_the_repair(no_credentials, monkeypatch, tmp_path):
    (tmp_path / "key.json").write_text(json.dumps({"type": "nonsense"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))

    with pytest.raises(ConfigError, match="there are no credentials"):
        GoogleCloudStorageCache("bucket")


@pytest.mark.parametrize(
    "options",
    [{"credentials": "a password"}, {"client_options": {"nonsense": 1}}],
)
def test_options_that_the_client_refuses_are_an_error_of_their_setting(emulator, bucket, options):
    with pytest.raises(ConfigError, match="CACHE_OPTIONS") as raised:
        GoogleCloudStorageCache(bucket, **options)

    assert "a password" not in str(raised.value)


def test_an_option_that_the_client_does_not_have_is_named(emulator, bucket):
    options = {**options_for(emulator.url), "nonsense": 1}
    config = {"CACHE_TYPE": "gcs", "CACHE_GCS_BUCKET": bucket, "CACHE_OPTIONS": options}

    with pytest.raises(ConfigError, match="CACHE_OPTIONS: 'nonsense' is not an option"):
        Cache(Flask("app"), config=config)


def test_an_emulator_is_found_by_the_environment(no_credentials, monkeypatch, emulator, bucket):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.url)

    backend = GoogleCloudStorageCache(bucket)

    assert backend.set("key", "value") is True
    assert backend.get("key") == "value"
    backend.close()


def test_a_project_is_not_needed(make, emulator, no_credentials, monkeypatch):
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)

    assert make().bucket.client.project is None
    assert make(project="mine").bucket.client.project == "mine"


def test_a_service_that_can_not_be_reached_is_a_line_in_the_log(make, caplog):
    url = f"http://{HOST}:{free_port()}"

    with caplog.at_level(logging.WARNING, "flask_caching_gcs"):
        backend = make(url, bucket="bucket")

    assert len(caplog.messages) == 1
    assert "The bucket 'bucket' can't be reached (ConnectionError" in caplog.text
    with pytest.raises(CacheUnavailableError):
        backend.get("key")


def test_a_service_that_has_trouble_is_a_line_in_the_log(make, front, caplog):
    front.answer(503)

    backend = make(front.url)

    assert "can't be reached (ServiceUnavailable" in caplog.text
    assert backend.set("key", "value") is True


# -- what the driver does by itself ------------------------------------------------------

METADATA_OFF = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
TRACES_ON = "ENABLE_GCS_PYTHON_CLIENT_OTEL_TRACES"


@pytest.mark.parametrize(
    ("traces", "before", "after"),
    [(None, None, "true"), ("false", None, "true"), (None, "no", "no"), ("1", None, None)],
)
def test_the_driver_asks_for_metadata_only_where_traces_want_it(
    make, monkeypatch, traces, before, after
):
    for name, value in ((TRACES_ON, traces), (METADATA_OFF, before)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)

    make()

    assert os.environ.get(METADATA_OFF) == after
    monkeypatch.setenv(METADATA_OFF, "true")


# -- ready clients and buckets -----------------------------------------------------------


def test_a_ready_bucket_is_used(emulator, objects, prefix):
    backend = GoogleCloudStorageCache(objects, prefix)

    backend.set("key", "value")

    assert backend.bucket is objects
    assert objects.blob(f"{prefix}|key").exists()


def test_a_ready_client_is_used_and_left_open(emulator, bucket, prefix):
    with closing(emulator.client()) as client:
        backend = GoogleCloudStorageCache(bucket, prefix, client=client)
        backend.set("key", "value")
        backend.close()

        assert backend.bucket.client is client
        assert client.bucket(bucket).blob(f"{prefix}|key").exists()


def test_a_callable_may_make_the_clients(emulator, bucket, prefix):
    made = []

    def make_client():
        made.append(emulator.client())
        return made[-1]

    backend = GoogleCloudStorageCache(bucket, prefix, client=make_client)
    keys = [str(number) for number in range(40)]
    backend.set_many(dict.fromkeys(keys, "value"))

    assert backend.get_many(*keys) == ["value"] * 40
    assert 1 <= len(made) <= 9  # the caller and eight helpers
    backend.close()


def test_so_may_a_client_of_the_configuration(emulator, bucket):
    with closing(emulator.client()) as client:
        config = {"CACHE_TYPE": "gcs", "CACHE_GCS_BUCKET": bucket}
        cache = Cache(Flask("app"), config={**config, "CACHE_OPTIONS": {"client": client}})

        assert cache.cache.bucket.client is client


def test_what_is_no_client_is_an_error(bucket):
    with pytest.raises(ConfigError, match=r"client must be a google\.cloud\.storage\.Client"):
        GoogleCloudStorageCache(bucket, client="client")


@pytest.mark.parametrize(
    "options",
    [{"anonymous": True}, {"project": "p"}, {"credentials": AnonymousCredentials()}],
    ids=["anonymous", "project", "credentials"],
)
def test_options_without_effect_are_an_error(objects, bucket, options):
    for given in ((objects, None), (bucket, objects.client)):
        with pytest.raises(ConfigError, match=f"{next(iter(options))}: has no effect"):
            GoogleCloudStorageCache(given[0], client=given[1], **options)


def test_an_own_class_of_client_is_a_client(emulator, bucket):
    class Mine(storage.Client):
        pass

    mine = Mine("p", AnonymousCredentials(), client_options={"api_endpoint": emulator.url})

    with closing(mine) as client:
        assert GoogleCloudStorageCache(bucket, client=client).set("key", 1) is True
