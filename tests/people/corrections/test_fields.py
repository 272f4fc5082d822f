"""The origin record holds every personal column of the official layouts (PLN-12)."""

from __future__ import annotations

import csv
import io
from datetime import date
from uuid import uuid4

import pytest

from app.core import clock
from app.core.db import db
from app.files.exports.models import Export
from app.people.corrections.models import Correction
from app.people.students import fields
from app.people.students.models import Student
from app.plan.rows import editions, layouts, reconciling
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import PLAN
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import HEADS, good_row, number, xlsx
from tests.files.imports.conftest import apply, bring, problems, tally  # noqa: F401

pytestmark = pytest.mark.usefixtures("cast")

# what a file of an office writes for each field, and what is kept of it
WRITTEN = {
    "政治面貌": ("共青团员", "political_status", "03"),
    "分校名称": ("东湖校区", "campus", "东湖校区"),
    "专业方向": ("人工智能", "direction", "人工智能"),
    "学制": ("四年", "study_years", "4"),
    "入学时间": ("2023.09.01", "enrolled_on", date(2023, 9, 1)),
    "毕业时间": ("20270630", "graduates_on", date(2027, 6, 30)),
    "师范生类别": ("非师范生", "teacher_training", "2"),
    "困难生类别": ("家庭困难", "hardship", "2"),
    "定向或委培单位": ("恩施市教育局", "committed_to", "恩施市教育局"),
    "城乡生源": ("农村", "home_kind", "2"),
    "家庭住址": ("湖北省武汉市洪山区珞喻路1号", "home_address", "湖北省武汉市洪山区珞喻路1号"),
    "家庭电话": ("027-87654321", "home_phone", "027-87654321"),
    "家庭邮编": ("430070", "home_postcode", "430070"),
    "入学前档案所在单位": ("恩施市第一中学", "archive_before", "恩施市第一中学"),
    "入学前户口所在地派出所": ("恩施市舞阳派出所", "household_before", "恩施市舞阳派出所"),
    "档案是否转入学校": ("是", "archive_moved", "1"),
    "户口是否转入学校": ("否", "household_moved", "0"),
    "QQ号码": ("10001234", "qq", "10001234"),
}
CELLS = {head: cell for head, (cell, _name, _kept) in WRITTEN.items()}


def student(no):
    db.session.expire_all()
    return db.session.query(Student).filter_by(student_no=no).one_or_none()


def fill(found):
    """A student of whom everything is known."""
    for _cell, name, kept in WRITTEN.values():
        setattr(found, name, kept)
    found.examinee_no, found.origin, found.nation = "00420101110001", "420111", "01"
    found.email, found.sex = "s@example.com", "1"


@pytest.mark.rule("PLN-12")
def test_no_column_of_the_layout_stays_empty_for_want_of_a_place(visit, cast):
    editions.load_shipped()
    fill(cast.student)
    cast.student.id_number = make.id_number(cast.student.id)
    cast.employer.contact_phone, cast.employer.household_address = "13900001111", "武汉市洪山区1号"
    make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    reconciling.reconcile(cast.school.id, None, clock.now())
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    entry.household_address, entry.contact_phone = "武汉市洪山区1号", "13900001111"
    entry.archive_to, entry.archive_address, entry.archive_postcode = "人事部", "武汉市", "430000"
    entry.position_kind, entry.contact_name, entry.industry = "13", "张先生", "34"
    entry.placement.employer_email = "hr@example.com"
    db.session.commit()
    browser = visit(cast.officer)
    data = {
        "year": 2027,
        "layout": "74",
        "spelled": "both",
        "format": "csv",
        "college": "",
        "state": "filled",
        "clear": "y",
        "purpose": "上报",
        "uid": uuid4().hex,
    }
    browser.post("/plan/export/", data=data)
    record = db.session.query(Export).order_by(Export.id.desc()).first()
    text = browser.get(f"/exports/file/{record.uid}/fetch").data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    empty = {header for header, value in row.items() if not value}
    assert empty == {header for header, _why in layouts.unknown("74")}
    assert len(row) == 74
    assert len(empty) == 8
    assert {str(why) for _header, why in layouts.unknown("74")}
    assert (row["政治面貌代码"], row["政治面貌"]) == ("03", "共青团员")
    assert (row["出生日期"], row["入学时间"]) == (make.id_number(cast.student.id)[6:14], "20230901")
    assert (row["城乡生源"], row["户口是否转入学校"]) == ("农村", "否")
    assert (row["联系人手机"], row["联系人电子邮箱"]) == ("13900001111", "hr@example.com")


