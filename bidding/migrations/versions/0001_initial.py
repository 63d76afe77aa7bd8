"""The first schema."""

from alembic import op

from bidding.db import all_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    all_tables().create_all(op.get_bind())
