"""The tests of the mutants, as somebody would write them. Collected by `test_mutants` only."""

from __future__ import annotations

from flask_caching_conformance import BackendConformance

from .mutants import MUTANTS
from .network import NetworkCache
from .test_reference import OnAServer


class Impatient:
    """Waits for nothing that will not come."""

    level = "hardened"
    patience = 1.0
    fault_patience = 1.0
    recovery = 1.0


def tests_of(backend):
    name = f"Test{backend.__name__}"
    if issubclass(backend, NetworkCache):
        return type(name, (Impatient, OnAServer), {"kind": backend})
    return type(name, (Impatient, BackendConformance), {"config": {"CACHE_TYPE": backend}})


globals().update({f"Test{mutant}": tests_of(mutant.backend) for mutant in MUTANTS})
