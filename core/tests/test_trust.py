"""Which entries does an application believe to be its own, and who is told of the others?"""

import gc
import logging
import pickle
import traceback

import pytest
from flask import Flask

from flask_caching import Cache, Capability, cache_entry_untrusted
from flask_caching.backends.bytestore import BytesCache
from flask_caching.cli import cache as commands
from flask_caching.payload import Entry, pack, seal_kind, unpack
from flask_caching.seals import BLAKE2B, CHECKSUM, CRC32, Signature, _Keyed
from flask_caching.trust import MARK, watch_of
from flask_caching_conformance.harness.waiting import wait_until

from .backends.stores import DictCache


class Shared(DictCache):
    """A dict that somebody else may write to."""

    capabilities = DictCache.capabilities | {Capability.SHARED}


@pytest.fixture
def store():
    return {}


@pytest.fixture
def made(store):
    """Give a function that makes the cache of an application, on one store."""
    numbers = iter(range(1000))

    def made(secret=None, type_=Shared, **config):
        # Each application has its own name, since things are told once of each.
        app = Flask(f"application {next(numbers)} of {id(store)}")
        app.secret_key = secret
        options = {"CACHE_TYPE": type_, "CACHE_KEY_PREFIX": "p"}
        if isinstance(type_, type):
            options["CACHE_OPTIONS"] = {"store": store}
        cache = Cache(config={**options, **config})
        cache.init_app(app)
        return cache

    return made


def flags(store):
    return {name: seal_kind(payload) for name, payload in store.items()}


# -- who signs ---------------------------------------------------------------------------


def test_an_application_with_a_secret_signs(made, store):
    cache = made("secret")

    cache.set("key", [1])

    assert flags(store) == {"p|key": BLAKE2B}
    assert cache.get("key") == [1]


def test_an_application_without_one_does_not_and_works(made, store):
    cache = made()

    cache.set("key", [1])

    assert flags(store) == {"p|key": CRC32}
    assert cache.get("key") == [1]


def test_signatures_are_switched_off_by_false(made, store, caplog):
    cache = made("secret", CACHE_SIGNING_KEY=False)

    cache.set("key", [1])

    assert flags(store) == {"p|key": CRC32}
    assert caplog.text == ""


def test_a_backend_without_an_application_does_not_sign(store):
    backend = Shared(store)

    backend.set("key", [1])

    assert flags(store) == {"|key": CRC32}
    assert backend.get("key") == [1]


def test_a_backend_without_an_application_may_be_given_a_signature(store):
    backend = Shared(store)
    backend.seal = Signature(b"secret")

    backend.set("key", [1])

    assert flags(store) == {"|key": BLAKE2B}
    assert backend.get("key") == [1]
    assert Shared(store).get("key") is None


def test_what_is_given_to_the_cache_comes_before_the_applications_settings(made, store):
    app = Flask("given")
    app.config.update(SECRET_KEY="one", CACHE_SIGNING_KEY="two")
    Cache(
        app,
        config={
            "CACHE_TYPE": Shared,
            "CACHE_OPTIONS": {"store": store},
            "CACHE_KEY_PREFIX": "p",
            "CACHE_SIGNING_KEY": "three",
        },
    ).set("key", 1)

    assert unpack("p|key", store["p|key"], Signature(b"three")) is not None


def test_the_key_is_the_one_at_the_first_use(made, store):
    cache = made("of the start")
    cache.app.secret_key = "of the first use"

    cache.set("key", [1])
    cache.app.secret_key = "changed since"

    assert cache.get("key") == [1]
    assert unpack("p|key", store["p|key"], Signature(b"of the first use")) is not None


@pytest.mark.parametrize("setting", ["SECRET_KEY", "CACHE_SIGNING_KEY"])
def test_a_secret_that_comes_after_the_first_use_counts_from_the_next_one(made, store, setting):
    cache = made()
    cache.set("early", [1])
    assert cache.get("early") == [1]

    cache.app.config[setting] = "late"
    assert cache.get("early") is None
    cache.set("late", [2])

    assert flags(store)["p|late"] == BLAKE2B
    assert cache.get_many("early", "late") == [None, [2]]


