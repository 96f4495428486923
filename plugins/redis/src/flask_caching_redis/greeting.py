"""Is the server there when the application starts, and does it let us in?"""

from __future__ import annotations

import logging
from collections.abc import Callable

from redis.exceptions import NoPermissionError

from flask_caching.display import shown_error
from flask_caching.errors import ConfigError

from .refusals import CREDENTIALS_REFUSED, STORE_ERRORS, causes
from .server import Servers

logger = logging.getLogger(__package__)


def greet(servers: Servers, namespace: str | None, where: str) -> None:
    """Send a first command. A server that can't be reached is worth a line in the log.

    :param namespace: what names begin with, where that is known already.
    :param where: the server's name in messages.
    :raises ConfigError: where the server refuses us, or the options can't work.
    """
    try:
        if namespace is None:
            servers.read("", "PING")
        else:
            servers.read(namespace, "EXISTS", namespace)
    except NoPermissionError as error:
        if namespace is not None:
            raise refused(error, where) from error
    except STORE_ERRORS as error:
        _judge(error, where)
    except (TypeError, ValueError) as error:
        raise ConfigError("CACHE_OPTIONS", f"redis-py can't connect with them: {error}") from error


def refused(error: BaseException, where: str, whose: str = "CACHE_REDIS") -> ConfigError:
    """Return the error for credentials that a server does not take."""
    key = "USERNAME" if isinstance(error, NoPermissionError) else "PASSWORD"
    return ConfigError(f"{whose}_{key}", f"{where} refuses this user: {error}")


def _judge(error: Exception, where: str) -> None:
    """Raise what the application can't start with, and log the rest."""
    for cause in causes(error):
        if isinstance(cause, CREDENTIALS_REFUSED):
            raise refused(cause, where) from error
        if isinstance(cause, TypeError | ValueError) and not isinstance(cause, OSError):
            raise ConfigError(
                "CACHE_OPTIONS", f"redis-py can't connect with them: {cause}"
            ) from error
        for text, explained in _MISTAKES.items():
            if text in str(cause):
                raise explained(where) from error
    logger.warning(
        "%s can't be reached (%s). The application starts, and works without its cache until it "
        "can be.",
        where,
        shown_error(error),
    )


#: What a server says to a mistake in the configuration.
_MISTAKES: dict[str, Callable[[str], ConfigError]] = {
    "DB index": lambda where: ConfigError(
        "CACHE_REDIS_DB", f"{where} has no database of that number"
    ),
    "Cluster mode is not enabled": lambda where: ConfigError(
        "CACHE_TYPE", f"{where} is no cluster; 'redis' is the backend for a single server"
    ),
}
