"""Campus sign-in: ways of a school, whose account a subject opens, what is under way, proofs of acts."""

import sqlalchemy as sa
from alembic import op

revision = "0022_campus"
down_revision = "0021_signs"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def text(name, length):
    return sa.Column(name, sa.String(length), nullable=False)


def user(**more):
    return sa.Column(
        "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), **more
    )


def way(ondelete=None):
    key = sa.ForeignKey("sign_in_way.id", ondelete=ondelete)
    return sa.Column("way_id", sa.Integer(), key, nullable=False)


def school():
    return sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False)


def upgrade():
    op.create_table(
        "sign_in_way",
        sa.Column("id", sa.Integer(), primary_key=True),
        text("uid", 32),
        school(),
        text("kind", 4),
        text("label_zh", 40),
        text("label_en", 40),
        text("who", 8),
        text("server", 400),
        text("hosts", 300),
        text("client_id", 300),
        sa.Column("secret_sealed", sa.LargeBinary()),
        sa.Column("secret_index", sa.LargeBinary()),
        sa.Column("secret_masked", sa.String(20)),
        text("base_dn", 300),
        text("login_attribute", 60),
        text("dn_template", 300),
        text("claim", 80),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tested_at", MOMENT),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("NOT active OR tested_at IS NOT NULL", name="ck_sign_in_way_tested"),
    )
    op.create_index("ix_sign_in_way_school", "sign_in_way", ["school_id", "id"])
    op.create_table(
        "campus_identity",
        sa.Column("id", sa.Integer(), primary_key=True),
        way(),
        school(),
        text("issuer", 400),
        text("subject", 255),
        text("number", 80),
        user(nullable=False),
        sa.Column("bound_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("proves_from", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.Integer()),
    )
    living = {"unique": True, "postgresql_where": sa.text("ended_at IS NULL")}
    op.create_index(
        "uq_campus_identity_subject",
        "campus_identity",
        ["school_id", "issuer", "subject"],
        **living,
    )
    op.create_index("uq_campus_identity_user", "campus_identity", ["user_id", "issuer"], **living)
    op.create_index("ix_campus_identity_user", "campus_identity", ["user_id"])
    op.create_index("ix_campus_identity_way", "campus_identity", ["way_id"])
    op.create_table(
        "campus_attempt",
        sa.Column("state", sa.LargeBinary(), primary_key=True),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        way("CASCADE"),
        text("nonce", 64),
        text("verifier", 128),
        text("next", 400),
        user(),
        text("purpose", 120),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_index("ix_campus_attempt_created", "campus_attempt", ["created_at"])
    op.create_table(
        "campus_session",
        sa.Column(
            "token", sa.LargeBinary(),
            sa.ForeignKey("account_session.token", ondelete="CASCADE"), primary_key=True,
        ),
        way("CASCADE"),
        text("subject", 255),
        text("sid", 300),
        sa.Column("hint_sealed", sa.LargeBinary()),
    )  # fmt: skip
    op.create_index("ix_campus_session_way", "campus_session", ["way_id", "sid"])
    op.create_table(
        "campus_seen",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_campus_seen_at", "campus_seen", ["at"])


def downgrade():
    for table in ("seen", "session", "attempt", "identity"):
        op.drop_table(f"campus_{table}")
    op.drop_table("sign_in_way")
