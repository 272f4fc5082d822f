"""Colleges, majors and schools kept by hand and by file (ADM-01, BLK-01)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from app.accounts.identifiers import account_for
from app.core import clock
from app.core.db import db
from app.people.schools.models import College, Major, School
from app.plan.years.models import Snapshot, SnapshotRow
from app.workflow import trail
from tests.factories import account, make_college
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems, tally


def college(**by):
    db.session.expire_all()
    return db.session.query(College).filter_by(**by).one_or_none()


@pytest.mark.rule("ADM-01")
def test_a_college_is_added_changed_and_deleted_while_nothing_depends_on_it(cast, visit):
    office = visit(cast.officer)
    assert office.post("/colleges/add", data={"code": "03", "name": "文学院"}).status_code == 303
    made = college(code="03")
    assert made.school_id == cast.school.id
    office.post(f"/colleges/edit/{made.id}", data={"code": "03", "name": "文学与传媒学院"})
    assert college(code="03").name == "文学与传媒学院"
    assert office.post(f"/colleges/action/remove/{cast.college.id}").status_code == 303
    assert college(id=cast.college.id) is not None
    office.post(f"/colleges/action/remove/{made.id}")
    assert college(code="03") is None
    assert [row.step for row in trail.of("college", made.id)] == ["enter", "correct", "remove"]


@pytest.mark.rule("ADM-01", "ACC-02")
def test_only_the_own_school_keeps_its_parts(cast, visit):
    office, other = visit(cast.officer), visit(cast.college_officer)
    data = {"code": "09", "name": "别人"}
    assert office.post(f"/colleges/edit/{cast.far_college.id}", data=data).status_code == 404
    assert office.post(f"/colleges/action/remove/{cast.far_college.id}").status_code == 404
    assert other.post("/colleges/add", data=data).status_code == 403
    assert office.post("/colleges/add", data={"code": "01", "name": "重复"}).status_code == 422
    far = {"college_id": cast.far_college.id, "code": "1", "name": "x"}
    assert office.post("/majors/add", data=far).status_code == 422
    assert db.session.query(College).count() == 3


@pytest.mark.rule("ADM-01")
def test_a_major_with_students_stays_with_its_college(cast, visit):
    office = visit(cast.officer)
    data = {"college_id": cast.other_college.id, "code": "9999", "name": "新名"}
    assert office.post(f"/majors/edit/{cast.student.major_id}", data=data).status_code == 422
    data["college_id"] = cast.college.id
    assert office.post(f"/majors/edit/{cast.student.major_id}", data=data).status_code == 303
    assert db.session.get(Major, cast.student.major_id, populate_existing=True).name == "新名"


@pytest.mark.rule("ADM-01")
def test_an_administrator_opens_schools(cast, visit):
    data = {"code": "10997", "name": "新学校", "contact": "", "active": "y"}
    assert visit(cast.officer).post("/schools/add", data=data).status_code == 403
    admin = visit(cast.admin)
    assert admin.post("/schools/add", data={**data, "code": "1x"}).status_code == 422
    assert admin.post("/schools/add", data={**data, "code": "10999"}).status_code == 422
    assert admin.post("/schools/add", data=data).status_code == 303
    assert db.session.query(School).filter_by(code="10997").one().active


@pytest.mark.rule("ADM-01", "BLK-01")
def test_colleges_and_majors_come_by_file_and_go_again(cast, bring, apply):
    rows = [{"代码": "01", "名称": "计算机学院"}, {"代码": "05", "名称": "医学院"}]
    record = bring(xlsx(rows, ["代码", "名称"]), "院系.xlsx", "colleges")
    assert tally(record) == (1, 0, 1, 0), record.details
    apply(record)
    heads = ["院系", "代码", "名称"]
    rows = [
        {"院系": "医学院", "代码": "1001", "名称": "临床医学"},
        {"院系": "计算机学院", "代码": "1001", "名称": "软件工程"},
        {"院系": "计算机学院", "代码": "0801", "名称": "改名"},
    ]
    majors = bring(xlsx(rows, heads), "专业.xlsx", "majors")
    assert tally(majors) == (2, 1, 0, 0), problems(majors)
    apply(majors)
    assert db.session.query(Major).filter_by(code="1001").count() == 2
    assert apply(majors, "undo").state == "undone"
    assert apply(record, "undo").state == "undone"
    assert college(code="05") is None


@pytest.mark.rule("ADM-01", "BLK-03")
def test_a_name_that_a_faulty_row_would_give_up_is_still_taken(cast, bring):
    old, other = cast.college.name, cast.other_college.name
    assert (cast.college.code, cast.other_college.code) == ("01", "02")

    def found(*names):
        rows = [{"代码": code, "名称": name} for code, name in names]
        return problems(bring(xlsx(rows, ["代码", "名称"]), "院系.xlsx", "colleges"))

    chain = found(("01", "新名"), ("03", "新名"), ("02", old), ("04", other), ("05", "无关"))
    assert {n: [field for field, _text in texts] for n, texts in chain.items()} == {
        2: ["name"],
        3: ["name"],
        4: ["name"],
        5: ["name"],
    }
    assert found(("01", other), ("02", old)) == {}
    assert found(("01", "新名"), ("02", old)) == {}


@pytest.mark.rule("ADM-01", "BLK-01")
def test_a_college_on_which_a_major_stands_is_not_undone_and_a_double_is_named(cast, bring, apply):
    record = apply(
        bring(xlsx([{"代码": "05", "名称": "医学院"}], ["代码", "名称"]), "a.xlsx", "colleges")
    )
    heads = ["院系", "代码", "名称"]
    rows = [{"院系": "医学院", "代码": "1001", "名称": "临床医学"}]
    twice = bring(xlsx(rows * 2, heads), "b.xlsx", "majors")
    assert [field for field, _text in problems(twice)[3]] == ["code"]
    apply(bring(xlsx(rows, heads), "c.xlsx", "majors"))
    assert apply(record, "undo").state == "applied"
    assert college(code="05") is not None


@pytest.mark.rule("ADM-01", "BLK-01")
@pytest.mark.parametrize("sheet", ["colleges", "majors", "restrictions"])
def test_every_sheet_has_its_page_and_template(cast, visit, sheet):
    office = visit(cast.officer)
    assert office.get(f"/imports/{sheet}/").status_code == 200
    assert office.get(f"/imports/{sheet}/template.xlsx").data.startswith(b"PK")
    assert visit(cast.college_officer).get(f"/imports/{sheet}/").status_code in (403, 404)


@pytest.mark.rule("ADM-01", "ACC-03")
def test_students_sign_in_by_their_number_under_a_new_code_of_their_school(cast, visit):
    user = account(cast.student)
    data = {"code": "10555", "name": cast.school.name, "contact": "", "active": "y"}
    admin = visit(cast.admin)
    assert admin.post(f"/schools/edit/{cast.school.id}", data=data).status_code == 303
    assert account_for("A1", "10555").id == user.id
    assert account_for("A1", "10999") is None
    assert account_for("C1", "10998").id == account(cast.stranger).id


@pytest.mark.rule("ADM-01", "PLN-08")
def test_what_a_snapshot_names_is_not_deleted(cast, visit):
    part = make_college(cast.school, "07", "旧学院")
    major = db.session.query(Major).filter_by(college_id=part.id).one()
    kept = Snapshot(
        school_id=cast.school.id,
        graduation_year=2027,
        day=clock.today(),
        note="报送",
        code_edition="2022",
        formula_edition="2022",
        counts={},
        codes={},
        total=1,
        made_by_name="王老师",
        made_at=clock.now(),
    )
    db.session.add(kept)
    db.session.flush()
    db.session.add(
        SnapshotRow(
            snapshot_id=kept.id, student_id=1, college_id=part.id, row={"major_id": major.id}
        )
    )
    db.session.commit()
    office = visit(cast.officer)
    office.post(f"/majors/action/remove/{major.id}")
    assert db.session.query(Major).filter_by(id=major.id).count() == 1
    db.session.execute(delete(Major).where(Major.id == major.id))
    db.session.commit()
    office.post(f"/colleges/action/remove/{part.id}")
    assert college(code="07") is not None
