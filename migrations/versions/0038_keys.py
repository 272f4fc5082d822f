"""A student's names are ordered one by one and not where the key is given; every name is cut by `grams`.

A file that changes the class of 100,000 students had their own names put in order again, sign by sign.
`text_grams` gave the same pieces by a query for each name, in fourteen times the time: nothing asks it any more.

Revision ID: 0038_keys
Revises: 0037_statements
"""

import sqlalchemy as sa
from alembic import op

revision = "0038_keys"
down_revision = "0037_statements"
branch_labels = None
depends_on = None

LAST = "chr(1114111)"
# table → its names, and whether they are people's
ORDERED = {
    "student": {"name": "true", "class_name": "false"},
    "employer": {"name": "false"},
    "school": {"name": "false"},
    "college": {"name": "false"},
    "major": {"name": "false"},
}
# index, table, column
NAMES = (
    ("ix_student_grams", "student", "name"),
    ("ix_employer_grams", "employer", "name"),
    ("ix_placement_grams", "placement", "employer_name"),
    ("ix_former_name_grams", "former_name", "name"),
)
TEXT_GRAMS = """CREATE FUNCTION text_grams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT piece), '{}')
  FROM (SELECT substr(t, i, 1) AS piece FROM generate_series(1, char_length(t)) i
        UNION ALL
        SELECT substr(t, i, 2) FROM generate_series(1, char_length(t) - 1) i) pieces
$$"""


def _key(name, person):
    return f"NEW.{name}_order := coalesce(name_order(NEW.{name}, {person}), {LAST});"


def _differs(name):
    return f"OLD.{name} IS DISTINCT FROM NEW.{name}"


def _ungiven(name):
    """The name changes, and who writes it does not say its key."""
    return f"{_differs(name)} AND NEW.{name}_order IN ('', OLD.{name}_order)"


def _order(table, body, new, changed):
    op.execute(f"DROP TRIGGER {table}_order_new ON {table}")
    op.execute(f"DROP TRIGGER {table}_order ON {table}")
    op.execute(f"""CREATE OR REPLACE FUNCTION order_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {body} RETURN NEW; END $$;
CREATE TRIGGER {table}_order_new BEFORE INSERT ON {table}
  FOR EACH ROW WHEN ({new}) EXECUTE FUNCTION order_{table}();
CREATE TRIGGER {table}_order BEFORE UPDATE OF {", ".join(ORDERED[table])} ON {table}
  FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION order_{table}()""")


def _cut(grams):
    for index, table, column in NAMES:
        op.drop_index(index, table)
        op.execute(f"CREATE INDEX {index} ON {table} USING gin ({grams}(lower({column})))")


def _counted(*, by_index):
    """Figures of a whole school and what changed last in its plan: by indexes alone."""
    op.drop_index("ix_student_school_year", "student")
    include = ["college_id", "origin_state", "education"] if by_index else None
    columns = ["school_id", "graduation_year", "id"]
    op.create_index("ix_student_school_year", "student", columns, postgresql_include=include)
    if by_index:
        columns = ["school_id", "state", "changed_at", "id"]
        op.create_index("ix_plan_entry_state", "plan_entry", columns)
        where = sa.text("by_staff IS true")
        op.create_index("ix_plan_entry_staff", "plan_entry", ["school_id"], postgresql_where=where)
    else:
        op.drop_index("ix_plan_entry_staff", "plan_entry")
        op.drop_index("ix_plan_entry_state", "plan_entry")


def upgrade():
    _counted(by_index=True)
    for table, names in ORDERED.items():
        each = "\n".join(
            f"""  IF TG_OP = 'INSERT' THEN IF NEW.{name}_order = '' THEN {_key(name, person)} END IF;
  ELSIF {_ungiven(name)} THEN {_key(name, person)} END IF;"""
            for name, person in names.items()
        )
        _order(
            table,
            each,
            " OR ".join(f"NEW.{name}_order = ''" for name in names),
            " OR ".join(_ungiven(name) for name in names),
        )
    _cut("grams")
    op.execute("DROP FUNCTION text_grams(text)")


def downgrade():
    _counted(by_index=False)
    op.execute(TEXT_GRAMS)
    _cut("text_grams")
    for table, names in ORDERED.items():
        made = " ".join(_key(name, person) for name, person in names.items())
        _order(table, made, "true", " OR ".join(_differs(name) for name in names))
