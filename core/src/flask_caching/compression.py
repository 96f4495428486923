"""Which values are compressed, and how much may come out of one that is read?"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .errors import ConfigError

#: The bits of a payload's flags that name how its body is compressed, and the ways.
COMPRESSION = 0b0001_1000
PLAIN, ZLIB, ZSTD = 0b0000_0000, 0b0000_1000, 0b0001_0000

METHODS = {"zlib": ZLIB, "zstd": ZSTD}
#: Bytes that a compressed body may grow to. What is larger is stored as it is, and what claims
#: to be larger is not read: a few kilobytes can be made to fill any memory.
LARGEST = 64 << 20
_ZLIB_LEVELS = range(10)
#: The least window of zstd, as a power of two.
_LEAST_WINDOW = 10


@dataclass(frozen=True, slots=True)
class Compression:
    """What ``CACHE_COMPRESSION`` says.

    :param method: ``"zlib"`` or ``"zstd"``.
    :param threshold: bytes of a serialized value from which on it is tried.
    :param level: from quick to small, in the method's own terms; its default where none is given.
    :param largest: bytes that a value may have before it is compressed, and after it is read.
    """

    method: str = "zlib"
    threshold: int = 1024
    level: int | None = None
    largest: int = LARGEST

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise _wrong(f"must be 'zlib' or 'zstd', not {self.method!r}")
        for name in ("threshold", "largest"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise _wrong(f"{name} must be a number of bytes, 0 or more, not {value!r}")
        if self.method == "zstd":
            _zstd()  # raises where it is not installed
        lowest, highest = self._levels()
        if self.level is not None and (
            type(self.level) is not int or not lowest <= self.level <= highest
        ):
            raise _wrong(
                f"level must be a whole number from {lowest} to {highest} for {self.method}, "
                f"not {self.level!r}"
            )

    def applied(self, body: bytes) -> tuple[int, bytes]:
        """Return how a body is compressed and what it is then; as it is where that is smaller."""
        if not self.threshold <= len(body) <= self.largest:
            return PLAIN, body
        if self.method == "zlib":
            smaller = zlib.compress(body, -1 if self.level is None else self.level)
        else:
            smaller = _zstd().compress(body, self.level)
        return (METHODS[self.method], smaller) if len(smaller) < len(body) else (PLAIN, body)

    def _levels(self) -> tuple[int, int]:
        if self.method == "zlib":
            return _ZLIB_LEVELS[0], _ZLIB_LEVELS[-1]
        lowest, highest = _zstd().CompressionParameter.compression_level.bounds()
        return lowest, highest


def read_compression(value: Any) -> Compression | None:
    """Read ``CACHE_COMPRESSION``: a method's name, a dict, or a `Compression`.

    :raises ConfigError: for what can't work.
    """
    if value is None or value is False or isinstance(value, Compression):
        return value or None
    if isinstance(value, str):
        return Compression(value)
    if not isinstance(value, Mapping):
        raise _wrong(
            "must be 'zlib', 'zstd', or a dict such as {'method': 'zlib', 'threshold': 1024}, "
            f"not {value!r}"
        )
    names = [each.name for each in fields(Compression)]
    for name in value:
        if name not in names:
            raise _wrong(f"{name!r} is not one of {', '.join(names)}")
    return Compression(**value)


def expanded(method: int, body: bytes, largest: int = LARGEST) -> bytes:
    """Return what `Compression.applied` was given.

    :raises ValueError: where it is larger than `largest`, or is not all there.
    :raises Exception: whatever the method's library raises on bytes that it can't read.
    """
    if method == PLAIN:
        return body
    reader: Any
    if method == ZLIB:
        reader = zlib.decompressobj()
    else:
        zstd = _zstd()
        window = min(max(largest.bit_length(), _LEAST_WINDOW), _largest_window(zstd))
        reader = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: window})
    whole: bytes = reader.decompress(body, largest + 1)
    if len(whole) > largest or not reader.eof or reader.unused_data:
        raise ValueError("the compressed body is too large, or is not all there")
    return whole


def _zstd() -> Any:
    """Return the module for zstd: Python's own since 3.14, and its backport before."""
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _wrong(
            "'zstd' needs a package that is not installed. Install it with: "
            "pip install backports.zstd"
        ) from error


def _largest_window(zstd: Any) -> int:
    return int(zstd.DecompressionParameter.window_log_max.bounds()[1])


def _wrong(problem: str) -> ConfigError:
    return ConfigError("CACHE_COMPRESSION", problem)
