"""Checks: findings, runs, what sealed numbers say; what a placement would write; what codes need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_checks"
down_revision = "0012_exports"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
FIELDS = ("destination_code", "credit_code", "employer_name", "employer_kind", "industry", "location",
          "position_kind", "contact_name", "contact_phone", "address", "postcode", "archive_to",
          "archive_address", "archive_postcode", "household_address")  # fmt: skip
NEEDS = (
    ("10 11 12 27 271 272", "employer_name employer_kind industry location position_kind"),
    ("46 76", "location"),
    ("50 501 502 503 51 511 512 513 514 515 519 80 801 802 803 81 82 85", "employer_name location"),
    ("75 751 752 753", "employer_name industry location"),
    ("77", "location"),
)


def _wish():
    """The claim of 0010 without its condition, so that a placement under review can be checked."""
    found = op.get_bind().execute(sa.text("SELECT pg_get_viewdef('plan_claim'::regclass)")).scalar()
    every, _where, _state = found.rstrip().rstrip(";").rpartition("WHERE")
    assert "in_force" in _state
    op.execute(sa.text("CREATE VIEW plan_wish AS " + every.replace(":", r"\:")))


def upgrade():
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("college_id", sa.Integer(), sa.ForeignKey("college.id"), nullable=False),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id"), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_finding", "finding", ["school_id", "graduation_year", "rule", "subject"],
                    unique=True)  # fmt: skip
    op.create_index("ix_finding_school_state", "finding", ["school_id", "state", "severity", "id"])
    op.create_index("ix_finding_college", "finding", ["college_id", "state"])
    op.create_index("ix_finding_student", "finding", ["student_id"])
    op.create_table(
        "check_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("graduation_year", sa.Integer(), nullable=False),
        sa.Column("asked_at", TIME, nullable=True),
        sa.Column("ran_at", TIME, nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("rows", "took", "done")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_check_run", "check_run", ["school_id", "graduation_year"], unique=True)
    op.create_table(
        "id_number_fact",
        sa.Column("id_number_index", sa.LargeBinary(), nullable=False),
        sa.Column("fault", sa.String(8), nullable=False),
        sa.Column("sex", sa.String(1), nullable=False),
        sa.PrimaryKeyConstraint("id_number_index"),
    )
    op.execute("""CREATE CONSTRAINT TRIGGER finding_has_trail AFTER UPDATE OF state ON finding
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (OLD.state = 'accepted' OR NEW.state = 'accepted')
        EXECUTE FUNCTION state_has_trail('finding')""")
    op.add_column(
        "counts_as", sa.Column("needs", sa.String(200), nullable=False, server_default="")
    )
    for codes, needs in NEEDS:
        op.execute(sa.text("UPDATE counts_as SET needs = :needs WHERE code = ANY(:codes)")
                   .bindparams(needs=needs, codes=codes.split()))  # fmt: skip
    op.create_table(
        "rate_formula",
        sa.Column("edition", sa.String(12), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("settled", postgresql.JSONB(), nullable=False),
        sa.Column("left_out", postgresql.JSONB(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("edition"),
        sa.UniqueConstraint("since"),
    )
    op.create_table(
        "code_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table", sa.String(12), nullable=False),
        sa.Column("edition", sa.String(12), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_code_edition", "code_edition", ["table", "edition"], unique=True)
    op.create_index("uq_code_edition_since", "code_edition", ["table", "since"], unique=True)
    op.create_table(
        "code_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table", sa.String(12), nullable=False),
        sa.Column("edition", sa.String(12), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        *(sa.Column(name, postgresql.JSONB(), nullable=False) for name in ("old", "new")),
        sa.Column("by", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("by_name", sa.String(120), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_code_change_table", "code_change", ["table"])
    op.execute("""CREATE TRIGGER code_change_kept BEFORE UPDATE OR DELETE ON code_change
        FOR EACH ROW EXECUTE FUNCTION never_changed()""")
    op.add_column("plan_snapshot", sa.Column("formula", postgresql.JSONB(), nullable=False,
                                             server_default="{}"))  # fmt: skip
    _wish()


def downgrade():
    op.drop_column("plan_snapshot", "formula")
    for table in ("code_change", "code_edition", "rate_formula"):
        op.drop_table(table)
    op.execute("DROP VIEW plan_wish")
    op.drop_column("counts_as", "needs")
    for table in ("id_number_fact", "check_run", "finding"):
        op.drop_table(table)
