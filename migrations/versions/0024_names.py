"""One folding of names, former names, and names in the order of pinyin.

What was kept is folded as names are from now on; what is no name (a lost character, digits, brackets) stays
and is listed by `flask --app run names problems`. The trail says what it said: nothing of it is touched.
"""

import sqlalchemy as sa
from alembic import op

from app.core.names import clean_contact, clean_name, clean_title
from app.core.pinyin import readings

revision = "0024_names"
down_revision = "0023_factors"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BATCH = 5_000
# table, column, how it is folded, which rows
FOLDED = (
    ("student", "name", clean_name, "true"),
    ("employer", "name", clean_title, "true"),
    ("employer", "contact_name", clean_contact, "true"),
    ("employer", "archive_to", clean_title, "true"),
    ("employer", "archive_contact", clean_contact, "true"),
    ("placement", "employer_name", clean_title, "true"),
    ("plan_entry", "employer_name", clean_title, "true"),
    ("objection", "employer_name", clean_title, "true"),
    ("merged", "name", clean_name, "kind = 'student'"),
    ("merged", "name", clean_title, "kind = 'employer'"),
    ("ab_user", "last_name", clean_name, "role = 'student'"),
    ("ab_user", "last_name", clean_title, "role = 'employer'"),
    ("dispute", "name", clean_name, "role = 'student'"),
    ("dispute", "name", clean_title, "role = 'employer'"),
)
# table → its names with a key of their own, and whether a person's
ORDERED = {
    "school": (("name", False),),
    "college": (("name", False),),
    "major": (("name", False),),
    "student": (("name", True), ("class_name", False)),
    "employer": (("name", False),),
    "placement": (("employer_name", False),),
    "plan_entry": (("employer_name", False),),
}
LAST = "chr(1114111)"  # behind every sign there is: where no name stands
INDEXES = (
    "CREATE INDEX ix_student_name ON student (school_id, lower(name))",
    "CREATE INDEX ix_student_order ON student (school_id, name_order, id)",
    "CREATE INDEX ix_student_class_order ON student (school_id, class_name_order, id)",
    "CREATE INDEX ix_student_grams ON student USING gin (text_grams(lower(name)))",
    "CREATE INDEX ix_employer_order ON employer (name_order, id)",
    "CREATE INDEX ix_employer_grams ON employer USING gin (text_grams(lower(name)))",
    "CREATE INDEX ix_placement_grams ON placement USING gin (text_grams(lower(employer_name)))",
    "CREATE INDEX ix_placement_order ON placement (school_id, employer_name_order, id)",
    "CREATE INDEX ix_placement_credit_code ON placement (employer_credit_code)",
    "CREATE INDEX ix_plan_entry_order ON plan_entry (school_id, employer_name_order, id)",
)
BEFORE = (
    "CREATE INDEX ix_student_name ON student (school_id, name)",
    "CREATE INDEX ix_student_grams ON student USING gin (text_grams(name))",
    "CREATE INDEX ix_employer_name ON employer (name)",
    "CREATE INDEX ix_placement_grams ON placement USING gin (text_grams(employer_name))",
)
# what a fragment that is searched for has certainly: its pairs, of one sign that sign
PIECES = """
CREATE FUNCTION text_pieces(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN char_length(t) < 2 THEN ARRAY[t] ELSE
    (SELECT array_agg(DISTINCT substr(t, i, 2)) FROM generate_series(1, char_length(t) - 1) i) END
$$"""
# Latin letters and digits before signs, signs by syllable, tone and sign, unread ones last; a number by
# its size (its length, then its digits): class 2 before class 10
ORDER = """
CREATE FUNCTION name_order(name text, person boolean) RETURNS text LANGUAGE plpgsql STABLE STRICT
PARALLEL SAFE AS $$
DECLARE
  t text := lower(name); made text := ''; i int := 1; n int := char_length(t); k int; c text; sounds text;
BEGIN
  WHILE i <= n LOOP
    c := substr(t, i, 1); k := 1; sounds := NULL;
    IF c IN ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN
      c := substring(substr(t, i) FROM '^[0-9]+'); k := length(c);
      made := made || least(length(ltrim(c, '0')), 9) || ltrim(c, '0');
    ELSIF ascii(c) < 11904 THEN
      made := made || CASE WHEN c = '·' THEN '' ELSE c END;
    ELSE
      IF person AND i = 1 THEN
        SELECT r.sound, char_length(r.signs) INTO sounds, k FROM reading r
          WHERE r.kind = 'surname' AND r.signs IN (c, substr(t, 1, 2)) ORDER BY 2 DESC LIMIT 1;
      ELSIF NOT person AND i < n THEN
        SELECT r.sound, 2 INTO sounds, k FROM reading r
          WHERE r.kind = 'word' AND r.signs = substr(t, i, 2);
      END IF;
      IF sounds IS NULL THEN
        k := 1;
        SELECT r.sound INTO sounds FROM reading r WHERE r.kind = 'char' AND r.signs = c;
      END IF;
      FOR j IN 1..k LOOP
        made := made || '~' || coalesce(split_part(sounds, ' ', j), '~') || substr(t, i + j - 1, 1);
      END LOOP;
    END IF;
    i := i + k;
  END LOOP;
  RETURN made;
END $$"""
FORMER = """
CREATE FUNCTION keep_former_name_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM former_name WHERE {table}_id = NEW.id AND lower(name) = lower(NEW.name);
  IF coalesce(current_setting('qingqian.taken_back', true), '') <> 'yes' THEN
    INSERT INTO former_name ({table}_id, name, until) VALUES (NEW.id, OLD.name, app_now())
      ON CONFLICT ({table}_id, lower(name)) DO UPDATE SET until = excluded.until;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER {table}_former_name AFTER UPDATE OF name ON {table} FOR EACH ROW
  WHEN (lower(OLD.name) <> lower(NEW.name){when}) EXECUTE FUNCTION keep_former_name_of_{table}()"""
