"""Questions of the reports are kept, shared and mailed; a trend reads counts, not the rows of snapshots (RPT-06).

Revision ID: 0039_questions
Revises: 0038_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "0039_questions"
down_revision = "0038_keys"
branch_labels = None
depends_on = None

TABLE = "plan_snapshot_count"
# kept for good like the snapshots themselves
KEPT = """
CREATE TRIGGER plan_snapshot_count_kept BEFORE UPDATE OR DELETE ON plan_snapshot_count
  FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER plan_snapshot_count_not_emptied BEFORE TRUNCATE ON plan_snapshot_count
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
"""
COUNT = """
INSERT INTO plan_snapshot_count (snapshot_id, college_id, outside, education, destination_code, count)
SELECT snapshot_id, college_id, outside, coalesce(row ->> 'education', ''),
  coalesce(row ->> 'destination_code', ''), count(*)
FROM plan_snapshot_row GROUP BY 1, 2, 3, 4, 5
"""


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outside", sa.String(12), nullable=False),
        sa.Column("education", sa.String(3), nullable=False),
        sa.Column("destination_code", sa.String(3), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "college_id", "outside", "education", "destination_code"
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["plan_snapshot.id"], deferrable=True, initially="DEFERRED"
        ),
    )
    op.execute(COUNT)
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute(KEPT)
    op.create_table(
        "kept_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("report", sa.String(12), nullable=False),
        sa.Column("query", sa.String(600), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
    )
    op.create_index("uq_kept_question_name", "kept_question", ["user_id", "name"], unique=True)
    op.create_table(
        "question_mail",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("question_id", "user_id"),
        sa.ForeignKeyConstraint(["question_id"], ["kept_question.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_question_mail_user_id", "question_mail", ["user_id"])


def downgrade():
    op.drop_table("question_mail")
    op.drop_table("kept_question")
    op.drop_table(TABLE)
