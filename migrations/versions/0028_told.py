"""Why nobody could be told of a notice; e-mails compared without case; the browser that used a code."""

import sqlalchemy as sa
from alembic import op

revision = "0028_told"
down_revision = "0027_kept"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "notice", sa.Column("unreached", sa.String(12), nullable=False, server_default="")
    )
    op.add_column(
        "one_time_code", sa.Column("used_on", sa.String(32), nullable=False, server_default="")
    )
    op.create_index("ix_student_email", "student", [sa.text("lower(email)")])
    op.create_index("ix_ab_user_email", "ab_user", [sa.text("lower(email)")])


def downgrade():
    op.drop_index("ix_ab_user_email", "ab_user")
    op.drop_index("ix_student_email", "student")
    op.drop_column("one_time_code", "used_on")
    op.drop_column("notice", "unreached")
