"""Names wherever one is stored, searched, compared or ordered; what people were called before."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app.core.db import db
from app.core.errors import Invalid
from app.people.commands import names
from app.people.corrections.workflow import CORRECTIONS, propose
from app.people.employers.register import correct_employer
from app.people.employers.register_forms import EmployerForm
from app.people.merging.workflow import merge_students
from app.people.names.queries import former_names
from app.people.students.forms import StudentForm
from app.people.students.models import Student
from app.people.students.queries import find_student
from app.people.students.workflow import correct
from app.signing.invitations.forms import beginning
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.narrowing import found_by as invitations_found
from app.signing.terms.models import Terms
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import good_row, xlsx
from tests.files.imports.conftest import problems, tally
from tests.signing.desk.desk import rows, signed
from tests.signing.desk.desk import text as words


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


def student(no):
    db.session.expire_all()
    return db.session.query(Student).filter_by(student_no=no).one()


def facts(employer, **more):
    values = {
        name: getattr(employer, name) for name in EmployerForm.FIELDS if name != "contact_phone"
    }
    return values | {"contact_phone": None} | more


# -- kept, searched, compared -------------------------------------------------------------------------

LOOKALIKE = {
    "买买提．吾布力": "买买提·吾布力",
    "买买提.吾布力": "买买提·吾布力",
    "⻩⽔": "黄水",
    "⾼⼤⼭": "高大山",
    "张\u3000三": "张三",
    "欧阳  明": "欧阳明",
    "ＪＯＨＮ": "JOHN",
    "葛\U000e0100明": "葛明",
}


@pytest.mark.rule("ADM-02", "BLK-02")
def test_the_roster_of_lookalikes_is_mended_and_each_is_found_by_both_spellings(
    bring, apply, visit, cast
):
    record = bring(xlsx([good_row(n, 姓名=name) for n, name in enumerate(LOOKALIKE, 1)]))
    assert tally(record) == (len(LOOKALIKE), 0, 0, 0)
    assert record.details["mended"]["name"] == len(LOOKALIKE)
    apply(record)
    office = visit(cast.officer)
    for n, (typed, kept) in enumerate(LOOKALIKE.items(), 1):
        found = student(f"2023{n:06d}")
        assert found.name == kept
        for spelled in (typed, kept, kept[:2]):
            listed = rows(office.get("/students/list/", query_string={"q": spelled}))
            assert str(found.id) in listed, (typed, spelled)
        for spelled in (typed, kept, kept.lower()):
            assert find_student("10999", 2027, spelled, found.phone).id == found.id
        assert find_student("10999", 2027, kept[:-1], found.phone) is None


@pytest.mark.rule("ADM-02", "BLK-02")
@pytest.mark.parametrize("name", ["陈(女)", "赵?", "徐\ufffd", "李1", "李１", "王*"])
def test_a_file_with_no_name_says_so_at_the_row(bring, name):
    record = bring(xlsx([good_row(1, 姓名=name), good_row(2)]))
    assert tally(record) == (1, 0, 0, 1)
    [[(field, sentence)]] = problems(record).values()
    assert field == "name"
    assert "姓名" in sentence or "乱码" in sentence


@pytest.mark.rule("ADM-02", "ADM-09")
def test_the_forms_of_school_and_student_say_it_too(visit, cast):
    office = visit(cast.officer)
    values = {name: getattr(cast.student, name) or "" for name in StudentForm.field_names()}
    values |= {"id_number": "", "phone": "", "origin": ""}
    page = office.post(f"/students/edit/{cast.student.id}", data=values | {"name": "黄河水(男)"})
    assert (page.status_code, "姓名中不能有括号" in page.text) == (422, True)
    page = office.post(f"/students/edit/{cast.student.id}", data=values | {"name": "⻩ 河　⽔"})
    assert page.status_code == 303
    assert fresh(cast.student).name == "黄河水"
    assert former_names(student_id=cast.student.id) == []
    with pytest.raises(Invalid, match="1"):
        propose(cast.student, "name", "黄1", "写错", make.actor(cast.student), [make.uploaded()])


@pytest.mark.rule("INV-01")
def test_an_employer_finds_a_student_however_the_name_is_typed(visit, cast):
    cast.student.name = "JOHN SMITH"
    db.session.commit()
    browser = visit(make.account(cast.employer))

    def search(name, number=cast.student.phone):
        typed = {"school": "10999", "year": "2027", "name": name, "number": number}
        return browser.post("/employer/candidates/search", data=typed)

    for typed in ("john smith", "ＪＯＨＮ　ＳＭＩＴＨ", " John  Smith "):
        assert 'id="found"' in search(typed).text
    odd, plain = search("JOHN SMITH(男)"), search("JOHN SMYTH")
    assert "姓名中不能有括号" in odd.text
    assert "姓名中不能有括号" not in plain.text
    assert 'id="found"' not in odd.text + plain.text
    nobody = search("NOBODY HERE(男)", "13000000001")
    assert "姓名中不能有括号" in nobody.text  # by what was typed, not by who exists


@pytest.mark.rule("INV-01")
def test_spellings_of_one_name_are_one_name_to_the_counter_of_guesses(visit, cast):
    browser = visit(make.account(cast.employer))
    spelled = ["黄河水", "黄 河 水", "⻩河水", "黄　河水", "黄河⽔", "黄河水"]
    for name in spelled[:5]:
        typed = {"school": "10999", "year": "2027", "name": name, "number": "13000000001"}
        assert 'id="found"' not in browser.post("/employer/candidates/search", data=typed).text
    typed |= {"name": spelled[5], "number": cast.student.phone}
    assert 'id="found"' not in browser.post("/employer/candidates/search", data=typed).text


@pytest.mark.rule("INV-03")
def test_a_padded_send_list_finds_the_student_and_a_remark_in_the_name_is_named(bring, apply, cast):
    heads = ["学校", "毕业届", "姓名", "身份证号或手机号"]

    def row(who, name):
        return dict(zip(heads, ("青山大学", "2027", name, who.phone), strict=True))

    boss = make.account(cast.employer)
    data = xlsx(
        [
            row(cast.student, "黄　河 水"),
            row(cast.classmate, "李静(女)"),
            row(cast.neighbour, "王刚"),
        ],
        heads,
    )
    record = bring(data, "名单.xlsx", "send-list", boss)
    assert tally(record) == (1, 0, 0, 2)
    found = problems(record)
    assert [field for field, _s in found[3]] == ["name"]
    assert [field for field, _s in found[4]] == ["number"]
    assert "括号" in found[3][0][1]
    apply(record, "write_good", user=boss)
    [candidate] = db.session.query(Candidate).filter_by(employer_id=cast.employer.id)
    assert candidate.student_id == cast.student.id


@pytest.mark.rule("INV-01")
def test_a_name_of_old_that_no_form_would_take_is_still_found_as_it_stands(cast):
    cast.student.name = "李明(2)"
    db.session.commit()
    assert find_student("10999", 2027, "李明（2）", cast.student.phone).id == cast.student.id


@pytest.mark.rule("ADM-06")
def test_employers_are_found_with_any_brackets_blanks_and_widths(visit, cast):
    employer = correct_employer(
        cast.employer,
        facts(cast.employer, name="ＡＢＣ (武汉) 星光有限公司"),
        make.actor(cast.officer),
    )
    assert fresh(employer).name == "ABC（武汉）星光有限公司"
    office = visit(cast.officer)
    for typed in ("abc(武汉)", "ＡＢＣ（武汉）", "星光 有限", "（武汉)"):
        listed = rows(office.get("/employers/list/", query_string={"tab": "all", "q": typed}))
        assert str(employer.id) in listed, typed


@pytest.mark.rule("ADM-02")
def test_what_is_bound_to_a_name_is_folded_whoever_binds_it(cast):
    mine = db.session.query(Student).filter(Student.name == "⻩　河⽔")
    assert mine.one().id == cast.student.id
    db.session.execute(db.update(Student).where(Student.id == cast.student.id).values(name="⾼ ⼭"))
    assert db.session.scalar(db.select(Student.name).where(Student.id == cast.student.id)) == "高山"


# -- former names ----------------------------------------------------------------------------------


@pytest.mark.rule("ADM-02", "AGR-01")
def test_a_students_former_name_is_kept_shown_and_found(visit, cast):
    [placement] = signed(cast.employer, cast.student)
    correct(cast.student, {"name": "黄海"}, make.actor(cast.officer))
    assert [name for name, _until in former_names(student_id=cast.student.id)] == ["黄河水"]
    office = visit(cast.officer)
    for typed in ("黄河水", "黄海", "河水"):
        assert str(cast.student.id) in rows(office.get(f"/students/list/?q={typed}"))
        assert str(placement.id) in rows(office.get(f"/desk/list/?tab=all&q={typed}"))
    page = words(office.get(f"/students/show/{cast.student.id}"))
    assert "原名：黄河水" in page
    assert "姓名：黄河水 → 黄海" in page
    assert find_student("10999", 2027, "黄海", cast.student.phone).id == cast.student.id
    assert find_student("10999", 2027, "黄河水", cast.student.phone) is None


@pytest.mark.rule("ADM-02")
def test_the_name_that_comes_back_is_no_former_one_and_case_alone_is_no_change(cast):
    officer = make.actor(cast.officer)
    correct(cast.student, {"name": "黄海"}, officer)
    correct(cast.student, {"name": "黄河水"}, officer)
    assert [name for name, _until in former_names(student_id=cast.student.id)] == ["黄海"]
    correct(cast.classmate, {"name": "JOHN"}, officer)
    correct(cast.classmate, {"name": "John"}, officer)
    assert [name for name, _until in former_names(student_id=cast.classmate.id)] == ["李静"]


@pytest.mark.rule("ADM-02", "BLK-03")
def test_a_file_keeps_the_former_name_and_its_undoing_leaves_none(bring, apply, cast, visit):
    apply(bring(xlsx([good_row(1)])))
    record = apply(bring(xlsx([good_row(1, 姓名="张小三", 班级="软工2302")])))
    found = student("2023000001")
    assert [name for name, _until in former_names(student_id=found.id)] == ["学生一"]
    page = words(visit(cast.officer).get(f"/students/show/{found.id}"))
    assert "姓名：学生一 → 张小三" in page
    assert "班级：软工2301 → 软工2302" in page
    apply(record, "undo")
    found = student("2023000001")
    assert found.name == "学生一"
    assert former_names(student_id=found.id) == []
    assert trail.of("student", found.id)[-1].details["changed"]["name"] == ["张小三", "学生一"]


@pytest.mark.rule("ADM-09")
def test_a_students_own_correction_keeps_the_former_name(cast):
    proofs = [make.uploaded()]
    ask = propose(cast.student, "name", "黄海", "改名", make.actor(cast.student), proofs)
    CORRECTIONS.perform("accept", ask.id, make.actor(cast.officer))
    assert [name for name, _until in former_names(student_id=cast.student.id)] == ["黄河水"]


@pytest.mark.rule("ADM-06", "AGR-01")
def test_an_employer_that_changes_its_name_is_found_by_both_with_all_it_signed(visit, cast):
    [placement] = signed(cast.employer, cast.student, report_place="星光集团有限公司前台")
    invitation = db.session.get(Invitation, placement.invitation_id)
    cast.employer.archive_to = "星光集团有限公司人事部"
    db.session.commit()
    new = "星光智能集团有限公司"
    correct_employer(cast.employer, facts(cast.employer, name=new), make.actor(cast.officer))
    office = visit(cast.officer)
    for typed in ("星光集团有限公司", "星光集团", new, "星光智能"):
        listed = rows(office.get("/employers/list/", query_string={"tab": "all", "q": typed}))
        assert str(cast.employer.id) in listed, typed
        on_desk = rows(office.get("/desk/list/", query_string={"tab": "all", "q": typed}))
        assert str(placement.id) in on_desk, typed
        assert db.session.query(Invitation).filter(invitations_found(typed)).one() == invitation
    assert fresh(placement).employer_name == "星光集团有限公司"  # as it was signed
    page = words(office.get(f"/employers/show/{cast.employer.id}"))
    assert "原名：星光集团有限公司" in page
    assert f"单位名称：星光集团有限公司 → {new}" in page
    assert f"现名 {new}" in words(office.get(f"/desk/show/{placement.id}"))
    letter = beginning(fresh(cast.employer), db.session.get(Terms, placement.terms_id))
    assert letter["archive_to"] == f"{new}人事部"
    assert letter["report_place"] == f"{new}前台"


@pytest.mark.rule("ADM-06", "AGR-01")
def test_the_desk_finds_by_the_new_credit_code_what_was_signed_under_the_old_one(visit, cast):
    [placement] = signed(cast.employer, cast.student)
    old, new = cast.employer.credit_code, make.credit_code(777)
    values = facts(cast.employer, credit_code=new, kind="31", location="420102")
    correct_employer(cast.employer, values, make.actor(cast.officer))
    office = visit(cast.officer)
    for code in (old, new):
        assert str(placement.id) in rows(office.get(f"/desk/list/?tab=all&q={code}"))
    page = words(office.get(f"/employers/show/{cast.employer.id}"))
    assert f"{old} → {new}" in page
    assert "39" not in page[page.index("单位性质：") :][:30]  # in words, not by code


@pytest.mark.rule("ACC-07")
def test_a_name_that_nobody_had_checked_was_never_an_employers(cast):
    rejected = make.make_employer(cast.school, "错名公司", state="awaiting")
    rejected.name = "对名公司"
    db.session.commit()
    assert former_names(employer_id=rejected.id) == []


@pytest.mark.rule("ADM-02")
def test_a_merged_record_is_found_by_the_name_of_the_second_and_former_names_move(visit, cast):
    twin = make.make_student(cast.college, "黄禾水", student_no="A1X")
    twin.id_number = cast.student.id_number
    db.session.commit()
    officer = make.actor(cast.officer)
    correct(twin, {"name": "黄何水"}, officer)
    merge_students(cast.student.id, twin.id, {"name"}, officer, "重复导入")
    called = {name for name, _until in former_names(student_id=cast.student.id)}
    assert (fresh(cast.student).name, called) == ("黄何水", {"黄河水", "黄禾水"})
    for typed in ("黄河水", "黄禾水", "黄何水"):
        assert str(cast.student.id) in rows(visit(cast.officer).get(f"/students/list/?q={typed}"))


# -- the order of names ---------------------------------------------------------------------------------

SURNAMES = [
    "艾山·买买提",
    "柏林",
    "陈涛",
    "单雄信",
    "盖聂",
    "葛优",
    "华罗",
    "李安",
    "李白",
    "梁朝",
    "欧阳修",
    "区天",
    "朴树",
    "仇英",
    "覃海",
    "任贤",
    "单田芳",
    "王芳",
    "尉迟恭",
    "解缙",
    "查良",
    "翟志",
    "曾国",
    "张三",
    "张三丰",
    "章三",
    "长孙无忌",
]
BY_PINYIN = [
    "JOHN",
    "艾山·买买提",
    "柏林",
    "陈涛",
    "盖聂",
    "葛优",
    "华罗",
    "李安",
    "李白",
    "梁朝",
    "区天",
    "欧阳修",
    "朴树",
    "覃海",
    "仇英",
    "任贤",
    "单田芳",
    "单雄信",
    "王芳",
    "解缙",
    "尉迟恭",
    "曾国",
    "查良",
    "翟志",
    "张三",
    "张三丰",
    "章三",
    "长孙无忌",
]


@pytest.mark.rule("AGR-01", "BLK-01")
def test_students_stand_in_the_order_of_pinyin_in_list_pages_and_export(app, visit, cast):
    from tests.files.exports.test_lists import table_as

    people = {
        name: make.make_student(cast.far_college, name, account=False)
        for name in [*reversed(SURNAMES), "JOHN"]
    }
    db.session.commit()
    order = "_oc_StudentsView=name&_od_StudentsView=asc"
    seen, address = [], f"/students/list/?{order}&size=25"
    office = visit(cast.other_officer)
    page = office.get(address)
    seen += rows(page)
    onward = page.text[: page.text.index("下一页")].rpartition('href="')[2].partition('"')[0]
    seen += rows(office.get(onward.replace("&amp;", "&")))
    wanted = [str(people[name].id) for name in BY_PINYIN]
    assert [key for key in seen if key in wanted] == wanted
    _heads, table = table_as(app, cast.other_officer, "StudentsView", order, ["name"])
    assert [row[0] for row in table if row[0] in people] == BY_PINYIN


@pytest.mark.rule("ADM-06")
def test_employers_and_parts_of_schools_are_read_as_words_and_numbers_by_size(cast, visit):
    firms = [
        "长春一汽",
        "长沙星光",
        "重庆力帆",
        "银行卡公司",
        "第2中学",
        "第10中学",
        "3M中国",
        "六安瓜片",
    ]
    made = {name: make.make_employer(cast.school, name) for name in firms}
    db.session.commit()
    page = visit(cast.officer).get(
        "/employers/list/?tab=all&_oc_EmployersView=name&_od_EmployersView=asc"
    )
    keys = {str(employer.id): name for name, employer in made.items()}
    assert [keys[key] for key in rows(page) if key in keys] == [
        "3M中国",
        "长春一汽",
        "长沙星光",
        "重庆力帆",
        "第2中学",
        "第10中学",
        "六安瓜片",
        "银行卡公司",
    ]


@pytest.mark.rule("ADM-02")
def test_class_10_stands_behind_class_2(cast):
    made = [make.make_student(cast.college) for _n in range(4)]
    for one, name in zip(made, ["软工10班", "软工2班", "软工2202", "会计1班"], strict=True):
        one.class_name = name
    db.session.commit()
    mine = Student.id.in_([one.id for one in made])
    found = db.select(Student.class_name).where(mine).order_by(Student.class_name_order)
    assert db.session.scalars(found).all() == ["会计1班", "软工2班", "软工10班", "软工2202"]


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO student (uid, school_id, college_id, major_id, graduation_year, student_no, name, education,
      class_name, sex, training_mode, origin_state) SELECT 'u', school_id, college_id, major_id, 2027, 'RAW',
      '曾山', '31', '', '', '1', 'entered' FROM student LIMIT 1""",
        "UPDATE student SET name = '曾山' WHERE id = :id",
    ],
)
def test_the_key_follows_every_way_of_writing(cast, statement):
    values = {"id": cast.student.id} if ":id" in statement else {}
    db.session.execute(text(statement), values)
    found = db.session.execute(text("SELECT name_order FROM student WHERE name = '曾山'"))
    assert found.scalar_one().startswith("~zeng1曾")


