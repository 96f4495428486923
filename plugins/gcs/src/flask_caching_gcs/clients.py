"""How is a client made, with which credentials?"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import google.auth
from google.api_core.exceptions import GoogleAPIError
from google.auth.credentials import AnonymousCredentials, Credentials, with_scopes_if_required
from google.auth.exceptions import DefaultCredentialsError

from flask_caching.errors import ConfigError

from .buckets import Buckets, ReadyBucket
from .credentials import PunctualCredentials
from .driver import SCOPES, Client, is_bucket, is_client, new_client, spare_requests_for_traces
from .settings import checked_name

#: Where an emulator listens; the client then needs no credentials.
EMULATOR = "STORAGE_EMULATOR_HOST"
#: Options of the client that say, besides ``credentials``, how it identifies itself.
_OTHER_WAYS = frozenset({"client_options", "api_key", "_http"})

NO_CREDENTIALS = (
    "Set GOOGLE_APPLICATION_CREDENTIALS to the path of a key's file, run the application with a "
    "service account of Google Cloud, or give CACHE_OPTIONS={'credentials': …}. For an emulator "
    "set STORAGE_EMULATOR_HOST, or CACHE_OPTIONS={'anonymous': True}."
)


def opened(
    bucket: Any,
    client: Client | Callable[[], Client] | None,
    *,
    anonymous: bool,
    project: str | None,
    patience: float,
    options: Mapping[str, Any],
) -> Buckets | ReadyBucket:
    """Return the bucket, through clients made for it or through the one that was given.

    :param client: a ready client, a callable that makes one, or ``None``.
    :param patience: seconds that an operation may wait for a token.
    :param options: further ones of ``google.cloud.storage.Client``.
    :raises ConfigError: for what can't work together, or is no bucket or client at all.
    """
    spare_requests_for_traces()
    name = bucket.name if is_bucket(bucket) else checked_name(bucket)
    if is_bucket(bucket) or client is not None:
        _refuse(anonymous=anonymous, project=project, **options)
    if is_bucket(bucket):
        return ReadyBucket(bucket)
    if is_client(client):
        return ReadyBucket(client.bucket(name))
    if client is not None and not callable(client):
        raise ConfigError(
            "CACHE_OPTIONS",
            "client must be a google.cloud.storage.Client or a callable that makes one, not "
            f"{type(client).__name__}",
        )
    return Buckets(name, client or _maker(anonymous, project, patience, dict(options)))


def _refuse(**options: Any) -> None:
    """Refuse options of a client where it is made already."""
    without_effect = sorted(name for name, value in options.items() if value)
    if without_effect:
        raise ConfigError(
            "CACHE_OPTIONS",
            f"{', '.join(without_effect)}: has no effect where the client or the bucket is given "
            "ready. Give it to that one.",
        )


def _maker(
    anonymous: bool, project: str | None, patience: float, options: dict[str, Any]
) -> Callable[[], Client]:
    """Return what makes clients, all with the same credentials."""
    with _explained():
        credentials = _credentials(anonymous, options)
    if isinstance(credentials, Credentials) and not isinstance(credentials, AnonymousCredentials):
        credentials = PunctualCredentials(credentials, patience)

    def make() -> Client:
        with _explained():
            return new_client(project=project, credentials=credentials, **options)

    return make


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except DefaultCredentialsError as error:
        raise ConfigError(
            "CACHE_OPTIONS", f"there are no credentials for Google Cloud. {NO_CREDENTIALS}"
        ) from error
    except (ValueError, GoogleAPIError) as error:
        raise ConfigError(
            "CACHE_OPTIONS", f"Google's client can't work with them: {error}"
        ) from error


def _credentials(anonymous: bool, options: dict[str, Any]) -> Any:
    """Return the credentials, ``None`` where the client finds them by itself.

    Taken out of `options` where they stand there.
    """
    given = options.pop("credentials", None)
    if anonymous:
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    if given is not None:
        return with_scopes_if_required(given, SCOPES)  # type: ignore[no-untyped-call]
    if os.environ.get(EMULATOR) or not _OTHER_WAYS.isdisjoint(options):
        return None
    return google.auth.default(scopes=SCOPES)[0]
