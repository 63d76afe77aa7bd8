"""Who fills which officer's seat, so that officers find what waits for them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_seat",
        sa.Column("lot", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.String(length=40), nullable=False),
        sa.Column("tender", sa.String(length=40), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False, comment="of who fills the seat now"),
        sa.PrimaryKeyConstraint("lot", "seat", name=op.f("pk_officer_seat")),
    )
    op.create_index(op.f("ix_officer_seat_credit_code"), "officer_seat", ["credit_code"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_officer_seat_credit_code"), table_name="officer_seat")
    op.drop_table("officer_seat")
