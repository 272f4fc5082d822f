"""What the worker looks for by the clock, and the delivery log: indexes; the code of a text message."""

import sqlalchemy as sa
from alembic import op

revision = "0004_reminders"
down_revision = "0003_life"
branch_labels = None
depends_on = None

AMENDING = sa.text("state = 'amending'")


def upgrade():
    op.create_index("ix_placement_answer_by", "placement", ["answer_by"], postgresql_where=AMENDING)
    op.create_index("ix_notice_key", "notice", ["key"])
    op.drop_index("ix_message_school_id", table_name="message")
    op.create_index("ix_message_school", "message", ["school_id", "created_at", "id"])
    op.create_index("ix_message_user", "message", ["user_id"])
    op.add_column("message", sa.Column("code_sealed", sa.LargeBinary(), nullable=True))


def downgrade():
    op.drop_column("message", "code_sealed")
    op.drop_index("ix_message_user", table_name="message")
    op.drop_index("ix_message_school", table_name="message")
    op.create_index("ix_message_school_id", "message", ["school_id"])
    op.drop_index("ix_notice_key", table_name="notice")
    op.drop_index("ix_placement_answer_by", table_name="placement")
