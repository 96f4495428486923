"""What of Google's storage package is used here, and with which types? It comes without any."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeGuard, cast

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage  # type: ignore[import-untyped]
from google.cloud.storage.exceptions import (  # type: ignore[import-untyped]
    DataCorruption,
    InvalidResponse,
)
from urllib3.exceptions import HTTPError

#: Seconds to connect, and seconds without a byte of the reply.
Times = tuple[float, float]

#: What a request may raise. The errors of requests, which carries them, are ``OSError`` s; reading
#: a raw body, it lets those of urllib3 through.
STORE_ERRORS: tuple[type[Exception], ...] = (
    GoogleAPIError,
    GoogleAuthError,
    InvalidResponse,
    DataCorruption,
    HTTPError,
    OSError,
)
#: Since 3.11 each client asks for its bucket's metadata on a thread of its own, at first use and
#: after every 404, which is a miss here. Only traces have a use for it.
#: (https://github.com/googleapis/google-cloud-python/issues/17650)
_METADATA_OFF = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
_TRACES_ON = "ENABLE_GCS_PYTHON_CLIENT_OTEL_TRACES"

#: What the client asks permission for.
SCOPES: Sequence[str] = storage.Client.SCOPE or ()


class Blob(Protocol):
    """An object of a bucket; its facts are known once they were read, listed or written."""

    name: str
    generation: int | None
    custom_time: datetime | None
    cache_control: str | None

    def download_as_bytes(
        self, *, checksum: None, raw_download: bool, timeout: Times, retry: None
    ) -> bytes: ...

    def upload_from_string(
        self,
        data: bytes,
        *,
        content_type: str,
        if_generation_match: int | None,
        timeout: Times,
        retry: None,
    ) -> None: ...

    def delete(self, *, if_generation_match: int | None, timeout: Times, retry: None) -> None: ...


class Listing(Protocol):
    """The objects under a prefix; each page is a request."""

    @property
    def pages(self) -> Iterable[Iterable[Blob]]: ...


class Bucket(Protocol):
    """A bucket, seen through one client."""

    name: str

    @property
    def client(self) -> Client: ...

    def blob(self, blob_name: str) -> Blob: ...

    def exists(self, *, timeout: Times, retry: None) -> bool: ...

    def list_blobs(self, *, prefix: str, fields: str, timeout: Times, retry: Retry) -> Listing: ...


class Client(Protocol):
    """A client with its connections."""

    def bucket(self, bucket_name: str) -> Bucket: ...

    def close(self) -> None: ...


def spare_requests_for_traces() -> None:
    """Switch off, for this process, what no trace needs; the environment's own word comes first."""
    if os.environ.get(_TRACES_ON, "").strip().lower() not in {"1", "true", "yes", "on"}:
        os.environ.setdefault(_METADATA_OFF, "true")


def new_client(**options: Any) -> Client:
    """Make a client; ``TypeError`` for an option that it does not have."""
    return cast("Client", storage.Client(**options))


def is_client(candidate: Any) -> TypeGuard[Client]:
    """Tell a ready client from anything else."""
    return isinstance(candidate, storage.Client)


def is_bucket(candidate: Any) -> TypeGuard[Bucket]:
    """Tell a ready bucket from anything else."""
    return isinstance(candidate, storage.Bucket)


def status_of(error: BaseException | None) -> int | None:
    """Return the HTTP status of the answer that an error is made of, if it is made of one."""
    if isinstance(error, RetryError):
        return status_of(error.cause)
    if isinstance(error, GoogleAPICallError):
        return None if error.code is None else int(error.code)
    return None
