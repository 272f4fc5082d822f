"""Checks by column: once for each distinct value, with a person's words, told row by row (BLK-02, BLK-06)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.files.imports import checking, frames, table_cells, tables
from app.files.imports.columns import CellKind, Column, Context, ValueList
from app.files.imports.guard import Marks
from app.files.imports.intake import FileReading, Words
from app.files.imports.no_rows import Grid
from app.files.imports.sheet import Sheet, Target
from app.signing.invitations.models import Candidate
from tests.stores import with_sheet

asked: list = []


def by_year(value, context):
    asked.append((value, context.row.get("year")))
    return "too old" if context.row.get("year") == 2000 else None


@pytest.fixture
def sheet():
    made = Sheet(
        name="sample",
        title="Sample",
        roles=(),
        home=lambda: ("", ""),
        prepare=lambda record: Context(None),
        target=Target(Candidate, (), (), (), lambda record: {}),
        columns=(
            Column("no", "Number", CellKind.CODE, "XH", required=True),
            Column("year", "Year", CellKind.NUMBER, least=2000, most=2100),
            Column("level", "Level", CellKind.CHOICE, "XL", needs=("year",), checks=(by_year,)),
            Column("note", "Note", aside=True),
        ),
        row=lambda values, more, _context: (
            values.update(seen=values.get("level"))
            or ([("note", "needed")] if "note" not in more else [])
        ),
        needs=("level",),
        told=("note",),
    )
    with with_sheet(made):
        yield made


def reading(heads, rows, hidden=()):
    frame = pd.DataFrame(rows, columns=range(len(heads)), dtype=object)
    frame = frame.assign(sheet=0, line=range(2, len(rows) + 2), hidden=False)
    frame.loc[list(hidden), "hidden"] = True
    return FileReading("xlsx", "", heads, frame, ["a"], {})


def check(app, sheet, found, words=None):
    asked.clear()
    with app.test_request_context():
        context = Context(
            date(2027, 1, 1), {"level": ValueList([("31", "31", "本科"), ("11", "11", "博士")])}
        )
        return checking.check(sheet, found, words or Words(), context)


HEADS = ["Number", "Year", "Level", "Note"]


@pytest.mark.rule("BLK-02")
def test_each_combination_of_a_cell_and_what_it_needs_is_checked_once(app, sheet):
    rows = [[str(n), 2026 + n % 2, ("31", "本科", "11")[n % 3], "x"] for n in range(300)]
    found = check(app, sheet, reading(HEADS, rows))
    assert len(asked) == 6
    assert found.problems.empty
    assert found.values["level"].tolist() == [("31", "31", "11")[n % 3] for n in range(300)]
    assert found.values["seen"].tolist() == found.values["level"].tolist()
    assert "note" in found.more
    assert "note" not in found.values


@pytest.mark.rule("BLK-02")
def test_problems_are_a_frame_of_row_field_and_sentence_in_the_order_of_the_columns(app, sheet):
    rows = [["", 2000, "31", ""], ["2", 2027, "99", "x"], [3, "x", "", "x"]]
    found = check(app, sheet, reading(HEADS, rows, hidden=[1]))
    assert list(found.problems) == ["row", "field", "sentence"]
    told = found.problems.sort_values("row", kind="stable")[["row", "field"]].to_numpy().tolist()
    assert told == [
        [1, "no"],
        [1, "level"],
        [1, "note"],
        [2, "level"],
        [2, "no"],
        [3, "no"],
        [3, "year"],
    ]


@pytest.mark.rule("BLK-06")
def test_a_persons_words_are_read_instead_of_the_cells(app, sheet):
    rows = [
        ["1", 2027, "大学", "x"],
        ["2", 2027, "无", "x"],
        ["3", 2027, "31", "x"],
        ["4", 2027, "大学", "x"],
    ]
    words = Words({"学生号": "no", "note": None}, {"level": {"大学": "31", "无": ""}}, [4])
    found = check(app, sheet, reading(["学生号", "Year", "Level", "Note"], rows), words)
    assert found.rows.index.tolist() == [1, 2, 3]
    assert found.values["level"].tolist() == ["31", None, "31"]
    assert found.ignored == ["Note"]
    assert set(found.problems["field"]) == {"note"}  # nobody may look at it
    assert not found.mended


def test_a_missing_or_double_header_is_named(app, sheet):
    with pytest.raises(Invalid) as refused:
        check(app, sheet, reading(["Year", "Level", "Level"], [[2027, "31", "31"]]))
    assert [head for head, _text in refused.value.problems] == ["Level", "Number"]


CELLS = st.one_of(
    st.text(max_size=8),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "合计", "#N/A", True, False, 1, 0, None, date(2027, 1, 2)]),
)


@pytest.mark.rule("BLK-07")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=0, max_size=12))
def test_whatever_stands_in_a_table_every_filled_row_is_taken_or_counted_and_arrives_unchanged(
    rows,
):
    heads = ["学号", "姓名", "班级"]
    raw = pd.DataFrame([heads, *rows], dtype=object)
    table = tables.assembled([Grid("a", raw, Marks())], {"学号", "姓名", "班级"}, 1000)
    meta, frame = frames.opened(table_cells.packed(table, "xlsx", ""))
    counted = sum(meta["left"][name] for name in ("notes", "totals", "heads_again", "empty"))
    last = max((n for n, row in enumerate(rows, 1) if any(map(filled, row))), default=0)
    assert len(frame) + counted == last
    for line, cells in zip(frame["line"], frame[[0, 1, 2]].to_numpy().tolist(), strict=True):
        wanted = [table_cells.cell_of(cell) for cell in rows[line - 2]]
        assert [str(c).encode("utf-8", "replace") for c in cells] == [
            str(c).encode("utf-8", "replace") for c in wanted
        ]


def filled(cell):
    return table_cells.has_text(table_cells.cell_of(cell))
