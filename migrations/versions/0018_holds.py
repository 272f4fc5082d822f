"""Holds: what the password was when a way in changed; mergings that wait for the person's own yes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_holds"
down_revision = "0017_chain"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("contact_change", sa.Column("password_digest", sa.LargeBinary()))
    op.add_column(
        "contact_change", sa.Column("told", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index("ix_contact_change_import", "contact_change", ["import_id"])
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "merge_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("keep_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("take", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("outcome", sa.String(12), nullable=False, server_default=""),
    )
    op.create_index(
        "uq_merge_request_open", "merge_request", ["kind", "keep_id", "gone_id"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip


def downgrade():
    op.drop_table("merge_request")
    op.drop_index("ix_contact_change_import", "contact_change")
    op.drop_column("contact_change", "told")
    op.drop_column("contact_change", "password_digest")
