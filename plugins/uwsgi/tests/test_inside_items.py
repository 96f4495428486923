"""Does a test inside the server count here as what it was there?"""

from __future__ import annotations

import pytest

from .inside_items import FailedInsideError, Results


def report(when, outcome="passed", text="", xfail=None):
    return {"when": when, "outcome": outcome, "text": text, "xfail": xfail}


def replay(*reports):
    Results({"test": list(reports)}, "what the server printed").replay("test")


def test_what_passed_passes():
    replay(report("setup"), report("call"), report("teardown"))


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_what_failed_fails_with_the_same_text(when):
    reports = [report("setup"), report("call"), report("teardown")]
    before = [each for each in reports if each["when"] < when]

    with pytest.raises(FailedInsideError, match="the reason"):
        replay(*before, report(when, "failed", "the reason"), report("teardown"))


@pytest.mark.parametrize("reports", [[], [report("setup")], [report("setup"), report("call")]])
def test_what_did_not_run_to_its_end_fails_with_what_the_server_printed(reports):
    with pytest.raises(FailedInsideError, match="what the server printed"):
        replay(*reports)


def test_what_was_skipped_is_skipped():
    with pytest.raises(pytest.skip.Exception, match="the reason"):
        replay(report("setup", "skipped", "the reason"), report("teardown"))


def test_what_was_expected_to_fail_is_expected_to():
    with pytest.raises(pytest.xfail.Exception, match="the reason"):
        replay(report("setup"), report("call", "skipped", xfail="the reason"), report("teardown"))
