"""Backends that trust or lose what they can't read or write."""

from __future__ import annotations

import math
import pickle

from flask_caching.backends.simple import SimpleCache
from flask_caching.errors import SerializationError
from flask_caching.payload import unpack
from flask_caching.serializers import PickleSerializer
from flask_caching.typing import MISSING

from ..network import LARGEST, InPiecesCache, NetworkCache
from .registry import dies_by


@dies_by("C-PAY-01")
class TheUnserializableIsStoredAsNone(SimpleCache):
    def set(self, key, value, timeout=None):
        try:
            return super().set(key, value, timeout)
        except SerializationError:
            return super().set(key, None, timeout)


@dies_by("C-PAY-01")
class AFailedSetLosesTheOldValue(SimpleCache):
    def set(self, key, value, timeout=None):
        try:
            return super().set(key, value, timeout)
        except SerializationError:
            self.delete(key)
            raise


class OnlyPickleErrors:
    def dumps(self, value):
        try:
            return pickle.dumps(value)
        except pickle.PicklingError as error:
            raise SerializationError(str(error)) from error

    loads = staticmethod(pickle.loads)


@dies_by("C-PAY-01")
class OnlyPickleErrorsAreCaught(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.serializer = OnlyPickleErrors()

    def _copied(self, value):
        return self.serializer.dumps(value), self.serializer.loads


@dies_by("C-PAY-11")
class AnUnreadablePayloadIsTheValue(NetworkCache):
    def get_value(self, key, default=None):
        payload = self.raw_get(self.name(key))
        found = super().get_value(key, MISSING)
        return (
            payload if found is MISSING and payload is not None else super().get_value(key, default)
        )


@dies_by("C-PAY-12")
class NoSealIsChecked(NetworkCache):
    def _value(self, name, payload):
        found = super()._value(name, payload)
        if found is MISSING and payload is not None and len(payload) > 22:
            try:
                return pickle.loads(payload[22:])
            except pickle.UnpicklingError:
                return MISSING
        return found


@dies_by("C-PAY-10")
class GarbageRaises(NetworkCache):
    def _value(self, name, payload):
        if payload is not None and unpack(name, payload) is None:
            raise ValueError("this is no entry")
        return super()._value(name, payload)


@dies_by("C-PAY-14")
class WhatIsNoEntryIsUnpickled(NetworkCache):
    def _value(self, name, payload):
        try:
            return pickle.loads((payload or b"").removeprefix(b"!"))
        except (pickle.UnpicklingError, EOFError):
            return super()._value(name, payload)


@dies_by("C-PAY-03")
class WhatIsGoneRaises(SimpleCache):
    def get_value(self, key, default=None):
        slot = self._slots.get(key)
        if slot is not None and slot[2] is not None:
            slot[2](slot[1])
        return super().get_value(key, default)


@dies_by("C-PAY-06")
class OnlyTheReadableIsDeleted(SimpleCache):
    def delete_many(self, *keys):
        for key in keys:
            if self.get_value(key, MISSING) is not MISSING:
                self.delete(key)
        return list(dict.fromkeys(keys))


@dies_by("C-PAY-13")
class NoKeyIsSealed(InPiecesCache):
    def _payload(self, name, value, life):
        return super()._payload("", value, life)

    def _live(self, name, payload):
        return super()._live("", payload)


@dies_by("C-PAY-15")
class BulkIsPickled(NetworkCache):
    def set_many(self, mapping, timeout=None):
        given, self.serializer = self.serializer, PickleSerializer()
        try:
            return super().set_many(mapping, timeout)
        finally:
            self.serializer = given


@dies_by("C-PAY-16")
class TriesEverySerializer(NetworkCache):
    def _opened(self, packed):
        found = super()._opened(packed)
        return pickle.loads(packed.body) if found is MISSING else found


@dies_by("C-PAY-21")
class TouchTakesThePackedForPlain(NetworkCache):
    def touch(self, key, timeout=None):
        seal, self._sealed = self._sealed, self._forgetting
        try:
            return super().touch(key, timeout)
        finally:
            self._sealed = seal

    def _forgetting(self, name, packed):
        return super()._sealed(name, packed._replace(compression=0))


@dies_by("C-PAY-22")
class AnyNumberIsATime(InPiecesCache):
    def _live(self, name, payload):
        packed = unpack(name, payload, self.seal)
        is_over = packed is not None and 0 < packed.deadline <= self._clock()
        return None if is_over else packed

    def raw_swap(self, name, expected, payload, life):
        return super().raw_swap(name, expected, payload, math.ceil(life))


@dies_by("C-PAY-17")
class TheSerializersErrorGoesThrough(NetworkCache):
    def _payload(self, name, value, life):
        self.serializer.dumps(value)
        return super()._payload(name, value, life)


@dies_by("C-PAY-08")
class PicklesUnderALock(SimpleCache):
    def _copied(self, value):
        with self._lock():
            return super()._copied(value)


@dies_by("C-PAY-20")
class UnpicklesBehindItsHeader(NoSealIsChecked):
    pass


# -- what is refused ---------------------------------------------------------------------


@dies_by("H-REF-01")
class WhatIsTooLargeLosesTheOld(NetworkCache):
    def raw_set_many(self, payloads, life):
        self.raw_delete_many([name for name, each in payloads.items() if len(each) > LARGEST])
        return super().raw_set_many(payloads, life)


@dies_by("H-REF-02")
class AFullStoreLosesTheOld(NetworkCache):
    def raw_set_many(self, payloads, life):
        stored = super().raw_set_many(payloads, life)
        self.raw_delete_many([name for name in payloads if name not in stored])
        return stored


@dies_by("H-REF-03")
class TriesWhatIsRefusedAgain(NetworkCache):
    def raw_swap(self, name, expected, payload, life):
        return super().raw_swap(name, expected, payload, life) or False
