"""How is memcached started for a test?"""

from __future__ import annotations

import itertools
import socket
import subprocess

import pylibmc

from flask_caching_conformance.harness.servers import (
    HOST,
    Server,
    accepts,
    accepts_at,
    find_program,
    free_port,
)

USER, PASSWORD = "user", "secret of the user"


class Memcached(Server):
    """memcached on a port of its own, the same one each time that it is started."""

    def __init__(self, folder, *options, environment=None):
        self.port = free_port()
        super().__init__(
            [*_command(), "-l", HOST, "-p", str(self.port), *options],
            folder,
            lambda: accepts(self.port),
            environment,
        )

    @property
    def address(self):
        return f"{HOST}:{self.port}"


class MemcachedOnSocket(Server):
    """memcached on a socket of the file system."""

    def __init__(self, folder):
        self.address = str(folder / "socket")
        super().__init__(
            [*_command(), "-s", self.address], folder, lambda: accepts_at(folder / "socket")
        )


class MemcachedWithLogin(Memcached):
    """memcached that lets `USER` in, with `PASSWORD`."""

    def __init__(self, folder):
        super().__init__(folder, "-S", "-B", "binary", environment={"SASL_CONF_PATH": str(folder)})

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        users = self.folder / "users"
        (self.folder / "memcached.conf").write_text(
            "mech_list: plain\npwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
            f"sasldb_path: {users}\n"
        )
        program = find_program("saslpasswd2", "sasl2-bin")
        # The realm is the host's name.
        arguments = ["-p", "-c", "-a", "memcached", "-u", socket.gethostname(), "-f", str(users)]
        subprocess.run([program, *arguments, USER], input=PASSWORD.encode(), check=True)
        return super().start()


def _command():
    # -u is needed where root runs it, and without effect elsewhere; -U 0: no UDP.
    program = find_program("memcached", "memcached")
    return [program, "-u", "root", "-U", "0", "-m", "64", "-t", "2"]


def client_of(server, **options):
    """Return a client of our own, which does what pylibmc does by itself."""
    return pylibmc.Client([server.address], behaviors={"cas": True, "tcp_nodelay": True}, **options)


def client_with_login(server):
    return client_of(server, binary=True, username=USER, password=PASSWORD)


def address_of(backend, key):
    """Return the address of the server on which an entry lies."""
    return backend._shelves.spot(backend.name(key)).shelf.node.name


def keys_on(backend, server, count=1):
    """Return keys whose entries lie on a server."""
    keys = (f"key-{number}" for number in itertools.count())
    own = (key for key in keys if address_of(backend, key) == server.address)
    return list(itertools.islice(own, count))
