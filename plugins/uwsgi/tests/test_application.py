"""Do the processes of a server share one cache, when they are asked over HTTP?"""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, build_opener

import pytest

from flask_caching_conformance.harness.deaths import moments
from flask_caching_conformance.harness.servers import Server, accepts, free_port
from flask_caching_conformance.harness.waiting import wait_until

from .uwsgi_server import uwsgi

APP = Path(__file__).with_name("shared_app.py")
KINDS = {
    "processes": ["--processes=3"],
    "threads": ["--processes=2", "--enable-threads", "--threads=4"],
    "lazy": ["--processes=3", "--lazy-apps"],
    "semaphores": ["--processes=3", "--lock-engine=ipcsem"],
}
#: For what does not depend on the kind, and takes its time.
with_processes = pytest.mark.parametrize("site", ["processes"], indirect=True)
VISITORS = 8


class Site:
    """The application as its visitors see it."""

    def __init__(self, port):
        self._address = f"http://127.0.0.1:{port}"
        self._opener = build_opener(ProxyHandler({}))

    def ask(self, call, key="-", **query):
        """Return the answer, and which process gave it."""
        path = f"/{quote(call)}/{quote(str(key))}?{urlencode(query)}"
        with self._opener.open(self._address + path, timeout=30) as response:
            answer = json.load(response)
        return answer["answer"], answer["process"]

    def answer(self, call, key="-", **query):
        return self.ask(call, key, **query)[0]

    def processes(self, call="get", key="-", count=2):
        """Ask until several processes have answered; return what each of them did."""
        answers = {}

        def have_enough():
            answer, process = self.ask(call, key)
            answers[process] = answer
            return len(answers) >= count

        wait_until(have_enough)
        return answers


def all_at_once(visit):
    """Let visitors visit at the same time; return what they found."""
    with ThreadPoolExecutor(VISITORS) as visitors:
        return list(visitors.map(visit, range(VISITORS)))


@pytest.fixture(scope="module", params=["processes", "threads", "lazy"])
def site(request, tmp_path_factory):
    port, folder = free_port(), tmp_path_factory.mktemp("server")
    (folder / "tasks").mkdir()
    command = uwsgi(
        f"--http-socket=127.0.0.1:{port}",
        "--master",
        "--die-on-term",
        "--worker-reload-mercy=2",
        "--need-app",
        "--cache2=name=shared,items=500",
        "--cache2=name=blocks,items=50,blocks=50,blocksize=100,bitmap=1",
        "--cache-expire-freq=1",
        f"--spooler={folder / 'tasks'}",
        f"--wsgi-file={APP}",
        "--callable=app",
        *KINDS[request.param],
    )
    with Server(command, folder, lambda: accepts(port)):
        yield Site(port)


@pytest.fixture
def key(request):
    """A key of the test's own."""
    return request.node.originalname


@pytest.mark.parametrize("site", ["processes", "threads"], indirect=True)
def test_what_was_written_before_the_fork_is_read_in_every_worker(site):
    (writer,) = set(site.processes("get", "made by").values())

    assert writer == site.answer("master")
    assert site.answer("inc", "made") > 1


def test_what_one_worker_writes_another_reads(site, key):
    _, writer = site.ask("set", key, value="of one worker")

    readers = site.processes("get", key)

    assert set(readers) - {writer}
    assert set(readers.values()) == {"of one worker"}


def test_what_one_worker_deletes_is_gone_in_all(site, key):
    site.answer("set", key, value="value")

    assert site.answer("delete", key) is True

    assert set(site.processes("get", key).values()) == {None}


def test_increments_of_all_workers_count(site, key):
    totals = all_at_once(lambda number: [site.answer("inc", key) for _ in range(40)])

    assert sorted(total for each in totals for total in each) == list(range(1, 40 * VISITORS + 1))
    assert site.answer("get", key) == 40 * VISITORS


def test_of_racing_adds_one_wins(site, key):
    def add(number):
        return [site.answer("add", f"{key} {n}", value=str(number)) for n in range(20)]

    for attempts in zip(*all_at_once(add), strict=True):
        assert sorted(attempts) == [False] * (VISITORS - 1) + [True]


def test_no_worker_reads_another_keys_value(site, key):
    keys = [f"{key} {number}" for number in range(30)]

    def visit(number):
        chance, processes = random.Random(number), set()
        for each in chance.choices(keys, k=60):
            call = chance.choice(["set", "get", "get"])
            answer, process = site.ask(call, each, value=f"of {each}")
            assert answer is True if call == "set" else answer in (None, f"of {each}")
            processes.add(process)
        return processes

    assert len(set.union(*all_at_once(visit))) > 1


def test_a_memoized_function_is_computed_once_for_all_workers(site):
    site.answer("memoized", 7)

    answers = site.processes("memoized", 7)

    (answer,) = {tuple(each) for each in answers.values()}
    assert answer[0] == 7


def test_a_worker_that_is_killed_leaves_the_others_well(site, key):
    site.answer("set", key, value="value")

    with pytest.raises(RemoteDisconnected):
        site.ask("die")

    assert set(site.processes("get", key).values()) == {"value"}
    assert all_at_once(lambda number: site.answer("inc", f"{key} {number}")) == [1] * VISITORS


@pytest.mark.parametrize("site", ["semaphores"], indirect=True)
def test_workers_that_are_killed_amid_their_writes_leave_the_others_well(site, key):
    for number, moment in enumerate(moments(10, lambda: site.answer("set", key, value="0"))):
        value = str(number % 10)
        with pytest.raises(RemoteDisconnected):
            site.ask("die writing", key, value=value, moment=moment / 10)

        # The server writes over the old value, so that a death amid that leaves a miss.
        assert site.answer("get", key) in (value * 60_000, None)
        assert site.answer("inc", f"{key} count") == number + 1


@with_processes
def test_the_server_removes_what_has_expired_and_nothing_else(site, key):
    site.answer("set", f"short {key}", value="value", timeout=0.5)
    site.answer("set", f"long {key}", value="value", timeout=1_000)
    site.answer("set", f"endless {key}", value="value", timeout=0)

    wait_until(lambda: f"flask_cache_|short {key}" not in site.answer("names"))

    names = site.answer("names")
    assert f"flask_cache_|long {key}" in names
    assert f"flask_cache_|endless {key}" in names


@with_processes
def test_a_refusal_leaves_the_old_life_in_a_full_cache_of_blocks(site, key):
    site.answer("clear", blocks=1)
    site.answer("set", key, value="old", timeout=1_000, blocks=1)

    assert site.answer("fill", key, size=4_950, timeout=0.5, blocks=1) is False

    site.answer("set", "later", value="value", timeout=0.5, blocks=1)
    wait_until(lambda: "flask_cache_|later" not in site.answer("names", blocks=1))
    assert site.answer("get", key, blocks=1) == "old"


@with_processes
def test_a_spooler_may_write_but_not_count(site, key):
    site.answer("spool", key)

    done = wait_until(lambda: site.answer("get", f"done {key}"))

    stored, added, deleted, counted, refused = done
    assert (stored, added, deleted, refused) == (True, True, True, False)
    assert counted.startswith("CacheUnavailableError: UWSGICache.inc failed")
    assert "spooler" in counted
