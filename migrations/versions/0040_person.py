"""People are found by the initials of their pinyin; who saw a whole number is found by the record.

Revision ID: 0040_person
Revises: 0039_questions
"""

from alembic import op

revision = "0040_person"
down_revision = "0039_questions"
branch_labels = None
depends_on = None

# of a key that `name_order` made: the first letter of each syllable, without tone and sign; Latin as it is
INITIALS = r"""
CREATE FUNCTION name_initials(ordered text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT regexp_replace(ordered, '~(.)[^~]*', '\1', 'g')
$$"""
INDEXES = {
    "ix_student_initials": "student (name_initials(name_order), id)",
    "ix_employer_initials": "employer USING gin (grams(name_initials(name_order)))",
    "ix_security_event_about": "security_event ((details ->> 'about'), id) WHERE event = 'reveal'",
}


def upgrade() -> None:
    op.execute(INITIALS)
    for name, of in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {of}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP FUNCTION name_initials(text)")
