"""Codes: a pool and an asker each, a life that counts from sending; proofs of an act by other ways."""

import sqlalchemy as sa
from alembic import op

revision = "0020_codes"
down_revision = "0019_not_me"
branch_labels = None
depends_on = None


def upgrade():
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "one_time_code", sa.Column("life", sa.Integer(), nullable=False, server_default="300")
    )
    op.alter_column("one_time_code", "expires_at", existing_type=moment, nullable=True)
    op.add_column(
        "one_time_code",
        sa.Column("voided", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "one_time_code",
        sa.Column("pool", sa.String(8), nullable=False, server_default="contact"),
    )
    op.add_column(
        "one_time_code", sa.Column("asker", sa.String(80), nullable=False, server_default="")
    )
    op.create_index("ix_one_time_code_target", "one_time_code", ["target", "created_at"])
    # what was asked for before the release counts where it would count after it
    op.execute("UPDATE one_time_code SET pool = 'reset' WHERE purpose = 'password'")
    op.execute("UPDATE one_time_code SET pool = 'act' WHERE purpose LIKE '%:%'")
    op.create_table(
        "act_proof",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(80), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_act_proof_user", "act_proof", ["user_id", "purpose"])


def downgrade():
    op.drop_table("act_proof")
    op.drop_index("ix_one_time_code_target", table_name="one_time_code")
    for column in ("asker", "pool", "voided", "life"):
        op.drop_column("one_time_code", column)
    op.execute("UPDATE one_time_code SET expires_at = created_at WHERE expires_at IS NULL")
    op.alter_column(
        "one_time_code", "expires_at", existing_type=sa.DateTime(timezone=True), nullable=False
    )
