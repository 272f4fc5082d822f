"""SQL in files: every statement is explained by the migrated database, so none names what is not there."""

import re
import sys
from pathlib import Path

import pytest
from psycopg import ProgrammingError
from sqlalchemy import TextClause, text

from app.core import statements
from app.core.db import db
from app.core.statements import Statements, columns, words

APP = Path(statements.__file__).resolve().parent.parent
_VALUE = TextClause._bind_params_regex


def numbered(sql: str) -> str:
    """`:name` as `$1`: the database infers the type of each value, or the statement has to say it."""
    names: dict[str, int] = {}
    return _VALUE.sub(lambda m: f"${names.setdefault(m[1], len(names) + 1)}", sql)


def explained(connection, sql: str) -> None:
    cursor = connection.connection.driver_connection.cursor()
    cursor.execute(f"EXPLAIN (GENERIC_PLAN) {numbered(sql)}")
    assert cursor.fetchall()


def make_tables(connection, path: Path) -> None:
    """The temporary tables that the statements of a file read, empty: its own, and of files before it."""
    files, wanted = [path], {}
    for at in files:
        wanted |= {name: read(at).sql(name) for name in read(at).names("table")}
        files += [f for other in read(at).after if (f := at.with_name(other)) not in files]
    while wanted:
        ready = [
            name
            for name, sql in wanted.items()
            if not any(re.search(rf"\b{other}\b", sql) for other in wanted)
        ]
        assert ready, f"tables that read one another: {list(wanted)}"
        for name in ready:
            rows = _VALUE.sub("NULL", wanted.pop(name))
            made = f"CREATE TEMP TABLE {name} AS SELECT * FROM ({rows}) x LIMIT 0"
            connection.execute(text(made))


def read_files() -> dict[Path, Statements]:
    """Every file that a module of the application has read."""
    modules = [module for name, module in sys.modules.items() if name.startswith("app.")]
    found = [
        one for module in modules for one in vars(module).values() if isinstance(one, Statements)
    ]
    return {one.path.resolve(): one for one in found}


def read(path: Path) -> Statements:
    return read_files()[path]


def test_every_file_is_read_by_a_module(app):
    assert set(read_files()) >= set(APP.rglob("*.sql"))


@pytest.mark.parametrize("path", sorted(APP.rglob("*.sql")), ids=lambda p: str(p.relative_to(APP)))
def test_the_database_understands_every_statement(app, path):
    file = read(path)
    with app.app_context(), db.engine.connect() as connection:
        make_tables(connection, path)
        for name in file.names("table", "statement"):
            assert file.why(name), f"{name} does not say what it gives"
            for sql in {file.sql(name, **given) for given in file.each()}:
                explained(connection, sql)
        connection.rollback()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT no_such FROM student", "no_such"),
        ("SELECT id FROM no_such WHERE id = :id", "no_such"),
        ("SELECT id FORM student", "syntax"),
        ("SELECT id FROM student WHERE name = CAST(:id AS int)", "operator"),
        ("SELECT :one + :other", "operator is not unique"),
    ],
)
def test_a_statement_that_cannot_run_is_found(app, sql, why):
    with (
        app.app_context(),
        db.engine.connect() as connection,
        pytest.raises(ProgrammingError, match=why),
    ):
        explained(connection, sql)


@pytest.mark.parametrize("path", sorted(APP.rglob("*.sql")), ids=lambda p: str(p.relative_to(APP)))
def test_no_piece_and_no_statement_is_left_over(app, path):
    file = read(path)
    module = "".join(p.read_text(encoding="utf-8") for p in path.parent.glob("*.py"))
    body = path.read_text(encoding="utf-8")
    unused = [name for name in file.names("table", "statement") if f'"{name}"' not in module]
    unused += [
        name
        for name in file.names("piece")
        if not re.search(rf"\{{{name}[(}}]", body) and f'"{name}"' not in module
    ]
    assert not unused


@pytest.fixture
def written(tmp_path):
    def act(content: str, **given: str) -> Statements:
        (tmp_path / "some.sql").write_text(content, encoding="utf-8")
        return Statements(str(tmp_path / "module.py"), "some.sql", **given)

    return act


def test_pieces_arguments_and_what_is_given_are_put_in(written):
    file = written(
        "-- piece: of(row; more)\n-- Whose.\n{row}.a = :a AND {more}\n\n"
        "-- statement: all\n-- Everything.\nSELECT {names}, '{}' FROM x t WHERE {of(t; b IN (1, 2))};\n",
        names="a, b",
    )
    assert file.sql("all") == "SELECT a, b, '{}' FROM x t WHERE t.a = :a AND b IN (1, 2)"
    assert file.why("all") == "Everything."
    assert str(file["all"]) == file.sql("all")


def test_a_name_that_stands_nowhere_raises(written):
    with pytest.raises(KeyError, match="nowhere"):
        written("-- statement: a\n-- A.\nSELECT {nowhere}\n").sql("a")


def test_a_piece_that_holds_itself_raises(written):
    with pytest.raises(ValueError, match="into itself"):
        written(
            "-- statement: a\n-- A.\nSELECT {b}\n-- piece: b\n-- B.\n{c}\n-- piece: c\n-- C.\n{b}\n"
        ).sql("a")


def test_arguments_hold_pieces_and_brackets_of_their_own(written):
    file = written(
        "-- piece: days(from; to)\n-- D.\n{to} - {from}\n-- piece: at(row)\n-- A.\ncast({row}.at AS date)\n"
        "-- statement: a\n-- A.\nSELECT {days({at(x)}; greatest(y.at, (now())))} FROM x, y\n"
    )
    assert file.sql("a") == "SELECT greatest(y.at, (now())) - cast(x.at AS date) FROM x, y"


def test_what_a_piece_was_given_is_not_seen_by_the_pieces_in_it(written):
    file = written(
        "-- piece: in_it\n-- I.\n{row}.a\n-- piece: of(row)\n-- O.\n{in_it}\n-- statement: a\n"
        "-- A.\nSELECT {of(t)} FROM t\n"
    )
    with pytest.raises(KeyError, match="row"):
        file.sql("a")


def test_a_name_stands_once_in_a_file(written):
    with pytest.raises(ValueError, match="twice"):
        written("-- statement: a\nSELECT 1\n-- statement: a\nSELECT 2\n")


def test_only_names_become_columns():
    assert columns(("a", "b_2"), "t.{}") == "t.a, t.b_2"
    assert columns(("a", "b"), "t.{0} = {0}".replace("{0}", "{}"), " AND ") == "t.a = a AND t.b = b"
    for bad in ("a; DROP TABLE x", "a b", 'a"', ""):
        with pytest.raises(ValueError, match="not the name"):
            columns((bad,))


def test_words_are_quoted():
    assert words(("a", "b'c")) == "'a', 'b''c'"