@pytest.mark.rule("PLN-12", "BLK-01")
def test_a_file_brings_every_field_and_what_the_number_says_is_taken_from_it(bring, apply):  # noqa: F811
    row = good_row(1, 性别="") | CELLS
    record = bring(xlsx([row], heads=[*HEADS, *CELLS]))
    assert tally(record) == (1, 0, 0, 0), problems(record)
    assert not record.details["ignored"]
    apply(record)
    found = student("2023000001")
    assert {name: getattr(found, name) for _c, name, _k in WRITTEN.values()} == {
        name: kept for _cell, name, kept in WRITTEN.values()
    }
    said = number(1)
    assert found.birth_date == f"{said[6:10]}-{said[10:12]}-{said[12:14]}"
    assert found.birth_date_masked == f"{said[6:10]}****"
    assert found.sex == ("1" if int(said[16]) % 2 else "2")
    assert found.home_address_masked == "湖北省武汉市洪山区****"


@pytest.mark.rule("PLN-12", "BLK-01")
def test_official_names_of_columns_bring_the_same_by_code(bring, apply):  # noqa: F811
    codes = {
        "ZZMMDM": "01",
        "SFSLBDM": "12",
        "KNSLBDM": "7",
        "XZ": "2.5",
        "RXSJ": "20230901",
        "BYSJ": "20270701",
        "CXSY": "城镇",
        "JTDZ": "恩施市1号",
        "RXQHKSZDPC": "某派出所",
    }
    apply(bring(xlsx([good_row(1) | codes], heads=[*HEADS, *codes])))
    found = student("2023000001")
    assert (found.political_status, found.teacher_training, found.hardship) == ("01", "12", "7")
    assert (found.study_years, found.home_kind, found.household_before) == ("2.5", "1", "某派出所")


@pytest.mark.rule("PLN-12")
def test_a_birth_date_unlike_the_number_is_asked_and_an_equal_one_is_none(bring, apply):  # noqa: F811
    said = number(1)
    right = f"{said[6:10]}/{int(said[10:12])}/{int(said[12:14])}"
    heads = [*HEADS, "出生日期"]
    good = bring(xlsx([good_row(1, 出生日期=right)], heads=heads))
    assert tally(good) == (1, 0, 0, 0), problems(good)
    wrong = bring(xlsx([good_row(1, 出生日期="1999-01-02")], heads=heads))
    [(field, sentence)] = problems(wrong)[2]
    assert field == "birth_date"
    assert "与身份证号里的出生日期不一致" in sentence


@pytest.mark.rule("PLN-12", "ACC-13")
def test_of_another_document_the_typed_birth_date_is_kept(bring, apply):  # noqa: F811
    row = good_row(1, 身份证号="M12345678", 身份证件类型="护照", 出生日期="2003-05-06", 性别="女")
    apply(bring(xlsx([row], heads=[*HEADS, "身份证件类型", "出生日期"])))
    found = student("2023000001")
    assert (found.birth_date, found.sex) == ("2003-05-06", "2")
    facts = bring(
        xlsx([{"学号": "2023000001", "出生日期": "2003-05-07"}], heads=["学号", "出生日期"]),
        sheet="facts",
    )
    assert tally(facts) == (0, 1, 0, 0), problems(facts)
    apply(facts)
    assert student("2023000001").birth_date == "2003-05-07"


@pytest.mark.rule("CHK-02", "BLK-01")
def test_a_file_of_facts_changes_known_students_only_where_it_is_filled(bring, apply, cast):  # noqa: F811
    apply(bring(xlsx([good_row(1), good_row(2)])))
    heads = ["学号", "姓名", "政治面貌", "家庭电话", "身份证号"]
    rows = [
        {
            "学号": "2023000001",
            "姓名": make.called(1),
            "政治面貌": "群众",
            "家庭电话": "027-87654321",
        },
        {"学号": "2023000002", "姓名": make.called(1)},
        {"学号": "2023999999", "姓名": "江上舟", "政治面貌": "群众"},
    ]
    record = bring(xlsx(rows, heads=heads), sheet="facts")
    found = problems(record)
    assert found[3][0][0] == "name"
    assert found[4] == [("student_no", "本校没有这个号码的学生。")]
    alone = xlsx([{"学号": "2023000001", "身份证件类型": "护照"}], heads=["学号", "身份证件类型"])
    assert problems(bring(alone, sheet="facts"))[2][0][0] == "id_kind"
    record = bring(xlsx(rows[:1], heads=heads), sheet="facts")
    assert tally(record) == (0, 1, 0, 0)
    record = apply(record)
    one = student("2023000001")
    assert (one.political_status, one.home_phone, one.id_number) == (
        "13",
        "027-87654321",
        number(1),
    )
    [line] = [row for row in trail.of("student", one.id) if row.step == "correct"]
    assert line.details["changed"] == {
        "political_status": [None, "13"],
        "home_phone": [None, one.home_phone_masked],
    }
    apply(record, "undo")
    one = student("2023000001")
    assert (one.political_status, one.home_phone) == (None, None)


def form(found, **more):
    return {
        "student_no": found.student_no,
        "name": found.name,
        "id_number": "",
        "id_kind": "id_card",
        "sex": "1",
        "nation": "01",
        "examinee_no": "",
        "major_id": found.major_id,
        "class_name": "1班",
        "graduation_year": 2027,
        "education": "31",
        "training_mode": "1",
        "origin": "",
    } | more


