"""Kinds of identity documents (ACC-13): beside the number, whose keyed index and mask stay as they are.

What was entered so far passed the check of an ID number. Those of a residence permit pass it too; its first
six digits stand in the mask.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_identity"
down_revision = "0023_factors"
branch_labels = None
depends_on = None

PERMIT = "id_number_masked ~ '^8[123]0000[*]'"


def upgrade():
    for name, length, default in (("id_kind", 12, "id_card"), ("id_country", 2, "")):
        op.add_column(
            "student",
            sa.Column(name, sa.String(length), nullable=False, server_default=default),
        )
    op.create_check_constraint(
        "ck_student_id_kind",
        "student",
        "id_kind IN ('id_card', 'hm_permit', 'tw_permit', 'residence', 'foreigner', 'passport')",
    )
    op.create_check_constraint(
        "ck_student_id_country", "student", "id_country = '' OR id_kind = 'passport'"
    )
    op.execute(f"UPDATE student SET id_kind = 'residence' WHERE {PERMIT}")
    op.drop_constraint("id_number_fact_pkey", "id_number_fact", type_="primary")
    op.add_column(
        "id_number_fact",
        sa.Column("id_kind", sa.String(12), nullable=False, server_default="id_card"),
    )
    op.create_primary_key("id_number_fact_pkey", "id_number_fact", ["id_number_index", "id_kind"])


def downgrade():
    op.execute("DELETE FROM id_number_fact WHERE id_kind <> 'id_card'")
    op.drop_constraint("id_number_fact_pkey", "id_number_fact", type_="primary")
    op.drop_column("id_number_fact", "id_kind")
    op.create_primary_key("id_number_fact_pkey", "id_number_fact", ["id_number_index"])
    op.drop_constraint("ck_student_id_country", "student")
    op.drop_constraint("ck_student_id_kind", "student")
    for name in ("id_country", "id_kind"):
        op.drop_column("student", name)
