"""Who is outside a snapshot; checked rows fall back with their student's record; full editions (DOC-08).

Revision ID: 0030_truth
Revises: 0029_nudges
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030_truth"
down_revision = "0029_nudges"
branch_labels = None
depends_on = None


# what the official layout prints of the person; whoever writes it: form, file, merging, a command
FACTS = (
    "school_id", "college_id", "major_id", "class_name", "graduation_year", "student_no", "examinee_no",
    "name", "sex", "nation", "education", "training_mode", "origin", "origin_state", "id_number_index",
    "phone_index", "id_kind", "id_country",
)  # fmt: skip
_FALLEN = f"""
CREATE FUNCTION plan_unchecked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH changed AS MATERIALIZED (SELECT n.id FROM fresh n JOIN stale o USING (id)
      WHERE ({", ".join(f"n.{name}" for name in FACTS)})
        IS DISTINCT FROM ({", ".join(f"o.{name}" for name in FACTS)})),
  fallen AS (UPDATE plan_entry e SET state = 'filled', changed_at = app_now() FROM changed c
    WHERE e.student_id = c.id AND e.state = 'checked' RETURNING e.id, e.school_id)
  INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_role, actor_name,
      address, device, factor, reason, details, at)
    SELECT 'plan_entry', id, school_id, 'record_changed', 'checked', 'filled', 'system', 'system',
      '', '', '', '', '{{}}', app_now() FROM fallen ORDER BY id;
  RETURN NULL;
END $$;
CREATE TRIGGER student_unchecks_plan AFTER UPDATE ON student REFERENCING NEW TABLE AS fresh
  OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION plan_unchecked();
"""

# a record that is gone has no row to follow: its key would be taken by nobody; nor is anything kept of its
# ID number
_NO_KEY = """
CREATE FUNCTION plan_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM plan_dirty p USING stale o WHERE p.student_id = o.id;
  DELETE FROM id_number_fact i USING stale o WHERE i.id_number_index = o.id_number_index
    AND NOT EXISTS (SELECT 1 FROM student s WHERE s.id_number_index = o.id_number_index);
  RETURN NULL;
END $$;
CREATE TRIGGER student_forgets_plan AFTER DELETE ON student REFERENCING OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION plan_forgets();
DELETE FROM plan_dirty p WHERE NOT EXISTS (SELECT 1 FROM student s WHERE s.id = p.student_id);
"""


def upgrade():
    op.add_column("plan_snapshot", sa.Column("outside", postgresql.JSONB(), nullable=True))
    op.add_column(
        "plan_snapshot_row",
        sa.Column("outside", sa.String(12), nullable=False, server_default=""),
    )
    op.add_column("document", sa.Column("full_key", sa.String(80), nullable=True))
    op.add_column("document", sa.Column("full_sha256", sa.String(64), nullable=True))
    op.create_index("ix_document_full_sha256", "document", ["full_sha256"])
    op.execute(_FALLEN)
    op.execute(_NO_KEY)


def downgrade():
    op.execute("DROP TRIGGER student_forgets_plan ON student")
    op.execute("DROP FUNCTION plan_forgets()")
    op.execute("DROP TRIGGER student_unchecks_plan ON student")
    op.execute("DROP FUNCTION plan_unchecked()")
    op.drop_index("ix_document_full_sha256", table_name="document")
    op.drop_column("document", "full_sha256")
    op.drop_column("document", "full_key")
    op.drop_column("plan_snapshot_row", "outside")
    op.drop_column("plan_snapshot", "outside")
