"""A name is ordered once for all rows that have it; the trace is read by its index, however small it was.

Revision ID: 0036_pace
Revises: 0035_filters
"""

from alembic import op

revision = "0036_pace"
down_revision = "0035_filters"
branch_labels = None
depends_on = None

# who writes many rows gives the key itself (`app.core.named.NAMES_ORDERED`); it is made where none was given
NEW = "NEW.employer_name_order = ''"
CHANGED = """OLD.employer_name IS DISTINCT FROM NEW.employer_name
    AND NEW.employer_name_order IN ('', OLD.employer_name_order)"""
# a plan that was made while the trace had a few lines would go through all of it for each new one
READERS = ("trail_chain", "state_has_trail")


def _ordered(new, changed):
    op.execute("DROP TRIGGER plan_entry_order_new ON plan_entry")
    op.execute("DROP TRIGGER plan_entry_order ON plan_entry")
    op.execute(f"""CREATE TRIGGER plan_entry_order_new BEFORE INSERT ON plan_entry
  FOR EACH ROW WHEN ({new}) EXECUTE FUNCTION order_plan_entry();
CREATE TRIGGER plan_entry_order BEFORE UPDATE OF employer_name ON plan_entry
  FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION order_plan_entry()""")


def upgrade():
    _ordered(NEW, CHANGED)
    for name in READERS:
        op.execute(f"ALTER FUNCTION {name}() SET enable_seqscan = off")


def downgrade():
    for name in READERS:
        op.execute(f"ALTER FUNCTION {name}() RESET enable_seqscan")
    _ordered("true", "OLD.employer_name IS DISTINCT FROM NEW.employer_name")
