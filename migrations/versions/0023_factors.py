"""Second factors of accounts, and the requests by which staff accounts change: two administrators each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023_factors"
down_revision = "0022_campus"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _owner(**more):
    return sa.Column(
        "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"),
        nullable=False, **more,
    )  # fmt: skip


def upgrade():
    op.add_column(
        "account_session", sa.Column("factor", sa.String(12), nullable=False, server_default="")
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), primary_key=True),
        _owner(),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
    )
    op.create_index("ix_passkey_user", "passkey", ["user_id"])
    op.create_index("uq_passkey_credential", "passkey", ["credential"], unique=True)
    op.create_table(
        "code_app",
        _owner(primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), primary_key=True),
        _owner(),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
    )
    op.create_index("uq_recovery_code", "recovery_code", ["user_id", "digest"], unique=True)
    session = sa.ForeignKey("account_session.token", ondelete="CASCADE", onupdate="CASCADE")
    op.create_table(
        "factor_challenge",
        sa.Column("session", sa.LargeBinary(), session, primary_key=True),
        sa.Column("purpose", sa.String(12), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    _requests()


def _requests():
    op.create_table(
        "staff_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("asked_by", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("asked_name", sa.String(120), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
    )
    op.create_index("uq_staff_request_open", "staff_request", ["username"], unique=True,
                    postgresql_where=sa.text("state = 'open'"))  # fmt: skip
    op.create_index("ix_staff_request_state", "staff_request", ["state", "created_at"])
    op.create_index("ix_staff_request_user", "staff_request", ["user_id"])
    op.create_index("ix_staff_request_asked_by", "staff_request", ["asked_by"])
    op.execute(
        "CREATE CONSTRAINT TRIGGER staff_request_has_trail AFTER INSERT OR UPDATE OF state "
        "ON staff_request DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "EXECUTE FUNCTION state_has_trail('staff_request')"
    )
    op.execute(
        "CREATE TRIGGER staff_request_not_deleted BEFORE DELETE ON staff_request "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )


def downgrade():
    for table in ("staff_request", "factor_challenge", "recovery_code", "code_app", "passkey"):
        op.drop_table(table)
    op.drop_column("account_session", "factor")
