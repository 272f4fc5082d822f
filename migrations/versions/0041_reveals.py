"""Who saw a person's whole number is found by the record (ADM-10).

Revision ID: 0041_reveals
Revises: 0037_statements
"""

from alembic import op

revision = "0041_reveals"
down_revision = "0037_statements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_security_event_about ON security_event ((details ->> 'about'), id)"
        " WHERE event = 'reveal'"
    )


def downgrade() -> None:
    op.drop_index("ix_security_event_about", table_name="security_event")
