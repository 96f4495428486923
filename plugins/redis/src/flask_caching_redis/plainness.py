"""Does a client's ``execute_command`` do more than to send and to read?

That of a subclass may. So does that of a client which is traced: Sentry, Datadog and
OpenTelemetry replace the method. The driver repeats what failed where its policy says so, counts
commands where its metrics are on, and has a lock for a client of a single connection.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import redis.client
from redis.retry import Retry

from .driver import Client

try:
    from redis.observability import get_observability_instance
except ImportError:  # an older redis-py has no metrics

    def _has_metrics() -> bool:
        return False
else:

    def _has_metrics() -> bool:
        return get_observability_instance().is_enabled()


def is_plain(client: Client) -> bool:
    """Tell whether it does no more. Looked at for each command, since all of it may change."""
    execute, policy = client.execute_command, client.get_retry()
    return (
        type(client) is redis.client.Redis
        and type(execute) is MethodType  # a proxy of wrapt's says that it is one, and is none
        and execute.__func__ is _EXECUTE
        and type(policy) is Retry  # another kind may do anything, such as to count or to pause
        and policy.get_retries() == 0
        and client.connection is None
        and not _has_metrics()
    )


def _untouched() -> Callable[..., Any] | None:
    """Return the driver's method, unless somebody has put another one in its place already."""
    method = redis.client.Redis.execute_command
    is_own = type(method) is FunctionType and method.__globals__ is redis.client.__dict__
    return method if is_own else None


_EXECUTE = _untouched()
