"""Reminders of whom a record waits for: once a day and matter (AGR-17)."""

import sqlalchemy as sa
from alembic import op

revision = "0029_nudges"
down_revision = "0028_told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of reminders."""
    op.create_table(
        "nudge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("receiver", sa.String(12), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_nudge_day", "nudge", ["kind", "record_id", "state", "day"], unique=True)


def downgrade() -> None:
    """Without them."""
    op.drop_table("nudge")
