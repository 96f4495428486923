"""How do commands reach the right node of a cluster?

Each goes to the node that has its name. A node that has it no longer says where it is; a node
that is gone makes the map of the cluster be looked at again. Many names are sorted by node,
and each node is asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from redis.exceptions import (
    AskError,
    ClusterError,
    MovedError,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004 (the driver's)
)

from flask_caching.processes import PerProcess

from .addresses import Address
from .driver import Client, Cluster, Command, Node
from .exchange import (
    checked,
    enclosed,
    exchange,
    outcome,
    single,
    swap,
    transaction,
)
from .refusals import is_lost_connection, is_wrong_type
from .scanning import names_with
from .topology import Topology

T = TypeVar("T")
Call: TypeAlias = Callable[[Client], T]
#: Chooses one of the nodes that have a name.
Choose: TypeAlias = Callable[[Cluster, str], Node]

#: How often a command is sent on to where its name is said to be.
REDIRECTIONS = 5
#: How often many commands are sorted by node, before those left over go one by one.
SORTINGS = 2

ASKING: Command = ("ASKING",)


class Nodes:
    """The nodes of a cluster.

    :param make_topology: called once in each process.
    :param from_replicas: whether reads go to a replica first, which may lag behind.
    """

    def __init__(self, make_topology: Callable[[], Topology], from_replicas: bool = False) -> None:
        self._topology = PerProcess(make_topology)
        self._from_replicas = from_replicas

    @property
    def writing(self) -> Cluster:
        return self._topology().cluster()

    @property
    def reading(self) -> Cluster:
        return self._topology().cluster()

    def read(self, name: str, *command: str | bytes | int) -> Any:
        if self._from_replicas:
            topology = self._topology()
            cluster, node = self._holder(topology, name, _replica)
            try:
                return single(cluster.get_redis_connection(node), command)
            except RedisError as error:
                _look_again(topology, name, node, error)
                if isinstance(error, TimeoutError):
                    raise
        return self.write(name, *command)  # which also reads, from the one that has the name

    def write(self, name: str, *command: str | bytes | int) -> Any:
        return self._call(
            name,
            lambda client: single(client, command),
            lambda client: checked(exchange(client, [ASKING, command]))[-1],
            twice=True,
        )

    def write_once(self, name: str, commands: Sequence[Command]) -> Sequence[Any]:
        return self._call(
            name,
            lambda client: transaction(client, commands),
            lambda client: outcome(exchange(client, [ASKING, *enclosed(commands)])),
            twice=False,
        )

    def swap(self, name: str, expected: bytes | None, command: Command) -> bool:
        exchanged = partial(swap, name=name, expected=expected, command=command)
        return self._call(name, exchanged, exchanged, twice=False)

    def read_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        answers = self._many([("GET", name) for name in names], self._from_replicas)
        return checked([None if is_wrong_type(answer) else answer for answer in answers])

    def write_many(self, commands: Sequence[Command]) -> Sequence[Any]:
        return self._many(commands, False)

    def remove_many(self, names: Sequence[str | bytes]) -> None:
        checked(self._many([("UNLINK", name) for name in names], False))

    def clear(self, prefix: str) -> None:
        self._topology().refresh(prefix, None)  # a node that has joined has names as well
        try:
            return self._clear(prefix)
        except RedisError as error:
            if not is_lost_connection(error):
                raise
        self._topology().refresh(prefix, None)
        return self._clear(prefix)

    def close(self) -> None:
        self._topology().close()

    # -- one name --------------------------------------------------------------------

    def _call(self, name: str, call: Call[T], ask: Call[T], twice: bool) -> T:
        """Send commands to the node that has the name.

        :param ask: sends them to a node that the name is just moving to.
        :param twice: whether they may be sent again after a connection was lost.
        """
        topology = self._topology()
        cluster, node = self._holder(topology, name, _primary)
        for _ in range(REDIRECTIONS):
            try:
                return call(cluster.get_redis_connection(node))
            except MovedError as error:
                topology.refresh(name, None)
                cluster, node = self._redirected(topology, name, error)
            except AskError as error:
                cluster, node = self._redirected(topology, name, error)
                call = ask
            except RedisError as error:
                if isinstance(error, ResponseError) and not isinstance(error, ClusterError):
                    raise
                _look_again(topology, name, node, error)
                if not (twice and is_lost_connection(error)):
                    raise
                twice = False
                cluster, node = self._holder(topology, name, _primary)
        raise ClusterError(f"the nodes send from one to the other, {REDIRECTIONS} times")

    def _holder(self, topology: Topology, name: str, choose: Choose) -> tuple[Cluster, Node]:
        cluster = topology.cluster()
        try:
            return cluster, choose(cluster, name)
        except SlotNotCoveredError:
            topology.refresh(name, None)
        cluster = topology.cluster()
        return cluster, choose(cluster, name)

    def _redirected(self, topology: Topology, name: str, error: AskError) -> tuple[Cluster, Node]:
        cluster = topology.cluster()
        node = cluster.get_node(host=error.host, port=error.port)
        return (cluster, node) if node is not None else self._holder(topology, name, _primary)

    # -- many names ------------------------------------------------------------------

    def _many(self, commands: Sequence[Command], from_replicas: bool) -> Sequence[Any]:
        """Send commands, each on the one name that follows it, in one trip to each node."""
        answers: dict[int, Any] = {}
        left = list(range(len(commands)))
        for sorting in range(1, SORTINGS + 1):
            cluster = self._topology().cluster()
            replicas = from_replicas and sorting == 1
            for node, group in _by_node(cluster, commands, left, replicas):
                answers |= self._from_node(cluster, node, commands, group, sorting == SORTINGS)
            left = [position for position in left if position not in answers]
            if not left:
                break
        for position in left:
            answers[position] = self._alone(commands[position])
        return [answers[position] for position in range(len(commands))]

    def _from_node(
        self,
        cluster: Cluster,
        node: Node,
        commands: Sequence[Command],
        group: Sequence[int],
        last: bool,
    ) -> dict[int, Any]:
        """Return a node's answers to some of the commands, but for those it sends elsewhere."""
        client = cluster.get_redis_connection(node)
        try:
            given = exchange(client, [commands[position] for position in group])
        except RedisError as error:
            _look_again(self._topology(), _name(commands[group[0]]), node, error)
            if last or not is_lost_connection(error):
                raise
            return {}
        answers = dict(zip(group, given, strict=True))
        here = {key: each for key, each in answers.items() if not isinstance(each, AskError)}
        if len(here) < len(answers):
            self._topology().refresh(_name(commands[group[0]]), None)
        return here

    def _alone(self, command: Command) -> Any:
        try:
            return self.write(_name(command), *command)
        except ResponseError as error:
            return error

    def _clear(self, prefix: str) -> None:
        cluster = self._topology().cluster()
        for node in cluster.get_primaries():
            for names in names_with(cluster.get_redis_connection(node), prefix):
                self.remove_many(names)


def _look_again(topology: Topology, name: str, node: Node, error: RedisError) -> None:
    """Get a new map of the cluster after a node failed.

    In the background where the call has spent its time already.
    """
    failed = Address(node.host, node.port)
    if isinstance(error, TimeoutError):
        Thread(target=topology.refresh, args=(name, failed), daemon=True).start()
    else:
        topology.refresh(name, failed)


def _by_node(
    cluster: Cluster, commands: Sequence[Command], positions: Sequence[int], replicas: bool
) -> Iterable[tuple[Node, list[int]]]:
    """Return the nodes with the positions of the commands that go there."""
    choose = _replica if replicas else _primary
    groups: dict[str, tuple[Node, list[int]]] = {}
    for position in positions:
        node = choose(cluster, _name(commands[position]))
        groups.setdefault(node.name, (node, []))[1].append(position)
    return groups.values()


def _primary(cluster: Cluster, name: str) -> Node:
    node: Node = cluster.get_node_from_key(name)
    return node


def _replica(cluster: Cluster, name: str) -> Node:
    """Return a node with a copy of a name, or the name's own where there is none."""
    node: Node | None = cluster.get_node_from_key(name, replica=True)
    return node or _primary(cluster, name)


def _name(command: Command) -> Any:
    return command[1]
