"""All tables, as the models declare them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_base"
down_revision = None
branch_labels = None
depends_on = None

# all one- and two-character pieces of a text: with a GIN index over them a fragment of a Chinese name is
# found at once, however short it is
TEXT_GRAMS = """
CREATE FUNCTION text_grams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT piece), '{}')
  FROM (SELECT substr(t, i, 1) AS piece FROM generate_series(1, char_length(t)) i
        UNION ALL
        SELECT substr(t, i, 2) FROM generate_series(1, char_length(t) - 1) i) pieces
$$
"""


def upgrade():
    op.execute(TEXT_GRAMS)
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=12), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("college_id", sa.Integer(), nullable=True),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_fk"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by_fk"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_index(op.f("ix_ab_user_employer_id"), "ab_user", ["employer_id"], unique=False)
    op.create_index(op.f("ix_ab_user_school_id"), "ab_user", ["school_id"], unique=False)
    op.create_index(op.f("ix_ab_user_student_id"), "ab_user", ["student_id"], unique=False)
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table", sa.String(length=12), nullable=False),
        sa.Column("edition", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_code_table_edition_code", "code", ["table", "edition", "code"], unique=True)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_masked", sa.String(length=120), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_message_created", "message", ["created_at"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_one_time_code_owner", "one_time_code", ["owner", "purpose", "created_at"], unique=False
    )
    op.create_table(
        "region",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("full_name", sa.String(length=80), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "since"),
    )
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(length=12), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("factor", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("txid", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column(
            "previous", sa.String(length=64), server_default=sa.FetchedValue(), nullable=False
        ),
        sa.Column("hash", sa.String(length=64), server_default=sa.FetchedValue(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_trail_actor_at", "trail", ["actor_id", "at"], unique=False)
    op.create_index("ix_trail_school_at", "trail", ["school_id", "at"], unique=False)
    op.create_index("uq_trail_record_seq", "trail", ["kind", "record_id", "seq"], unique=True)
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup_hash"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("idx_api_key_lookup_hash", "ab_api_key", ["lookup_hash"], unique=True)
    op.create_index("idx_api_key_prefix", "ab_api_key", ["key_prefix"], unique=False)
    op.create_index("idx_api_key_user_id", "ab_api_key", ["user_id"], unique=False)
    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id", "role_id"),
    )
    op.create_index("idx_group_id", "ab_group_role", ["group_id"], unique=False)
    op.create_index("idx_group_role_id", "ab_group_role", ["role_id"], unique=False)
    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["ab_permission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["view_menu_id"],
            ["ab_view_menu.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_id", "view_menu_id"),
    )
    op.create_index("idx_permission_id", "ab_permission_view", ["permission_id"], unique=False)
    op.create_index("idx_view_menu_id", "ab_permission_view", ["view_menu_id"], unique=False)
    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "group_id"),
    )
    op.create_index("idx_user_group_id", "ab_user_group", ["group_id"], unique=False)
    op.create_index("idx_user_id", "ab_user_group", ["user_id"], unique=False)
    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "role_id"),
    )
    op.create_table(
        "account_session",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index(
        op.f("ix_account_session_user_id"), "account_session", ["user_id"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("record_kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("owner_user_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("mime", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("original_name", sa.String(length=160), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_user_id"], ["ab_user.id"], name="fk_attachment_owner_user"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_attachment_school"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid", name="uq_attachment_uid"),
    )
    op.create_index(
        "ix_attachment_record", "attachment", ["record_kind", "record_id"], unique=False
    )
    op.create_table(
        "college",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_college_school_code", "college", ["school_id", "code"], unique=True)
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("terms_id", sa.Integer(), nullable=True),
        sa.Column("template_version", sa.String(length=20), nullable=False),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_document_school"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="uq_document_code"),
    )
    op.create_index("ix_document_school_id", "document", ["school_id"], unique=False)
    op.create_index("ix_document_sha256", "document", ["sha256"], unique=False)
    op.create_index(
        "uq_document_not_void",
        "document",
        ["kind", "record_kind", "record_id"],
        unique=True,
        postgresql_where=sa.text("void_at IS NULL"),
    )
    op.create_table(
        "employer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("licence_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=2), nullable=True),
        sa.Column("industry", sa.String(length=2), nullable=True),
        sa.Column("location", sa.String(length=6), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("postcode", sa.String(length=6), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("contact_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_phone_masked", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("archive_receiver", sa.String(length=16), nullable=True),
        sa.Column("archive_to", sa.String(length=120), nullable=True),
        sa.Column("archive_address", sa.String(length=200), nullable=True),
        sa.Column("archive_postcode", sa.String(length=6), nullable=True),
        sa.Column("archive_contact", sa.String(length=60), nullable=True),
        sa.Column("archive_phone", sa.String(length=20), nullable=True),
        sa.Column("household_kind", sa.String(length=16), nullable=True),
        sa.Column("household_address", sa.String(length=200), nullable=True),
        sa.Column("profile_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credit_code"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_employer_name", "employer", ["name"], unique=False)
    op.create_index(
        "ix_employer_school_state", "employer", ["school_id", "state", "changed_at"], unique=False
    )
    op.create_table(
        "identifier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_identifier_digest", "identifier", ["digest"], unique=False)
    op.create_index("uq_identifier_user_kind", "identifier", ["user_id", "kind"], unique=True)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_notice_unread", "notice", ["user_id"], unique=False, postgresql_where="read_at IS NULL"
    )
    op.create_index("ix_notice_user_at", "notice", ["user_id", "created_at"], unique=False)
    op.create_index("uq_notice_user_key", "notice", ["user_id", "key"], unique=True)
    op.create_table(
        "number_counter",
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("graduation_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_number_counter_school"),
        sa.PrimaryKeyConstraint("kind", "graduation_year", "school_id"),
    )
    op.create_table(
        "school_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_school_setting_key", "school_setting", ["school_id", "key", "id"], unique=False
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("position_kind", sa.String(length=2), nullable=False),
        sa.Column("position", sa.String(length=60), nullable=False),
        sa.Column("reply_days", sa.Integer(), nullable=False),
        sa.Column("probation_days", sa.Integer(), nullable=False),
        sa.Column("probation_pay", sa.Integer(), nullable=False),
        sa.Column("regular_pay", sa.Integer(), nullable=False),
        sa.Column("breach_penalty", sa.Integer(), nullable=False),
        sa.Column("report_place", sa.String(length=120), nullable=False),
        sa.Column("report_by", sa.Date(), nullable=False),
        sa.Column("workplace", sa.String(length=6), nullable=False),
        sa.Column("contact_name", sa.String(length=60), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("archive_receiver", sa.String(length=16), nullable=False),
        sa.Column("archive_to", sa.String(length=120), nullable=True),
        sa.Column("archive_address", sa.String(length=200), nullable=True),
        sa.Column("archive_postcode", sa.String(length=6), nullable=True),
        sa.Column("archive_contact", sa.String(length=60), nullable=True),
        sa.Column("archive_phone", sa.String(length=20), nullable=True),
        sa.Column("household_kind", sa.String(length=16), nullable=False),
        sa.Column("household_address", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["terms.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permission_view_id"], ["ab_permission_view.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_view_id", "role_id"),
    )
    op.create_index(
        "idx_permission_view_id", "ab_permission_view_role", ["permission_view_id"], unique=False
    )
    op.create_index("idx_role_id", "ab_permission_view_role", ["role_id"], unique=False)
    op.create_table(
        "major",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["college_id"],
            ["college.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_major_school_id"), "major", ["school_id"], unique=False)
    op.create_index("uq_major_college_code", "major", ["college_id", "code"], unique=True)
    op.create_table(
        "student",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("major_id", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.String(length=40), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("student_no", sa.String(length=20), nullable=False),
        sa.Column("examinee_no", sa.String(length=14), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("education", sa.String(length=3), nullable=False),
        sa.Column("training_mode", sa.String(length=1), nullable=False),
        sa.Column("origin_state", sa.String(length=12), nullable=False),
        sa.Column("origin", sa.String(length=6), nullable=True),
        sa.Column("nation", sa.String(length=2), nullable=True),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_masked", sa.String(length=20), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.String(length=20), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["college_id"],
            ["college.id"],
        ),
        sa.ForeignKeyConstraint(
            ["major_id"],
            ["major.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uid"),
    )
    op.create_index("ix_student_college", "student", ["college_id", "id"], unique=False)
    op.create_index(
        "ix_student_grams",
        "student",
        [sa.literal_column("text_grams(name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_student_id_number", "student", ["id_number_index"], unique=False)
    op.create_index("ix_student_major", "student", ["major_id"], unique=False)
    op.create_index("ix_student_phone", "student", ["phone_index"], unique=False)
    op.create_index(
        "ix_student_school_year", "student", ["school_id", "graduation_year", "id"], unique=False
    )
    op.create_index("uq_student_school_no", "student", ["school_id", "student_no"], unique=True)
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_candidate_student", "candidate", ["student_id"], unique=False)
    op.create_index(
        "uq_candidate_employer_student", "candidate", ["employer_id", "student_id"], unique=True
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("terms_id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"],
            ["terms.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_invitation_employer",
        "invitation",
        ["employer_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_invitation_overdue",
        "invitation",
        ["reply_by"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_invitation_school",
        "invitation",
        ["school_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_invitation_student", "invitation", ["student_id", "state", "id"], unique=False
    )
    op.create_index("ix_invitation_terms", "invitation", ["terms_id"], unique=False)
    op.create_index("uq_invitation_batch", "invitation", ["batch", "student_id"], unique=True)
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["employer_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "placement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("major_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column("terms_id", sa.Integer(), nullable=True),
        sa.Column("agreement_no", sa.String(length=16), nullable=True),
        sa.Column("employer_name", sa.String(length=120), nullable=False),
        sa.Column("employer_credit_code", sa.String(length=18), nullable=False),
        sa.Column("employer_kind", sa.String(length=2), nullable=True),
        sa.Column("employer_industry", sa.String(length=2), nullable=True),
        sa.Column("employer_location", sa.String(length=6), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["college_id"],
            ["college.id"],
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["major_id"],
            ["major.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"],
            ["terms.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_placement_changed", "placement", ["changed_at", "id"], unique=False)
    op.create_index(
        "ix_placement_college",
        "placement",
        ["college_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_placement_employer", "placement", ["employer_id", "changed_at", "id"], unique=False
    )
    op.create_index(
        "ix_placement_grams",
        "placement",
        [sa.literal_column("text_grams(employer_name)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_placement_invitation", "placement", ["invitation_id"], unique=False)
    op.create_index(op.f("ix_placement_major_id"), "placement", ["major_id"], unique=False)
    op.create_index(
        "ix_placement_school", "placement", ["school_id", "changed_at", "id"], unique=False
    )
    op.create_index(
        "ix_placement_school_state",
        "placement",
        ["school_id", "state", "changed_at", "id"],
        unique=False,
    )
    op.create_index("ix_placement_student", "placement", ["student_id", "id"], unique=False)
    op.create_index(op.f("ix_placement_terms_id"), "placement", ["terms_id"], unique=False)
    op.create_index("uq_placement_agreement_no", "placement", ["agreement_no"], unique=True)
    op.create_index(
        "uq_placement_invitation",
        "placement",
        ["invitation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('awaiting_college', 'awaiting_school', 'in_force')"),
    )
    op.create_index(
        "uq_placement_slot",
        "placement",
        ["student_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('awaiting_college', 'awaiting_school', 'in_force')"),
    )
    op.create_table(
        "plan_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("college_id", sa.Integer(), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("placement_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("destination_code", sa.String(length=3), nullable=True),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("employer_name", sa.String(length=120), nullable=True),
        sa.Column("employer_kind", sa.String(length=2), nullable=True),
        sa.Column("industry", sa.String(length=2), nullable=True),
        sa.Column("location", sa.String(length=6), nullable=True),
        sa.Column("position_kind", sa.String(length=2), nullable=True),
        sa.Column("contact_name", sa.String(length=60), nullable=True),
        sa.Column("contact_phone", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("postcode", sa.String(length=6), nullable=True),
        sa.Column("archive_to", sa.String(length=120), nullable=True),
        sa.Column("archive_address", sa.String(length=200), nullable=True),
        sa.Column("archive_postcode", sa.String(length=6), nullable=True),
        sa.Column("household_address", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["college_id"],
            ["college.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_plan_entry_college_id"), "plan_entry", ["college_id"], unique=False)
    op.create_index("ix_plan_entry_placement", "plan_entry", ["placement_id"], unique=False)
    op.create_index(
        "ix_plan_entry_school_year",
        "plan_entry",
        ["school_id", "graduation_year", "id"],
        unique=False,
    )
    op.create_index("uq_plan_entry_student", "plan_entry", ["student_id"], unique=True)
    op.create_table(
        "restriction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_restriction_school_id"), "restriction", ["school_id"], unique=False)
    op.create_index("ix_restriction_student", "restriction", ["student_id"], unique=False)
    op.create_foreign_key("ab_user_college_id_fkey", "ab_user", "college", ["college_id"], ["id"])
    op.create_foreign_key(
        "ab_user_employer_id_fkey", "ab_user", "employer", ["employer_id"], ["id"]
    )
    op.create_foreign_key("ab_user_school_id_fkey", "ab_user", "school", ["school_id"], ["id"])
    op.create_foreign_key("ab_user_student_id_fkey", "ab_user", "student", ["student_id"], ["id"])
    op.create_foreign_key(
        "employer_licence_id_fkey", "employer", "attachment", ["licence_id"], ["id"]
    )
    op.create_foreign_key(
        "placement_invitation_id_fkey", "placement", "invitation", ["invitation_id"], ["id"]
    )
    op.create_foreign_key(
        "plan_entry_placement_id_fkey", "plan_entry", "placement", ["placement_id"], ["id"]
    )


def downgrade():
    op.drop_constraint("ab_user_college_id_fkey", "ab_user")
    op.drop_constraint("ab_user_employer_id_fkey", "ab_user")
    op.drop_constraint("ab_user_school_id_fkey", "ab_user")
    op.drop_constraint("ab_user_student_id_fkey", "ab_user")
    op.drop_constraint("employer_licence_id_fkey", "employer")
    op.drop_constraint("placement_invitation_id_fkey", "placement")
    op.drop_constraint("plan_entry_placement_id_fkey", "plan_entry")
    op.drop_index("ix_restriction_student", table_name="restriction")
    op.drop_index(op.f("ix_restriction_school_id"), table_name="restriction")
    op.drop_table("restriction")
    op.drop_index("uq_plan_entry_student", table_name="plan_entry")
    op.drop_index("ix_plan_entry_school_year", table_name="plan_entry")
    op.drop_index("ix_plan_entry_placement", table_name="plan_entry")
    op.drop_index(op.f("ix_plan_entry_college_id"), table_name="plan_entry")
    op.drop_table("plan_entry")
    op.drop_index(
        "uq_placement_slot",
        table_name="placement",
        postgresql_where=sa.text("state IN ('awaiting_college', 'awaiting_school', 'in_force')"),
    )
    op.drop_index(
        "uq_placement_invitation",
        table_name="placement",
        postgresql_where=sa.text("state IN ('awaiting_college', 'awaiting_school', 'in_force')"),
    )
    op.drop_index("uq_placement_agreement_no", table_name="placement")
    op.drop_index(op.f("ix_placement_terms_id"), table_name="placement")
    op.drop_index("ix_placement_student", table_name="placement")
    op.drop_index("ix_placement_school_state", table_name="placement")
    op.drop_index("ix_placement_school", table_name="placement")
    op.drop_index(op.f("ix_placement_major_id"), table_name="placement")
    op.drop_index("ix_placement_invitation", table_name="placement")
    op.drop_index("ix_placement_grams", table_name="placement", postgresql_using="gin")
    op.drop_index("ix_placement_employer", table_name="placement")
    op.drop_index("ix_placement_college", table_name="placement")
    op.drop_index("ix_placement_changed", table_name="placement")
    op.drop_table("placement")
    op.drop_index(
        "uq_invitation_open", table_name="invitation", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("uq_invitation_batch", table_name="invitation")
    op.drop_index("ix_invitation_terms", table_name="invitation")
    op.drop_index("ix_invitation_student", table_name="invitation")
    op.drop_index("ix_invitation_school", table_name="invitation")
    op.drop_index(
        "ix_invitation_overdue", table_name="invitation", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("ix_invitation_employer", table_name="invitation")
    op.drop_table("invitation")
    op.drop_index("uq_candidate_employer_student", table_name="candidate")
    op.drop_index("ix_candidate_student", table_name="candidate")
    op.drop_table("candidate")
    op.drop_index("uq_student_school_no", table_name="student")
    op.drop_index("ix_student_school_year", table_name="student")
    op.drop_index("ix_student_phone", table_name="student")
    op.drop_index("ix_student_major", table_name="student")
    op.drop_index("ix_student_id_number", table_name="student")
    op.drop_index("ix_student_grams", table_name="student", postgresql_using="gin")
    op.drop_index("ix_student_college", table_name="student")
    op.drop_table("student")
    op.drop_index("uq_major_college_code", table_name="major")
    op.drop_index(op.f("ix_major_school_id"), table_name="major")
    op.drop_table("major")
    op.drop_index("idx_role_id", table_name="ab_permission_view_role")
    op.drop_index("idx_permission_view_id", table_name="ab_permission_view_role")
    op.drop_table("ab_permission_view_role")
    op.drop_table("terms")
    op.drop_index("ix_school_setting_key", table_name="school_setting")
    op.drop_table("school_setting")
    op.drop_table("number_counter")
    op.drop_index("uq_notice_user_key", table_name="notice")
    op.drop_index("ix_notice_user_at", table_name="notice")
    op.drop_index("ix_notice_unread", table_name="notice", postgresql_where="read_at IS NULL")
    op.drop_table("notice")
    op.drop_index("uq_identifier_user_kind", table_name="identifier")
    op.drop_index("ix_identifier_digest", table_name="identifier")
    op.drop_table("identifier")
    op.drop_index("ix_employer_school_state", table_name="employer")
    op.drop_index("ix_employer_name", table_name="employer")
    op.drop_table("employer")
    op.drop_index(
        "uq_document_not_void", table_name="document", postgresql_where=sa.text("void_at IS NULL")
    )
    op.drop_index("ix_document_sha256", table_name="document")
    op.drop_index("ix_document_school_id", table_name="document")
    op.drop_table("document")
    op.drop_index("uq_college_school_code", table_name="college")
    op.drop_table("college")
    op.drop_index("ix_attachment_record", table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_account_session_user_id"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_table("ab_user_role")
    op.drop_index("idx_user_id", table_name="ab_user_group")
    op.drop_index("idx_user_group_id", table_name="ab_user_group")
    op.drop_table("ab_user_group")
    op.drop_index("idx_view_menu_id", table_name="ab_permission_view")
    op.drop_index("idx_permission_id", table_name="ab_permission_view")
    op.drop_table("ab_permission_view")
    op.drop_index("idx_group_role_id", table_name="ab_group_role")
    op.drop_index("idx_group_id", table_name="ab_group_role")
    op.drop_table("ab_group_role")
    op.drop_index("idx_api_key_user_id", table_name="ab_api_key")
    op.drop_index("idx_api_key_prefix", table_name="ab_api_key")
    op.drop_index("idx_api_key_lookup_hash", table_name="ab_api_key")
    op.drop_table("ab_api_key")
    op.drop_index("uq_trail_record_seq", table_name="trail")
    op.drop_index("ix_trail_school_at", table_name="trail")
    op.drop_index("ix_trail_actor_at", table_name="trail")
    op.drop_table("trail")
    op.drop_table("throttle")
    op.drop_table("school")
    op.drop_table("region")
    op.drop_index("ix_one_time_code_owner", table_name="one_time_code")
    op.drop_table("one_time_code")
    op.drop_index("ix_message_created", table_name="message")
    op.drop_table("message")
    op.drop_index("uq_code_table_edition_code", table_name="code")
    op.drop_table("code")
    op.drop_table("ab_view_menu")
    op.drop_index(op.f("ix_ab_user_student_id"), table_name="ab_user")
    op.drop_index(op.f("ix_ab_user_school_id"), table_name="ab_user")
    op.drop_index(op.f("ix_ab_user_employer_id"), table_name="ab_user")
    op.drop_table("ab_user")
    op.drop_table("ab_role")
    op.drop_table("ab_register_user")
    op.drop_table("ab_permission")
    op.drop_table("ab_group")
    op.execute("DROP FUNCTION text_grams")
