"""How are the real servers started that the tests talk to: one, a cluster, sentinels?"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import redis

from flask_caching_conformance.harness.servers import HOST, Server, find_program, free_port
from flask_caching_conformance.harness.waiting import wait_until

#: Milliseconds after which the others take a node for dead.
DEAD_AFTER = 1_000
#: The bus of a cluster's node listens at its port and this.
BUS = 10_000


class RedisServer(Server):
    """A ``redis-server`` that keeps nothing on disk.

    :param login: what a client that looks around the backend needs, such as a password.
    """

    def __init__(
        self,
        folder: Path,
        *options: object,
        login: dict[str, Any] | None = None,
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self._login = login or {}
        command = [
            find_program("redis-server", "redis-server"),
            *("--port", self.port, "--bind", HOST, "--dir", folder),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
            *options,
        ]
        super().__init__([str(part) for part in command], folder, self._answers)

    def client(self, kind: type[redis.Redis] = redis.Redis, **options: Any) -> redis.Redis:
        """Return a client that looks around the backend."""
        return kind(**{"host": HOST, "port": self.port, **self._login, **options})

    def info(self, section: str) -> dict[str, Any]:
        with self.client() as client:
            return client.info(section)

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError), self.client(retry=None) as client:
            return client.ping()
        return False


class ClusterServer(RedisServer):
    """A node of a cluster, at first of a cluster of its own without any slots."""

    def __init__(self, folder: Path, *options: object, login: dict[str, Any] | None = None) -> None:
        super().__init__(
            folder,
            *("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"),
            *("--cluster-announce-ip", HOST, "--cluster-node-timeout", DEAD_AFTER),
            *options,
            login=login,
            port=free_port(BUS),
        )


class Cluster:
    """Three primaries with a replica each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.nodes: list[RedisServer] = []

    @property
    def addresses(self) -> str:
        return ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def start(self) -> Self:
        while len(self.nodes) < 6:
            self.nodes.append(self._running.enter_context(self._node(len(self.nodes))))
        subprocess.run(
            [
                find_program("redis-cli", "redis-tools"),
                *("--cluster", "create", *self.addresses.split(",")),
                *("--cluster-replicas", "1", "--cluster-yes"),
            ],
            capture_output=True,
            check=True,
            timeout=60,
        )
        wait_until(self.is_whole)
        return self

    def stop(self) -> None:
        self._running.close()

    def is_whole(self) -> bool:
        """Tell whether every node knows of a primary and a replica for all names."""
        return all(self._is_content(node) for node in self.nodes)

    def primaries(self) -> list[RedisServer]:
        return [node for node in self.nodes if node.info("replication")["role"] == "master"]

    def primary_of(self, name: str) -> RedisServer:
        with redis.RedisCluster(HOST, self.nodes[0].port) as client:
            port = client.get_node_from_key(name).port
        return next(node for node in self.nodes if node.port == port)

    def replica_of(self, primary: RedisServer) -> RedisServer:
        return next(
            node
            for node in self.nodes
            if node.info("replication").get("master_port") == primary.port
        )

    def revive(self, node: RedisServer) -> None:
        """Start a killed node again, and wait until its primary has it as a replica."""
        node.start()
        wait_until(self.is_whole)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _node(self, number: int) -> RedisServer:
        return ClusterServer(
            self._folder / str(number),
            *("--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no"),
            # A replica that has heard nothing yet from its primary is not in the map.
            *("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"),
        )

    def _is_content(self, node: RedisServer) -> bool:
        with node.client() as client:
            known = client.execute_command("CLUSTER NODES").values()
            is_ok = client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"
            ranges = client.execute_command("CLUSTER SLOTS")
            replication = client.info("replication")
        flags = [set(each["flags"].split(",")) for each in known]
        sound = [each for each in flags if not each & {"fail", "fail?", "handshake", "noaddr"}]
        # From, to, a primary and its replica.
        is_doubled = all(len(each) == 4 for each in ranges)
        is_linked = replication.get("master_link_status", "up") == "up"
        return is_ok and is_doubled and is_linked and len(sound) == 6