def test_a_late_key_that_is_none_is_refused(made):
    cache = made()
    cache.app.config["CACHE_SIGNING_KEY"] = 5

    with pytest.raises(ValueError, match="CACHE_SIGNING_KEY: must be text or bytes"):
        cache.cache.set("key", 1)


def test_memoized_functions_and_views_are_signed(made, store):
    cache = made("secret")
    cache.app.add_url_rule("/", view_func=cache.cached()(lambda: "page"))
    with cache.app.app_context():
        cache.memoize()(pow)(2, 3)
    cache.app.test_client().get("/")

    assert len(store) == 3
    assert set(flags(store).values()) == {BLAKE2B}


def test_versions_that_are_not_signed_are_replaced(made):
    calls = []

    def function(number):
        calls.append(number)
        return number

    for secret in (None, "secret"):
        cache = made(secret)
        memoized = cache.memoize()(function)
        with cache.app.app_context():
            assert [memoized(1), memoized(1)] == [1, 1]

    assert calls == [1, 1]


def test_what_somebody_else_says_of_lives_is_no_error(made, store):
    cache = made(CACHE_SERIALIZER="json")
    names = ("fresh", "tagver/tag", "taghard/tag")
    calls = []

    def compute():
        calls.append(1)
        return len(calls)

    def call():
        return cache.get_or_set("key", compute, tags="tag", stale=10)

    assert call() == 1
    known = [cache.get(name) for name in names[1:]]
    for until in ("no time", "nan", "-inf", ""):
        entry = Entry(0, names, (until, *known))
        cache.cache.set("key", entry)
        # Stale, as if its time were over: given once more, and computed anew.
        assert call() == 0
        wait_until(lambda: cache.get("key") != 0)


def test_versions_tags_stale_values_and_locks_are_signed(made, store):
    cache = made("secret")
    seen = {}

    def compute():
        seen.update(flags(store))
        return "value"

    cache.get_or_set("key", compute, tags=lambda result: result, stale=10, lock=True)
    cache.namespace("space").set("key", 1)
    cache.invalidate_tags("value")

    assert "p|lock/key" in seen
    assert set(seen.values()) | set(flags(store).values()) == {BLAKE2B}
    assert {name.partition("|")[2].partition("/")[0] for name in store} == {
        "key",
        "ns",
        "nsver",
        "tagver",
        "taghard",
        "tagepoch",
    }


def test_a_backend_that_another_application_uses_too_has_the_first_ones_key(made, store):
    backend = Shared(store, key_prefix="p")
    one = made("one", backend)
    two = made("two", backend)

    one.set("key", [1])

    assert two.get("key") == [1]
    assert unpack("p|key", store["p|key"], Signature(b"one")) is not None


def test_a_backend_whose_application_is_gone_has_the_next_ones_key(made, store):
    backend = Shared(store, key_prefix="p")
    made("one", backend).set("key", [1])
    gc.collect()

    two = made("two", backend)
    two.set("other", [1])

    assert two.get_many("key", "other") == [None, [1]]
    assert unpack("p|other", store["p|other"], Signature(b"two")) is not None


def test_a_backend_that_is_put_in_place_later_signs_too(made, store):
    cache = made("secret")
    cache.app.extensions["cache"][cache] = Shared(store, key_prefix="later")

    cache.set("key", [1])

    assert flags(store) == {"later|key": BLAKE2B}


# -- who is told -------------------------------------------------------------------------


def test_an_application_without_a_secret_is_told_once(made, caplog):
    cache = made()

    cache.set("key", 1)
    cache.get("key")
    cache.set("key", 1)

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "neither CACHE_SIGNING_KEY nor SECRET_KEY" in record.message
    assert "what it stores in Shared is not signed" in record.message
    assert "CACHE_SIGNING_KEY = False" in record.message


def test_a_secret_key_that_signs_nothing_counts_as_none(made, store, caplog):
    cache = made(12345)

    cache.set("key", 1)

    assert "is not signed" in caplog.text
    assert flags(store) == {"p|key": CRC32}


def test_nothing_is_told_of_a_store_that_nobody_else_can_write_to(made, caplog):
    made(type_=DictCache).set("key", 1)
    made(type_="simple").set("key", 1)

    assert caplog.text == ""


UNTRUSTED = {
    "unsigned": lambda made: made().set("key", [1]),
    "unverified": lambda made: made("another").set("key", [1]),
}


