from __future__ import annotations

import pytest

from stdlib_search.figures import duration, plural


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (2.9, "2.90 s"),
        (0.64, "640 ms"),
        (0.0123, "12.3 ms"),
        (0.0042, "4.20 ms"),
        (0.000083, "83.0 µs"),
        (0.0, "0.00 µs"),
    ],
)
def test_durations_have_three_digits(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_one_is_singular() -> None:
    assert (plural(1, "line"), plural(2000, "line")) == ("1 line", "2,000 lines")
