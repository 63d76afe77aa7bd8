"""Migrations run up from empty on both databases and end in exactly the schema the code defines."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bidding.db import all_tables, migrate
from crypto.translog.engine import open_engine


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, all_tables()))


def migrated_and_compared(url: str) -> None:
    engine = open_engine(url)
    try:
        migrate(engine)
        assert differences(engine) == []
        migrate(engine)
        assert differences(engine) == []
    finally:
        engine.dispose()


def test_an_empty_sqlite_database_gets_the_schema(tmp_path: Path) -> None:
    migrated_and_compared(f"sqlite:///{tmp_path / 'k.db'}")


def test_an_empty_postgresql_database_gets_the_schema(postgres_url: str) -> None:
    migrated_and_compared(postgres_url)


def test_the_comparison_would_notice_a_missing_column(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'k.db'}")
    migrate(engine)
    table = all_tables().sorted_tables[0].name
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN surplus INTEGER"))
    assert differences(engine) != []
    engine.dispose()
