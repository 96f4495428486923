"""Do the servers of docs/deployment.md serve the application of docs/quickstart.md?"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from flask_caching_conformance.harness.servers import HOST, Server, accepts, free_port

from .markdown import blocks

GUNICORN, UWSGI, DOCTOR, ENVIRONMENT = blocks("docs/deployment.md")
PROGRAMS = Path(sys.executable).parent


def serve(command, folder):
    """Run a server on a free port, ask for a page of the application twice, and stop it."""
    port = free_port()
    words = [each.replace("PORT", str(port)) for each in command]
    open_url = build_opener(ProxyHandler({})).open
    with Server([str(PROGRAMS / words[0]), *words[1:]], folder, lambda: accepts(port)):
        return [json.load(open_url(f"http://{HOST}:{port}/articles", timeout=60)) for _ in range(2)]


def test_gunicorn(shop):
    command = shlex.split(GUNICORN.text)

    pages = serve([*command, "--bind", f"{HOST}:PORT"], shop)

    assert pages == [{"articles": ["first", "second"]}] * 2


def test_uwsgi(shop):
    (shop / "uwsgi.ini").write_text(UWSGI.text)
    socket = f"--http-socket={HOST}:PORT"
    options = ["--ini=uwsgi.ini", f"--virtualenv={sys.prefix}", socket]

    pages = serve(["uwsgi", *options], shop)

    assert pages == [{"articles": ["first", "second"]}] * 2


def in_container(shop, *exchanged):
    """Return what the doctor says with the environment of the page."""
    text = ENVIRONMENT.text
    for shown, real in exchanged:
        assert shown in text
        text = text.replace(shown, real)
    variables = dict(line.split("=", 1) for line in text.splitlines())
    program, *words = shlex.split(DOCTOR.text)
    return subprocess.run(
        [sys.executable, "-m", program, *words],
        cwd=shop,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_doctor_is_content_with_the_environment(shop, redis):
    done = in_container(shop, ("cache:6379", redis))

    assert done.returncode == 0, done.stdout
    assert "The store of RedisCache answers" in done.stdout


def test_the_doctor_says_that_the_store_is_down(shop):
    done = in_container(shop, ("cache:6379", f"{HOST}:1"))

    assert done.returncode == 1
    assert "The store of RedisCache can't be used" in done.stdout


@pytest.fixture
def redis(tmp_path):
    from .servers import redis_server

    with redis_server(tmp_path / "redis") as address:
        yield address
