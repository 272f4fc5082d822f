"""Paper signings and destinations: their states hold the slot, the plan code is kept with the record."""

import sqlalchemy as sa
from alembic import op

revision = "0005_kinds"
down_revision = "0004_reminders"
branch_labels = None
depends_on = None

WAITS = ("form_college", "form_school", "awaiting_college", "awaiting_school", "amending",
         "awaiting_scan", "giving_up")  # fmt: skip
OLD = ("awaiting_college", "awaiting_school", "amending", "in_force")


def _in(states):
    return "state IN (" + ", ".join(f"'{state}'" for state in states) + ")"


def upgrade():
    op.add_column(
        "placement", sa.Column("settles", sa.Boolean(), server_default="true", nullable=False)
    )
    op.add_column(
        "placement", sa.Column("plan_code", sa.String(3), server_default="10", nullable=False)
    )
    for name, length in (("address", 200), ("postcode", 6), ("email", 120)):
        op.add_column("placement", sa.Column(f"employer_{name}", sa.String(length), nullable=True))
    op.execute(
        "UPDATE placement p SET employer_address = e.address, employer_postcode = e.postcode, "
        "employer_email = e.email FROM employer e WHERE e.id = p.employer_id"
    )
    _indexes((*WAITS, "in_force"), "settles AND ")
    op.create_index("uq_placement_unsettled", "placement", ["student_id"], unique=True,
                    postgresql_where=sa.text(f"NOT settles AND {_in(WAITS)}"))  # fmt: skip


def downgrade():
    op.drop_index("uq_placement_unsettled", table_name="placement")
    _indexes(OLD, "")
    for name in ("employer_email", "employer_postcode", "employer_address", "plan_code", "settles"):
        op.drop_column("placement", name)


def _indexes(states, also):
    op.drop_index("uq_placement_slot", table_name="placement")
    op.drop_index("uq_placement_invitation", table_name="placement")
    op.create_index("uq_placement_slot", "placement", ["student_id"], unique=True,
                    postgresql_where=sa.text(also + _in(states)))  # fmt: skip
    op.create_index("uq_placement_invitation", "placement", ["invitation_id"], unique=True,
                    postgresql_where=sa.text(_in(states)))  # fmt: skip
