"""What may a case ask for, and what may the tests of a backend replace?

Everything here may be overridden in a subclass: the attributes, and each fixture, which may then
ask for other fixtures.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.backends.bytestore import BytesCache

from .addresses import at_port, port_in
from .catalogue import case_of
from .harness.clock import Clock
from .harness.threads import in_thread, results
from .reporting.levels import Level
from .reporting.subject import Subject
from .timeline import Passing, Timeline
from .verdicts import Skip
from .workshop import Workshop

Advance = Callable[[float], None]
RawRead = Callable[[str], bytes | None]
RawWrite = Callable[[str, bytes], None]
RawKeys = Callable[[], Collection[Any]]
Measure = Callable[[str, str], None]
ConfigAt = Callable[[int], Mapping[str, Any]]
Test = TypeVar("Test", bound=Callable[..., None])


#: How the names of figures begin among the properties that pytest keeps of a test.
MEASURED = "conformance: "


class OwnServer(Protocol):
    """What a case does to a server: a `harness.servers.Server` with a port.

    It is up when a case gets it, and answers again at the same port when `start` has returned.
    """

    port: int

    def start(self) -> object: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


class Bench:
    """The hooks and the fixtures of the cases."""

    #: What an application would write to use the backend.
    config: ClassVar[Mapping[str, Any]] = {}
    #: The level that the backend claims: "core", "declared" or "hardened". Cases above it are
    #: run and shown, and fail nothing.
    level: ClassVar[str] = Level.DECLARED
    #: The revision of the catalogue that the backend was written to: cases that came later are
    #: run and shown, and fail nothing.
    revision: ClassVar[int] = 1
    #: How tests make processes that use a backend: by "fork" such as go on with the test's own, by
    #: "spawn" new interpreters that make one of the same configuration, if it can be pickled.
    process_models: ClassVar[Collection[str]] = frozenset({"fork", "spawn"})
    #: The settings without which the backend can't be made.
    required_options: ClassVar[Collection[str]] = ()
    #: Seconds after which what has not answered hangs.
    patience: ClassVar[float] = 10.0
    #: Seconds for which the configuration of `config_at` lets a call wait for a reply.
    reply_timeout: ClassVar[float] = 1.0
    #: Seconds within which a call must fail where the server can't be reached or is frozen: a
    #: connection, a reply, a retry of each, and what a busy machine may add.
    fault_patience: ClassVar[float] = 5.0
    #: Seconds within which a backend must have noticed that its server is back.
    recovery: ClassVar[float] = 10.0
    #: How many entries are very many: fewer where so many take more than some seconds.
    crowd: ClassVar[int] = 100_000
    #: Bytes of a value that the store refuses, if it refuses any.
    too_large: ClassVar[int] = 16 << 20

    #: Cases that are known to fail, by their ids, each with the reason. They stand in the way of
    #: a level, but fail no run; a test of them that passes does.
    known_failures: ClassVar[Mapping[str, str]] = {}
    #: What examples and random moments are drawn with, and by how much there are more of them
    #: than usual; both are options of pytest's.
    seed: int = 0
    effort: int = 1
    #: The backend that was made last, for the report.
    subject: ClassVar[Subject | None] = None

    timeline: Timeline

    # -- hooks -----------------------------------------------------------------------

    @pytest.fixture
    def backend_config(self) -> Mapping[str, Any]:
        """The configuration; override it where it depends on other fixtures (a server's port)."""
        assert self.config, (
            f"Give {type(self).__name__} a configuration: config = {{'CACHE_TYPE': …}}, or a "
            "fixture backend_config that returns one."
        )
        return self.config

    @pytest.fixture
    def advance(self, make: Workshop, clock: Clock) -> Advance:
        """Let seconds pass. Override it where a store's own clock decides, too."""
        return Passing(clock, lambda: make.takes_clock)

    @pytest.fixture
    def raw_read(self, backend: BaseCache) -> RawRead:
        """Read around the backend: what lies in the store under a key, or ``None``."""
        store = _bytes_of(backend, "raw_read")
        return lambda key: store.raw_get(store.name(key))

    @pytest.fixture
    def raw_write(self, backend: BaseCache) -> RawWrite:
        """Write around the backend: put bytes into the store under a key, for ever."""
        store = _bytes_of(backend, "raw_write")

        def write(key: str, payload: bytes) -> None:
            store.raw_set(store.name(key), payload, 0)

        return write

    @pytest.fixture
    def raw_keys(self) -> RawKeys:
        """List around the backend: the names of all that lies in the store."""
        Skip.DOES_NOT_APPLY("the store is not listed: the hook raw_keys is not overridden")

    @pytest.fixture
    def endpoint(self, backend: BaseCache, backend_config: Mapping[str, Any]) -> int:
        """The port of this machine at which the store's server listens.

        Where the configuration names one such port, that is it.
        """
        if Capability.NETWORK not in backend.capabilities:
            Skip.DOES_NOT_APPLY(f"{type(backend).__name__} speaks to no server")
        port = port_in(backend_config)
        if port is None:
            Skip.NOT_JUDGED(f"the hook endpoint is not overridden for {type(backend).__name__}")
        return port

    @pytest.fixture
    def config_at(self, backend_config: Mapping[str, Any], endpoint: int) -> ConfigAt:
        """Give the configuration for the same server, reached at another port."""
        return lambda port: at_port(backend_config, endpoint, port)

    @pytest.fixture
    def retrying_at(self, backend: BaseCache) -> ConfigAt:
        """As `config_at`, with a client of the application's own that tries again."""
        Skip.DOES_NOT_APPLY(f"{type(backend).__name__} is given no client by applications")

    @pytest.fixture
    def fill(self, backend: BaseCache) -> Callable[[], None]:
        """Fill the store, until it refuses what is new."""
        Skip.DOES_NOT_APPLY(f"nobody says that the store of {type(backend).__name__} is ever full")

    @pytest.fixture
    def store_folder(self, backend_config: Mapping[str, Any]) -> Path:
        """The folder in which the backend keeps its files: by default what ``CACHE_DIR`` says."""
        folder = backend_config.get("CACHE_DIR")
        if folder is None:
            Skip.DOES_NOT_APPLY("no folder is named that the backend keeps files in")
        return Path(folder)

    @pytest.fixture
    def own_server(self, backend: BaseCache) -> OwnServer:
        """A server of the test's own, which it may hurt; `config_at` its port reaches it."""
        if Capability.NETWORK not in backend.capabilities:
            Skip.DOES_NOT_APPLY(f"{type(backend).__name__} speaks to no server")
        Skip.DOES_NOT_APPLY("no server is there to be hurt: the hook own_server is not overridden")

    # -- for the cases ---------------------------------------------------------------

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock of every backend that takes one."""
        return Clock()

    @pytest.fixture
    def prefix(self) -> str:
        """A prefix of this test's own, so that tests may share a server."""
        return f"{uuid.uuid4().hex[:12]}-"

    @pytest.fixture
    def make(
        self,
        request: pytest.FixtureRequest,
        backend_config: Mapping[str, Any],
        clock: Clock,
        prefix: str,
    ) -> Iterator[Workshop]:
        """Make more backends, by default of one prefix and on one clock."""

        def check(backend: BaseCache) -> None:
            type(self).subject = Subject.of(backend)
            _skip_without_capabilities(request, backend)

        workshop = Workshop({"CACHE_KEY_PREFIX": prefix, **backend_config}, clock, check)
        yield workshop
        # On a thread, which may hang where a case found that the backend does.
        results([in_thread(workshop.tidy)], self.patience)

    @pytest.fixture
    def backend(self, make: Workshop) -> BaseCache:
        return make()

    @pytest.fixture
    def measure(self, record_property: Callable[[str, object], None]) -> Measure:
        """Put a figure into the report, under its name."""
        return lambda name, figure: record_property(MEASURED + name, figure)

    @pytest.fixture
    def forked(self) -> None:
        """Skip what forks where the tests can't."""
        if "fork" not in self.process_models:
            Skip.NOT_JUDGED("'fork' is not in process_models")

    @pytest.fixture(name="timeline")
    def _timeline(self, advance: Advance, backend: BaseCache) -> Timeline:
        self.timeline = Timeline(advance, backend.resolution)
        return self.timeline

    def rounds(self, backend: BaseCache, count: int) -> int:
        """Return how often to do something that is done often: less over a network."""
        parts = 4 if Capability.NETWORK in backend.capabilities else 1
        return max(count * self.effort // parts, 1)

    def examples(self, backend: BaseCache, count: int) -> settings:
        """Return how Hypothesis is to look for examples."""
        return settings(
            max_examples=self.rounds(backend, count),
            database=None,
            deadline=None,
            # What a busy machine makes of it is no matter of the backend's.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )

    def by_examples(self, backend: BaseCache, count: int) -> Callable[[Test], Test]:
        """Let Hypothesis try a property, with the examples of this run's seed."""

        def decorate(test: Test) -> Test:
            return seed(self.seed)(self.examples(backend, count)(test))

        return decorate

    def check_host_was_quick_enough(self, error: BaseException) -> None:
        """Skip a case that failed where the machine may be to blame."""
        timeline = getattr(self, "timeline", None)
        if timeline is not None and isinstance(error, AssertionError):
            timeline.check_host_was_quick_enough()


def _skip_without_capabilities(request: pytest.FixtureRequest, backend: BaseCache) -> None:
    """Skip a case of a capability that the backend does not declare."""
    callspec = getattr(request.node, "callspec", None)
    parameters = callspec.params.values() if callspec is not None else ()
    for each in (case_of(request.function), *parameters):
        needs = getattr(each, "needs", None)
        if isinstance(needs, Capability) and needs not in backend.capabilities:
            Skip.DOES_NOT_APPLY(f"{needs} is not declared by {type(backend).__name__}")


def _bytes_of(backend: BaseCache, hook: str) -> BytesCache:
    if not backend.capabilities & {Capability.SHARED, Capability.PERSISTENT}:
        Skip.DOES_NOT_APPLY(f"nobody but {type(backend).__name__} writes where its entries lie")
    if not isinstance(backend, BytesCache):
        Skip.NOT_JUDGED(f"the hook {hook} is not overridden")
    return backend
