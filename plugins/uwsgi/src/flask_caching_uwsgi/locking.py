"""Who may change entries now? One thread of one process of the server at a time.

uWSGI's own locks keep processes apart. Taken twice by one thread they hang for ever, and a
server without ``--enable-threads`` waits for them without letting its other threads run, the
one that holds the lock among them. So a lock of the process comes first: one for all of the
server's, or two processes could wait for one another's. uWSGI frees the lock of a process that
dies (a robust mutex). Its ``is_locked`` is not used: in 2.0.30 it takes the lock of a dead
process and keeps it.
"""

from __future__ import annotations

import threading
from types import TracebackType

from flask_caching.processes import PerProcess

from .server import Server

#: Seconds after which the thread that holds a lock is stuck: it holds it for microseconds.
PATIENCE = 2.0

_thread_lock = PerProcess(threading.Lock)


class ServerLock:
    """One of the server's locks, for ``with`` statements.

    It is not to be nested, and nothing but calls of the server belongs into it.
    """

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self._number = number

    def __enter__(self) -> None:
        thread_lock = _thread_lock()
        if not (thread_lock.acquire(blocking=False) or thread_lock.acquire(timeout=PATIENCE)):
            raise TimeoutError("another thread holds the lock of the process's caches")
        try:
            self._server.lock(self._number)
        except BaseException as error:
            thread_lock.release()
            if isinstance(error, ValueError):  # uWSGI's "The spooler cannot lock …"
                raise OSError(f"this process can't take uWSGI's locks ({error})") from error
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._server.unlock(self._number)
        finally:
            _thread_lock().release()
