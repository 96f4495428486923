"""How do many commands become bytes?

By the rule of RESP (https://redis.io/docs/latest/develop/reference/protocol-spec/): an array of
bulk strings for each. The driver packs them too, for all that can be asked of it, and takes four
times as long, which was a fifth of writing a thousand entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .driver import Command, Connection

#: Bytes that are sent at once, about: the server begins while the rest is packed.
CHUNK = 1 << 15


def packed(connection: Connection, commands: Sequence[Command]) -> Iterable[bytes]:
    """Return the bytes of commands, in chunks."""
    texts = [each for command in commands for each in command if isinstance(each, str)]
    if "".join(texts).isascii():  # of which every client makes the same bytes
        return _chunks(commands)
    chunks: Iterable[bytes] = connection.pack_commands(commands)  # in this one's own encoding
    return chunks


def _chunks(commands: Iterable[Command]) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = 0
    #: The words and the lives come again and again.
    packed_before: dict[str | bytes | int, bytes] = {}
    append, before = parts.append, packed_before.get  # a tenth less for the whole
    for command in commands:
        append(b"*%d\r\n" % len(command))
        for argument in command:
            if type(argument) is bytes:
                part = b"$%d\r\n%b\r\n" % (len(argument), argument)
            elif (known := before(argument)) is not None:
                part = known
            else:
                text = _bytes(argument)
                part = packed_before[argument] = b"$%d\r\n%b\r\n" % (len(text), text)
            append(part)
            size += len(part)
        if size > CHUNK:
            yield b"".join(parts)
            parts.clear()
            packed_before.clear()
            size = 0
    yield b"".join(parts)


def _bytes(argument: str | bytes | int) -> bytes:
    if isinstance(argument, str):
        return argument.encode("ascii")
    return argument if isinstance(argument, bytes) else b"%d" % argument
