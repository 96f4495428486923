"""Which entries go when there are too many, and is the limit kept?"""

from __future__ import annotations

import math
import random

import pytest

from flask_caching_conformance.harness.children import in_children
from flask_caching_conformance.harness.threads import in_threads
from flask_caching_filesystem.eviction import MOST_AT_ONCE

from .helpers import files_below


def present(backend, keys):
    return "".join(key for key in keys if backend.has(key))


@pytest.mark.parametrize("threshold", [1, 2, 10])
def test_there_are_never_more_than_the_threshold(make, folder, threshold):
    backend = make(threshold=threshold)

    for number in range(3 * threshold):
        assert backend.set(f"key {number}", number) is True
        assert len(files_below(folder)) == min(number + 1, threshold)
        assert backend.get(f"key {number}") == number


def test_what_was_written_least_recently_goes(make):
    backend = make(threshold=3)
    for key in "abc":
        backend.set(key, 1)
    backend.get("b")
    backend.set("a", 2)

    backend.set("d", 1)
    assert present(backend, "abcd") == "acd"
    backend.set("e", 1)
    assert present(backend, "acde") == "ade"


def test_what_has_expired_goes_first(make, clock):
    backend = make(threshold=3)
    backend.set("for ever", 1, 0)
    backend.set("a", 1, 100)
    backend.set("b", 1, 10)
    clock.advance(10)

    backend.set("c", 1)

    assert backend.get_many("for ever", "a", "b", "c") == [1, 1, None, 1]


def test_what_was_written_after_the_first_look_and_has_expired_goes_first(make, clock):
    backend = make(threshold=3)
    for key in "abcd":
        backend.set(key, 1, 100)
    backend.set("c", 1, 10)
    clock.advance(10)

    backend.set("e", 1, 100)

    assert present(backend, "abcde") == "bde"


def test_what_was_written_again_after_the_first_look_stays(make):
    backend = make(threshold=3)
    for key in "abcd":
        backend.set(key, 1)
    backend.set("b", 2)
    backend.set("c", 2)
    backend.set("d", 2)

    backend.set("e", 1)

    assert present(backend, "abcde") == "cde"


def test_overwriting_counts_once(make, folder):
    backend = make(threshold=2)
    backend.set("a", 1)
    for number in range(200):
        backend.set("b", number, 10)
    backend.touch("b")
    backend.inc("b")

    assert present(backend, "ab") == "ab"


def test_overwriting_for_long_forgets_what_was_seen(make, clock):
    backend = make(threshold=2)
    for key in "abc":
        backend.set(key, 1)
    for number in range(200):
        backend.set("b", number, 10)

    backend.set("d", 1)

    assert present(backend, "abcd") == "bd"


@pytest.mark.parametrize(
    "remove",
    [
        lambda backend: backend.delete("a"),
        lambda backend: backend.delete_many("a", "b"),
        lambda backend: backend.set("a", 1, -1),
        lambda backend: backend.clear(),
    ],
)
def test_what_was_removed_makes_room(make, remove):
    backend = make(threshold=3)
    backend.set_many(dict.fromkeys("abc", 1))
    before = present(backend, "abc")
    remove(backend)
    left = present(backend, before)

    backend.set("d", 1)

    assert present(backend, before + "d") == left + "d"


def test_every_way_of_writing_makes_room(make, folder):
    backend = make(threshold=2)
    backend.add("a", 1)
    backend.inc("b")
    backend.set_many({"c": 1, "d": 1})
    backend.dec("e")

    assert present(backend, "abcde") == "de"


def test_no_threshold_means_no_limit(make, folder):
    backend = make(threshold=0)

    for number in range(600):
        backend.set(f"key {number}", number)

    assert len(files_below(folder)) == 600


def test_a_threshold_that_was_lowered_is_reached_in_steps(make, folder):
    make(threshold=0).set_many({f"key {number}": number for number in range(250)})
    backend = make(threshold=10)

    backend.set("a", 1)
    assert len(files_below(folder)) == 251 - MOST_AT_ONCE + 1  # one step looks, the others remove
    for key in "bcd":
        backend.set(key, 1)
    assert len(files_below(folder)) == 10
    assert present(backend, "abcd") == "abcd"


