"""What seldom changes says when it was written; what lists seek is found by an index.

Revision ID: 0037_statements
Revises: 0035_pace
"""

import sqlalchemy as sa
from alembic import op

revision = "0037_statements"
down_revision = "0036_grams"
branch_labels = None
depends_on = None

# table → group, as `app.core.steady.TABLES` has it
GROUPS = {
    "school": "schools",
    "college": "schools",
    "major": "schools",
    "school_setting": "settings",
    "calendar_day": "settings",
    "code": "codes",
    "code_edition": "codes",
    "region": "codes",
    "destination_type": "codes",
    "destination_kind": "codes",
    "destination_field": "codes",
    "destination_proof": "codes",
    "rate_formula": "codes",
    "counts_as": "codes",
}
BEGINS = {
    "ix_student_no_begins": ("student", "student_no"),
    "ix_placement_no_begins": ("placement", "agreement_no"),
}

WAITS = (
    "state IN ('form_college', 'form_school', 'awaiting_college', 'awaiting_school', 'giving_up')"
)


def _college(**more):
    op.drop_index("ix_placement_college", "placement")
    op.create_index(
        "ix_placement_college",
        "placement",
        ["college_id", "state", "changed_at", "id"],
        **{f"postgresql_{name}": value for name, value in more.items()},
    )


def upgrade():
    op.execute(
        "CREATE TABLE steady (name varchar(20), xid bigint, turn numeric NOT NULL,"
        " PRIMARY KEY (name, xid))"
    )
    # a row for each transaction that writes: no writer waits for another, and a turn is there with its commit
    op.execute("""CREATE FUNCTION raise_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO steady (name, xid, turn)
    VALUES (TG_ARGV[0], pg_current_xact_id()::text::bigint, 1 + floor(random() * 4e18))
    ON CONFLICT (name, xid) DO UPDATE SET turn = excluded.turn;
  RETURN NULL;
END $$""")
    for table, group in GROUPS.items():
        op.execute(
            f"CREATE TRIGGER {table}_steady AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION raise_turn('{group}')"
        )
    # what is typed of a number begins it: a database sorts texts by its own language, and that finds none
    for name, (table, column) in BEGINS.items():
        op.create_index(name, table, [column], postgresql_ops={column: "text_pattern_ops"})
    op.create_index("ix_student_no", "student", ["student_no", "id"])
    op.create_index(
        "ix_student_entered",
        "student",
        ["school_id", "college_id"],
        postgresql_where=sa.text("origin_state = 'entered'"),
    )
    _college(include=["school_id"])  # asked with it: counted without a look at the rows
    # the province has no school by which an index would find what waits longest
    op.create_index(
        "ix_placement_waits",
        "placement",
        ["state", "changed_at", "id"],
        postgresql_where=sa.text(WAITS),
    )


def downgrade():
    op.drop_index("ix_placement_waits", "placement")
    _college()
    op.drop_index("ix_student_entered", "student")
    op.drop_index("ix_student_no", "student")
    for name, (table, _column) in BEGINS.items():
        op.drop_index(name, table)
    for table in GROUPS:
        op.execute(f"DROP TRIGGER {table}_steady ON {table}")
    op.execute("DROP FUNCTION raise_turn()")
    op.execute("DROP TABLE steady")
