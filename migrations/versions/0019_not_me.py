"""«This was not me»: warnings and their links, known devices, frozen accounts and their disputes."""

import sqlalchemy as sa
from alembic import op

revision = "0019_not_me"
down_revision = "0018_holds"
branch_labels = None
depends_on = None

# whoever confirms a changed phone or address while it is disputed is stopped by the database
NOT_CONFIRMED = """
CREATE FUNCTION disputed_not_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.disputed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at
     AND NEW.confirmed_at IS NOT NULL THEN
    RAISE EXCEPTION 'a disputed change is not confirmed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$"""


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.add_column("ab_user", sa.Column("frozen_at", moment))
    op.add_column("contact_change", sa.Column("disputed_at", moment))
    op.execute(NOT_CONFIRMED)
    op.execute(
        "CREATE TRIGGER contact_change_disputed BEFORE UPDATE ON contact_change "
        "FOR EACH ROW EXECUTE FUNCTION disputed_not_confirmed()"
    )
    op.create_table(
        "known_device",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(32), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "device_id"),
    )
    op.create_table(
        "account_warning",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False, server_default=""),
        sa.Column("record_id", sa.Integer()),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor_role", sa.String(12), nullable=False, server_default=""),
        sa.Column("actor_name", sa.String(120), nullable=False, server_default=""),
        sa.Column("told", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
    )
    op.create_index("uq_account_warning_key", "account_warning", ["user_id", "key"], unique=True)
    op.create_index("ix_account_warning_at", "account_warning", ["user_id", "at"])
    op.create_table(
        "warning_link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("warning_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("address_masked", sa.String(120), nullable=False),
        sa.Column("message_key", sa.String(120), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["warning_id"], ["account_warning.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_warning_link_warning", "warning_link", ["warning_id"])
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id")),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("contact", sa.String(120), nullable=False),
        sa.Column("actor_role", sa.String(12), nullable=False),
        sa.Column("actor_name", sa.String(120), nullable=False),
        sa.Column("by_school", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
    )
    frozen = sa.text("state IN ('open', 'confirmed')")
    op.create_index("uq_dispute_account", "dispute", ["user_id"], unique=True,
                    postgresql_where=frozen)  # fmt: skip
    op.create_index("ix_dispute_user", "dispute", ["user_id"])
    op.create_index("ix_dispute_school", "dispute", ["school_id", "state", "changed_at", "id"])
    op.create_index("ix_dispute_state", "dispute", ["state", "changed_at", "id"])
    op.execute(
        "CREATE CONSTRAINT TRIGGER dispute_has_trail AFTER INSERT OR UPDATE OF state ON dispute "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION state_has_trail('dispute')"
    )
    op.execute(
        "CREATE TRIGGER dispute_not_deleted BEFORE DELETE ON dispute "
        "FOR EACH ROW EXECUTE FUNCTION never_changed()"
    )
    for name, kind, default in (
        ("reporter", sa.String(12), "student"), ("way", sa.String(8), "page"), ("act", sa.String(20), ""),
    ):  # fmt: skip
        op.add_column("objection", sa.Column(name, kind, nullable=False, server_default=default))


def downgrade():
    for name in ("act", "way", "reporter"):
        op.drop_column("objection", name)
    op.drop_table("dispute")
    op.drop_table("warning_link")
    op.drop_table("account_warning")
    op.drop_table("known_device")
    op.execute("DROP TRIGGER contact_change_disputed ON contact_change")
    op.execute("DROP FUNCTION disputed_not_confirmed()")
    op.drop_column("contact_change", "disputed_at")
    op.drop_column("ab_user", "frozen_at")
