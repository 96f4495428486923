"""Backends that are wrong after an interrupt, or when their server comes back."""

from __future__ import annotations

from flask_caching.backends.base import Capability

from ..network import NetworkCache
from ..store import receive, send
from .faults import StaysDown, TakesALateReplyForTheNext
from .registry import dies_by


@dies_by("O-FLT-14")
class ItsServersDeathIsItsOwn(StaysDown):
    pass


@dies_by("O-FLT-15")
class TakesTheAnswersOfAThawedServer(TakesALateReplyForTheNext):
    pass


@dies_by("O-FLT-16")
class GoesOnAfterAnInterrupt(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        try:
            send(connection, request)
            answer = receive(connection)
        except Exception:
            connection.close()
            raise
        except BaseException:
            self._idle().append(connection)
            raise
        self._idle().append(connection)
        return answer


@dies_by("O-PER-02")
class ClaimsToOutliveItsServer(NetworkCache):
    capabilities = NetworkCache.capabilities | {Capability.PERSISTENT}
