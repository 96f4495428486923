"""Which requests are made for an object, how long may they take, and which are made again?

A request takes the time to connect and the time to answer, each with a limit. Reading is
repeated within the latter where the service asks for it or the connection broke; writing only
where the service says that it did nothing (429), since a write whose answer got lost may have
happened, and would happen twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.api_core.retry import Retry
from urllib3.exceptions import ProtocolError

from .buckets import Buckets, ReadyBucket
from .driver import Blob, Times, status_of

#: What the service answers where the same request may succeed a little later.
#: (https://cloud.google.com/storage/docs/retry-strategy#retryable)
BUSY = frozenset({408, 429, 500, 502, 503, 504})
#: Seconds to wait before a request is made again: random, up to twice the first at first.
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.4

BINARY = "application/octet-stream"
#: Where anybody may read a bucket, the service would hand out old values for an hour otherwise.
NOT_CACHED = "no-store"

#: Dates are whole milliseconds, as the service may keep no more of them.
_MILLISECOND = timedelta(milliseconds=1)
#: Seconds by which a date is later than the deadline in the entry, at most: one for rounding up,
#: one since these numbers are not exact.
ROUNDED_UP = 0.002

_LISTED = "items(name,generation,customTime),nextPageToken"
_EPOCH = datetime.fromtimestamp(0, UTC)
#: Later dates can't be said. Seconds since 1970.
_LAST_DATE = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


class Stored(bytes):
    """The contents of an object, with the generation that they are."""

    generation: int


class Listed(NamedTuple):
    """What a listing tells of an object."""

    name: str
    generation: int
    #: Seconds since 1970, rounded up; ``None`` for an entry that never expires.
    expires: float | None


class Objects:
    """The objects of a bucket.

    The driver's own way to repeat a download leaves the connection of the failed one open.

    :param times: seconds to connect, and without a byte of the reply, at most.
    """

    def __init__(self, buckets: Buckets | ReadyBucket, times: Times) -> None:
        self._buckets = buckets
        self._times = times
        self._repeated = _repeating(_is_passing, times[1])
        self._refused = _repeating(_is_refusal, times[1])

    def read(self, name: str) -> Stored | None:
        """Return the contents, or ``None``. One request."""
        with self._buckets.borrowed() as bucket:
            blob = bucket.blob(name)
            download = self._repeated(blob.download_as_bytes)
            # Without the service's checksum, as there is one in what is stored; and raw, since
            # an object that somebody else has marked as gzip is no entry, but may be a bomb.
            try:
                contents = Stored(
                    download(checksum=None, raw_download=True, timeout=self._times, retry=None)
                )
            except NotFound:
                return None
        contents.generation = _generation(blob)
        return contents

    def write(self, name: str, contents: bytes, expires: float | None) -> None:
        self._upload(name, contents, expires, None)

    def write_over(
        self, name: str, generation: int, contents: bytes, expires: float | None
    ) -> bool:
        """Write where `generation` still lies (``0``: nothing); ``False`` where it doesn't."""
        try:
            self._upload(name, contents, expires, generation)
        except PreconditionFailed:
            return False
        return True

    def delete(self, name: str, generation: int | None = None) -> bool:
        """Remove an object, if it still is `generation`; ``True`` when it was there."""
        return self._delete(name, generation, self._refused)

    def ensure_gone(self, name: str) -> bool:
        """Remove an object, trying more than once; ``True`` when the last try did it."""
        return self._delete(name, None, self._repeated)

    def pages(self, prefix: str) -> Iterator[list[Listed]]:
        """Return the objects whose names begin with `prefix`, a thousand for each request."""
        with self._buckets.borrowed() as bucket:
            listing = bucket.list_blobs(
                prefix=prefix, fields=_LISTED, timeout=self._times, retry=self._repeated
            )
            for page in listing.pages:
                yield [
                    Listed(
                        blob.name,
                        _generation(blob),
                        blob.custom_time.timestamp() if blob.custom_time else None,
                    )
                    for blob in page
                ]

    def _upload(
        self, name: str, contents: bytes, expires: float | None, generation: int | None
    ) -> None:
        with self._buckets.borrowed() as bucket:
            blob = bucket.blob(name)
            blob.cache_control = NOT_CACHED
            if expires is not None and expires < _LAST_DATE:
                blob.custom_time = _rounded_up(expires)
            self._refused(blob.upload_from_string)(
                contents,
                content_type=BINARY,
                if_generation_match=generation,
                timeout=self._times,
                retry=None,
            )

    def _delete(self, name: str, generation: int | None, retry: Retry) -> bool:
        with self._buckets.borrowed() as bucket:
            delete = retry(bucket.blob(name).delete)
            try:
                delete(if_generation_match=generation, timeout=self._times, retry=None)
            except (NotFound, PreconditionFailed):
                return False
        return True


def _generation(blob: Blob) -> int:
    return int(blob.generation or 0)  # with 0, what must not race fails; it does not go ahead


def _rounded_up(expires: float) -> datetime:
    return _EPOCH + math.ceil(expires * 1000) * _MILLISECOND


def _repeating(is_worthwhile: Callable[[BaseException], bool], within: float) -> Retry:
    return Retry(
        predicate=is_worthwhile,
        initial=FIRST_PAUSE,
        maximum=LONGEST_PAUSE,
        multiplier=2.0,
        timeout=within,
    )


def _is_passing(error: BaseException) -> bool:
    return status_of(error) in BUSY or _is_cut_off(error)


def _is_refusal(error: BaseException) -> bool:
    return status_of(error) == HTTPStatus.TOO_MANY_REQUESTS


def _is_cut_off(error: BaseException) -> bool:
    """Tell a connection that broke, as an old one does, from one that can't be made."""
    if isinstance(error, ProtocolError | requests.exceptions.ChunkedEncodingError):
        return True
    return (
        isinstance(error, requests.exceptions.ConnectionError)
        and bool(error.args)
        and isinstance(error.args[0], ProtocolError)
    )