def test_up_to_a_thousand_entries_the_choice_is_exact(make):
    backend = make(threshold=1_000)
    keys = [f"key {number}" for number in range(1_100)]

    for key in keys:
        backend.set(key, 1)

    assert [key for key in keys if backend.has(key)] == keys[100:]


def test_large_caches_keep_their_limit_and_what_is_new(make, folder):
    backend = make(threshold=1_150)

    for number in range(1_250):
        backend.set(f"key {number}", number)

    assert len(files_below(folder)) == 1_150
    assert all(backend.has(f"key {number}") for number in range(1_200, 1_250))


class Kept:
    """What a cache must hold: what has expired goes first, then what was written longest ago."""

    def __init__(self, threshold, clock):
        self.threshold = threshold
        self.clock = clock
        #: The deadline of each entry, in the order of writing.
        self.deadlines = {}

    def set(self, key, life):
        self.deadlines.pop(key, None)
        self.deadlines[key] = self.clock.now + life if life else math.inf
        if len(self.deadlines) > self.threshold:
            over = [key for key in self.deadlines if not self.is_live(key)]
            del self.deadlines[(over or list(self.deadlines))[0]]

    def add(self, key, life):
        if not self.is_live(key):
            self.set(key, life)

    def touch(self, key, life):
        if self.is_live(key):
            self.set(key, life)

    def delete(self, key, life):
        self.deadlines.pop(key, None)

    def is_live(self, key):
        return self.deadlines.get(key, 0) > self.clock.now


OPERATIONS = {
    "set": lambda backend, key, life: backend.set(key, 1, life),
    "add": lambda backend, key, life: backend.add(key, 1, life),
    "touch": lambda backend, key, life: backend.touch(key, life),
    "delete": lambda backend, key, life: backend.delete(key),
}


@pytest.mark.parametrize("threshold", [1, 7, 40])
@pytest.mark.parametrize("seed", range(3))
def test_the_right_ones_are_kept_whatever_happens(make, clock, threshold, seed):
    chance, backend, kept = random.Random(seed), make(threshold=threshold), Kept(threshold, clock)
    keys = [str(number) for number in range(2 * threshold + 2)]

    for _ in range(200):
        operation = chance.choice(["set", *OPERATIONS])
        key, life = chance.choice(keys), chance.choice([0, 5, 20, 80])
        OPERATIONS[operation](backend, key, life)
        getattr(kept, operation)(key, life)
        clock.advance(chance.choice([0, 0, 1]))

        assert [key for key in keys if backend.has(key)] == list(filter(kept.is_live, keys))


def test_files_that_others_removed_are_not_missed_for_long(make, folder):
    backend = make(threshold=4)
    backend.set_many(dict.fromkeys("abcd", 1))
    for file in files_below(folder)[:3]:
        file.unlink()

    for key in "ef":
        backend.set(key, 1)

    assert present(backend, "ef") == "ef"
    assert len(files_below(folder)) == 3


def test_unreadable_files_go_first(make, folder):
    backend = make(threshold=3)
    backend.set_many(dict.fromkeys("abc", 1))
    newest = max(files_below(folder), key=lambda path: path.stat().st_ino)
    newest.write_bytes(b"garbage")
    left = present(backend, "abc")

    backend.set("d", 1)

    assert present(backend, "abcd") == left + "d"


def test_each_prefix_has_its_own_count(make):
    one, other = make(key_prefix="one", threshold=2), make(key_prefix="other", threshold=2)

    for backend in (one, other):
        backend.set_many(dict.fromkeys("ab", 1))

    assert present(one, "ab") == present(other, "ab") == "ab"


def test_threads_keep_the_limit(make, folder):
    backend = make(threshold=20)

    in_threads(4, lambda number: [backend.set(f"{number} {n}", n) for n in range(30)])

    assert len(files_below(folder)) <= 20


def test_processes_keep_the_limit_together(make, folder):
    backend = make(threshold=20)

    in_children(4, lambda number: [backend.set(f"{number} {n}", n) for n in range(30)] and None)

    assert len(files_below(folder)) <= 20
    backend.set("new", 1)
    assert backend.get("new") == 1
