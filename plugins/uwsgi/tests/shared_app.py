"""An application that has used its cache before the server forks its workers.

Each answer is JSON: the process that gave it, and what the cache answered.
"""

from __future__ import annotations

import os
import signal

import uwsgi
from flask import Flask, request

from flask_caching import Cache
from flask_caching.errors import CacheError
from flask_caching_conformance.harness.deaths import work_until_killed

CALLS = {
    "get": lambda backend, key: backend.get(key),
    "set": lambda backend, key: backend.set(key, request.args["value"], timeout()),
    "fill": lambda backend, key: backend.set(key, "x" * int(request.args["size"]), timeout()),
    "add": lambda backend, key: backend.add(key, request.args["value"]),
    "inc": lambda backend, key: backend.inc(key),
    "delete": lambda backend, key: backend.delete(key),
    "clear": lambda backend, key: backend.clear(),
    "names": lambda backend, key: [each.decode() for each in uwsgi.cache_keys(backend.cache)],
    "master": lambda backend, key: uwsgi.masterpid(),
    "spool": lambda backend, key: bool(uwsgi.spool({b"key": key.encode()})),
    "die": lambda backend, key: os.kill(os.getpid(), signal.SIGKILL),
    "die writing": lambda backend, key: work_until_killed(
        lambda: backend.set(key, request.args["value"] * 60_000),
        float(request.args["moment"]),
    ),
}

app = Flask(__name__)
app.config.update(CACHE_TYPE="uwsgi", CACHE_UWSGI_NAME="shared")
cache = Cache(app)
blocks = Cache(app, config={"CACHE_TYPE": "uwsgi", "CACHE_UWSGI_NAME": "blocks"})

cache.set("made by", os.getpid(), 0)
cache.inc("made")


@app.get("/<call>/<key>")
def answer(call, key):
    backend = (blocks if "blocks" in request.args else cache).cache
    return {"process": os.getpid(), "answer": CALLS[call](backend, key)}


@app.get("/memoized/<int:number>")
def memoized(number):
    return {"process": os.getpid(), "answer": computed(number)}


@cache.memoize()
def computed(number):
    return [number, os.getpid()]


def timeout():
    return float(request.args.get("timeout", 300))


def work(task):
    """Do what a spooler may do with the cache."""
    backend, key = cache.cache, task[b"key"].decode()
    done = [backend.set(key, "spooled"), backend.add(f"{key} added", 1), backend.delete(key)]
    try:
        done.append(backend.inc(f"{key} added"))
    except CacheError as error:
        done.append(f"{type(error).__name__}: {error}")
    blocks.cache.set("expired", 1, 1e-6)
    done.append(blocks.cache.set("too large", "x" * 10_000))
    backend.set(f"done {key}", done)
    return uwsgi.SPOOL_OK


uwsgi.spooler = work
