"""What must every backend pass? One class, to be subclassed by its tests."""

from __future__ import annotations

from .cases.bulk import Bulk
from .cases.capacity import Capacity
from .cases.clock_jumps import ClockJumps
from .cases.construction import Construction
from .cases.counters import Counters
from .cases.crowds import Crowds
from .cases.deaths import Deaths
from .cases.faults import Faults
from .cases.folders import Folders
from .cases.histories import Histories
from .cases.keys import Keys
from .cases.leaks import Leaks
from .cases.measurements import Measurements
from .cases.model import Model
from .cases.packaging import Packaging
from .cases.payloads import Payloads
from .cases.prefixes import Prefixes
from .cases.processes import Processes
from .cases.programs import Programs
from .cases.refusals import Refusals
from .cases.restarts import Restarts
from .cases.signatures import Signatures
from .cases.single_keys import SingleKeys
from .cases.threads import Threads
from .cases.through_flask import ThroughFlask
from .cases.times import Times
from .cases.trips import Trips
from .cases.values import Values
from .catalogue import refuse_overrides


class BackendConformance(
    Packaging,
    Construction,
    SingleKeys,
    Bulk,
    Times,
    Counters,
    Keys,
    Values,
    Payloads,
    Signatures,
    Prefixes,
    Threads,
    Processes,
    Programs,
    Deaths,
    Capacity,
    Model,
    Histories,
    ThroughFlask,
    Trips,
    Faults,
    Refusals,
    Crowds,
    ClockJumps,
    Folders,
    Leaks,
    Restarts,
    Measurements,
):
    """Every case of the catalogue.

    A subclass gives the configuration of its backend::

        class TestFoo(BackendConformance):
            config = {"CACHE_TYPE": "foo", "CACHE_FOO_URL": "..."}

    What else it may say is in `flask_caching_conformance.bench.Bench`. A case can't be removed
    or replaced; one that is known to fail is named in ``known_failures``.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        refuse_overrides(cls, BackendConformance)
