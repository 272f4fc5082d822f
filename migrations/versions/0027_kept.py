"""What was sent after a session had ended, sealed, until its own account has signed in (ACC-14)."""

import sqlalchemy as sa
from alembic import op

revision = "0027_kept"
down_revision = "0026_printable"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "kept_post",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("device_id", sa.String(32), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_kept_post_user", "kept_post", ["user_id", "made_at"])
    op.create_index("ix_kept_post_at", "kept_post", ["made_at"])


def downgrade():
    op.drop_table("kept_post")
