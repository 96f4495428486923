"""What does a backend answer when its server is down, frozen, cut off or late?"""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from flask import Flask, render_template_string

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import CacheUnavailableError

from ..bench import Bench, ConfigAt
from ..catalogue import case
from ..harness.proxy import FaultProxy
from ..harness.threads import in_thread, interrupting, results
from ..harness.waiting import wait_until
from ..workshop import Workshop
from .operations import ON_ONE_KEY, Operation
from .through_flask import counter

T = TypeVar("T")

NETWORK = Capability.NETWORK
CLEAR = Operation("clear", lambda backend, _: backend.clear())
EVERYTHING = [*ON_ONE_KEY, CLEAR]
#: One operation of each kind, where each costs the time that a reply may take.
SOME = [
    operation
    for operation in EVERYTHING
    if operation.name in {"get", "get_many", "set", "set_many", "add", "inc", "delete", "clear"}
]
#: After how many bytes a reply or a request is cut: at once, in a header, in a value, and before
#: the last one.
CUTS = [0, 1, 5, 40, -1]
#: What stands for a `CacheUnavailableError` among answers.
UNAVAILABLE = object()
KEYS = [f"key {number}" for number in range(4)]

on_everything = pytest.mark.parametrize(
    "operation", EVERYTHING, ids=[operation.name for operation in EVERYTHING]
)
on_some = pytest.mark.parametrize("operation", SOME, ids=[operation.name for operation in SOME])
on_a_lost_reply = pytest.mark.parametrize(
    ("reply", "times"),
    [("first", None), ("first", 1), ("last", None), ("last", 1)],
    ids=["first, always", "first, once", "last, always", "last, once"],
)


def value_of(key: str) -> list[str]:
    """Return what lies under a key here, which no other key has."""
    return [key] * 10


class Faulty(Bench):
    """How cases deal with a store that is not there all the time."""

    def in_time(self, call: Callable[[], T]) -> T:
        """Return what a call gives, if it takes no longer than a connection and a reply may."""
        return results([in_thread(call)], self.fault_patience)[0]

    @staticmethod
    def unless_unavailable(call: Callable[[], Any]) -> Any:
        """Return what a call gives, or `UNAVAILABLE` where it says so."""
        try:
            return call()
        except CacheUnavailableError:
            return UNAVAILABLE

    def recovered(self, call: Callable[[], Any]) -> Any:
        """Return what a call gives when the store is available again."""
        answers: list[Any] = []

        def is_answered() -> bool:
            answers.append(self.unless_unavailable(call))
            return answers[-1] is not UNAVAILABLE

        wait_until(is_answered, self.recovery)
        return answers[-1]


