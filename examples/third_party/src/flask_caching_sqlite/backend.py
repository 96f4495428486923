"""The cache in an SQLite database: `SQLiteCache`."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.connections import Connections
from flask_caching.errors import ConfigError
from flask_caching.payload import deadline_of

TABLE = "CREATE TABLE IF NOT EXISTS entries (name BLOB PRIMARY KEY, payload BLOB, ends REAL)"
READ = "SELECT max(payload) FROM entries WHERE name = ?"
WRITE = "INSERT OR REPLACE INTO entries SELECT ?, ?, ?"


class SQLiteCache(BytesCache):
    """Keeps entries in a database file, which the processes of a machine share.

    :param path: the file; created, for its owner only, where it is missing.
    :param options: those of `BytesCache`.
    """

    capabilities = frozenset(Capability) - {Capability.BOUNDED, Capability.NETWORK}
    store_errors = (sqlite3.Error,)
    settings = {"CACHE_SQLITE_PATH": "path"}  # noqa: RUF012 (the base declares it a ClassVar)

    def __init__(self, path: str | Path, **options: Any) -> None:
        super().__init__(**options)
        try:
            self.path = Path(path).absolute()
            self.path.touch(0o600)  # entries are pickles: nobody else may write them
        except (OSError, TypeError) as error:
            raise ConfigError("CACHE_SQLITE_PATH", f"{path!r} can't be a file: {error}") from error
        # SQLite keeps its locks for the whole process, so no connection may be open at a fork.
        self._connections = Connections(self._opening)

    @contextmanager
    def _opening(self) -> Generator[sqlite3.Connection]:
        # Another writer is waited for. A transaction that would only begin to write after it has
        # read is refused at once instead, so it begins with writing: IMMEDIATE.
        db = sqlite3.connect(self.path, isolation_level="IMMEDIATE", check_same_thread=False)
        with closing(db):
            db.execute("PRAGMA busy_timeout = 1000")  # milliseconds
            with suppress(sqlite3.OperationalError):  # another process is just doing the same
                db.executescript("PRAGMA synchronous = NORMAL; PRAGMA journal_mode = WAL")
            db.execute(TABLE)
            yield db

    def close(self) -> None:
        self._connections.close()

    # -- the store -------------------------------------------------------------------

    def raw_get_many(self, names: Sequence[str]) -> list[bytes | None]:
        # Many small queries cost SQLite no more than a large one (sqlite.org/np1queryprob.html),
        # and max() makes a row, of NULL, of none.
        with self._connections() as db:
            return [db.execute(READ, (name.encode(),)).fetchone()[0] for name in names]

    def raw_set_many(self, payloads: Mapping[str, bytes], life: float) -> list[str]:
        self._write(WRITE, [_row(*each) for each in payloads.items()])
        return list(payloads)

    def raw_swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool:
        sql = f"{WRITE} WHERE (SELECT payload FROM entries WHERE name = ?) IS ?"  # noqa: S608
        return self._write(sql, [(*_row(name, payload), name.encode(), expected)]) > 0

    def raw_delete_many(self, names: Sequence[str]) -> int:
        return self._write("DELETE FROM entries WHERE name = ?", [(n.encode(),) for n in names])

    def raw_clear(self, prefix: str) -> None:
        self.raw_prune(prefix, inf)

    def raw_prune(self, prefix: str, now: float) -> int:
        sql = "DELETE FROM entries WHERE substr(name, 1, length(?)) = ? AND ends <= ?"
        return self._write(sql, [(prefix.encode(), prefix.encode(), now)])

    def _write(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement with each of the rows, in one transaction; return what it changed."""
        with self._connections() as db, db:
            return db.executemany(sql, rows).rowcount


def _row(name: str, payload: bytes) -> tuple[bytes, bytes, float]:
    return name.encode(), payload, deadline_of(payload) or inf
