"""Uploaded files: a small picture of the first page, and how many pages there are."""

import sqlalchemy as sa
from alembic import op

revision = "0006_attachments"
down_revision = "0005_kinds"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("attachment", sa.Column("thumb_key", sa.String(80), nullable=True))
    op.add_column("attachment", sa.Column("pages", sa.SmallInteger(), nullable=True))


def downgrade():
    op.drop_column("attachment", "pages")
    op.drop_column("attachment", "thumb_key")
