"""Exports: who asked for which file, and where it is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_exports"
down_revision = "0011_planfiles"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "export_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("what", sa.String(30), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("format", sa.String(12), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id")),
        sa.Column("employer_id", sa.Integer(), sa.ForeignKey("employer.id")),
        sa.Column("counted", sa.Integer()),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("file_key", sa.String(60)),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("kept_until", MOMENT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    for name, column in (("user", "user_id"), ("school", "school_id")):
        op.create_index(f"ix_export_file_{name}", "export_file", [column, "created_at", "id"])
    op.create_index("ix_export_file_employer", "export_file", ["employer_id"])
    op.create_index("ix_export_file_kept", "export_file", ["kept_until"],
                    postgresql_where=sa.text("state IN ('ready', 'held')"))  # fmt: skip
    op.execute(
        "CREATE CONSTRAINT TRIGGER export_file_has_trail AFTER INSERT OR UPDATE OF state"
        " ON export_file DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION state_has_trail('export_file')"
    )
    op.execute(
        "CREATE TRIGGER export_file_not_deleted BEFORE DELETE ON export_file"
        " FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )


def downgrade():
    op.drop_table("export_file")
