"""How do commands reach a server, once each?

The client's own ``pipeline`` sends again what broke off, as far as the client's retry policy
says; nobody knows then whether a counter was counted up once or twice. What goes over a
borrowed connection is sent once, and a connection on which anything went wrong is closed, so
that no later call reads an answer that was meant for this one.

A single command goes the same way where the client's ``execute_command`` would do no more: all
that it is ready to do takes a fifth of a read, and a third of a write.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any, TypeVar

from redis.exceptions import RedisError, ResponseError

from .driver import Client, Command, Connection
from .packing import packed
from .plainness import is_plain

T = TypeVar("T")

MULTI: Command = ("MULTI",)
EXEC: Command = ("EXEC",)


def single(client: Client, command: Command) -> Any:
    """Return the answer to a command that may be done twice, through the client.

    :raises RedisError: where the server refused it, or the connection failed.
    """
    try:
        if is_plain(client):
            return _asked(client, command)
        return client.execute_command(*command)
    except RedisError:
        raise
    except BaseException:
        # A signal's or a greenlet's, at any line: an answer may be left that nobody read.
        forget_connections(client)
        raise


def _asked(client: Client, command: Command) -> Any:
    with _Borrowed(client) as connection:
        connection.send_command(*command)
        try:
            return connection.read_response()
        except ResponseError as error:
            refused = error  # raised outside, since the connection is as good as before
    raise refused


def exchange(client: Client, commands: Sequence[Command]) -> list[Any]:
    """Send commands in one trip; return the answers, errors among them.

    :raises RedisError: where the connection failed; each of the commands may have been done.
    """
    with _Borrowed(client) as connection:
        return _answers(connection, commands)


def transaction(client: Client, commands: Sequence[Command]) -> Sequence[Any]:
    """Do commands as one, in one trip; return the answers, errors among them.

    :raises RedisError: where the server takes one of them not even in; none is done then.
    """
    if len(commands) == 1:
        return checked(exchange(client, commands))
    answers: Sequence[Any] = outcome(exchange(client, enclosed(commands)))
    return answers


def enclosed(commands: Sequence[Command]) -> list[Command]:
    """Return the commands as a transaction."""
    return [MULTI, *commands, EXEC]


def outcome(answers: Sequence[Any]) -> Any:
    """Return what the commands of a transaction gave, from the answers to all that was sent.

    ``None`` where nothing was done, since what was watched has changed.
    """
    *_, result = checked(answers)  # why one was refused stands before the end's "EXECABORT"
    return result


def swap(client: Client, name: str, expected: bytes | None, command: Command) -> bool:
    """Do a command only if exactly `expected` lies under a name; ``False`` if not."""
    with _Borrowed(client) as connection:
        _, found = checked(_answers(connection, [("WATCH", name), ("GET", name)]))
        if found != expected:
            _answers(connection, [("UNWATCH",)])
            return False
        done = outcome(_answers(connection, enclosed([command])))
    return done is not None and bool(checked(done))


def checked(answers: Sequence[T]) -> Sequence[T]:
    """Return the answers, or raise the first error among them."""
    for answer in answers:
        if isinstance(answer, RedisError):
            raise answer
    return answers


def forget_connections(client: Client) -> None:
    """Close the connections that are not in use."""
    pool: Any = client.connection_pool
    if "inuse_connections" in signature(pool.disconnect).parameters:
        pool.disconnect(inuse_connections=False)
        return
    # Before redis-py 7, a pool for whose connections threads wait closes all of them at once,
    # also those that others are reading from.
    for connection in list(pool.pool.queue):
        if connection is not None:
            connection.disconnect()


class _Borrowed:
    """A connection of the pool for as long as a ``with`` lasts, closed where that ends by an error.

    No generator, which would make each read a tenth longer.
    """

    __slots__ = ("_connection", "_pool")

    def __init__(self, client: Client) -> None:
        self._pool = client.connection_pool

    def __enter__(self) -> Connection:
        connection: Connection = self._pool.get_connection()
        self._connection = connection
        return connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._connection.disconnect()
        finally:
            self._pool.release(self._connection)


def _answers(connection: Connection, commands: Sequence[Command]) -> list[Any]:
    connection.send_packed_command(packed(connection, commands))
    answers: list[Any] = []
    for _ in commands:
        try:
            answers.append(connection.read_response())
        except ResponseError as error:
            answers.append(error)
    return answers