# -- names already kept -----------------------------------------------------------------------------------


def migration():
    file = Path(__file__).parents[3] / "migrations" / "versions" / "0024_names.py"
    spec = importlib.util.spec_from_file_location("names_migration", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.rule("ADM-02", "ADM-06")
def test_kept_names_are_folded_and_what_is_none_stays_and_is_listed(app, cast, monkeypatch):
    [placement] = signed(cast.employer, cast.student)
    db.session.flush()
    plain = text("UPDATE student SET name = :name WHERE id = :id")
    many = [make.make_student(cast.college, account=False).id for _n in range(5)]
    for key in many:
        db.session.execute(plain, {"name": "⾼\u3000⼭", "id": key})
    db.session.execute(plain, {"name": "赵?", "id": cast.classmate.id})
    db.session.execute(
        text("UPDATE employer SET name = '星光(集团) 公司' WHERE id = :id"),
        {"id": cast.employer.id},
    )
    db.session.execute(
        text("UPDATE placement SET employer_name = '星光(集团) 公司' WHERE id = :id"),
        {"id": placement.id},
    )
    db.session.execute(
        text("""UPDATE placement SET plan_values = '{"employer_name": "东湖 (研究) 院", "x": 1}'
        WHERE id = :id"""),
        {"id": placement.id},
    )
    db.session.execute(text("DELETE FROM former_name"))
    module = migration()
    monkeypatch.setattr(module, "BATCH", 2)
    before = db.session.scalars(db.select(text("hash FROM trail ORDER BY id"))).all()
    with Operations.context(MigrationContext.configure(db.session.connection())):
        for table, column, fold, which in module.FOLDED:
            module._fold(table, column, fold, which)
        module._fold_texts()
    db.session.expire_all()
    assert {db.session.get(Student, key).name for key in many} == {"高山"}
    assert (cast.employer.name, placement.employer_name) == ("星光（集团）公司", "星光（集团）公司")
    assert placement.plan_values == {"employer_name": "东湖（研究）院", "x": 1}
    assert cast.classmate.name == "赵?"
    assert db.session.scalars(db.select(text("hash FROM trail ORDER BY id"))).all() == before
    listed = app.test_cli_runner().invoke(names, ["problems"])
    assert "10999\tA2\t赵?" in listed.output
    assert "高山" not in listed.output


@pytest.mark.rule("ADM-02")
def test_each_name_has_its_own_key_whoever_writes_it(cast):
    """A key is made when its name changes and none is given; the other name's stays, and so does a given one."""
    keys = (
        "SELECT name_order = name_order(name, true), class_name_order = name_order(class_name, false),"
        " class_name_order FROM student WHERE id = :id"
    )

    def write(change):
        db.session.execute(text(f"UPDATE student SET {change} WHERE id = :id"), at)
        return tuple(db.session.execute(text(keys), at).one())

    at = {"id": cast.student.id}
    assert write("name = '曾山'")[:2] == (True, True)
    assert write("class_name = '软工10班'")[:2] == (True, True)
    assert write("name = '单雄信', class_name = '软工9班'")[:2] == (True, True)
    assert write("class_name = '软工8班', class_name_order = 'given'") == (True, False, "given")
    assert write("name = '解缙'") == (True, False, "given")
    assert write("class_name = '软工7班'")[:2] == (True, True)