class Watched:
    """A master with two replicas, and three sentinels that watch over them."""

    master_name = "mymaster"

    def __init__(
        self, folder: Path, *, password: str | None = None, sentinel_password: str | None = None
    ) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._password = password
        self._sentinel_password = sentinel_password
        self.servers: list[RedisServer] = []
        self.sentinels: list[RedisServer] = []

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [(HOST, each.port) for each in self.sentinels]

    def start(self) -> Self:
        self.servers.append(self._running.enter_context(self._server("master")))
        for number in (1, 2):
            replica = self._server(f"replica {number}", "--replicaof", HOST, self.servers[0].port)
            self.servers.append(self._running.enter_context(replica))
        wait_until(lambda: self._has_replicas(self.servers[0]))
        for number in (1, 2, 3):
            self.sentinels.append(self._running.enter_context(self._sentinel(number)))
        wait_until(lambda: all(self._knows_all(each) for each in self.sentinels))
        return self

    def stop(self) -> None:
        self._running.close()

    def master(self) -> RedisServer:
        """Return the server that the first sentinel names."""
        with self.sentinels[0].client() as client:
            port = client.sentinel_masters()[self.master_name]["port"]
        return next(each for each in self.servers if each.port == port)

    def is_whole(self) -> bool:
        """Tell whether all sentinels agree on a master that has two replicas."""
        return self._has_replicas(self.master()) and all(map(self._knows_all, self.sentinels))

    def revive(self, server: RedisServer) -> None:
        """Start a killed server again, and wait until it is a replica."""
        server.start()
        wait_until(self.is_whole)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _server(self, name: str, *options: object) -> RedisServer:
        login: dict[str, Any] = {}
        if self._password:
            login = {"password": self._password}
            options = (*options, "--requirepass", self._password, "--masterauth", self._password)
        return RedisServer(
            self._folder / name, "--repl-diskless-sync-delay", "0", *options, login=login
        )

    def _sentinel(self, number: int) -> RedisServer:
        watched = f"{self.master_name} {HOST} {self.servers[0].port} 2"
        lines = [
            f"sentinel monitor {watched}",
            f"sentinel down-after-milliseconds {self.master_name} {DEAD_AFTER}",
            f"sentinel failover-timeout {self.master_name} 3000",
        ]
        login: dict[str, Any] = {}
        if self._password:
            lines.append(f"sentinel auth-pass {self.master_name} {self._password}")
        if self._sentinel_password:
            login = {"password": self._sentinel_password}
            lines += [
                f"requirepass {self._sentinel_password}",
                f"sentinel sentinel-pass {self._sentinel_password}",
            ]
        return SentinelServer(self._folder / f"sentinel {number}", lines, login)

    def _has_replicas(self, master: RedisServer) -> bool:
        replication = master.info("replication")
        states = [replication.get(f"slave{number}", {}).get("state") for number in (0, 1)]
        return replication["role"] == "master" and states == ["online", "online"]

    def _knows_all(self, sentinel: RedisServer) -> bool:
        with sentinel.client() as client:
            master = client.sentinel_masters()[self.master_name]
            replicas = client.sentinel_slaves(self.master_name)
        sound = [each for each in replicas if not each["is_sdown"] and not each["is_odown"]]
        return master["num-other-sentinels"] == 2 and not master["is_sdown"] and len(sound) == 2


class SentinelServer(RedisServer):
    """A sentinel, which keeps its configuration in a file.

    :param lines: the configuration to begin with.
    """

    def __init__(self, folder: Path, lines: Sequence[str], login: dict[str, Any]) -> None:
        super().__init__(folder, login=login)
        folder.mkdir(parents=True)
        (folder / "sentinel.conf").write_text("\n".join(lines) + "\n")
        self.command = [
            *(find_program("redis-sentinel", "redis-sentinel"), str(folder / "sentinel.conf")),
            *("--port", str(self.port), "--bind", HOST, "--dir", str(folder)),
        ]