class Faults(Faulty):
    """Faults."""

    @pytest.fixture
    def proxy(self, backend: BaseCache, endpoint: int) -> Iterator[FaultProxy]:
        """A proxy in front of the server; a backend beside it tidies up."""
        with FaultProxy(endpoint) as proxy:
            yield proxy

    @pytest.fixture
    def far(self, make: Workshop, config_at: ConfigAt, proxy: FaultProxy) -> BaseCache:
        """A backend behind the proxy, which has been used and holds the keys."""
        backend = make(**config_at(proxy.port))
        # On a busy machine even this may take longer than a call waits.
        self.recovered(lambda: backend.set_many({key: value_of(key) for key in KEYS}, 0))
        self.recovered(lambda: backend.set("count", 10, 0))
        assert self.recovered(lambda: backend.get_many(*KEYS)) == [value_of(key) for key in KEYS]
        return backend

    @on_everything
    @case(
        "O-FLT-01",
        "A store that can't be reached -> `CacheUnavailableError`, chained to the driver's own, on "
        "every operation alike.",
        needs=NETWORK,
    )
    def test_a_refused_connection_is_one_error(
        self, far: BaseCache, proxy: FaultProxy, operation: Operation
    ) -> None:
        proxy.refuse()

        with pytest.raises(CacheUnavailableError) as raised:
            self.in_time(lambda: operation(far, KEYS[0]))

        assert raised.value.__cause__ is not None

    @on_some
    @case(
        "O-FLT-02",
        "A frozen store -> `CacheUnavailableError`, chained, within the configured time.",
        needs=NETWORK,
    )
    def test_a_frozen_store_is_the_same_error_in_time(
        self, far: BaseCache, proxy: FaultProxy, operation: Operation
    ) -> None:
        proxy.freeze()

        with pytest.raises(CacheUnavailableError) as raised:
            self.in_time(lambda: operation(far, KEYS[0]))

        assert raised.value.__cause__ is not None

    @pytest.mark.parametrize("fault", ["refuse", "freeze"])
    @case(
        "O-FLT-03",
        "An unreachable server at construction is no error: the application starts, and uses the "
        "cache when the server is there.",
        needs=NETWORK,
    )
    def test_an_application_starts_without_its_server(
        self, make: Workshop, config_at: ConfigAt, proxy: FaultProxy, fault: str
    ) -> None:
        getattr(proxy, fault)()

        backend = self.in_time(lambda: make(**config_at(proxy.port)))

        with pytest.raises(CacheUnavailableError):
            backend.get("key")
        proxy.pass_on()
        self.recovered(lambda: backend.set("key", 1))
        assert backend.get("key") == 1

    @pytest.mark.parametrize("after_bytes", CUTS)
    @case(
        "O-FLT-04",
        "After a reset in mid-reply the connection is not used again: the next call gets its own "
        "answer.",
        needs=NETWORK,
    )
    def test_after_a_reset_in_a_reply_every_key_has_its_value(
        self, far: BaseCache, proxy: FaultProxy, after_bytes: int
    ) -> None:
        _, length = proxy.lengths(lambda: far.get(KEYS[0]))
        proxy.reset_in_reply(after_bytes if after_bytes >= 0 else length - 1)

        self.is_right_or_unavailable(far)

        self.recovers(far, proxy)

    @pytest.mark.parametrize("after_bytes", CUTS)
    @case(
        "O-FLT-05",
        "After half a reply and silence the connection is not used again: the next call gets its "
        "own answer, also when the other half comes.",
        needs=NETWORK,
    )
    def test_after_half_a_reply_every_key_has_its_value(
        self, far: BaseCache, proxy: FaultProxy, after_bytes: int
    ) -> None:
        _, length = proxy.lengths(lambda: far.get(KEYS[0]))
        proxy.half_reply(after_bytes if after_bytes >= 0 else length - 1)

        self.in_time(lambda: self.is_right_or_unavailable(far))

        self.recovers(far, proxy)

    @pytest.mark.parametrize("after_bytes", CUTS)
    @case(
        "O-FLT-06",
        "After a reset in mid-request the store holds the old value or the new one.",
        needs=NETWORK,
    )
    def test_after_a_reset_in_a_request_the_old_value_stands_or_the_new_one(
        self, far: BaseCache, proxy: FaultProxy, after_bytes: int
    ) -> None:
        length, _ = proxy.lengths(lambda: far.set(KEYS[0], value_of(KEYS[0]), 0))
        proxy.reset_in_request(after_bytes if after_bytes >= 0 else length - 1)

        answer = self.unless_unavailable(lambda: far.set(KEYS[0], value_of("new 0"), 0))

        proxy.pass_on()
        assert answer in (True, UNAVAILABLE)
        values = [value_of("new 0")]
        if answer is UNAVAILABLE:
            values.append(value_of(KEYS[0]))
        assert self.recovered(lambda: far.get(KEYS[0])) in values
        assert far.get_many(*KEYS[1:]) == [value_of(key) for key in KEYS[1:]]

    @case(
        "O-FLT-07",
        "A late reply after a timeout never answers another call.",
        needs=NETWORK,
    )
    def test_a_late_reply_answers_no_other_call(self, far: BaseCache, proxy: FaultProxy) -> None:
        late = self.reply_timeout + 1
        proxy.delay(late)
        asked = time.monotonic()
        with pytest.raises(CacheUnavailableError):
            far.get(KEYS[0])
        proxy.pass_on()
        self.recovered(lambda: far.get(KEYS[1]))

        while time.monotonic() < asked + late + 0.5:
            for key in KEYS[1:]:
                assert far.get(key) == value_of(key)

    @on_a_lost_reply
    @case("O-FLT-08", "A retry never applies `inc` twice.", needs=NETWORK)
    def test_a_counter_counts_once_where_the_reply_is_lost(
        self, far: BaseCache, proxy: FaultProxy, reply: str, times: int | None
    ) -> None:
        far.set("other", 10, 0)

        self.counts_once(far, proxy, reply, times)

    @on_a_lost_reply
    @case(
        "O-FLT-09",
        "`add` is not falsely `False` where the reply to its first attempt was lost.",
        needs=NETWORK,
    )
    def test_add_is_not_falsely_false_where_the_reply_is_lost(
        self, far: BaseCache, proxy: FaultProxy, reply: str, times: int | None
    ) -> None:
        _, length = proxy.lengths(lambda: far.add("other", ["mine"]))
        proxy.reset_in_reply(0 if reply == "first" else length - 1, times)

        answer = self.unless_unavailable(lambda: far.add("added", ["mine"]))

        proxy.pass_on()
        assert answer in (True, UNAVAILABLE)
        assert self.recovered(lambda: far.get_value("added", "missing")) in (["mine"], "missing")

    @case("O-FLT-10", "Recovery needs no restart of the application.", needs=NETWORK)
    def test_it_recovers_by_itself(self, far: BaseCache, proxy: FaultProxy) -> None:
        for fault in (proxy.refuse, proxy.freeze, proxy.refuse):
            fault()
            with pytest.raises(CacheUnavailableError):
                far.set(KEYS[0], value_of(KEYS[0]))

            self.recovers(far, proxy)

        assert far.set("key", "new") is True
        assert far.get("key") == "new"

    @case(
        "O-FLT-11",
        "Connections that the server closed, idle or in a restart, cost at most an error each.",
        needs=NETWORK,
    )
    def test_closed_connections_are_replaced(self, far: BaseCache, proxy: FaultProxy) -> None:
        for _ in range(3):
            proxy.drop()
            self.is_right_or_unavailable(far)

            self.recovers(far, proxy)

    @case("O-FLT-12", "A page is served where the store is down.", needs=NETWORK)
    def test_a_page_is_served_where_the_store_is_down(
        self, make: Workshop, config_at: ConfigAt, proxy: FaultProxy
    ) -> None:
        app = Flask(__name__)
        cache, number = make.cache(app, **config_at(proxy.port)), counter()
        app.add_url_rule("/", view_func=cache.cached()(lambda: str(number())))
        client = app.test_client()
        assert client.get("/").text == client.get("/").text == "1"

        proxy.refuse()

        pages = [client.get("/") for _ in range(2)]
        assert [(page.status_code, page.text) for page in pages] == [(200, "2"), (200, "3")]

    @case("O-FLT-13", "A template fragment is rendered where the store is down.", needs=NETWORK)
    def test_a_fragment_is_rendered_where_the_store_is_down(
        self, make: Workshop, config_at: ConfigAt, proxy: FaultProxy
    ) -> None:
        app = Flask(__name__)
        make.cache(app, **config_at(proxy.port))
        number = counter()
        template = "{% cache 60, 'box' %}{{ number() }}{% endcache %}"
        with app.test_request_context():
            pages = [render_template_string(template, number=number) for _ in range(2)]
            proxy.refuse()

            pages.append(render_template_string(template, number=number))

        assert pages == ["1", "1", "2"]

    @on_a_lost_reply
    @case(
        "O-NET-05",
        "A retry never applies `inc` twice, nor one of a client that the application brings.",
        needs=NETWORK,
    )
    def test_a_client_that_tries_again_counts_once(
        self,
        make: Workshop,
        proxy: FaultProxy,
        retrying_at: ConfigAt,
        reply: str,
        times: int | None,
    ) -> None:
        far = make(**retrying_at(proxy.port))
        far.set_many({"count": 10, "other": 10}, 0)
        self.counts_once(far, proxy, reply, times)

    @pytest.mark.parametrize("after_bytes", CUTS)
    @case(
        "O-FLT-16",
        "After an exception in mid-operation, an interrupt for one, no later call gets another "
        "call's answer.",
        needs=NETWORK,
    )
    def test_after_an_interrupt_every_key_has_its_value(
        self, far: BaseCache, proxy: FaultProxy, after_bytes: int
    ) -> None:
        _, length = proxy.lengths(lambda: far.get_many(*KEYS))
        for call in (lambda: far.get(KEYS[0]), lambda: far.get_many(*KEYS)):
            proxy.half_reply(after_bytes if after_bytes >= 0 else length - 1)
            with warnings.catch_warnings():
                # A socket whose making is interrupted is nobody's to close.
                warnings.simplefilter("ignore", ResourceWarning)
                with interrupting(lambda: proxy.held_back):
                    self.unless_unavailable(call)
                gc.collect()

            self.recovers(far, proxy)

    # -- what they share -------------------------------------------------------------

    def is_right_or_unavailable(self, far: BaseCache) -> None:
        """Read a key while replies are cut: its value may come, or the error, and nothing else."""
        answer = self.unless_unavailable(lambda: far.get_value(KEYS[0], "missing"))
        assert answer in (value_of(KEYS[0]), UNAVAILABLE)

    def recovers(self, far: BaseCache, proxy: FaultProxy) -> None:
        """End the fault, and read every key several times, alone and with others."""
        proxy.pass_on()
        self.recovered(lambda: far.get(KEYS[1]))
        for _ in range(3):
            for key in KEYS:
                assert far.get(key) == value_of(key)
            assert far.get_many(*reversed(KEYS)) == [value_of(key) for key in reversed(KEYS)]

    def counts_once(self, far: BaseCache, proxy: FaultProxy, reply: str, times: int | None) -> None:
        """Lose the reply to an `inc` of "count", which is 10; "other" tells how long it is."""
        _, length = proxy.lengths(lambda: far.inc("other"))
        proxy.reset_in_reply(0 if reply == "first" else length - 1, times)

        answer = self.unless_unavailable(lambda: far.inc("count"))

        proxy.pass_on()
        assert answer in (11, UNAVAILABLE)
        count = self.recovered(lambda: far.get("count"))
        assert count in ([11] if answer == 11 else [10, 11])
