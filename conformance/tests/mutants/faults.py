"""Backends that fail wrongly, or talk too much."""

from __future__ import annotations

import threading

from flask_caching.errors import CacheUnavailableError

from ..network import NetworkCache
from ..store import receive, send
from .registry import dies_by


@dies_by("O-FLT-07")
class TakesALateReplyForTheNext(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-FLT-02")
class WaitsForEver(NetworkCache):
    def __init__(self, port, *, reply_timeout=None, **options):
        super().__init__(port, reply_timeout=None, **options)


@dies_by("O-FLT-01")
class ALostWriteIsASuccess(NetworkCache):
    def raw_set(self, name, payload, life):
        try:
            return super().raw_set(name, payload, life)
        except OSError:
            return True


@dies_by("O-FLT-01")
class AFailureIsAMiss(NetworkCache):
    def get_value(self, key, default=None):
        try:
            return super().get_value(key, default)
        except CacheUnavailableError:
            return default


@dies_by("O-FLT-01")
class LetsTheDriversErrorThrough(NetworkCache):
    store_errors = ()


@dies_by("O-FLT-03")
class ConnectsInItsConstructor(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.raw_get("hello")


class Retrying(NetworkCache):
    """Sends every request again where the reply is lost."""

    def ask_once(self, *request):
        try:
            return super().ask_once(*request)
        except (OSError, EOFError):
            return super().ask_once(*request)


@dies_by("O-FLT-08")
class CountsAgainInARetry(Retrying):
    def inc(self, key, delta=1):
        with self._translated("inc"):
            return self.ask("count", self.name(key), delta)

    def get(self, key):
        with self._translated("get"):
            return self.ask("counted", self.name(key))

    def set(self, key, value, timeout=None):
        if type(value) is int:
            self.ask("count", self.name(key), value)
            return True
        return super().set(key, value, timeout)


@dies_by("O-FLT-09")
class AddsAgainInARetry(Retrying):
    pass


@dies_by("O-FLT-06")
class DeletesBeforeItWrites(NetworkCache):
    def raw_set(self, name, payload, life):
        self.ask("delete", [name])
        return super().raw_set(name, payload, life)


@dies_by("O-FLT-04")
class HalfAReplyIsAMiss(NetworkCache):
    def raw_get(self, name):
        try:
            return super().raw_get(name)
        except (EOFError, ConnectionResetError):
            return None


@dies_by("O-FLT-05")
class GoesOnAfterHalfAReply(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-FLT-10")
class StaysDown(NetworkCache):
    def ask(self, *request):
        if getattr(self, "is_down", False):
            raise ConnectionError("was down")
        try:
            return super().ask(*request)
        except OSError:
            self.is_down = True
            raise


@dies_by("O-FLT-11")
class KeepsAClosedConnection(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-NET-01")
class AsksForNothing(NetworkCache):
    def get_many(self, *keys):
        return super().get_many(*keys) if keys else self.ask("get", [])


@dies_by("O-NET-02")
class AsksBeforeItChecks(NetworkCache):
    def set(self, key, value, timeout=None):
        self.raw_get("hello")
        return super().set(key, value, timeout)


@dies_by("O-NET-03")
class AsksTwiceForNone(NetworkCache):
    def get_value(self, key, default=None):
        value = super().get_value(key, None)
        return default if value is None and not self.has(key) else value


class AnswersOfOldWhereItIsDown(NetworkCache):
    """Keeps copies for bad times, of which nobody knows how old they are."""

    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.copies = {}

    def raw_get_many(self, names):
        try:
            found = super().raw_get_many(names)
        except OSError:
            return [self.copies.get(name) for name in names]
        self.copies.update(zip(names, found, strict=True))
        return found

    def raw_get(self, name):
        return self.raw_get_many([name])[0]


@dies_by("O-FLT-12")
class APageOfOldIsServed(AnswersOfOldWhereItIsDown):
    pass


@dies_by("O-FLT-13")
class AFragmentOfOldIsRendered(AnswersOfOldWhereItIsDown):
    pass


@dies_by("O-NET-04")
class AsksAgainForWhatIsMissing(NetworkCache):
    def raw_get_many(self, names):
        found = super().raw_get_many(names)
        return super().raw_get_many(names) if None in found else found

    def raw_get(self, name):
        return self.raw_get_many([name])[0]


@dies_by("O-NET-05")
class CountsAgainWhenTold(NetworkCache):
    def raw_swap(self, name, expected, payload, life):
        return self.ask("swap", name, expected, payload)


@dies_by("H-LEAK-01")
class CloseLeavesItsSockets(NetworkCache):
    opened = []

    def connection(self):
        self.opened.append(super().connection())
        return self.opened[-1]

    def close(self):
        self._idle().clear()


@dies_by("H-LEAK-02")
class AClosedOneFailsOtherwise(NetworkCache):
    is_closed = False

    def close(self):
        super().close()
        self.is_closed = True

    def connection(self):
        if self.is_closed:
            raise AttributeError("the pool is None")
        return super().connection()


@dies_by("O-LEAK-03")
class FailedCallsKeepTheirPlaces(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.places = threading.BoundedSemaphore(20)

    def ask_once(self, *request):
        if not self.places.acquire(blocking=False):
            raise ConnectionError("too many connections")
        answer = super().ask_once(*request)
        self.places.release()
        return answer