@pytest.mark.rule("PLN-12", "ADM-02")
def test_staff_keep_the_fields_and_the_trail_says_what_from_and_to(visit, cast):
    office, key = visit(cast.officer), cast.student.id
    typed = {
        "political_status": "03",
        "enrolled_on": "2023-09-01",
        "home_address": "湖北省武汉市1号",
        "study_years": "四年",
    }
    answer = office.post(f"/students/edit/{key}", data=form(cast.student, **typed))
    assert answer.status_code == 303, answer.text
    found = db.session.get(Student, key, populate_existing=True)
    assert (found.political_status, found.study_years) == ("03", "4")
    assert found.enrolled_on == date(2023, 9, 1)
    assert found.home_address == "湖北省武汉市1号"
    page = office.get(f"/students/show/{key}").text
    for text in ("政治面貌", "共青团员", "2023-09-01", "湖北省武汉市****", "– → 2023-09-01"):
        assert text in page, text
    assert "湖北省武汉市1号" not in page
    # what is left empty of a sealed field stays; of a plain one goes
    office.post(f"/students/edit/{key}", data=form(cast.student, political_status=""))
    found = db.session.get(Student, key, populate_existing=True)
    assert (found.political_status, found.home_address) == (None, "湖北省武汉市1号")


@pytest.mark.rule("PLN-12")
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("study_years", "五十", "学制请写成 4 或 2.5。"),
        ("home_phone", "12", "电话"),
        ("home_postcode", "43", "邮编"),
        ("qq", "abc", "QQ 号码为 5 至 12 位数字。"),
        ("birth_date", "1999-01-02", "与身份证号里的出生日期不一致"),
        ("political_status", "99", "请"),
        ("enrolled_on", "昨天", "日期"),
    ],
)
def test_a_wrong_value_stands_beside_its_field_and_writes_nothing(
    visit, cast, field, typed, sentence
):
    cast.student.id_number = make.id_number(1)
    db.session.commit()
    answer = visit(cast.officer).post(
        f"/students/edit/{cast.student.id}", data=form(cast.student, **{field: typed})
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert trail.of("student", cast.student.id) == []


@pytest.mark.rule("PLN-12", "ADM-09")
def test_the_student_reads_every_field_and_proposes_a_correction(visit, cast):
    fill(cast.student)
    cast.student.id_number = make.id_number(1)
    db.session.commit()
    mine = visit(make.account(cast.student))
    page = mine.get("/my/origin/").text
    for label in fields.LABELS.values():
        assert (
            f"/my/origin/propose/{next(n for n, x in fields.LABELS.items() if x is label)}" in page
            or (label is fields.LABELS["birth_date"])
        )
    assert "湖北省武汉市洪山区****" in page
    assert "珞喻路1号" not in page
    assert "/my/origin/propose/birth_date" not in page
    answer = mine.post(
        "/my/origin/propose/birth_date", data={"value": "2000-01-01", "reason": "错了"}
    )
    assert answer.status_code == 422
    assert "出生日期取自身份证号" in answer.text
    answer = mine.post(
        "/my/origin/propose/home_address", data={"value": "湖北省恩施市2号", "reason": "搬家"}
    )
    assert answer.status_code == 303, answer.text
    mine.post("/my/origin/propose/enrolled_on", data={"value": "2022-09-01", "reason": "休学"})
    rows = db.session.query(Correction).order_by(Correction.id).all()
    assert [(row.was, row.wish) for row in rows] == [
        ("湖北省武汉市洪山区****", "湖北省恩施市****"),
        ("2023-09-01", "2022-09-01"),
    ]
    for row in rows:
        visit(cast.officer).post(f"/corrections/action/accept/{row.id}")
    found = db.session.get(Student, cast.student.id, populate_existing=True)
    assert (found.home_address, found.enrolled_on) == ("湖北省恩施市2号", date(2022, 9, 1))


@pytest.mark.rule("PLN-06", "PLN-12")
@pytest.mark.parametrize("field", ["political_status", "graduates_on", "home_phone"])
def test_a_checked_row_falls_back_when_a_field_of_the_record_changes(cast, field):
    reconciling.reconcile(cast.school.id, None, clock.now())
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    entry.destination_code, entry.state = "71", "filled"
    db.session.commit()
    from app.plan.checks import sync as checks

    editions.load_shipped()
    checks.look(cast.school.id, 2027)
    PLAN.perform("check", entry.id, make.actor(cast.officer))
    setattr(
        cast.student,
        field,
        {"political_status": "01", "graduates_on": date(2027, 6, 30), "home_phone": "027-87654321"}[
            field
        ],
    )
    db.session.commit()
    assert db.session.get(PlanEntry, entry.id, populate_existing=True).state == "filled"
