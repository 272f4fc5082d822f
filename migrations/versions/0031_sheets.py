"""Rows of an import are numbered over all sheets; where each stands in its file is said beside it (BLK-02).

Revision ID: 0031_sheets
Revises: 0030_truth
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_sheets"
down_revision = "0030_truth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "import_row", sa.Column("sheet", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("import_row", sa.Column("line", sa.Integer(), nullable=True))
    op.execute("UPDATE import_row SET line = row")
    op.alter_column("import_row", "line", nullable=False)
    op.alter_column("import_row", "sheet", server_default=None)
    op.execute(
        "UPDATE import_file SET details = (details - 'sheet')"
        " || jsonb_build_object('sheets', jsonb_build_array(details -> 'sheet'))"
        " WHERE details ? 'sheet'"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE import_file SET details = (details - 'sheets')"
        " || jsonb_build_object('sheet', details -> 'sheets' -> 0) WHERE details ? 'sheets'"
    )
    op.drop_column("import_row", "line")
    op.drop_column("import_row", "sheet")