@pytest.mark.parametrize("reason", UNTRUSTED)
def test_what_is_not_believed_is_counted_and_told_once(made, caplog, reason):
    UNTRUSTED[reason](made)
    caplog.clear()
    cache = made("secret")

    found = [cache.get("key"), cache.get_many("key", "key"), cache.has("key")]

    assert found == [None, [None, None], False]
    assert watch_of(cache.cache).counts == {reason: 4}
    [record] = caplog.records
    assert "An entry in the store of Shared counts as missing: 'key'" in record.message
    assert ("is not signed" in record.message) is (reason == "unsigned")


def test_what_is_signed_is_told_where_nobody_has_a_key(made, caplog):
    made("secret").set("key", [1])
    cache = made(CACHE_SIGNING_KEY=False)

    assert cache.get("key") is None

    [record] = caplog.records
    assert "is signed, and this application has no key" in record.message
    assert watch_of(cache.cache).counts == {"signed": 1}


def test_garbage_is_no_news_where_nobody_has_a_key(made, store, caplog):
    store["p|key"] = b"!" + pickle.dumps("of 2.x")
    cache = made(CACHE_SIGNING_KEY=False)

    assert cache.get("key") is None
    assert caplog.text == ""


def test_a_signal_and_a_hook_are_told(made, install):
    install(
        "hooks",
        {"acme.py": "events = []\ndef cache_event(event, key): events.append((event, key))"},
        plugins={"acme": "acme"},
    )
    made().set("key", [1])
    cache = made("secret", CACHE_ENABLE_SIGNALS=True)
    sent = []

    def receive(_sender, **facts):
        sent.append(facts)

    with cache_entry_untrusted.connected_to(receive):
        cache.get("key")

    facts = {"app": cache.app, "cache": cache, "cache_key": "key", "reason": "unsigned"}
    assert sent == [facts]
    assert cache.stats().untrusted == 1
    import acme

    assert ("untrusted", "key") in acme.events


def test_a_tampering_crowd_does_not_make_a_write_for_each_read(made, store):
    made("another").set("key", [1])
    cache = made("secret")
    cache.cache.trips.clear()

    for _ in range(100):
        cache.get("key")

    assert cache.cache.trips.count("set") == 7  # for 1, 2, 4 … 64
    assert cache.get(MARK)["count"] == 64


# -- the commands ------------------------------------------------------------------------


@pytest.fixture
def said():
    def said(cache, command):
        return cache.app.test_cli_runner().invoke(commands, [command]).stdout.splitlines()

    return said


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"secret": "s"}, "ok     The entries in Shared are signed with SECRET_KEY."),
        (
            {"CACHE_SIGNING_KEY": "s", "CACHE_SIGNING_KEY_FALLBACKS": ["a"]},
            (
                "ok     The entries in Shared are signed with CACHE_SIGNING_KEY, and 1 older key "
                "is accepted."
            ),
        ),
        (
            {"secret": "s", "SECRET_KEY_FALLBACKS": ["a", "b"]},
            (
                "ok     The entries in Shared are signed with SECRET_KEY, and 2 older keys are "
                "accepted."
            ),
        ),
        (
            {"CACHE_SIGNING_KEY": False},
            "ok     The entries in Shared are not signed, as CACHE_SIGNING_KEY is False.",
        ),
        (
            {},
            (
                "WRONG  The entries in Shared are not signed: set CACHE_SIGNING_KEY or SECRET_KEY, "
                "or CACHE_SIGNING_KEY = False."
            ),
        ),
        ({"type_": DictCache}, "ok     The entries in DictCache are not signed."),
    ],
    ids=str,
)
def test_the_doctor_says_how_entries_are_signed(made, said, config, line):
    assert line in said(made(**config), "doctor")


def test_info_says_how_entries_are_signed_and_no_key(made, said):
    cache = made("hush-1", CACHE_SIGNING_KEY="hush-2", CACHE_SIGNING_KEY_FALLBACKS=["hush-3"])

    lines = said(cache, "info")

    facts = dict(line.split(maxsplit=1) for line in lines)
    assert facts["entries"] == "signed with CACHE_SIGNING_KEY, and 1 older key is accepted"
    assert facts["CACHE_SIGNING_KEY"] == facts["CACHE_SIGNING_KEY_FALLBACKS"] == "(hidden)"
    assert "hush" not in "".join(lines)


