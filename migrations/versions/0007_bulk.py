"""Imports: the files that people bring, and their staged rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_bulk"
down_revision = "0006_attachments"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("sheet", sa.String(30), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=True),
        sa.Column("employer_id", sa.Integer(), sa.ForeignKey("employer.id"), nullable=True),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_key", sa.String(60), nullable=True),
        sa.Column("errors_key", sa.String(60), nullable=True),
        sa.Column("stage", sa.String(12), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False)
          for name in ("total", "new", "changed", "same", "faulty")),
        sa.Column("only_good", sa.Boolean(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )  # fmt: skip
    op.create_index("ix_import_file_school", "import_file", ["school_id", "created_at", "id"])
    op.create_index("ix_import_file_employer", "import_file", ["employer_id", "created_at", "id"])
    op.create_index("ix_import_file_user", "import_file", ["user_id"])
    op.create_index("ix_import_file_kept", "import_file", ["changed_at"],
                    postgresql_where=sa.text("file_key IS NOT NULL"))  # fmt: skip
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("more", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=True),
        sa.Column("old", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "row"),
    )  # fmt: skip
    op.execute(
        "CREATE CONSTRAINT TRIGGER import_file_has_trail AFTER INSERT OR UPDATE OF state"
        " ON import_file DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION state_has_trail('import_file')"
    )
    op.execute(
        "CREATE TRIGGER import_file_not_deleted BEFORE DELETE ON import_file"
        " FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )


def downgrade():
    op.drop_table("import_row")
    op.drop_table("import_file")
