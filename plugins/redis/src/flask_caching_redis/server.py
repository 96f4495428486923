"""How do commands reach a server, and which are sent a second time?

What may be done twice without harm is sent again, once and at once, after a connection was
lost. What may not, an addition or an increment, is sent again only after a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from redis.exceptions import ReadOnlyError, RedisError

from flask_caching.processes import PerProcess

from .clients import Clients
from .driver import Client, Command
from .exchange import (
    checked,
    exchange,
    forget_connections,
    single,
    swap,
    transaction,
)
from .refusals import is_lost_connection, is_read_only
from .scanning import names_with

T = TypeVar("T")

#: Names in one command, at most: a longer one would keep other clients waiting.
BATCH = 1_000


class Servers(Protocol):
    """One server, a master with replicas, or a cluster."""

    @property
    def writing(self) -> Any:
        """The driver's client that writes, in this process."""
        ...

    @property
    def reading(self) -> Any:
        """The driver's client that reads, in this process."""
        ...

    def read(self, name: str, *command: str | bytes | int) -> Any:
        """Return the answer to a command on a name that changes nothing."""
        ...

    def write(self, name: str, *command: str | bytes | int) -> Any:
        """Return the answer to a command on a name that may be done twice."""
        ...

    def write_once(self, name: str, commands: Sequence[Command]) -> Sequence[Any]:
        """Do commands on a name as one, never twice; return the answers, errors among them."""
        ...

    def swap(self, name: str, expected: bytes | None, command: Command) -> bool:
        """Do a command only if exactly `expected` lies under the name."""
        ...

    def read_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """Return what lies under each name; ``None`` where it is nothing, or no string."""
        ...

    def write_many(self, commands: Sequence[Command]) -> Sequence[Any]:
        """Return the answers to commands on a name each, errors among them."""
        ...

    def remove_many(self, names: Sequence[str]) -> None:
        """Remove names."""
        ...

    def clear(self, prefix: str) -> None:
        """Remove every name that begins so."""
        ...

    def close(self) -> None:
        """Close the connections that are ours."""
        ...


class Server:
    """One server, or whichever is the master at the moment.

    :param connect: makes the clients, once in each process.
    """

    def __init__(self, connect: Callable[[], Clients]) -> None:
        self._clients = PerProcess(connect)

    @property
    def writing(self) -> Client:
        return self._clients().writing

    @property
    def reading(self) -> Client:
        return self._clients().reading

    def read(self, name: str, *command: str | bytes | int) -> Any:
        return _sent(self._clients().reading, lambda client: single(client, command))

    def write(self, name: str, *command: str | bytes | int) -> Any:
        return _sent(self._clients().writing, lambda client: single(client, command))

    def write_once(self, name: str, commands: Sequence[Command]) -> Sequence[Any]:
        return _sent(self.writing, lambda client: transaction(client, commands), twice=False)

    def swap(self, name: str, expected: bytes | None, command: Command) -> bool:
        return _sent(
            self.writing, lambda client: swap(client, name, expected, command), twice=False
        )

    def read_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        if len(names) <= BATCH:
            found: Sequence[bytes | None] = self.read("", "MGET", *names)
            return found
        commands: list[Command] = [("MGET", *batch) for batch in _batches(names)]
        answers = _sent(self.reading, lambda client: exchange(client, commands))
        return [each for answer in checked(answers) for each in answer]

    def write_many(self, commands: Sequence[Command]) -> Sequence[Any]:
        return _sent(self.writing, lambda client: _written(client, commands))

    def remove_many(self, names: Sequence[str]) -> None:
        checked(self.write_many([("UNLINK", *batch) for batch in _batches(names)]))

    def clear(self, prefix: str) -> None:
        _sent(self.writing, lambda client: _clear(client, prefix))

    def close(self) -> None:
        self._clients().close()


def _sent(client: Client, call: Callable[[Client], T], twice: bool = True) -> T:
    """Send something through a client, and once more where that may help.

    :param twice: whether it may be sent again after a connection was lost.
    """
    try:
        return call(client)
    except RedisError as error:
        if not _may_help(client, error, twice):
            raise
    return call(client)


def _may_help(client: Client, error: RedisError, twice: bool) -> bool:
    """Tell whether to send again."""
    if is_read_only(error):
        forget_connections(client)  # the name may lead to another server by now
        return True
    return twice and is_lost_connection(error)


def _written(client: Client, commands: Sequence[Command]) -> Sequence[Any]:
    answers = exchange(client, commands)
    checked([answer for answer in answers if isinstance(answer, ReadOnlyError)])
    return answers


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


def _clear(client: Client, prefix: str) -> None:
    for names in names_with(client, prefix):
        checked(exchange(client, [("UNLINK", *names)]))
