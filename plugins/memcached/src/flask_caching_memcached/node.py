"""How does one server answer, and what if it doesn't?

An operation gets a client from the pool. One that failed is thrown away with its client, so no
later call gets its answer. A server that kept somebody waiting in vain is left alone for a
moment; it is never forgotten, and its keys never go to another one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask_caching.display import without_passwords
from flask_caching.processes import PerProcess

from .client import Client, Error, ServerDown
from .items import FullError, Sizes
from .pool import Line, Pool

logger = logging.getLogger(__package__)

T = TypeVar("T")

#: A failure that took this share of the caller's patience, or more, was a time-out.
TIMED_OUT = 0.9
#: Seconds for which a server is left alone after one, so that not every caller waits in vain.
PAUSE = 1.0


class UnfinishedError(Error):  # type: ignore[misc, valid-type]  # pylibmc has no types
    """An answer that did not come whole, or a server where nothing of a prefix lies."""


class _Here:
    """What one process knows of a server."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.lock = threading.Lock()
        self.is_down = False
        #: By the node's clock; 0 where the server is asked.
        self.left_alone_until = 0.0


class Node:
    """One server, or one ready client and whatever is behind it.

    :param name: the server's address, as messages give it.
    :param connect: makes a client.
    :param patience: seconds that a client waits for its server, and a caller for a client.
    :param is_many: whether there may be several servers behind a client.
    :param clock: gives the time in seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Client],
        *,
        pool_size: int,
        pool_grows: bool,
        patience: float,
        is_many: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.is_many = is_many
        self.sizes = Sizes()
        self._patience = patience
        self._clock = clock
        self._here = PerProcess(lambda: _Here(Pool(name, connect, pool_size, pool_grows, patience)))

    def call(
        self,
        operation: Callable[[Client], T],
        *,
        again: bool = False,
        last_key: bytes | None = None,
    ) -> T:
        """Return what an operation gives on a client of this server.

        :param again: whether it may be repeated, once, where the connection turns out to be one
            that the server has closed since it was used.
        :param last_key: a key that a whole answer has; see `ask`.
        :raises Error: what pylibmc raises.
        """
        here = self._here()
        if here.left_alone_until:
            self._look_whether_to_ask(here)
        began = self._clock()
        line = None
        try:
            line = here.pool.take()
            began = self._clock()  # the wait for a client says nothing of the server
            answer = operation(line.client)
            if last_key is not None:
                self._check_whole(answer, last_key)
        except Error as error:
            if not self._failed(here, line, error, self._clock() - began, again):
                raise
        except BaseException as error:
            self._broke_off(here, line, error)
            raise
        else:
            self._worked(here, line)
            return answer
        del line  # which closes the connection
        return self.call(operation, last_key=last_key)

    def ask(
        self, question: Callable[[Client], dict[bytes, bytes]], last_key: bytes
    ) -> dict[bytes, bytes]:
        """Return what a question gives: one that ends in a ``get_multi`` and may be repeated.

        :param last_key: a key that is asked for last, and has a value where there is anything.
            Where it is in the answer, everything before it has come as well; pylibmc does not
            tell that otherwise.
        :return: an empty dict where there is nothing under `last_key`.
        :raises Error: also where the answer does not come whole.
        """
        try:
            return self.call(question, again=True, last_key=last_key)
        except UnfinishedError:
            if self._here().left_alone_until:  # it took too long already
                raise
        # `get` raises where it fails.
        if self.call(lambda client: client.get(last_key), again=True) is None:
            return {}
        return self.call(question, again=True, last_key=last_key)

    def close(self) -> None:
        """Close the connections that are not in use; others are opened when needed."""
        self._here().pool.drop_idle()

    def _check_whole(self, answer: Any, last_key: bytes) -> None:
        if last_key not in answer:
            raise UnfinishedError(f"memcached at {self.name} gave no complete answer")

    def _worked(self, here: _Here, line: Line) -> None:
        here.pool.give_back(line)
        if here.is_down:
            here.left_alone_until = 0.0
            here.is_down = False
            logger.info("memcached at %s answers again", self.name)

    def _broke_off(self, here: _Here, line: Line | None, error: BaseException) -> None:
        """Put a client away whose operation ended with an error that is not pylibmc's."""
        if line is None:
            return
        if isinstance(error, FullError):  # the server has answered
            self._worked(here, line)
        else:
            here.pool.discard()

    def _failed(
        self, here: _Here, line: Line | None, error: Exception, seconds: float, again: bool
    ) -> bool:
        """Put a client away that has failed; return whether to try another one."""
        if line is not None:
            here.pool.discard()
        is_quick = seconds < TIMED_OUT * self._patience
        here.left_alone_until = 0.0 if is_quick else self._clock() + PAUSE
        if is_quick and isinstance(error, UnfinishedError):
            return False
        # The server may have closed them as well, and come back with other limits.
        here.pool.drop_idle()
        self.sizes = Sizes()
        if is_quick and line is not None and line.was_used:
            return again
        if not here.is_down:
            here.is_down = True
            logger.warning(
                "memcached at %s fails: %s. What it keeps is missed until it answers again; "
                "CACHE_MEMCACHED_SERVERS says where it is.",
                self.name,
                without_passwords(str(error)),
            )
        return False

    def _look_whether_to_ask(self, here: _Here) -> None:
        """Let one caller ask a server that was left alone; the others wait for the outcome."""
        now = self._clock()
        with here.lock:
            if now < here.left_alone_until:
                raise ServerDown(
                    f"memcached at {self.name} did not answer, and is asked again in "
                    f"{here.left_alone_until - now:.1f} seconds"
                )
            here.left_alone_until = now + self._patience + PAUSE
