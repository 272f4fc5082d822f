"""The plan: marks, changes to decide on, dirty keys, snapshots, what codes count as, what a placement claims."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_plan"
down_revision = "0009_destinations"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OF_PLACEMENT = {
    "destination_code": "p.plan_code", "credit_code": "nullif(p.employer_credit_code, '')",
    "employer_name": "CASE WHEN p.settles THEN p.employer_name END",
    "employer_kind": "p.employer_kind", "industry": "p.employer_industry",
    "location": "p.employer_location", "position_kind": "t.position_kind",
    "contact_name": "t.contact_name", "contact_phone": "t.contact_phone",
    "address": "p.employer_address", "postcode": "p.employer_postcode",
    "archive_to": "t.archive_to", "archive_address": "t.archive_address",
    "archive_postcode": "t.archive_postcode", "household_address": "t.household_address",
}  # fmt: skip

# what the placement in force says about a student's row: the one place of this mapping (PLN-01)
CLAIM = "CREATE VIEW plan_claim AS SELECT p.id AS placement_id, p.student_id, {} {} {}".format(
    "CASE WHEN p.kind = 'destination' THEN 'destination' ELSE 'signing' END AS source,",
    ", ".join(
        f"CASE WHEN p.plan_values ? '{name}' THEN p.plan_values ->> '{name}' ELSE {found} END AS {name}"
        for name, found in OF_PLACEMENT.items()
    ),
    "FROM placement p LEFT JOIN terms t ON t.id = p.terms_id WHERE p.state = 'in_force'",
)

# written in the transaction of the change, whoever makes it; an existing key is locked and renewed,
# so that the worker does not take it away before that change is there
DIRTY = """
CREATE FUNCTION plan_soil(ids int[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO plan_dirty (student_id, xid)
  SELECT DISTINCT i, pg_current_xact_id()::text::bigint FROM unnest(ids) i ORDER BY i
  ON CONFLICT (student_id) DO UPDATE SET xid = excluded.xid
$$;
CREATE FUNCTION plan_soiled_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'student' THEN
    PERFORM plan_soil(array_agg(n.id)) FROM fresh n;
  ELSE
    PERFORM plan_soil(array_agg(n.student_id)) FROM fresh n WHERE n.state = 'in_force';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION plan_soiled_student() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM plan_soil(array_agg(n.id)) FROM fresh n JOIN stale o USING (id)
    WHERE (n.school_id, n.college_id, n.graduation_year, n.origin_state)
      IS DISTINCT FROM (o.school_id, o.college_id, o.graduation_year, o.origin_state);
  RETURN NULL;
END $$;
CREATE FUNCTION plan_soiled_placement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM plan_soil(array_agg(n.student_id)) FROM fresh n JOIN stale o USING (id)
    WHERE n.state <> o.state AND 'in_force' IN (n.state, o.state)
      OR n.state = 'in_force' AND (n.plan_code, n.plan_values, n.terms_id, n.settles,
         n.employer_name, n.employer_credit_code, n.employer_kind, n.employer_industry,
         n.employer_location, n.employer_address, n.employer_postcode)
         IS DISTINCT FROM (o.plan_code, o.plan_values, o.terms_id, o.settles,
         o.employer_name, o.employer_credit_code, o.employer_kind, o.employer_industry,
         o.employer_location, o.employer_address, o.employer_postcode);
  RETURN NULL;
END $$;
CREATE TRIGGER student_soils_plan_new AFTER INSERT ON student REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION plan_soiled_new();
CREATE TRIGGER student_soils_plan AFTER UPDATE ON student REFERENCING NEW TABLE AS fresh
  OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION plan_soiled_student();
CREATE TRIGGER placement_soils_plan_new AFTER INSERT ON placement REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION plan_soiled_new();
CREATE TRIGGER placement_soils_plan AFTER UPDATE ON placement REFERENCING NEW TABLE AS fresh
  OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION plan_soiled_placement();
"""

# open and filled follow the placement, whose own trace tells of it; what people decide has its row
TRACED = """
CREATE CONSTRAINT TRIGGER plan_entry_has_trail AFTER UPDATE OF state ON plan_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.state IN ('checked', 'reported') OR NEW.state IN ('checked', 'reported'))
  EXECUTE FUNCTION state_has_trail('plan_entry');
CREATE CONSTRAINT TRIGGER change_request_has_trail AFTER INSERT OR UPDATE OF state ON change_request
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION state_has_trail('change_request');
CREATE TRIGGER change_request_not_deleted BEFORE DELETE ON change_request
  FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER plan_snapshot_kept BEFORE UPDATE OR DELETE ON plan_snapshot
  FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER plan_snapshot_row_kept BEFORE UPDATE OR DELETE ON plan_snapshot_row
  FOR EACH ROW EXECUTE FUNCTION never_changed();
CREATE TRIGGER plan_snapshot_not_emptied BEFORE TRUNCATE ON plan_snapshot
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER plan_snapshot_row_not_emptied BEFORE TRUNCATE ON plan_snapshot_row
  FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
"""


def upgrade():
    op.add_column("placement", sa.Column("plan_values", postgresql.JSONB(), nullable=True))
    op.add_column("plan_entry", sa.Column("by_staff", sa.Boolean(), nullable=False,
                                          server_default="false"))  # fmt: skip
    op.execute("UPDATE plan_entry SET by_staff = true WHERE sources::text ~ '\"(staff|import)\"'")
    _change_request()
    op.create_table(
        "plan_dirty",
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("student_id"),
    )
    _snapshots()
    op.create_table(
        "counts_as",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(12), nullable=False),
        sa.Column("code", sa.String(3), nullable=False),
        sa.Column("part", sa.String(12), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_counts_as_edition_code", "counts_as", ["edition", "code"], unique=True)
    for statement in (CLAIM, DIRTY, TRACED):
        op.execute(sa.text(statement.replace(":", r"\:")))
    op.execute("SELECT plan_soil(array_agg(id)) FROM student")


def _change_request():
    op.create_table(
        "change_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), sa.ForeignKey("plan_entry.id"), nullable=False),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id"), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("college_id", sa.Integer(), sa.ForeignKey("college.id"), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("placement_id", sa.Integer(), sa.ForeignKey("placement.id"), nullable=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(12), nullable=True),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_change_request_open", "change_request", ["entry_id"], unique=True,
                    postgresql_where=sa.text("state = 'open'"))  # fmt: skip
    op.create_index("ix_change_request_entry", "change_request", ["entry_id", "state"])
    op.create_index("ix_change_request_school", "change_request",
                    ["school_id", "state", "changed_at", "id"])  # fmt: skip
    op.create_index("ix_change_request_placement", "change_request", ["placement_id"])
    op.create_index("ix_change_request_student_id", "change_request", ["student_id"])
    op.create_index("ix_change_request_college_id", "change_request", ["college_id"])


def _snapshots():
    op.create_table(
        "plan_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(100), nullable=False),
        sa.Column("code_edition", sa.String(12), nullable=False),
        sa.Column("formula_edition", sa.String(12), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("codes", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("made_by_name", sa.String(120), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_plan_snapshot_school", "plan_snapshot",
                    ["school_id", "graduation_year", "id"])  # fmt: skip
    op.create_index("ix_plan_snapshot_made_by", "plan_snapshot", ["made_by"])
    op.create_table(
        "plan_snapshot_row",
        # checked at the end: rows are counted before the head that keeps the counts is written
        sa.Column(
            "snapshot_id",
            sa.Integer(),
            sa.ForeignKey("plan_snapshot.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("student_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("row", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", "student_id"),
    )


def downgrade():
    for table in ("student", "placement"):
        op.execute(f"DROP TRIGGER {table}_soils_plan_new ON {table}")
        op.execute(f"DROP TRIGGER {table}_soils_plan ON {table}")
    for name in ("new", "student", "placement"):
        op.execute(f"DROP FUNCTION plan_soiled_{name}()")
    op.execute("DROP FUNCTION plan_soil(int[])")
    op.execute("DROP TRIGGER plan_entry_has_trail ON plan_entry")
    op.execute("DROP VIEW plan_claim")
    for table in (
        "plan_snapshot_row",
        "plan_snapshot",
        "counts_as",
        "plan_dirty",
        "change_request",
    ):
        op.drop_table(table)
    op.drop_column("plan_entry", "by_staff")
    op.drop_column("placement", "plan_values")
