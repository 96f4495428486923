"""What of redis-py is used to send commands, and nothing else of it?

Its own annotations leave most of this out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

#: A command's name and arguments.
Command: TypeAlias = tuple[str | bytes | int, ...]


class Connection(Protocol):
    """A connection to a server, as a `Pool` gives it."""

    def pack_commands(self, commands: Iterable[Command]) -> Any: ...

    def send_command(self, *command: str | bytes | int) -> None: ...

    def send_packed_command(self, command: Any) -> None: ...

    def read_response(self) -> Any: ...

    def disconnect(self) -> None: ...


class Pool(Protocol):
    """The connections of a client."""

    def get_connection(self) -> Any: ...

    def release(self, connection: Any) -> None: ...

    def disconnect(self, inuse_connections: bool = True) -> None: ...


class Client(Protocol):
    """A client of one server: ``redis.Redis``."""

    @property
    def connection_pool(self) -> Pool: ...

    @property
    def connection(self) -> Any: ...

    def get_retry(self) -> Any: ...

    def execute_command(self, *args: Any) -> Any: ...


class Node(Protocol):
    """A server of a cluster: ``redis.cluster.ClusterNode``."""

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


class Cluster(Protocol):
    """A client of a cluster, with a map of its nodes: ``redis.RedisCluster``."""

    def get_nodes(self) -> Sequence[Node]: ...

    def get_primaries(self) -> Sequence[Node]: ...

    def get_node(self, host: str, port: int) -> Any: ...

    def get_node_from_key(self, key: str | bytes, replica: bool = False) -> Any: ...

    def get_redis_connection(self, node: Any) -> Client: ...

    def execute_command(self, *args: Any) -> Any: ...

    def disconnect_connection_pools(self) -> None: ...
