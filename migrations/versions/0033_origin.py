"""Every personal column of the official layouts on the student; kinds of destinations by level of education.

What sealed ID numbers say is learnt anew by the next run of the checks: with it the day of birth.

Revision ID: 0033_origin
Revises: 0032_words
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033_origin"
down_revision = "0032_words"
branch_labels = None
depends_on = None

TEXTS = {
    "political_status": 2, "campus": 60, "direction": 60, "study_years": 4, "teacher_training": 2,
    "hardship": 2, "committed_to": 100, "home_kind": 2, "home_postcode": 6, "archive_before": 100,
    "household_before": 100, "archive_moved": 2, "household_moved": 2, "qq": 15,
}  # fmt: skip
DAYS = ("enrolled_on", "graduates_on")
SEALED = {"birth_date": 14, "home_address": 124, "home_phone": 24}  # name → width of its mask
# what the official layout prints of the person; a day of birth that the ID number says changes with that
BEFORE = (
    "school_id", "college_id", "major_id", "class_name", "graduation_year", "student_no", "examinee_no",
    "name", "sex", "nation", "education", "training_mode", "origin", "origin_state", "id_number_index",
    "phone_index", "id_kind", "id_country",
)  # fmt: skip
BORN = (
    "CASE WHEN {0}.id_kind IN ('hm_permit', 'tw_permit', 'passport') THEN {0}.birth_date_index END"
)


def _unchecked(more: bool) -> str:
    names = [*BEFORE, *TEXTS, *DAYS, "home_address_index", "home_phone_index"] if more else BEFORE
    sides = [
        ", ".join([*(f"{row}.{name}" for name in names), *([BORN.format(row)] if more else [])])
        for row in "no"
    ]
    return f"""
CREATE OR REPLACE FUNCTION plan_unchecked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH changed AS MATERIALIZED (SELECT n.id FROM fresh n JOIN stale o USING (id)
      WHERE ({sides[0]}) IS DISTINCT FROM ({sides[1]})),
  fallen AS (UPDATE plan_entry e SET state = 'filled', changed_at = app_now() FROM changed c
    WHERE e.student_id = c.id AND e.state = 'checked' RETURNING e.id, e.school_id)
  INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_role, actor_name,
      address, device, factor, reason, details, at)
    SELECT 'plan_entry', id, school_id, 'record_changed', 'checked', 'filled', 'system', 'system',
      '', '', '', '', '{{}}', app_now() FROM fallen ORDER BY id;
  RETURN NULL;
END $$;
"""


def upgrade():
    for name, width in TEXTS.items():
        op.add_column("student", sa.Column(name, sa.String(width), nullable=True))
    for name in DAYS:
        op.add_column("student", sa.Column(name, sa.Date(), nullable=True))
    for name, width in SEALED.items():
        op.add_column("student", sa.Column(f"{name}_sealed", sa.LargeBinary(), nullable=True))
        op.add_column("student", sa.Column(f"{name}_index", sa.LargeBinary(), nullable=True))
        op.add_column("student", sa.Column(f"{name}_masked", sa.String(width), nullable=True))
    op.execute(_unchecked(more=True))
    op.execute("DELETE FROM id_number_fact")
    op.add_column("id_number_fact", sa.Column("birth_index", sa.LargeBinary(), nullable=True))
    op.add_column(
        "destination_kind",
        sa.Column("levels", postgresql.JSONB(), nullable=False, server_default="[]"),
    )


def downgrade():
    op.drop_column("destination_kind", "levels")
    op.drop_column("id_number_fact", "birth_index")
    op.execute(_unchecked(more=False))
    for name in SEALED:
        for end in ("sealed", "index", "masked"):
            op.drop_column("student", f"{name}_{end}")
    for name in (*DAYS, *TEXTS):
        op.drop_column("student", name)