# what nobody had checked yet was never an employer's name
WHEN = {"student": "", "employer": " AND OLD.state NOT IN ('awaiting', 'rejected')"}


def upgrade():
    _tables()
    op.execute(PIECES)
    op.execute(ORDER)
    for name in ("ix_student_name", "ix_student_grams", "ix_employer_name", "ix_placement_grams"):
        op.drop_index(name)
    for table, names in ORDERED.items():
        _order(table, names)
    for table, column, fold, which in FOLDED:
        _fold(table, column, fold, which)
    _fold_texts()
    for table, when in WHEN.items():
        op.execute(FORMER.format(table=table, when=when))
    for index in INDEXES:
        op.execute(index)


def _tables():
    signs = sa.String(8, collation="C")
    reading = op.create_table(
        "reading",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("signs", signs, primary_key=True),
        sa.Column("sound", sa.String(40), nullable=False),
    )
    rows = [{"kind": k, "signs": s, "sound": said} for k, s, said in readings()]
    for start in range(0, len(rows), BATCH):
        op.bulk_insert(reading, rows[start : start + BATCH])
    op.execute("ANALYZE reading")
    op.create_table(
        "former_name",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("student_id", sa.Integer(), sa.ForeignKey("student.id", ondelete="CASCADE")),
        sa.Column("employer_id", sa.Integer(), sa.ForeignKey("employer.id", ondelete="CASCADE")),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.CheckConstraint(
            "(student_id IS NULL) <> (employer_id IS NULL)", name="former_name_of_one"
        ),
    )
    for table in WHEN:
        op.execute(f"CREATE UNIQUE INDEX uq_former_name_{table} ON former_name"
                   f" ({table}_id, lower(name))")  # fmt: skip
    op.execute(
        "CREATE INDEX ix_former_name_grams ON former_name USING gin (text_grams(lower(name)))"
    )


def _order(table, names):
    """The keys of a table; nothing that hangs on a change of it follows this one."""
    columns = ", ".join(
        f"ADD COLUMN {name}_order text COLLATE \"C\" DEFAULT '' NOT NULL" for name, _p in names
    )
    op.execute(f"ALTER TABLE {table} {columns}")
    made = {
        f"{name}_order": f"coalesce(name_order(%s{name}, {str(person).lower()}), {LAST})"
        for name, person in names
    }
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    op.execute(f"UPDATE {table} SET " + ", ".join(f"{c} = {how % ''}" for c, how in made.items()))
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    keys = " ".join(f"NEW.{c} := {how % 'NEW.'};" for c, how in made.items())
    differs = " OR ".join(f"OLD.{n} IS DISTINCT FROM NEW.{n}" for n, _p in names)
    op.execute(f"""CREATE FUNCTION order_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {keys} RETURN NEW; END $$;
CREATE TRIGGER {table}_order_new BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION order_{table}();
CREATE TRIGGER {table}_order BEFORE UPDATE OF {", ".join(n for n, _p in names)} ON {table}
  FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION order_{table}()""")


