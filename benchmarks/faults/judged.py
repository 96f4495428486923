"""Did everybody get a right answer, in time, and did the cache come back by itself?"""

from __future__ import annotations

from .report import Report

#: The most trips that fail within one request, each for the time of a connection and of a reply.
TRIPS = 2
#: Seconds that a busy machine may take besides.
SLACK = 5.0


def assert_served(report: Report) -> None:
    """Assert what an application is promised while its store fails."""
    report.keep()
    for row in report.rows:
        assert row.answered == row.visits, (row.name, row.mistakes)
        assert row.mistakes == [], row.name
        assert row.slowest < TRIPS * 2 * report.time_out + SLACK, row
    for row in report.faults:
        assert row.visits > 0, f"nobody came while the store was {row.name}"
        assert row.left_alone > 0, f"everybody waited for the store while it was {row.name}"
        assert row.lost > 0, f"nobody noticed that the store was {row.name}"
