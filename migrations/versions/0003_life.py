"""Amendments, terminations, reports of untruth, restrictions as records, settings, batches, held notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_life"
down_revision = "0002_guards"
branch_labels = None
depends_on = None

STATEFUL = ("termination", "objection", "restriction")
KEPT = ("school_setting", "termination_chance")  # rows that are only ever added
HELD = "'awaiting_college', 'awaiting_school', 'in_force'"

OLD_RESTRICTIONS = """
UPDATE restriction SET state = CASE WHEN released_at IS NULL THEN 'set' ELSE 'released' END,
  changed_at = coalesce(released_at, now())
"""
OLD_PLACEMENTS = """
UPDATE placement p SET reviewed_at = p.attested_at, review = CASE WHEN (
  SELECT value FROM school_setting s WHERE s.school_id = p.school_id AND s.key = 'review_levels'
  ORDER BY id DESC LIMIT 1) = '2' THEN 'both' ELSE 'school' END
"""
OLD_SETTINGS = """
INSERT INTO school_setting (school_id, key, value, set_by, set_at)
SELECT school_id, 'signing_review',
  CASE WHEN value = '2' THEN '"both"'::jsonb ELSE '"school"'::jsonb END, set_by, set_at
FROM school_setting WHERE key = 'review_levels' ORDER BY id
"""


def hold_slot(states):
    """The states in which a placement keeps its student from any other (GRD-01)."""
    for name, column in (
        ("uq_placement_slot", "student_id"),
        ("uq_placement_invitation", "invitation_id"),
    ):
        op.drop_index(name, table_name="placement")
        op.create_index(
            name,
            "placement",
            [column],
            unique=True,
            postgresql_where=sa.text(f"state IN ({states})"),
        )


def upgrade():
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=60), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_calendar_day", "calendar_day", ["school_id", "day"], unique=True)
    op.create_table(
        "preference",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key"),
    )
    op.create_table(
        "termination_chance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["granted_by"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_termination_chance_student", "termination_chance", ["student_id", "year"], unique=False
    )
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("placement_id", sa.Integer(), nullable=True),
        sa.Column("employer_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(invitation_id IS NULL) <> (placement_id IS NULL)", name="ck_objection_one"
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["placement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_objection_employer", "objection", ["employer_id"], unique=False)
    op.create_index("ix_objection_invitation", "objection", ["invitation_id"], unique=False)
    op.create_index("ix_objection_placement", "objection", ["placement_id"], unique=False)
    op.create_index(
        "ix_objection_school", "objection", ["school_id", "state", "changed_at", "id"], unique=False
    )
    op.create_index("ix_objection_student", "objection", ["student_id"], unique=False)
    op.create_index(
        "uq_objection_invitation",
        "objection",
        ["invitation_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_objection_placement",
        "objection",
        ["placement_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "termination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("placement_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("started_by", sa.String(length=12), nullable=False),
        sa.Column("starter_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("review", sa.String(length=8), nullable=False),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["college_id"],
            ["college.id"],
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["placement.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_termination_college",
        "termination",
        ["college_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_termination_employer",
        "termination",
        ["employer_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index("ix_termination_placement", "termination", ["placement_id", "id"], unique=False)
    op.create_index(
        "ix_termination_reply_by",
        "termination",
        ["reply_by"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index(
        "ix_termination_school",
        "termination",
        ["school_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index("ix_termination_student", "termination", ["student_id", "id"], unique=False)
    op.create_index(
        "uq_termination_running",
        "termination",
        ["placement_id"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('requested', 'declined', 'mediation', 'awaiting_college', 'awaiting_school', 'awaiting_second')"
        ),
    )
    op.add_column(
        "invitation", sa.Column("frozen", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("message", sa.Column("user_id", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("school_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_message_school_id"), "message", ["school_id"], unique=False)
    op.add_column("notice", sa.Column("shown_from", sa.DateTime(timezone=True)))
    op.execute("UPDATE notice SET shown_from = created_at")
    op.alter_column("notice", "shown_from", nullable=False)
    op.add_column(
        "one_time_code",
        sa.Column("channel", sa.String(length=8), server_default="sms", nullable=False),
    )
    op.alter_column(
        "one_time_code",
        "purpose",
        existing_type=sa.VARCHAR(length=60),
        type_=sa.String(length=80),
        existing_nullable=False,
    )
    op.add_column("placement", sa.Column("proposed_id", sa.Integer(), nullable=True))
    op.add_column("placement", sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "placement",
        sa.Column("review", sa.String(length=8), nullable=False, server_default="school"),
    )
    op.alter_column("placement", "review", server_default=None)
    op.add_column("placement", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "placement", sa.Column("frozen", sa.Boolean(), server_default="false", nullable=False)
    )
    op.create_index(op.f("ix_placement_proposed_id"), "placement", ["proposed_id"], unique=False)
    op.create_foreign_key(
        "placement_proposed_id_fkey", "placement", "terms", ["proposed_id"], ["id"]
    )
    op.add_column("restriction", sa.Column("state", sa.String(length=12)))
    op.add_column("restriction", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.execute(OLD_RESTRICTIONS)
    op.alter_column("restriction", "state", nullable=False)
    op.alter_column("restriction", "changed_at", nullable=False)
    op.drop_column("restriction", "released_at")
    op.execute(OLD_PLACEMENTS)
    op.execute(OLD_SETTINGS)
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("back_url", sa.String(length=800), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_batch_user", "batch", ["user_id", "id"], unique=False)
    op.create_table(
        "batch_row",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "place"),
    )
    hold_slot(HELD + ", 'amending'")
    for name in STATEFUL:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name}_has_trail AFTER INSERT OR UPDATE OF state ON {name} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            f"EXECUTE FUNCTION state_has_trail('{name}')"
        )
        op.execute(
            f"CREATE TRIGGER {name}_not_deleted BEFORE DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION never_changed()"
        )
    for name in KEPT:
        op.execute(
            f"CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION never_changed()"
        )


def downgrade():
    for name in KEPT:
        op.execute(f"DROP TRIGGER {name}_kept ON {name}")
    for name in STATEFUL:
        op.execute(f"DROP TRIGGER {name}_has_trail ON {name}")
        op.execute(f"DROP TRIGGER {name}_not_deleted ON {name}")
    op.execute("DELETE FROM school_setting WHERE key = 'signing_review'")
    op.drop_table("batch_row")
    op.drop_table("batch")
    hold_slot(HELD)
    op.add_column(
        "restriction",
        sa.Column(
            "released_at", postgresql.TIMESTAMP(timezone=True), autoincrement=False, nullable=True
        ),
    )
    op.drop_column("restriction", "changed_at")
    op.drop_column("restriction", "state")
    op.drop_index(op.f("ix_placement_proposed_id"), table_name="placement")
    op.drop_column("placement", "frozen")
    op.drop_column("placement", "reviewed_at")
    op.drop_column("placement", "review")
    op.drop_column("placement", "answer_by")
    op.drop_column("placement", "proposed_id")
    op.alter_column(
        "one_time_code",
        "purpose",
        existing_type=sa.String(length=80),
        type_=sa.VARCHAR(length=60),
        existing_nullable=False,
    )
    op.drop_column("one_time_code", "channel")
    op.drop_column("notice", "shown_from")
    op.drop_index(op.f("ix_message_school_id"), table_name="message")
    op.drop_column("message", "school_id")
    op.drop_column("message", "user_id")
    op.drop_column("invitation", "frozen")
    op.drop_index(
        "uq_termination_running",
        table_name="termination",
        postgresql_where=sa.text(
            "state IN ('requested', 'declined', 'mediation', 'awaiting_college', 'awaiting_school', 'awaiting_second')"
        ),
    )
    op.drop_index("ix_termination_student", table_name="termination")
    op.drop_index("ix_termination_school", table_name="termination")
    op.drop_index(
        "ix_termination_reply_by",
        table_name="termination",
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.drop_index("ix_termination_placement", table_name="termination")
    op.drop_index("ix_termination_employer", table_name="termination")
    op.drop_index("ix_termination_college", table_name="termination")
    op.drop_table("termination")
    op.drop_index(
        "uq_objection_placement", table_name="objection", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index(
        "uq_objection_invitation",
        table_name="objection",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_objection_student", table_name="objection")
    op.drop_index("ix_objection_school", table_name="objection")
    op.drop_index("ix_objection_placement", table_name="objection")
    op.drop_index("ix_objection_invitation", table_name="objection")
    op.drop_index("ix_objection_employer", table_name="objection")
    op.drop_table("objection")
    op.drop_index("ix_termination_chance_student", table_name="termination_chance")
    op.drop_table("termination_chance")
    op.drop_table("preference")
    op.drop_index("uq_calendar_day", table_name="calendar_day")
    op.drop_table("calendar_day")
