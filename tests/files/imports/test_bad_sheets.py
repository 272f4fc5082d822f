"""Bad data of every sheet but the students': row, column and sentence, and nothing else touched (BLK-02)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.files.imports.row_models import ImportRow
from tests.files.imports.bad import Table, filled
from tests.files.imports.bad.lists import COURIER, PLAN, SEND_LIST
from tests.files.imports.bad.people import COLLEGES, EMPLOYERS, MAJORS, RESTRICTIONS
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import aside, problems

TABLES = (SEND_LIST, COLLEGES, MAJORS, EMPLOYERS, RESTRICTIONS, PLAN, COURIER)


@pytest.fixture
def brought(bring, cast):
    """The import of a file whose row 3 is spoiled."""

    def act(table: Table, spoiled, before=None):
        if before:
            before(cast)
        rows = [table.good(cast, n) for n in range(3)]
        rows[1] |= filled(spoiled, cast)
        record = bring(xlsx(rows, table.heads), "a.xlsx", table.sheet, getattr(cast, table.user))
        assert record.state == "checked", record.details
        return record

    return act


@pytest.mark.rule("BLK-01", "BLK-02", "INV-03")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.sheet)
def test_a_bad_cell_of_any_sheet_is_named_by_row_column_and_sentence(cast, brought, table):
    table.before(cast)
    found, expected = {}, {}
    for name, (spoiled, what, *more) in table.cases.items():
        said = what if isinstance(what, dict) else {3: [(what, more[0])]}
        expected[name] = said, 3, len(said)
        with aside():
            record = brought(table, spoiled, more[1] if len(more) > 1 else None)
            found[name] = problems(record), record.total, record.faulty
    assert found == expected


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.sheet)
def test_what_can_be_read_is_kept_as_it_was_meant_and_its_mending_reported(cast, brought, table):
    table.before(cast)
    found, expected = {}, {}
    for name, (spoiled, kept, mended) in table.mended.items():
        expected[name] = {}, mended, kept
        with aside():
            record = brought(table, spoiled)
            row = db.session.query(ImportRow).filter_by(import_id=record.id, line=3).one()
            values = {key: row.values.get(key) for key in kept}
            found[name] = problems(record), record.details["mended"], values
    assert found == expected
