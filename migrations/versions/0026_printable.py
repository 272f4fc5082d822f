"""Documents that could not be made: which, and for which characters (DOC-07)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_printable"
down_revision = "0025_identity"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "document_failure",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("record_kind", sa.String(20), primary_key=True),
        sa.Column("record_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column(
            "school_id", sa.Integer(),
            sa.ForeignKey("school.id", name="fk_document_failure_school"), nullable=False,
        ),
        sa.Column("missing", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )  # fmt: skip
    op.create_index("ix_document_failure_school_id", "document_failure", ["school_id"])


def downgrade():
    op.drop_table("document_failure")
