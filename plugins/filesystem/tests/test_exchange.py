"""Does a new file take the place of an old one on every platform and file system?"""

from __future__ import annotations

import errno
import os

import pytest

from flask_caching_filesystem.exchange import Exchange, system_swap

from .helpers import files_below


def exchanges():
    return {
        "system": Exchange(system_swap()),
        "none in the library": Exchange(system_swap("renameat2_is_missing")),
        "none in the file system": Exchange(lambda one, other: errno.EINVAL),
    }


@pytest.fixture(params=exchanges())
def exchange(request):
    return exchanges()[request.param]


def test_the_new_file_stands_in_the_old_ones_place(exchange, tmp_path):
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")

    assert exchange.replace(str(new), str(old)) is True

    assert old.read_text() == "new"
    assert not new.exists()


def test_without_an_old_file_nothing_happens(exchange, tmp_path):
    new = tmp_path / "new"
    new.write_text("new")

    assert exchange.replace(str(new), str(tmp_path / "old")) is False

    assert new.read_text() == "new"


def test_linux_exchanges(tmp_path):
    if os.uname().sysname != "Linux":
        pytest.skip("the platform can't exchange two names")

    assert system_swap() is not None


def test_a_file_system_without_exchange_is_asked_once(tmp_path):
    asked = []
    exchange = Exchange(lambda one, other: asked.append(one) or errno.ENOSYS)
    for _ in range(3):
        (tmp_path / "new").write_text("new")
        exchange.replace(str(tmp_path / "new"), str(tmp_path / "old"))

    assert len(asked) == 1


def test_another_failure_is_raised(tmp_path):
    exchange = Exchange(lambda one, other: errno.EACCES)

    with pytest.raises(PermissionError):
        exchange.replace(str(tmp_path / "new"), str(tmp_path / "old"))


def test_the_cache_works_without_exchange(make, folder):
    backend = make(threshold=2)
    backend._exchange.swap = None

    for key in "abc":
        assert backend.set(key, 1) is True
        assert backend.set(key, 2) is True
        backend.inc("counter")
    backend.delete("counter")

    assert backend.get("c") == 2
    assert len(files_below(folder)) == 1
