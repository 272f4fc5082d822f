"""What goes out comes back in without a change (BLK-01, BLK-02)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.files.imports import requests as imports
from app.files.imports import tasks as import_tasks
from app.files.imports.models import Import
from tests import factories as make

NAMES = ["买买提·吾布力", "王强", "O'Neil", "阿不都·热西提·买买提", "𠮷田", "张 三", "-负"]
CLASSES = ["=1+1", "x'=", "-1班", "＝甲", "@班", "007", 'a,b;"c"', "1e5", "TRUE"]


DOCUMENTS = [
    ("passport", "US", "E1234567", "+12025550123"),
    ("passport", "", "20040315", None),
    ("tw_permit", "", "20040316", "+886912345678"),
    ("hm_permit", "", "H12345678", "+85291234567"),
    ("foreigner", "", "USA110101010101", None),
]


@pytest.fixture
def students(cast):
    """Students whose values tempt a spreadsheet."""
    for n, (name, group) in enumerate(zip(NAMES * 2, CLASSES * 2, strict=False)):
        student = make.make_student(cast.college, name, student_no=f"{n:06d}")
        student.class_name, student.examinee_no = group, f"0{n:013d}"
        student.phone, student.origin, student.nation, student.sex = (
            f"1390000{n:04d}",
            "420111",
            "01",
            "2",
        )
    for n, (kind, country, number, phone) in enumerate(DOCUMENTS):
        student = make.make_student(cast.college, f"境外{'一二三四五'[n]}", student_no=f"P{n:05d}")
        student.id_kind, student.id_country, student.id_number = kind, country, number
        student.phone, student.sex = phone, "1"
    for student in (cast.student, cast.classmate, cast.neighbour):
        student.id_number = student.id_number or make.id_number(student.id)
    db.session.commit()


def come_back(app, cast, data, name, sheet="students"):
    with app.test_request_context():
        who = make.actor(cast.officer)
        record, _fresh = imports.bring(who, imports.sheet_for(who, sheet), data, name)
        import_tasks.check(record.id)
    return db.session.get(Import, record.id, populate_existing=True)


@pytest.mark.rule("BLK-01", "BLK-02")
@pytest.mark.parametrize("form", ["csv", "xlsx", "dbf"])
def test_students_come_back_without_a_change(app, cast, ask, content, students, form):
    if form == "dbf":  # which has no sign for it, and says so
        for student in db.session.query(type(cast.student)).filter_by(name="𠮷田"):
            student.name = "吉田"
        db.session.commit()
    record = ask(form, clear=True, purpose="核对")
    assert record.state == "ready", record.details
    found = come_back(app, cast, content(record), f"学生.{form}")
    assert found.state == "checked", found.details
    assert (found.new, found.changed, found.faulty) == (0, 0, 0), _why(found)
    assert found.same == record.counted >= 17


def _why(found):
    from app.files.imports.row_models import ImportRow

    rows = db.session.query(ImportRow).filter_by(import_id=found.id)
    return [(r.row, r.status, r.problems, r.values, r.old) for r in rows if r.status != "same"]


@pytest.mark.rule("PLN-05", "PLN-07")
@pytest.mark.parametrize("form", ["csv", "csv-gb18030", "xlsx", "dbf"])
def test_the_plan_comes_back_without_a_change(app, cast, students, content, form):
    from app.core import clock
    from app.core.registry import stores
    from app.files.exports import requests, tasks
    from app.files.exports.models import Export, Format
    from app.plan.rows import editions, reconciling
    from app.plan.rows.models import PlanEntry

    if "plan" not in stores().sheets:
        pytest.skip("no sheet takes plan files yet")
    editions.load_shipped()
    for student in db.session.query(type(cast.student)).filter_by(name="𠮷田"):
        student.name = "吉田"
    make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    reconciling.reconcile(cast.school.id, None, clock.now())
    for entry in db.session.query(PlanEntry).filter_by(state="open", school_id=cast.school.id):
        entry.employer_name, entry.address, entry.postcode = "=公司", "-1号", "001234"
    db.session.commit()
    asked = {"year": cast.student.graduation_year, "layout": "74", "spelled": "both"}
    with tasks.as_person(cast.officer.id):
        record = requests.ask(
            make.actor(cast.officer), "plan", asked, Format(form), clear=True, purpose="核对"
        )
    if not Format(form).at_once:
        tasks.make(record.id)
    record = db.session.get(Export, record.id, populate_existing=True)
    assert record.state == "ready", record.details
    found = come_back(app, cast, content(record), f"方案.{Format(form).ending}", "plan")
    assert found.state == "checked", found.details
    assert (found.new, found.changed, found.faulty) == (0, 0, 0), _why(found)
    assert found.same == record.counted
