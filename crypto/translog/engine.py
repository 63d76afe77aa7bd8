"""The database engine of the log and of every table beside it: durable, with transactions that mean it.

SQLite runs in WAL mode with ``synchronous=FULL``: what is committed has reached the disk. PostgreSQL is used
through psycopg. Beside :func:`reading`, every transaction on SQLite starts as ``BEGIN IMMEDIATE``: the
driver's deferred default fails at its first write when another writer was faster, and no timeout cures that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

_READ_ONLY = "kaibiao_read_only"


def open_engine(url: str, *, busy_seconds: int = 30, pool_size: int = 20) -> sa.Engine:
    """The engine for ``sqlite:///…`` or ``postgresql://…``.

    ``busy_seconds``: how long a SQLite writer waits for another process's transaction.
    """
    if not url.startswith("sqlite"):
        address = url.replace("postgresql://", "postgresql+psycopg://", 1)
        return sa.create_engine(address, pool_pre_ping=True, pool_size=pool_size)
    engine = sa.create_engine(
        url, connect_args={"timeout": busy_seconds, "check_same_thread": False}, pool_size=pool_size
    )
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    sa.event.listen(engine, "checkin", _end_transaction)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A snapshot for reading; on SQLite it neither waits for the writer nor holds it up."""
    with engine.connect().execution_options(**{_READ_ONLY: True}) as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that may write: committed at the end, rolled back when anything is raised."""
    with engine.begin() as connection:
        yield connection


def _configure_sqlite(connection: Any, _record: object) -> None:
    # None hands transaction control to us: the driver would begin late and commit behind our back.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _end_transaction(connection: Any, _record: object) -> None:
    # A commit that failed (full disk) leaves its transaction open, and with it the lock on the database.
    if connection is not None and connection.in_transaction:
        connection.rollback()


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
