"""The tests of the mutants, as somebody would write them. Collected by `test_mutants` only."""

from __future__ import annotations

from flask_caching_conformance import BackendConformance

from .folder import FolderCache
from .mutants import MUTANTS
from .network import NetworkCache
from .test_reference import InAFolder, Installed, OnAServer


class Impatient:
    """Waits for nothing that will not come."""

    level = "hardened"
    revision = 2
    patience = 1.0
    fault_patience = 1.0
    recovery = 1.0


def tests_of(mutant):
    backend, name = mutant.backend, f"Test{mutant}"
    if mutant.distributions:
        given = {
            "distributions": mutant.distributions,
            "with_python": mutant.with_python,
            "config": {"CACHE_TYPE": "installed"},
        }
        return type(name, (Impatient, Installed, BackendConformance), given)
    if issubclass(backend, NetworkCache):
        return type(name, (Impatient, OnAServer), {"kind": backend})
    if issubclass(backend, FolderCache):
        return type(name, (Impatient, InAFolder), {"kind": backend})
    return type(name, (Impatient, BackendConformance), {"config": {"CACHE_TYPE": backend}})


globals().update({f"Test{mutant}": tests_of(mutant) for mutant in MUTANTS})
