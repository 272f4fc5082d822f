"""Destinations: the tables that describe their kinds, the records of students, their proofs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009_destinations"
down_revision = "0008_offline"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _named(*more):
    """Columns that types, kinds, fields and proofs share."""
    return (
        *more,
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("hint", sa.String(200), nullable=False),
        sa.Column("hint_en", sa.String(300), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )


def _id():
    return sa.Column("id", sa.Integer(), primary_key=True)


def _to(name, table):
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=False)


def upgrade():
    op.create_table(
        "destination_type",
        *_named(_id(), sa.Column("code", sa.String(20), nullable=False, unique=True)),
    )
    op.create_table(
        "destination_kind",
        *_named(
            _id(),
            _to("type_id", "destination_type"),
            sa.Column("code", sa.String(20), nullable=False, unique=True),
            sa.Column("plan_code", sa.String(3), nullable=False),
            sa.Column("plan_code_legacy", sa.String(3), nullable=False),
            sa.Column("settles", sa.Boolean(), nullable=False),
            sa.Column("modes", JSONB(), nullable=False),
            sa.Column("from_year", sa.Integer()),
            sa.Column("to_year", sa.Integer()),
        ),
    )
    op.create_index("ix_destination_kind_type", "destination_kind", ["type_id"])
    op.create_table(
        "destination_field",
        *_named(
            _id(),
            _to("kind_id", "destination_kind"),
            sa.Column("key", sa.String(30), nullable=False),
            sa.Column("type", sa.String(12), nullable=False),
            sa.Column("required", sa.Boolean(), nullable=False),
            sa.Column("length", sa.Integer()),
            sa.Column("low", sa.Integer()),
            sa.Column("high", sa.Integer()),
            sa.Column("table", sa.String(12), nullable=False),
            sa.Column("only", JSONB(), nullable=False),
            sa.Column("plan_field", sa.String(30), nullable=False),
        ),
    )
    op.create_index("uq_destination_field", "destination_field", ["kind_id", "key"], unique=True)
    op.create_table(
        "destination_proof",
        *_named(
            _id(),
            _to("kind_id", "destination_kind"),
            sa.Column("key", sa.String(30), nullable=False),
            sa.Column("required", sa.Boolean(), nullable=False),
            sa.Column("most", sa.Integer(), nullable=False),
        ),
    )
    op.create_index("uq_destination_proof", "destination_proof", ["kind_id", "key"], unique=True)
    op.create_table(
        "destination",
        _id(),
        _to("student_id", "student"),
        _to("kind_id", "destination_kind"),
        sa.Column("placement_id", sa.Integer(), sa.ForeignKey("placement.id")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.Column("kept", JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("uq_destination_draft", "destination", ["student_id"], unique=True,
                    postgresql_where=sa.text("placement_id IS NULL"))  # fmt: skip
    op.create_index("uq_destination_placement", "destination", ["placement_id"], unique=True)
    op.create_index("ix_destination_kind", "destination", ["kind_id"])
    op.create_table(
        "destination_file",
        _id(),
        _to("destination_id", "destination"),
        sa.Column(
            "attachment_id",
            sa.Integer(),
            sa.ForeignKey("attachment.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("proof", sa.String(30), nullable=False),
    )
    op.create_index("uq_destination_file", "destination_file", ["attachment_id"], unique=True)
    op.create_index("ix_destination_file_destination", "destination_file", ["destination_id"])


def downgrade():
    for table in ("file", "proof", "field"):
        op.drop_table(f"destination_{table}")
    op.drop_table("destination")
    op.drop_table("destination_kind")
    op.drop_table("destination_type")
