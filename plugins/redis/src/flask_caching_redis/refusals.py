"""What does an error of the driver or of the server mean?"""

from __future__ import annotations

from collections.abc import Iterator

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    ChildDeadlockedError,
    ConnectionError,  # noqa: A004 (the driver's, everywhere in this package)
    NoPermissionError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

#: Everything that redis-py raises on purpose. The errors of its cluster client are no RedisError.
STORE_ERRORS = (RedisError, RedisClusterException, ChildDeadlockedError)

#: The server is there, and does not let this user in.
CREDENTIALS_REFUSED = (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    NoPermissionError,
)


def is_lost_connection(error: BaseException) -> bool:
    """Tell whether the connection broke, so that another one may do.

    Not so a time-out, which has cost its time already, nor what the subclasses of the
    driver's error stand for: a refused login, a server that loads, a pool that is exhausted,
    sentinels without a master.
    """
    return type(error) is ConnectionError


def is_read_only(error: BaseException) -> bool:
    """Tell whether a replica refused to write, which the master has become by a failover.

    The driver's connections to a master behind sentinels say that they are lost instead.
    """
    return isinstance(error, ReadOnlyError) or isinstance(error.__context__, ReadOnlyError)


def is_wrong_type(error: BaseException) -> bool:
    """Tell whether something else than a string lies under the name."""
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE")


def is_uncountable(answer: object) -> bool:
    """Tell whether ``INCRBY`` found something else than a number, or one at its limit."""
    return isinstance(answer, ResponseError) and str(answer).startswith(
        ("WRONGTYPE", "value is not an integer", "increment or decrement would overflow")
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what it was raised from, the outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
