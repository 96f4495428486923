"""How is a server started that wants a password, a user, TLS, or listens at a unix socket?"""

from __future__ import annotations

from pathlib import Path

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


def with_tls(folder: Path) -> tuple[RedisServer, Path]:
    """A server that talks TLS only, and the file of the authority that vouches for it."""
    folder.mkdir(parents=True)
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    files = {name: folder / f"{name}.pem" for name in ("authority", "certificate", "key")}
    authority.cert_pem.write_to_path(files["authority"])
    certificate.cert_chain_pems[0].write_to_path(files["certificate"])
    certificate.private_key_pem.write_to_path(files["key"])
    server = RedisServer(
        folder,
        *("--tls-cert-file", files["certificate"], "--tls-key-file", files["key"]),
        *("--tls-ca-cert-file", files["authority"], "--tls-auth-clients", "no"),
        login={"ssl": True, "ssl_ca_certs": str(files["authority"])},
    )
    server.command += ["--tls-port", str(server.port), "--port", "0"]
    return server, files["authority"]


def at_unix_socket(folder: Path) -> tuple[RedisServer, Path]:
    path = folder / "socket"
    return RedisServer(folder, "--unixsocket", path), path
