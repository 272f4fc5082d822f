"""A file that is decided on and checked again, over real commits: nothing is lost, nobody overwrites (BLK-06)."""

from __future__ import annotations

import io
from unittest.mock import patch

import openpyxl
import pytest
from flask_babel import force_locale

from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.files.imports import (
    compare,
    groups,
    requests,
    tasks,
    trouble_presentation,
)
from app.files.imports.answers import Answers, answers_of
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow
from app.files.imports.word_models import ImportWord
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.files.imports.books import HEADS, good_row, xlsx
from tests.files.imports.conftest import problems, tally
from tests.files.imports.real import uploading
from tests.files.imports.test_mapping import form_of
from tests.real import at_once

pytestmark = pytest.mark.rule("BLK-06")


@pytest.fixture(scope="module")
def place(server, tmp_path_factory):
    return furnished(server, "bulk_rounds"), tmp_path_factory.mktemp("rounds")


@pytest.fixture(scope="module")
def rounds(place):
    with uploading(*place) as app:
        yield app


@pytest.fixture
def desk(rounds):
    """One officer's request after another."""
    with rounds.test_request_context():
        yield Desk()
        db.session.remove()


class Desk:
    """An officer who brings a file and decides."""

    def __init__(self):
        self.who = make.actor(Cast.load().officer)

    def bring(self, data, name="学生.xlsx"):
        record, _fresh = requests.bring(
            self.who, requests.sheet_for(self.who, "students"), data, name
        )
        return self._checked(record.id)

    def decide(self, record, form, *, anew=False):
        requests.decide(record, self.who, answers_of(form, record), anew=anew)
        return self._checked(record.id)

    def _checked(self, record_id):
        tasks.check(record_id)
        return db.session.get(Import, record_id, populate_existing=True)


def troubles(record):
    """Cell, or field where single cells are not told apart → the name of its group and its rows."""
    found, _every = groups.groups_of(record, stores().sheets[record.sheet])
    lines = {}
    for group in found:
        lines[group.field] = (group.why, group.rows)
        lines |= {value.text: (group.why, value.rows) for value in group.values}
    return lines


def line(n, field, text, why, act, typed=""):
    form = {f"field-{n}": field, f"why-{n}": why, f"act-{n}": act, f"typed-{n}": typed}
    return form if text is None else {**form, f"text-{n}": text}


def test_a_missing_column_can_be_one_value_for_all_rows(desk):
    heads = [head for head in HEADS if head not in ("毕业届", "学历")]
    record = desk.bring(xlsx([good_row(1), good_row(2)], heads))
    assert (record.state, record.details["questions"]["missing"]) == (
        "mapping",
        ["graduation_year", "education"],
    )
    record = desk.decide(record, {**form_of(record), "all-graduation_year": "2027"})
    assert (record.state, record.details["questions"]["missing"]) == ("mapping", ["education"])
    assert record.details["questions"]["sentences"] == ["缺少“学历”列。"]
    record = desk.decide(record, {**form_of(record), "all-education": "31"})
    assert (record.state, *tally(record)) == ("checked", 2, 0, 0, 0), record.details
    row = db.session.query(ImportRow).filter_by(import_id=record.id, row=1).one()
    assert (row.values["graduation_year"], row.values["education"]) == (2027, "31")


def test_problems_are_grouped_by_column_and_value_and_mended_from_there(desk):
    rows = [good_row(n, 班级="一" * 50) for n in (1, 2)] + [
        good_row(n, 性别="不明") for n in (3, 4, 5)
    ]
    rows += [good_row(6, 手机号="12"), good_row(7, 毕业届="明年"), good_row(8)]
    record = desk.bring(xlsx(rows))
    assert tally(record) == (1, 0, 0, 7)
    found = troubles(record)
    assert found["不明"][1] == 3
    record = desk.decide(
        record,
        {
            "keep": "1",
            **line(0, "sex", "不明", found["不明"][0], "=1"),
            **line(1, "class_name", "一" * 50, found["一" * 50][0], "typed", "一班"),
            **line(2, "graduation_year", "明年", found["明年"][0], "out"),
            **line(3, "phone", None, found["phone"][0], "empty"),
        },
    )
    assert (record.state, *tally(record)) == ("checked", 7, 0, 0, 0), problems(record)
    kept = {r.row: r for r in db.session.query(ImportRow).filter_by(import_id=record.id)}
    assert 7 not in kept
    assert (kept[3].values["sex"], kept[1].values["class_name"]) == ("1", "一班")
    assert "phone_index" not in kept[6].values
    assert db.session.query(ImportWord).filter_by(theirs="不明", ours="1").count() == 1
    record = desk.decide(record, {})  # nothing that was decided is lost
    assert tally(record) == (7, 0, 0, 0)
    record = desk.decide(record, {}, anew=True)
    assert tally(record) == (4, 0, 0, 4)  # only what is kept for every file still holds


def test_a_replacement_that_is_wrong_too_can_be_replaced(desk):
    record = desk.bring(xlsx([good_row(1, 毕业届="后年"), good_row(2)]))
    why = troubles(record)["后年"][0]
    record = desk.decide(record, line(0, "graduation_year", "后年", why, "typed", "大后年"))
    why = troubles(record)["大后年"][0]
    record = desk.decide(record, line(0, "graduation_year", "大后年", why, "typed", "2027"))
    assert tally(record) == (2, 0, 0, 0)


