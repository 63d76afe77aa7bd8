"""The schema: one `metadata` for every table of the product, brought up to date by alembic."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crypto.translog.schema import metadata

#: Modules that define tables; importing them fills `metadata`.
TABLE_MODULES = (
    "crypto.translog.schema",
    "bidding.people.store",
    "bidding.tenders.store",
    "bidding.inbox.store",
    "bidding.submissions.tables",
    "bidding.ca.store",
)
MIGRATIONS = Path(__file__).with_name("migrations")


def all_tables() -> sa.MetaData:
    """`metadata` with the tables of every capability registered."""
    for name in TABLE_MODULES:
        import_module(name)
    return metadata


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