def test_the_doctor_names_what_another_process_did_not_believe(made, said):
    made("another").set("key", [1])
    worker = made("secret")
    for _ in range(3):
        worker.get("key")

    [found] = [line for line in said(made("secret"), "doctor") if "not believed" in line]

    assert found.startswith(
        "WRONG  At least 2 entries of Shared were not believed in the last day. The last, 'key', "
        "verifies under no key of this application. Programs that share a store share one "
        "CACHE_SIGNING_KEY"
    )


def test_the_doctor_names_a_program_with_another_key(made, said):
    made().set("key", [1])
    worker = made("another")
    worker.get("key")

    found = [line for line in said(made("secret"), "doctor") if line.startswith("WRONG")]

    assert len(found) == 1
    assert "An entry in Shared that this command has read verifies under no key" in found[0]


def test_the_doctor_finds_nothing_where_all_is_believed(made, said):
    made("secret").set("key", [1])

    assert [line for line in said(made("secret"), "doctor") if line.startswith("WRONG")] == []


# -- secrets -----------------------------------------------------------------------------


def test_nothing_shows_a_key(made, store, caplog):
    caplog.set_level(logging.DEBUG)
    cache = made("hush-1", CACHE_SIGNING_KEY_FALLBACKS=["hush-2"], SECRET_KEY_FALLBACKS=["hush-3"])
    cache.set("key", [1])
    store["p|key"] = pack("p|key", b"forged", 0.0)
    cache.get("key")
    backend = cache.cache

    shown = [repr(each) for each in (cache, backend, backend.seal, cache.lookup.settings)]
    shown += [repr(vars(each)) for each in (backend, backend.seal, backend.tell_untrusted)]

    assert "hush" not in " ".join(shown) + caplog.text


def test_no_traceback_shows_a_key(made, monkeypatch):
    def fails(*args):
        raise OSError("the store is gone")

    cache = made("hush-1", CACHE_SIGNING_KEY="hush-2")
    monkeypatch.setattr(_Keyed, "signature", fails)

    with pytest.raises(OSError, match="gone") as caught:
        cache.cache.set("key", [1])

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "hush" not in "".join(told.format())


# -- compression and serializers through an application ----------------------------------


def test_values_are_compressed_before_they_are_signed(made, store):
    cache = made("secret", CACHE_COMPRESSION={"method": "zstd", "threshold": 100})
    cache.set_many({"large": ["x" * 10_000], "small": [1]})

    assert len(store["p|large"]) < 500
    assert cache.get_many("large", "small") == [["x" * 10_000], [1]]
    assert made("secret").get("large") == ["x" * 10_000]
    assert made("another").get("large") is None


def test_what_is_not_believed_is_neither_expanded_nor_read(made, store, monkeypatch):
    opened = []
    monkeypatch.setattr(BytesCache, "_opened", lambda self, packed: opened.append(packed))
    made("another", CACHE_COMPRESSION="zlib").set("key", ["x" * 10_000])

    made("secret").get("key")

    assert opened == []


def test_what_another_serializer_wrote_is_a_miss_and_no_news(made, caplog):
    # 49 in MessagePack are the bytes of 1 in JSON.
    made("secret", CACHE_SERIALIZER="msgpack").set("key", 49)
    cache = made("secret", CACHE_SERIALIZER="json")

    assert cache.get("key") is None
    assert made("secret").get("key") is None
    assert watch_of(cache.cache).counts == {}
    assert cache.inc("key", 5) == 5
    assert cache.get("key") == 5
    assert caplog.text == ""


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
def test_an_application_works_with_another_serializer(made, serializer):
    cache = made("secret", CACHE_SERIALIZER=serializer)
    calls = []

    @cache.memoize()
    def function(number):
        calls.append(number)
        return {"number": [number]}

    with cache.app.app_context():
        assert [function(1), function(1)] == [{"number": [1]}] * 2
        cache.delete_memoized(function)
        assert function(1) == {"number": [1]}

    assert calls == [1, 1]
    assert cache.cache.seal is not CHECKSUM
