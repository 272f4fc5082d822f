"""Papers of the plan: what the worker makes for somebody, and archive forwarding letters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_planfiles"
down_revision = "0010_plan"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "plan_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("wish", postgresql.JSONB(), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("source_key", sa.String(60), nullable=True),
        sa.Column("result_key", sa.String(60), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("problem", sa.String(300), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_plan_paper_user", "plan_paper", ["user_id", "id"])
    op.create_index("ix_plan_paper_school_id", "plan_paper", ["school_id"])
    op.create_table(
        "forwarding_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id"), nullable=False),
        sa.Column("college_id", sa.Integer(), sa.ForeignKey("college.id"), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("archive_to", sa.String(120), nullable=False),
        sa.Column("archive_address", sa.String(200), nullable=False),
        sa.Column("archive_postcode", sa.String(6), nullable=False),
        sa.Column("contact", sa.String(60), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("courier", sa.String(40), nullable=True),
        sa.Column("tracking_number", sa.String(40), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("void_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_forwarding_letter_number", "forwarding_letter",
                    ["school_id", "number"], unique=True)  # fmt: skip
    op.create_index("uq_forwarding_letter_student", "forwarding_letter", ["student_id"], unique=True,
                    postgresql_where=sa.text("void_at IS NULL"))  # fmt: skip
    op.create_index("ix_forwarding_letter_year", "forwarding_letter",
                    ["school_id", "graduation_year", "id"])  # fmt: skip
    op.create_index("ix_forwarding_letter_college_id", "forwarding_letter", ["college_id"])


def downgrade():
    op.drop_table("forwarding_letter")
    op.drop_table("plan_paper")
