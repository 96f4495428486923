"""Backends that believe what is not signed, or not for them."""

from __future__ import annotations

import pickle
import secrets
import zlib
from contextlib import suppress

from flask_caching.compression import ZLIB
from flask_caching.payload import unpack
from flask_caching.seals import BLAKE2B, CHECKSUM, HMAC_SHA256, SIGNATURE_SIZE, Signature
from flask_caching.typing import MISSING

from ..network import InPiecesCache, NetworkCache
from .registry import dies_by


class Anything:
    """A seal that fits on whatever is signed."""

    size = SIGNATURE_SIZE
    kinds = (BLAKE2B, HMAC_SHA256)

    def of(self, key, head, body):
        return b""

    def was(self, seal, key, head, body):
        return True


class Believing(InPiecesCache):
    """Believes what another seal fits on as well."""

    believes = CHECKSUM

    def _live(self, name, payload):
        return super()._live(name, payload) or unpack(name, payload, self.believes)


@dies_by("C-SIG-01")
class EachProgramHasASecretOfItsOwn(NetworkCache):
    def seal_by(self, find):
        super().seal_by(lambda: find() and Signature(secrets.token_bytes(16)))


@dies_by("C-SIG-02")
class AChecksumWillDo(Believing):
    pass


@dies_by("C-SIG-03")
class SignaturesAreNotChecked(Believing):
    believes = Anything()


@dies_by("C-SIG-04")
class TheHeaderChoosesTheSeal(Believing):
    pass


@dies_by("C-SIG-04")
class UnpicklesBeforeItVerifies(NetworkCache):
    def _value(self, name, payload):
        value = MISSING
        with suppress(Exception):
            value = pickle.loads((payload or b"")[34:])
        return MISSING if super()._value(name, payload) is MISSING else value


@dies_by("C-SIG-05")
class NoNameIsSigned(NetworkCache):
    def _payload(self, name, value, life):
        return super()._payload("", value, life)

    def _value(self, name, payload):
        return super()._value("", payload)


@dies_by("C-SIG-06")
class FormerSecretsAreForgotten(NetworkCache):
    def seal_by(self, find):
        super().seal_by(lambda: self.with_the_newest(find()))

    def with_the_newest(self, seal):
        if isinstance(seal, Signature):
            seal._older = ()
        return seal


@dies_by("C-SIG-06")
class FormerSecretsWillAlwaysDo(Believing):
    believes = Anything()


@dies_by("C-SIG-07")
class LooksForTheSecretAtTheStart(NetworkCache):
    def seal_by(self, find):
        self.seal = find() or CHECKSUM


@dies_by("C-SIG-08")
class ShowsItsSecret(NetworkCache):
    def seal_by(self, find):
        self.found = [cell.cell_contents for cell in find.__closure__]
        self.shown = [vars(each) for each in self.found if hasattr(each, "now")]
        super().seal_by(find)


@dies_by("C-SIG-10")
class VersionsNeedNoSignature(Believing):
    def _live(self, name, payload):
        if "tagver/" in name:
            return super()._live(name, payload)
        return NetworkCache._live(self, name, payload)


@dies_by("H-SIG-09")
class ExpandsWithoutBound(NetworkCache):
    def _opened(self, packed):
        if packed.compression == ZLIB:
            packed = packed._replace(body=zlib.decompress(packed.body), compression=0)
        return super()._opened(packed)
