"""Where does a process run? A server and its client on one core, where times are compared.

On two, a client that waits a little longer before its next command finds its server's core asleep,
and pays for waking it, several times what the command takes; whoever is a little quicker does not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence


def on_one_core(command: Sequence[str]) -> list[str]:
    """Return the command that runs another one on the core that all of these share."""
    taskset = shutil.which("taskset")
    if taskset is None or not hasattr(os, "sched_getaffinity"):
        return list(command)
    return [taskset, "-c", str(max(os.sched_getaffinity(0))), *command]