def _fold(table, column, fold, which):
    """Fold a column, a portion of the rows at a time; what would not fit any more stays."""
    connection = op.get_bind()
    most = sa.inspect(connection)
    length = next(c["type"].length for c in most.get_columns(table) if c["name"] == column)
    look = sa.text(
        f"SELECT id, {column} AS name FROM {table} WHERE id > :last AND ({which})"
        f" AND {column} !~ '^[一-龥]*$' ORDER BY id LIMIT {BATCH}"
    )
    write = sa.text(f"UPDATE {table} t SET {column} = v.name FROM"
                    " unnest(CAST(:ids AS int[]), CAST(:names AS text[])) v(id, name)"
                    " WHERE t.id = v.id")  # fmt: skip
    last = 0
    while rows := connection.execute(look, {"last": last}).all():
        last = rows[-1].id
        folded = [(row.id, fold(row.name)) for row in rows]
        new = [
            (key, name) for (key, name), row in zip(folded, rows, strict=True)
            if name != row.name and name and len(name) <= length
        ]  # fmt: skip
        if new:
            ids, names = zip(*new, strict=True)
            connection.execute(write, {"ids": list(ids), "names": list(names)})


# texts in JSON that are compared with those columns: table, what finds a row, column, path, fold, which rows
_SHEET = "import_id IN (SELECT id FROM import_file WHERE sheet = '{}')"
IN_JSON = (
    *(
        ("import_row", ("import_id", "row"), column, ["name"], fold, _SHEET.format(sheet))
        for sheet, fold in (("students", clean_name), ("employers", clean_title))
        for column in ("values", "old")
    ),
    (
        "import_row",
        ("import_id", "row"),
        "values",
        ["employer_name"],
        clean_title,
        _SHEET.format("plan"),
    ),
    ("placement", ("id",), "plan_values", ["employer_name"], clean_title, "true"),
    ("change_request", ("id",), "changes", ["employer_name", "0"], clean_title, "true"),
    ("change_request", ("id",), "changes", ["employer_name", "1"], clean_title, "true"),
)


def _fold_texts():
    """What a file or a claim says of a name stays the same as what the row says: no change is seen."""
    connection = op.get_bind()
    for table, key, column, path, fold, which in IN_JSON:
        keys, found = ", ".join(key), f"{column} #>> '{{{','.join(path)}}}'"
        rows = connection.execute(
            sa.text(
                f"SELECT {keys}, {found} AS name FROM {table} WHERE {found} !~ '^[一-龥]*$' AND {which}"
            )
        )
        new = [
            row._asdict() | {"name": fold(row.name)} for row in rows if fold(row.name) != row.name
        ]
        mine = " AND ".join(f"{name} = :{name}" for name in key)
        write = sa.text(f"UPDATE {table} SET {column} = jsonb_set({column}, '{{{','.join(path)}}}',"
                        f" to_jsonb(CAST(:name AS text))) WHERE {mine}")  # fmt: skip
        for start in range(0, len(new), BATCH):
            connection.execute(write, new[start : start + BATCH])


def downgrade():
    for table in WHEN:
        op.execute(f"DROP TRIGGER {table}_former_name ON {table}")
        op.execute(f"DROP FUNCTION keep_former_name_of_{table}()")
    for index in INDEXES:
        op.drop_index(index.split()[2])
    for table, names in ORDERED.items():
        op.execute(f"DROP TRIGGER {table}_order ON {table}")
        op.execute(f"DROP TRIGGER {table}_order_new ON {table}")
        op.execute(f"DROP FUNCTION order_{table}()")
        for name, _person in names:
            op.drop_column(table, f"{name}_order")
    op.execute("DROP FUNCTION name_order(text, boolean)")
    op.execute("DROP FUNCTION text_pieces(text)")
    op.drop_table("former_name")
    op.drop_table("reading")
    for index in BEFORE:
        op.execute(index)
