"""Backends that are packaged wrongly: in modules of their own, as importing is what is wrong."""

from __future__ import annotations

from flask_caching.backends.simple import SimpleCache

from ..badly_packaged.handles_a_signal import HandlesASignal
from ..badly_packaged.imports_a_client import ImportsAClient
from ..badly_packaged.is_found_late import IsFoundLate
from ..badly_packaged.leaves_a_file import LeavesAFile
from ..badly_packaged.opens_a_socket import OpensASocket
from ..badly_packaged.sets_a_variable import SetsAVariable
from ..badly_packaged.starts_a_thread import StartsAThread
from ..badly_packaged.starts_with_python import StartsWithPython
from ..badly_packaged.writes_a_log import WritesALog
from .registry import dies_by

#: From which nothing can be made.
NOTHING = "a text"
HERE = "conformance.tests.mutants.packaging"
CLIENT = "conformance.tests.badly_packaged.imports_a_client:ImportsAClient"
STARTING = "conformance.tests.badly_packaged.starts_with_python"

dies_by("C-PKG-02")(IsFoundLate)
for careless in (
    *(HandlesASignal, LeavesAFile, OpensASocket),
    *(SetsAVariable, StartsAThread, WritesALog),
):
    dies_by("C-PKG-04")(careless)


@dies_by("C-PKG-01", installed={"installed": f"{HERE}:NOTHING"})
class ItsNameLeadsToNothing(SimpleCache):
    """Is found under a name that leads to a text instead."""


@dies_by("C-PKG-06")
class NeedsAnOptionThatNobodyGave(SimpleCache):
    @classmethod
    def factory(cls, app, config, args, kwargs):
        return cls(kwargs.pop("entries"), *args, **kwargs)


@dies_by("H-PKG-07", installed=dict.fromkeys(["one", "twin"], f"{HERE}:TwoHaveItsName"))
class TwoHaveItsName(SimpleCache):
    pass


dies_by("C-PKG-05", installed={"installed": CLIENT})(ImportsAClient)
dies_by("C-PKG-03", installed={"installed": f"{STARTING}:StartsWithPython"}, with_python=STARTING)(
    StartsWithPython
)
