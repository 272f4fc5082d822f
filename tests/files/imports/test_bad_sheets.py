"""Bad data of every sheet but the students': row, column and sentence, and nothing else touched (BLK-02)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.files.imports.models import ImportRow
from tests.files.imports.bad import Table, filled
from tests.files.imports.bad.lists import COURIER, PLAN, SEND_LIST
from tests.files.imports.bad.people import COLLEGES, EMPLOYERS, MAJORS, RESTRICTIONS
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems

TABLES = (SEND_LIST, COLLEGES, MAJORS, EMPLOYERS, RESTRICTIONS, PLAN, COURIER)
BAD = [(table, name) for table in TABLES for name in table.cases]
MENDED = [(table, name) for table in TABLES for name in table.mended]


def label(value) -> str:
    return value.sheet if isinstance(value, Table) else value.replace(" ", "-")


@pytest.fixture
def brought(bring, cast):
    """The import of a file whose row 3 is spoiled."""

    def act(table: Table, spoiled, before=None):
        table.before(cast)
        if before:
            before(cast)
        rows = [table.good(cast, n) for n in range(3)]
        rows[1] |= filled(spoiled, cast)
        record = bring(xlsx(rows, table.heads), "a.xlsx", table.sheet, getattr(cast, table.user))
        assert record.state == "checked", record.details
        return record

    return act


@pytest.mark.rule("BLK-01", "BLK-02", "INV-03")
@pytest.mark.parametrize(("table", "name"), BAD, ids=label)
def test_a_bad_cell_of_any_sheet_is_named_by_row_column_and_sentence(brought, table, name):
    spoiled, what, *more = table.cases[name]
    record = brought(table, spoiled, more[1] if len(more) > 1 else None)
    expected = what if isinstance(what, dict) else {3: [(what, more[0])]}
    assert problems(record) == expected
    assert (record.total, record.faulty) == (3, len(expected))


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize(("table", "name"), MENDED, ids=label)
def test_what_can_be_read_is_kept_as_it_was_meant_and_its_mending_reported(brought, table, name):
    spoiled, kept, mended = table.mended[name]
    record = brought(table, spoiled)
    assert problems(record) == {}
    assert record.details["mended"] == mended
    row = db.session.query(ImportRow).filter_by(import_id=record.id, line=3).one()
    assert {key: row.values.get(key) for key in kept} == kept
