"""How a test looks at the files, runs threads and processes, and waits for conditions."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future

#: Seconds after which something that does not happen has failed; nothing ever lasts that long.
PATIENCE = 30


def files_below(folder, suffix=""):
    """Return the files below a folder, but for the ledgers."""
    found = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return [path for path in found if path.name != "ledger" and path.name.endswith(suffix)]


def only_file(folder):
    """Return the one entry's file."""
    (file,) = files_below(folder, ".entry")
    return file


def in_thread(function, *args):
    """Call a function on a thread of its own; what it gives is the future's result."""
    future = Future()

    def run():
        try:
            future.set_result(function(*args))
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def in_threads(count, function):
    """Return what a function gives on many threads, called with their numbers."""
    futures = [in_thread(function, number) for number in range(count)]
    return [future.result(PATIENCE) for future in futures]


class Child:
    """A forked process that calls a function; `result` is what that gives."""

    def __init__(self, function, *args):
        self._reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            answer = b""
            try:
                answer = pickle.dumps(function(*args))
            except BaseException as error:  # noqa: BLE001 (told to the parent)
                answer = pickle.dumps(repr(error))
            finally:
                os.write(writing, answer)
                os._exit(0)
        os.close(writing)

    def result(self):
        try:
            answered, _, _ = select.select([self._reading], [], [], PATIENCE)
            if not answered:
                os.kill(self.pid, signal.SIGKILL)
            assert answered, "the child hangs"
            with os.fdopen(self._reading, "rb", closefd=False) as answers:
                return pickle.load(answers)
        finally:
            self.wait()

    def kill(self):
        """Kill it at once, as ``kill -9`` does."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self):
        os.waitpid(self.pid, 0)
        os.close(self._reading)


def in_child(function, *args):
    return Child(function, *args).result()


def in_children(count, function):
    """Return what a function gives in several processes at once, called with their numbers."""
    children = [Child(function, number) for number in range(count)]
    return [child.result() for child in children]


def in_new_interpreter(source, *args):
    """Run Python source in an interpreter of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", source, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_until(condition):
    """Return as soon as a condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came to pass"
        os.sched_yield()
