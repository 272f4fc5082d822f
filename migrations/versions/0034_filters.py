"""The plan's employers are found by their names and codes, by an index (F-58).

Revision ID: 0034_filters
Revises: 0033_origin
"""

from alembic import op

revision = "0034_filters"
down_revision = "0033_origin"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_plan_entry_credit_code", "plan_entry", ["credit_code"])
    # what a signing says, the placement's index finds: the synchronisation keeps no second one up to date
    op.execute(
        "CREATE INDEX ix_plan_entry_grams ON plan_entry USING gin (text_grams(lower(employer_name)))"
        " WHERE employer_name IS NOT NULL AND (placement_id IS NULL"
        " OR coalesce(sources ->> 'employer_name', '') <> 'signing')"
    )


def downgrade():
    op.drop_index("ix_plan_entry_grams", "plan_entry")
    op.drop_index("ix_plan_entry_credit_code", "plan_entry")
