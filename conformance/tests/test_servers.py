"""Does a server have its port to itself, and does it stand still when it is frozen?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flask_caching_conformance.harness.children import in_new_interpreter
from flask_caching_conformance.harness.servers import Server, free_port
from flask_caching_conformance.harness.waiting import wait_until

#: Writes to a file all the time, on several threads.
BUSY = """
import threading
def work(number):
    while True:
        with open(f"written-{number}", "a") as file:
            file.write("x")
for number in range(4):
    threading.Thread(target=work, args=(number,)).start()
"""


@pytest.fixture
def server(tmp_path):
    def is_up():
        return len(list(tmp_path.glob("written-*"))) == 4

    with Server([sys.executable, "-c", BUSY], tmp_path, is_up) as server:
        yield server


def written(server):
    return [path.stat().st_size for path in sorted(server.folder.glob("written-*"))]


def states(server):
    threads = Path(f"/proc/{server._process.pid}/task").iterdir()
    return {(each / "stat").read_text().rpartition(")")[2].split()[0] for each in threads}


def test_a_frozen_server_stands_still_at_once(server):
    for _ in range(20):
        server.freeze()
        assert states(server) == {"T"}
        before = written(server)
        server.thaw()
        wait_until(lambda before=before: written(server) > before)


def test_a_server_may_be_frozen_twice_and_killed(server):
    server.freeze()
    server.freeze()

    server.kill()

    server.freeze()


# -- ports -------------------------------------------------------------------------------

#: As many as two processes would hardly choose apart by chance.
MANY = 300
OTHERS = f"""
from flask_caching_conformance.harness.servers import free_port
print(*[free_port() for _ in range({MANY})])
"""


def test_a_port_that_nobody_listens_on_yet_is_not_handed_out_again():
    assert len({free_port() for _ in range(MANY)}) == MANY


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names by which to take a part")
def test_another_process_takes_other_ports():
    own = {free_port() for _ in range(MANY)}

    assert own.isdisjoint(map(int, in_new_interpreter(OTHERS).split()))


def test_the_neighbours_that_a_server_needs_are_free_too():
    assert all(port + 10_000 < 32_768 for port in [free_port(10_000) for _ in range(MANY)])
