"""How is a real uWSGI server started for a test?"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from flask_caching_conformance.harness.servers import Server, accepts, free_port

PROGRAM = Path(sysconfig.get_path("scripts"), "uwsgi")
#: Seconds for a server that only runs a script.
PATIENCE = 60

#: What the tests inside the server use: an ordinary cache, small ones, one that spreads values
#: over blocks, and the kinds that expire in ways of their own.
CACHES = [
    "--cache2=name=first,items=2000",
    "--cache2=name=mycache,items=100",
    "--cache2=name=bitmap,items=2000,blocks=20000,blocksize=1024,bitmap=1",
    "--cache2=name=small,items=10,blocksize=1000",
    "--cache2=name=smallbitmap,items=10,blocks=20,blocksize=100,bitmap=1",
    "--cache2=name=lazy,items=10,lazy_expire=1",
    "--cache2=name=lru,items=10,purge_lru=1",
    "--cache2=name=lazylru,items=2000,purge_lru=1,lazy_expire=1",
    "--cache2=name=shortkeys,items=10,keysize=64",
]
NAMES = [option.split(",")[0].rpartition("=")[2] for option in CACHES]


def uwsgi(*options):
    """Return the command that starts a server with the Python that runs this."""
    assert PROGRAM.exists(), f"{PROGRAM} is missing. Install it with: pip install pyuwsgi"
    return [str(PROGRAM), f"--virtualenv={sys.prefix}", *options]


def printed_inside(folder, source, *options):
    """Return what Python source prints in a server that is started for it."""
    script, output = folder / "script.py", folder / "printed"
    # uWSGI sends what is printed to its log.
    opened = f"open({str(output)!r}, 'w', 1, 'utf-8')"
    script.write_text(f"import sys\nsys.stdout = {opened}\n{source}", encoding="utf-8")
    done = subprocess.run(
        uwsgi(*options, f"--pyrun={script}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return output.read_text(encoding="utf-8").strip()


def remote_server(folder, *options):
    """Return a server that answers others about its cache, not started yet, and its address."""
    port = free_port()
    command = uwsgi(
        f"--socket=127.0.0.1:{port}",
        "--cache2=name=theirs,items=2000,blocks=20000,blocksize=1024,bitmap=1",
        "--master",
        "--processes=2",
        "--die-on-term",
        *options,
    )
    return Server(command, folder, lambda: accepts(port)), f"127.0.0.1:{port}"
