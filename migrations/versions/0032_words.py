"""What a school or employer decided of headers and words of its files is kept for the next file (BLK-06).

Revision ID: 0032_words
Revises: 0031_sheets
"""

import sqlalchemy as sa
from alembic import op

revision = "0032_words"
down_revision = "0031_sheets"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "import_word",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=True),
        sa.Column("employer_id", sa.Integer(), sa.ForeignKey("employer.id"), nullable=True),
        sa.Column("sheet", sa.String(30), nullable=False),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("theirs", sa.String(120), nullable=False),
        sa.Column("shown", sa.String(120), nullable=False),
        sa.Column("ours", sa.String(60), nullable=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    columns = ["sheet", "kind", "field", "theirs"]
    op.create_index(
        "uq_import_word_school", "import_word", ["school_id", *columns], unique=True,
        postgresql_where=sa.text("employer_id IS NULL"),
    )  # fmt: skip
    op.create_index(
        "uq_import_word_employer", "import_word", ["employer_id", *columns], unique=True,
        postgresql_where=sa.text("employer_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_import_word_user", "import_word", ["user_id"])


def downgrade():
    op.execute("UPDATE import_file SET state = 'failed' WHERE state IN ('mapping', 'discarded')")
    op.drop_table("import_word")
