"""How is a server started that wants a password, a user, TLS, or listens at a unix socket?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import trustme

from flask_caching_conformance.harness.servers import HOST

from .servers import RedisServer

#: Each with what has a meaning in a URL.
PASSWORD = "correct horse/battery:staple@1"
USER, USERS_PASSWORD = "app", "secret?of#the/user"


def with_password(folder: Path) -> RedisServer:
    return RedisServer(folder, "--requirepass", PASSWORD, login={"password": PASSWORD})


def add_users(server: RedisServer) -> None:
    """Let users in who may do different things, each with the names of ``app`` only."""
    rights = {USER: "+@all -@admin", "reader": "+@read", "writer": "+@write -@read +ping"}
    with server.client() as client:
        for user, allowed in rights.items():
            rules = ["reset", "on", f">{USERS_PASSWORD}", "~app*", *allowed.split()]
            client.execute_command("ACL", "SETUSER", user, *rules)


@dataclass(frozen=True)
class Certificates:
    """A certificate for this machine, and the authority that vouches for it."""

    authority: str
    certificate: str
    key: str

    @property
    def options(self) -> tuple[str, ...]:
        """What a server needs to talk TLS."""
        return (
            *("--tls-cert-file", self.certificate, "--tls-key-file", self.key),
            *("--tls-ca-cert-file", self.authority, "--tls-auth-clients", "no"),
            *("--tls-replication", "yes", "--tls-cluster", "yes"),
        )

    @property
    def trust(self) -> dict[str, Any]:
        """What a client needs to talk to such a server."""
        return {"ssl": True, "ssl_ca_certs": self.authority}


def certificates(folder: Path) -> Certificates:
    folder.mkdir(parents=True)
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    files = Certificates(*(str(folder / f"{each.name}.pem") for each in fields(Certificates)))
    authority.cert_pem.write_to_path(files.authority)
    certificate.cert_chain_pems[0].write_to_path(files.certificate)
    certificate.private_key_pem.write_to_path(files.key)
    return files


def only_tls(server: RedisServer) -> RedisServer:
    """Let a server listen for TLS at its port, and for nothing else."""
    server.command += ["--tls-port", str(server.port), "--port", "0"]
    return server


def at_unix_socket(folder: Path) -> tuple[RedisServer, Path]:
    path = folder / "socket"
    return RedisServer(folder, "--unixsocket", path), path
