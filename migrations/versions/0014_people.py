"""People administered: corrections of origin records, likely second records found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0014_people"
down_revision = "0013_checks"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


# by which accounts that nobody used are deleted without reading whole tables
KEYS = (("ab_user", "created_by_fk"), ("ab_user", "changed_by_fk"), ("attachment", "owner_user_id"),
        ("terms", "created_by"))  # fmt: skip


def upgrade():
    for table, column in KEYS:
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_student_examinee", "student", ["examinee_no"])
    op.create_index("ix_student_name", "student", ["school_id", "name"])
    op.create_table(
        "merged",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_merged_number", "merged", ["kind", "number"])
    op.create_index("ix_merged_into", "merged", ["kind", "into_id"])
    op.execute("ALTER TABLE employer ALTER created_at SET DEFAULT app_now()")
    op.execute("DROP TRIGGER employer_not_deleted ON employer")
    op.execute(
        "CREATE TRIGGER employer_not_deleted BEFORE DELETE ON employer FOR EACH ROW"
        " WHEN (OLD.state <> 'listed') EXECUTE FUNCTION never_changed()"
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id"), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("seen", sa.String(64), nullable=False),
        sa.Column("was", sa.String(120), nullable=False),
        sa.Column("wish", sa.String(120), nullable=False),
        sa.Column("wanted_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_correction_school", "correction", ["school_id", "state", "id"])
    op.create_index("ix_correction_student", "correction", ["student_id"])
    op.create_index("uq_correction_open", "correction", ["student_id", "field"], unique=True,
                    postgresql_where=sa.text("state = 'proposed'"))  # fmt: skip
    op.execute(
        "CREATE CONSTRAINT TRIGGER correction_has_trail AFTER INSERT OR UPDATE OF state"
        " ON correction DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION state_has_trail('correction')"
    )
    op.execute(
        "CREATE TRIGGER correction_not_deleted BEFORE DELETE ON correction"
        " FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )


def downgrade():
    for table, column in KEYS:
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_table("correction")
    op.execute("DROP TRIGGER employer_not_deleted ON employer")
    op.execute(
        "CREATE TRIGGER employer_not_deleted BEFORE DELETE ON employer FOR EACH ROW"
        " EXECUTE FUNCTION never_changed()"
    )
    op.execute("ALTER TABLE employer ALTER created_at DROP DEFAULT")
    op.drop_table("merged")
    op.drop_index("ix_student_name", "student")
    op.drop_index("ix_student_examinee", "student")
