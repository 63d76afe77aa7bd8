"""The database: one engine, one `metadata` for every table of the product, migrations by alembic."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from crypto.translog.store import metadata

#: Modules that define tables; importing them fills `metadata`.
TABLE_MODULES = (
    "crypto.translog.store",
    "bidding.people.store",
    "bidding.tenders.store",
    "bidding.inbox.store",
    "bidding.submissions.store",
    "bidding.ca.store",
)
MIGRATIONS = Path(__file__).with_name("migrations")
#: A SQLite writer waits this long for another process's transaction, in seconds.
SQLITE_BUSY_SECONDS = 30


def all_tables() -> sa.MetaData:
    """`metadata` with the tables of every capability registered."""
    for name in TABLE_MODULES:
        import_module(name)
    return metadata


def create_engine(url: str) -> sa.Engine:
    """The engine of an installation. SQLite runs in WAL mode with synchronous=FULL: committed is durable."""
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"), pool_pre_ping=True, pool_size=20
        )
    engine = sa.create_engine(url, connect_args={"timeout": SQLITE_BUSY_SECONDS}, pool_size=20)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def migrate(engine: sa.Engine) -> None:
    """Bring the database to the newest schema; nothing happens when it is there already."""
    config = _config()
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
