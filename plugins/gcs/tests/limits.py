"""What is it like where the system gives no more threads? For a child process only."""

from __future__ import annotations

import os
import resource


def without_threads(function):
    """Call a function in a process that may start none."""
    if os.geteuid() == 0:
        os.setuid(65534)  # root has no such limit
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return function()
