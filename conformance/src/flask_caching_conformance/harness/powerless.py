"""How does a test take from a process what root may do? So that modes of files hold for it, too."""

from __future__ import annotations

import ctypes
import os
import sys

#: From <linux/capability.h>: the version of the two structures, which have 64 bits each.
_VERSION = 0x20080522
_WORDS = 6


def obeys_modes() -> bool:
    """Give up root's power over files, for good: only for a child process.

    :returns: whether modes of files hold for this process now.
    """
    if os.geteuid() != 0:
        return True
    if not sys.platform.startswith("linux"):
        return False
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    nothing = (ctypes.c_uint32 * _WORDS)()
    return int(ctypes.CDLL(None, use_errno=True).capset(header, nothing)) == 0
