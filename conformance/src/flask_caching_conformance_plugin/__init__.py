"""What pytest finds of the kit by its entry point: options, and a watch for the kit's suites.

It lies beside the package and imports it only when there is a suite to judge: other tests of an
environment that has the kit pay nothing for it, and their coverage is measured from the start.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask_caching_conformance.judge import Judge

KIT = "flask_caching_conformance"
#: The name under which the judge of a run is registered.
JUDGE = f"{KIT}.judge"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("conformance", "backends of flask-caching-core")
    group.addoption(
        "--conformance-case",
        action="append",
        default=[],
        metavar="ID",
        help="run only this case of the catalogue (C-ADD-03); may be given several times",
    )
    group.addoption(
        "--conformance-seed",
        type=int,
        default=0,
        metavar="N",
        help="draw examples and random moments with this seed (default: 0)",
    )
    group.addoption(
        "--conformance-effort",
        type=int,
        default=1,
        metavar="N",
        help="try N times as many examples and rounds",
    )
    group.addoption(
        "--conformance-reports",
        type=Path,
        metavar="FOLDER",
        help="write a JSON report and a page of each suite into this folder",
    )
    group.addoption(
        "--conformance-strict",
        action="store_true",
        help="fail where a case of the level that a suite claims can't be judged",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to look for suites."""
    config.pluginmanager.register(Watch(config), f"{KIT}.watch")


class Watch:
    """Calls the judge when there is something to judge."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Call the judge where the tests run."""
        if KIT in sys.modules:
            self._judge().select(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Call the judge where the reports of other processes come in."""
        if hasattr(report, "conformance") and not self._config.pluginmanager.has_plugin(JUDGE):
            self._judge().pytest_runtest_logreport(report)

    def _judge(self) -> Judge:
        from flask_caching_conformance.judge import Judge

        judge = Judge(self._config)
        self._config.pluginmanager.register(judge, JUDGE)
        return judge