def test_empty_cells_of_a_required_column_are_filled_from_their_group(desk):
    record = desk.bring(xlsx([good_row(1, 学历=""), good_row(2, 学历=""), good_row(3)]))
    why, rows = troubles(record)["education"]
    assert rows == 2
    assert tally(desk.decide(record, line(0, "education", "", why, "=31"))) == (3, 0, 0, 0)


def test_two_tabs_decide_once(rounds, desk):
    record = desk.bring(xlsx([good_row(1, 班级="三" * 50)]))
    record_id, seen = record.id, record.version
    why = troubles(record)["三" * 50][0]
    form = line(0, "class_name", "三" * 50, why, "typed", "三班")

    def tab():
        who = make.actor(Cast.load().officer)
        mine = db.session.get(Import, record_id)
        requests.decide(mine, who, answers_of(form, mine), seen)

    db.session.remove()
    assert at_once(rounds, [tab, tab]) == {"done": 1, "Refused": 1}
    tasks.check(record_id)
    tasks.check(record_id)  # the job came twice
    assert tally(db.session.get(Import, record_id)) == (1, 0, 0, 0)


def test_a_decision_and_a_confirmation_at_once_are_never_both_taken(rounds, desk):
    record = desk.bring(xlsx([good_row(41), good_row(42)]))
    record_id = record.id

    def confirm():
        who = make.actor(Cast.load().officer)
        requests.ask("write", db.session.get(Import, record_id), who)

    def decide():
        requests.decide(
            db.session.get(Import, record_id), make.actor(Cast.load().officer), Answers()
        )

    def discard():
        requests.discard(db.session.get(Import, record_id), make.actor(Cast.load().officer))

    db.session.remove()
    assert at_once(rounds, [confirm, decide, discard]) == {"done": 1, "Refused": 2}


def test_a_worker_that_dies_after_a_decision_begins_anew_with_it(desk):
    record = desk.bring(xlsx([good_row(1, 毕业届="改天"), good_row(2)]))
    record_id, why = record.id, troubles(record)["改天"][0]
    form = line(0, "graduation_year", "改天", why, "typed", "2027")
    requests.decide(record, desk.who, answers_of(form, record))
    with patch.object(compare, "first", side_effect=SystemExit), pytest.raises(SystemExit):
        tasks.check(record_id)
    db.session.remove()
    assert db.session.get(Import, record_id).state == "uploaded"
    tasks.check(record_id)
    found = db.session.get(Import, record_id, populate_existing=True)
    assert (found.state, *tally(found)) == ("checked", 2, 0, 0, 0)


def test_two_files_of_one_school_that_decide_the_same_word_at_once_both_pass(rounds, desk):
    ids = []
    for n in (1, 2):
        record = desk.bring(xlsx([good_row(n, 学历="大本")]), f"{n}.xlsx")
        assert record.state == "mapping"
        ids.append((record.id, form_of(record)))
    db.session.remove()

    def decide(record_id, form):
        record = db.session.get(Import, record_id)
        requests.decide(record, make.actor(Cast.load().officer), answers_of(form, record))

    done = at_once(rounds, [lambda r=r, f=f: decide(r, f) for r, f in ids])
    assert done == {"done": 2}
    assert db.session.query(ImportWord).filter_by(theirs="大本").count() == 1


def test_what_was_seen_is_what_is_agreed_to(desk):
    record = desk.bring(xlsx([good_row(51, 备注="甲")], [*HEADS, "备注"]))
    assert record.concerns == {"left": {"ignored": ["备注"]}}
    with pytest.raises(Refused, match="同意"):
        requests.ask("write", record, desk.who)
    with pytest.raises(Refused):
        requests.agree(record, desk.who, "of another page")
    requests.agree(record, desk.who, record.version)
    requests.ask("write", record, desk.who)
    tasks.write(record.id)
    assert db.session.get(Import, record.id, populate_existing=True).state == "applied"
    again = desk.bring(xlsx([good_row(52, 备注="甲")], [*HEADS, "备注"]), "乙.xlsx")
    assert again.concerns == {}  # it was decided once: the column is not used


@pytest.mark.rule("BLK-07")
@pytest.mark.parametrize(("act", "good", "out"), [("take", 3, 0), ("leave", 2, 1)])
def test_hidden_rows_are_left_out_or_meant_from_their_group(desk, act, good, out):
    first = 61 if act == "take" else 71  # the same bytes would be the same import
    rows = [good_row(n) for n in range(first, first + 3)]
    book = openpyxl.load_workbook(io.BytesIO(xlsx(rows)))
    book.worksheets[0].row_dimensions[3].hidden = True
    data = io.BytesIO()
    book.save(data)
    record = desk.bring(data.getvalue(), f"{act}.xlsx")
    assert tally(record) == (2, 0, 0, 1)
    with force_locale("zh"):
        sheet = stores().sheets["students"]
        found, _more = trouble_presentation.troubles_of(record, sheet, sheet.prepare(record))
    only = found[0].lines[0]
    assert [option.value for option in only.options] == ["", "leave", "take"]
    record = desk.decide(record, line(0, only.field, None, only.why, act))
    assert tally(record) == (good, 0, 0, 0)
    assert record.concerns.get("left", {}).get("hidden_rows", 0) == out
