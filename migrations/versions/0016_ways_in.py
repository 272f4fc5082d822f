"""Ways in: changed phones and addresses, the security log, the device of a session and of an act."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_ways_in"
down_revision = "0015_classes"
branch_labels = None
depends_on = None


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "contact_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        *(
            column
            for name in ("old", "new")
            for column in (
                sa.Column(f"{name}_sealed", sa.LargeBinary()),
                sa.Column(f"{name}_index", sa.LargeBinary()),
                sa.Column(f"{name}_masked", sa.String(120)),
            )
        ),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor_role", sa.String(12), nullable=False),
        sa.Column("actor_name", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("import_id", sa.Integer()),
        sa.Column("at", moment, nullable=False),
        sa.Column("held_until", moment),
        sa.Column("confirmed_at", moment),
        sa.Column("confirmed_by", sa.String(16), nullable=False, server_default=""),
        sa.Column("confirmer_id", sa.Integer()),
        sa.Column("undone_at", moment),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_contact_change_user", "contact_change", ["user_id", "at"])
    op.create_index("ix_contact_change_at", "contact_change", ["at"])
    op.create_table(
        "security_event",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("school_id", sa.Integer()),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor_role", sa.String(12), nullable=False),
        sa.Column("actor_name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("device_id", sa.String(32), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_security_event_at", "security_event", ["at", "id"])
    op.create_index("ix_security_event_user", "security_event", ["user_id", "at"])
    op.create_index("ix_security_event_actor", "security_event", ["actor_id", "at"])
    op.execute(
        "CREATE TRIGGER security_event_kept BEFORE UPDATE OR DELETE ON security_event "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )
    op.execute(
        "CREATE TRIGGER security_event_not_emptied BEFORE TRUNCATE ON security_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"
    )
    device = sa.Column("device_id", sa.String(32), nullable=False, server_default="")
    op.add_column("account_session", device._copy())
    op.add_column("trail", device._copy())
    op.add_column(
        "account_session",
        sa.Column("way", sa.String(40), nullable=False, server_default="password"),
    )
    op.add_column("account_session", sa.Column("factor_at", moment))


def downgrade():
    op.drop_column("account_session", "factor_at")
    op.drop_column("account_session", "way")
    op.drop_column("trail", "device_id")
    op.drop_column("account_session", "device_id")
    op.drop_table("security_event")
    op.drop_table("contact_change")
