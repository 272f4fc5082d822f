"""Signs of surrogate signing: acts by device and by address; nothing runs on what has ended; previews.

What ran on a placement that had ended already is closed, with its line in the trail.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_signs"
down_revision = "0020_codes"
branch_labels = None
depends_on = None

STAFF = "role IN ('college', 'school', 'province', 'data', 'admin')"
INDEXES = (
    ("ix_trail_device", "trail (device_id, at)", "device_id <> ''"),
    ("ix_trail_address", "trail (address, id)", "actor_role = 'student' AND address <> ''"),
    (
        "ix_security_event_student_address",
        "security_event (address, id)",
        "actor_role = 'student' AND address <> ''",
    ),
    ("ix_ab_user_staff", "ab_user (school_id)", STAFF),
)
RUNS = ("('requested', 'declined', 'mediation', 'awaiting_college', 'awaiting_school', "
        "'awaiting_second')")  # fmt: skip
ON_NOTHING = f"""FROM placement p WHERE p.id = x.placement_id AND p.state <> 'in_force'
  AND x.state IN {RUNS}"""
CLOSE = (
    f"""INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_role,
      actor_name, address, device, factor, reason, details, at)
    SELECT 'termination', x.id, x.school_id, 'overtake', x.state, 'closed', 'system', 'system', '', '',
      '', '', '{{}}', app_now() FROM termination x JOIN placement p ON p.id = x.placement_id
    WHERE p.state <> 'in_force' AND x.state IN {RUNS}""",
    f"UPDATE termination x SET state = 'closed', changed_at = app_now() {ON_NOTHING}",
)
# FOR SHARE: two who do not see each other yet wait for each other's end, whatever the program locks
TRIGGERS = f"""
CREATE FUNCTION termination_runs_on_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  SELECT state INTO found FROM placement WHERE id = NEW.placement_id FOR SHARE;
  IF found <> 'in_force' AND EXISTS (SELECT 1 FROM termination WHERE id = NEW.id AND state IN {RUNS}) THEN
    RAISE EXCEPTION 'termination % would run on a placement that is %', NEW.id, found
      USING ERRCODE = '23001';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION placement_ends_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM termination x JOIN placement p ON p.id = x.placement_id
      WHERE p.id = NEW.id AND p.state <> 'in_force' AND x.state IN {RUNS}) THEN
    RAISE EXCEPTION 'placement % is %, and a termination of it still runs', NEW.id, NEW.state
      USING ERRCODE = '23001';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER termination_in_force AFTER INSERT OR UPDATE OF state ON termination
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN {RUNS})
  EXECUTE FUNCTION termination_runs_on_force();
CREATE CONSTRAINT TRIGGER placement_without_termination AFTER UPDATE OF state ON placement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.state = 'in_force' AND NEW.state <> 'in_force')
  EXECUTE FUNCTION placement_ends_alone();
"""
DROPS = """
DROP TRIGGER placement_without_termination ON placement;
DROP TRIGGER termination_in_force ON termination;
DROP FUNCTION placement_ends_alone();
DROP FUNCTION termination_runs_on_force();
"""


def upgrade():
    for statement in CLOSE:
        op.execute(statement)
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute(TRIGGERS)
    op.create_table(
        "preview",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("wish_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sealed", sa.LargeBinary()),
        sa.Column("problem", sa.String(120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_preview_asked", "preview", ["asked_at"])
    for name, on, where in INDEXES:
        op.execute(f"CREATE INDEX {name} ON {on} WHERE {where}")


def downgrade():
    op.drop_table("preview")
    op.execute(DROPS)
    for name, _on, _where in INDEXES:
        op.execute(f"DROP INDEX {name}")
