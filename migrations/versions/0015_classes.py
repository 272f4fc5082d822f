"""Classes are found by their name."""

from alembic import op

revision = "0015_classes"
down_revision = "0014_people"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_student_class", "student", ["school_id", "class_name"])


def downgrade():
    op.drop_index("ix_student_class", "student")
