"""The public list shows and finds who buys: names and codes beside a lot's titles."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lot") as table:
        table.add_column(sa.Column("parties", sa.Text(), nullable=False, server_default=""))
