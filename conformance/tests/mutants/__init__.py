"""Backends that are wrong in one point each, with the case that must notice it."""

from . import capacity as capacity
from . import construction as construction
from . import counters as counters
from . import crowds as crowds
from . import deaths as deaths
from . import faults as faults
from . import folders as folders
from . import histories as histories
from . import keys as keys
from . import lives as lives
from . import many_keys as many_keys
from . import packaging as packaging
from . import payloads as payloads
from . import prefixes as prefixes
from . import processes as processes
from . import reading as reading
from . import restarts as restarts
from . import signatures as signatures
from . import threads as threads
from . import through_flask as through_flask
from . import writing as writing
from .registry import MUTANTS as MUTANTS
from .registry import Mutant as Mutant
