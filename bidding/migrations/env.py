"""alembic's entry: runs on the connection that `bidding.db.migrate` hands in."""

from alembic import context

from bidding.db import all_tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=all_tables(), render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
