"""Do many commands become the bytes that the driver would make of them?"""

from hypothesis import example, given
from hypothesis import strategies as st
from redis.connection import Connection

from flask_caching_redis.packing import CHUNK, packed

ARGUMENTS = st.text(max_size=20) | st.binary(max_size=20) | st.integers()
COMMANDS = st.lists(st.tuples(st.just("SET"), ARGUMENTS, ARGUMENTS, ARGUMENTS), max_size=5)


@given(commands=COMMANDS)
@example(commands=[("SET", "key", b"", "PX", 1000), ("SET", "key", b"x" * CHUNK, "PX", 1000)] * 3)
@example(commands=[("SET", "schlüssel", b"x")])
@example(commands=[("SET", 1, "1", b"1")])
def test_they_are_the_drivers(commands):
    connection = Connection()

    assert b"".join(packed(connection, commands)) == b"".join(connection.pack_commands(commands))


def test_many_are_sent_in_chunks():
    commands = [("SET", "key", b"x" * 1000)] * 100

    sizes = [len(chunk) for chunk in packed(Connection(), commands)]

    assert max(sizes) < CHUNK + 2000
    assert len(sizes) == 4
