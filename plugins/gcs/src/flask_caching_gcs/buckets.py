"""Through which client does a request go?

Through one that no other request uses meanwhile: a client has one session, whose pool keeps ten
connections and gives up further ones after each request. A client costs next to nothing, its
connection does, so both are kept for the next request. A process never uses the connections
that another one made before it forked.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

from google.api_core.exceptions import GoogleAPICallError

from flask_caching.processes import PerProcess

from .driver import Bucket, Client


class Buckets:
    """One bucket, through as many clients as there are requests at once.

    :param make_client: makes a client, with connections of its own.
    """

    def __init__(self, name: str, make_client: Callable[[], Client]) -> None:
        self.name = name
        self._make_client = make_client
        self._idle: PerProcess[deque[Bucket]] = PerProcess(deque)

    def make(self) -> Bucket:
        return self._make_client().bucket(self.name)

    @contextmanager
    def borrowed(self) -> Generator[Bucket]:
        idle = self._idle()
        try:
            bucket = idle.pop()
        except IndexError:
            bucket = self.make()
        try:
            yield bucket
        except GoogleAPICallError:  # an answer, which was read to its end
            idle.append(bucket)
            raise
        except BaseException:
            bucket.client.close()  # the rest of an answer may still come
            raise
        idle.append(bucket)

    def close(self) -> None:
        idle = self._idle()
        while idle:
            idle.pop().client.close()


class ReadyBucket:
    """A bucket that the application has made, for all requests.

    A client may be shared by threads. (https://docs.cloud.google.com/python/docs/reference/storage/latest)
    """

    def __init__(self, bucket: Bucket) -> None:
        self.name = bucket.name
        self._bucket = bucket
        self._owner = os.getpid()
        self._bucket_here = PerProcess(self._without_inherited_connections)

    def make(self) -> Bucket:
        return self._bucket

    @contextmanager
    def borrowed(self) -> Generator[Bucket]:
        yield self._bucket_here()

    def close(self) -> None:
        """Leave it open: it belongs to the application."""

    def _without_inherited_connections(self) -> Bucket:
        if os.getpid() != self._owner:
            self._bucket.client.close()  # which drops its connections, and makes new ones if used
        return self._bucket
