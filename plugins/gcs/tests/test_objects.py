"""Which requests are made, and what lies in the bucket?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching.payload import unpack
from flask_caching_gcs import GoogleCloudStorageCache


def names_in(objects, prefix):
    return [blob.name for blob in objects.list_blobs(prefix=prefix)]


# -- what lies there ---------------------------------------------------------------------


def test_an_entry_is_an_object_with_its_deadline_in_it(backend, objects, prefix, clock):
    backend.set("key", "value", 10)

    contents = objects.blob(f"{prefix}|key").download_as_bytes()

    assert unpack(f"{prefix}|key", contents).deadline == clock.now + 10


def test_the_custom_time_is_when_the_entry_expires(backend, objects, prefix, clock):
    backend.set("key", "value", 10)

    custom_time = objects.get_blob(f"{prefix}|key").custom_time.timestamp()

    assert clock.now + 10 <= custom_time <= clock.now + 10.002


@pytest.mark.parametrize("write", [GoogleCloudStorageCache.add, GoogleCloudStorageCache.set])
def test_an_entry_that_never_expires_has_no_custom_time(backend, objects, prefix, write):
    write(backend, "key", "value", 0)

    assert objects.get_blob(f"{prefix}|key").custom_time is None


def test_a_life_beyond_the_last_date_has_no_custom_time(backend, objects, prefix):
    backend.set("key", "value", 10_000 * 365 * 24 * 3600)

    assert objects.get_blob(f"{prefix}|key").custom_time is None
    assert backend.get("key") == "value"


def test_another_life_replaces_the_custom_time(backend, objects, prefix, clock):
    backend.set("key", "value", 1000)
    backend.touch("key", 10)
    shorter = objects.get_blob(f"{prefix}|key").custom_time
    backend.touch("key", 0)

    assert abs(shorter.timestamp() - clock.now - 10) < 0.002
    assert objects.get_blob(f"{prefix}|key").custom_time is None


def test_no_cache_on_the_way_may_keep_an_object(backend, objects, prefix):
    backend.set("key", "value")

    assert objects.get_blob(f"{prefix}|key").cache_control == "no-store"


def test_a_counter_keeps_its_life_and_its_custom_time(backend, objects, prefix, clock):
    backend.set("key", 1, 10)
    clock.advance(4)
    backend.inc("key")

    custom_time = objects.get_blob(f"{prefix}|key").custom_time

    assert abs(custom_time.timestamp() - clock.now - 6) < 0.002


def test_clear_removes_its_own_objects_and_no_others(make, objects, prefix):
    one, other = make(), make(key_prefix=f"{prefix}b")
    objects.blob(f"{prefix}foreign").upload_from_string(b"foreign")
    one.set_many({str(number): number for number in range(30)})
    other.set("key", "of the other")

    assert one.clear() is True

    assert names_in(objects, prefix) == [f"{prefix}b|key", f"{prefix}foreign"]


def test_clear_goes_through_all_pages(backend, objects, prefix):
    backend.set_many({str(number): None for number in range(1_050)})  # a page has a thousand

    backend.clear()

    assert names_in(objects, prefix) == []


def test_what_is_too_long_for_one_request_is_stored_whole(backend):
    value = bytes(range(256)) * 40_000  # 10 MB; the client uploads more than 8 in two requests

    assert backend.set("key", value) is True
    assert backend.get("key") == value


# -- how many requests, with which conditions --------------------------------------------


def test_reading_takes_one_request(watched, front):
    watched.set("key", "value")
    front.forget()

    found = [watched.get("key"), watched.has("key"), watched.get("missing")]

    assert found == ["value", True, None]
    assert front.kinds == ["GET"] * 3


def test_reading_what_has_expired_takes_one_request(watched, front, clock):
    watched.set("key", "value", 10)
    clock.advance(10)
    front.forget()

    assert watched.get("key") is None
    assert front.kinds == ["GET"]


def test_writing_takes_one_request_without_a_condition(watched, front):
    watched.set("key", "value")
    watched.set("key", "another")

    assert front.kinds == ["POST"] * 2
    assert not any("ifGenerationMatch" in each.query for each in front.seen)


def test_add_writes_only_where_there_is_nothing(watched, front):
    watched.add("key", "value")

    assert front.kinds == ["GET", "POST"]
    assert front.seen[1].query["ifGenerationMatch"] == "0"


def test_a_counter_is_written_only_over_the_one_that_was_read(watched, front, objects, prefix):
    watched.set("key", 1)
    generation = objects.get_blob(f"{prefix}|key").generation
    front.forget()

    assert watched.inc("key") == 2

    assert front.kinds == ["GET", "POST"]
    assert front.seen[1].query["ifGenerationMatch"] == str(generation)


def test_a_counter_that_another_one_changed_meanwhile_is_read_again(watched, front, make):
    watched.set("key", 1)
    front.forget()
    front.answer(None, 412)

    assert watched.inc("key") == 2
    assert front.kinds == ["GET", "POST"] * 2


def test_an_add_that_comes_second_leaves_the_first(watched, backend, monkeypatch):
    read = watched._objects.read

    def read_before_the_other_adds(name):
        found = read(name)
        backend.add("key", "of the other")
        return found

    monkeypatch.setattr(watched._objects, "read", read_before_the_other_adds)

    assert watched.add("key", "too late") is False
    assert backend.get("key") == "of the other"


def test_a_swap_compares_what_it_is_given_with_what_lies_there(backend):
    name = backend.name("key")
    backend.raw_set(name, b"old", 0)

    assert backend.raw_swap(name, b"something else", b"new", 0) is False
    assert backend.raw_swap(name, b"old", b"new", 0) is True
    assert backend.raw_get(name) == b"new"
    assert backend.raw_swap("missing", b"old", b"new", 0) is False


def test_operations_on_many_keys_make_a_request_for_each(watched, front):
    keys = [str(number) for number in range(20)]

    assert watched.set_many(dict.fromkeys(keys, "value")) == keys
    assert watched.get_many(*keys) == ["value"] * 20
    assert watched.delete_many(*keys) == keys

    assert sorted(front.kinds) == ["DELETE"] * 20 + ["GET"] * 20 + ["POST"] * 20


def test_connections_are_used_again(watched, front):
    made_at_start = front.connections

    for _ in range(10):
        watched.set("key", "value")
        watched.get("key")
        watched.get("missing")  # a 404, whose text is read, too
        watched.add("key", "value")
        watched.delete("missing")

    assert front.connections == made_at_start == 1


# -- a busy service ----------------------------------------------------------------------


@pytest.mark.parametrize("answer", [408, 429, 500, 502, 503, 504, "cut"])
def test_reading_is_repeated(watched, front, answer):
    watched.set("key", "value")
    front.forget()
    front.answer(answer)

    assert watched.get("key") == "value"
    assert front.kinds == ["GET"] * 2


def test_a_value_that_was_cut_off_is_read_again(watched, front):
    value = b"0123456789" * 10_000
    watched.set("key", value)
    front.answer("cut", "cut")

    assert watched.get("key") == value


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_writing_is_not_repeated_where_it_may_have_happened(watched, front, status):
    front.answer(None, status)

    with pytest.raises(CacheUnavailableError):
        watched.inc("key")

    assert front.kinds == ["GET", "POST"]


def test_writing_is_repeated_where_nothing_happened(watched, front):
    front.answer(429, None, 429, None)

    assert watched.set("key", 1) is True
    assert watched.delete("key") is True
    assert front.kinds == ["POST", "POST", "GET", "GET", "DELETE"]


def test_an_object_that_is_written_too_often_is_refused(make, front):
    backend = make(front.url, reply_timeout=0.2)
    backend.set("key", "old")
    front.answer(*[429] * 20)

    assert backend.set("key", "new") is False

    front.answers.clear()
    assert backend.get("key") == "old"


def test_of_many_only_those_written_too_often_are_refused(make, front):
    backend = make(front.url, reply_timeout=0.2)
    front.rule = lambda body: 429 if b'|b"' in body else None

    assert backend.set_many({"a": 1, "b": 2, "c": 3}) == ["a", "c"]


def test_a_counter_that_is_written_too_often_is_an_error(make, front):
    backend = make(front.url, reply_timeout=0.2)
    front.answer(None, *[429] * 20)

    with pytest.raises(CacheUnavailableError, match="429"):
        backend.inc("key")


def test_deleting_many_is_repeated(watched, front):
    watched.set("key", "value")
    front.forget()
    front.answer(503, 429)

    assert watched.delete_many("key") == ["key"]
    assert front.kinds == ["DELETE"] * 3


def test_an_answer_of_another_kind_is_not_waited_for(watched, front):
    front.answer(403)

    with pytest.raises(CacheUnavailableError, match="Forbidden"):
        watched.get("key")

    assert front.kinds == ["GET"]


# -- expiry ------------------------------------------------------------------------------


def test_what_has_expired_is_left_by_a_read(backend, objects, prefix, clock):
    backend.set("key", "value", 10)
    clock.advance(10)

    assert backend.get("key") is None
    assert names_in(objects, prefix) == [f"{prefix}|key"]


def test_what_has_expired_is_deleted_by_a_read_where_that_is_wanted(make, objects, prefix, clock):
    backend = make(delete_expired_objects_on_read=True)
    backend.set_many({"a": 1, "b": 2, "c": 3}, 10)
    backend.set("d", 4, 20)
    clock.advance(10)

    assert backend.get("a") is None
    assert backend.get_many("b", "d") == [None, 4]
    assert backend.has("c") is False

    assert names_in(objects, prefix) == [f"{prefix}|c", f"{prefix}|d"]


def test_only_the_generation_that_was_read_is_deleted(make, front, objects, prefix, clock):
    backend = make(front.url, delete_expired_objects_on_read=True)
    backend.set("key", "value", 10)
    generation = objects.get_blob(f"{prefix}|key").generation
    clock.advance(10)
    front.forget()

    backend.get("key")

    assert front.kinds == ["GET", "DELETE"]
    assert front.seen[1].query["ifGenerationMatch"] == str(generation)


def test_a_read_does_not_fail_because_deleting_does(make, front, clock):
    backend = make(front.url, delete_expired_objects_on_read=True)
    backend.set("key", "value", 10)
    clock.advance(10)
    front.answer(None, 503)

    assert backend.get("key") is None


def test_prune_removes_what_has_expired(backend, objects, prefix, clock):
    backend.set_many({"a": 1, "b": 2}, 10)
    backend.set_many({"c": 3}, 20)
    backend.set_many({"d": 4}, 0)
    clock.advance(10.001)

    assert backend.prune() == 2

    assert names_in(objects, prefix) == [f"{prefix}|c", f"{prefix}|d"]
    assert backend.prune() == 0


def test_prune_is_exact_to_less_than_the_dates_of_the_service(backend, clock):
    clock.now = 1_800_000_000.000_4
    backend.set("key", "value", 10)  # until ….0004, and the date says ….001

    clock.now = 1_800_000_010.000_3
    assert backend.prune() == 0
    clock.now = 1_800_000_010.000_4
    assert backend.prune() == 1


def test_prune_keeps_to_its_prefix(make, clock, prefix):
    one, other = make(), make(key_prefix=f"{prefix}b")
    other.set("key", 1, 10)
    clock.advance(11)

    assert one.prune() == 0
    assert other.prune() == 1


def test_prune_deletes_only_the_generation_that_was_listed(watched, front, clock, objects, prefix):
    watched.set("key", 1, 10)
    generation = objects.get_blob(f"{prefix}|key").generation
    clock.advance(11)
    front.forget()

    watched.prune()

    assert front.kinds == ["GET", "DELETE"]
    assert front.seen[1].query["ifGenerationMatch"] == str(generation)


def test_prune_does_not_count_what_another_one_replaced_meanwhile(watched, front, clock):
    watched.set("key", 1, 10)
    clock.advance(11)
    front.answer(None, 412)

    assert watched.prune() == 0


def test_the_custom_time_is_never_before_the_deadline(backend, objects, prefix, clock):
    clock.now = 1_800_000_000.000_4

    backend.set("key", "value", 1)

    expected = datetime(2027, 1, 15, 8, 0, 1, 1_000, tzinfo=UTC)
    assert objects.get_blob(f"{prefix}|key").custom_time == expected


def test_the_life_that_an_entry_has_left_is_told(backend):
    backend.set("key", [1], 1000)
    backend.set("for ever", [1], 0)

    assert 0 < backend.life_left("key") <= 1000
    assert backend.life_left("for ever") == 0
    assert backend.life_left("missing") is None
