"""Paper signings: the student's entry, and one-time links for the employer's upload."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_offline"
down_revision = "0007_bulk"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "offline_entry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id"), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(32), nullable=False),
        sa.Column("placement_id", sa.Integer(), sa.ForeignKey("placement.id"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("student_id"),
        sa.UniqueConstraint("placement_id"),
    )
    op.create_index("ix_offline_entry_school_id", "offline_entry", ["school_id"])
    op.create_table(
        "upload_link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("placement_id", sa.Integer(), sa.ForeignKey("placement.id"), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_upload_link_school_id", "upload_link", ["school_id"])
    op.create_index("ix_upload_link_placement", "upload_link", ["placement_id", "id"])
    op.create_index("uq_upload_link_open", "upload_link", ["placement_id"], unique=True,
                    postgresql_where=sa.text("withdrawn_at IS NULL"))  # fmt: skip
    op.create_table(
        "upload_link_file",
        sa.Column("attachment_id", sa.Integer(),
                  sa.ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("link_id", sa.Integer(), sa.ForeignKey("upload_link.id"), nullable=False),
    )  # fmt: skip
    op.create_index("ix_upload_link_file_link_id", "upload_link_file", ["link_id"])


def downgrade():
    op.drop_table("upload_link_file")
    op.drop_table("upload_link")
    op.drop_table("offline_entry")
