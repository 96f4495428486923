"""What must every backend pass? `BackendConformance`, subclassed by the tests of a backend."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.cases")  # before these modules are imported

from .catalogue import Case as Case  # noqa: E402
from .catalogue import case as case  # noqa: E402
from .catalogue import cases_of as cases_of  # noqa: E402
from .suite import BackendConformance as BackendConformance  # noqa: E402
