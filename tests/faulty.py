"""Faults, each in two flavours: it failed, and it failed but persisted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class Fault(StrEnum):
    """What became of a commit whose caller saw an error."""

    FAILED = "failed"
    PERSISTED = "failed but persisted"


@contextmanager
def break_commit(engine: sa.Engine, fault: Fault, *, good: int = 0) -> Iterator[list[Fault]]:
    """Let `good` commits on `engine` through, break the next one as a dying connection does.

    Gives a list that holds the fault once it has happened.
    """
    dialect: Any = engine.dialect
    real = dialect.do_commit
    left = [good]
    done: list[Fault] = []

    def broken(connection: Any) -> None:
        if left[0] or done:
            left[0] = max(0, left[0] - 1)
            real(connection)
            return
        done.append(fault)
        if fault is Fault.PERSISTED:
            real(connection)
        raise dialect.dbapi.OperationalError("the connection broke during commit")

    dialect.do_commit = broken
    try:
        yield done
    finally:
        del dialect.do_commit


@contextmanager
def break_statements(engine: sa.Engine, starts: str) -> Iterator[list[str]]:
    """Every statement that starts with `starts` fails as on a full disk; gives those that were tried."""
    tried: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(starts):
            tried.append(statement)
            dbapi: Any = engine.dialect.dbapi
            raise dbapi.OperationalError("database or disk is full")

    sa.event.listen(engine, "before_cursor_execute", before)
    try:
        yield tried
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)
