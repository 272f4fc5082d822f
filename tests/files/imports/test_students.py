"""A school's students by a file: what becomes of good rows (ADM-02, BLK-01, BLK-03)."""

import pytest
from sqlalchemy import event, text

from app.core.db import db
from app.files.imports import compare, writing
from app.files.imports.row_models import ImportRow
from app.people.schools.models import Major
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import HEADS, good_row, number, text_table, xls, xlsx
from tests.files.imports.conftest import problems, tally

pytestmark = pytest.mark.usefixtures("cast")


def student(no):
    db.session.expire_all()
    return db.session.query(Student).filter_by(student_no=no).one_or_none()


@pytest.mark.rule("ADM-02", "BLK-01")
def test_new_students_are_added_with_their_numbers_sealed(bring, apply, cast):
    record = bring(xlsx([good_row(1), good_row(2)]))
    assert (record.state, tally(record)) == ("checked", (2, 0, 0, 0)), record.details
    assert student("2023000001") is None
    record = apply(record)
    found = student("2023000001")
    assert record.state == "applied"
    assert (found.school_id, found.college_id) == (cast.school.id, cast.college.id)
    assert found.id_number == number(1)
    assert found.phone == "13900000001"
    assert (found.sex, found.education, found.graduation_year) == ("1", "31", 2027)
    assert found.origin_state == "entered"


@pytest.mark.rule("BLK-01")
def test_what_reads_all_rows_and_their_students_is_never_joined_row_by_row(
    bring, apply, monkeypatch
):
    """The database knows nothing of students just written, and would look through all of them for each row."""
    monkeypatch.setattr(compare, "MANY", 1)
    joined, nested = [], [True]

    def note(_connection, _cursor, statement, *_more):
        if "enable_nestloop" in statement:
            nested.append(statement.endswith("on"))
        elif "FROM import_row r JOIN student s ON" in statement:
            joined.append((nested[-1], statement))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        record = bring(xlsx([good_row(1), good_row(2)]))
        assert apply(record).state == "applied"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(joined) > 3
    assert [statement for nested, statement in joined if nested] == []
    assert nested[-1]


@pytest.mark.rule("BLK-01")
@pytest.mark.parametrize(("many", "counted"), [(1, True), (2, False)])
def test_after_many_new_rows_their_table_is_counted_at_once(
    bring, apply, monkeypatch, many, counted
):
    """Else the next file is compared as if the table were small: a look through all of it for each row."""
    monkeypatch.setattr(writing, "MANY", many)
    monkeypatch.setattr(
        writing, "_STALE", text("SELECT :name <> '' AND :many > 0")
    )  # as after a first file
    record, said = bring(xlsx([good_row(1), good_row(2)])), []

    def note(*args):
        said.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert apply(record).state == "applied"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert ("ANALYZE student (school_id, student_no)" in said) == counted


@pytest.mark.rule("BLK-01")
def test_only_what_differs_is_changed_and_an_empty_cell_changes_nothing(bring, apply, cast):
    apply(bring(xlsx([good_row(1), good_row(2), good_row(3)])))
    rows = [
        good_row(1),
        good_row(2, 班级="软工2302", 手机号="13700000002"),
        good_row(3, 班级="", 手机号=""),
    ]
    record = bring(xlsx([*rows, good_row(4)]))
    assert tally(record) == (1, 1, 2, 0)
    row = db.session.query(ImportRow).filter_by(import_id=record.id, status="changed").one()
    assert row.old["class_name"] == "软工2301"
    assert row.old["phone_masked"] == "139****0002"
    apply(record)
    assert student("2023000002").class_name == "软工2302"
    assert student("2023000002").phone == "13700000002"
    assert student("2023000002").id_number == number(2)
    assert student("2023000003").class_name == "软工2301"


@pytest.mark.rule("BLK-03")
def test_the_same_file_again_does_nothing(bring, apply):
    data = xlsx([good_row(1)])
    first = apply(bring(data))
    assert bring(data).id == first.id
    again = bring(xlsx([good_row(1)], sheet="另一个"))
    assert tally(again) == (0, 0, 1, 0)


@pytest.mark.rule("BLK-01")
def test_a_file_whose_faults_were_mended_elsewhere_is_checked_again(bring, cast):
    data = xlsx([good_row(1), good_row(2, 专业="新专业")])
    first = bring(data)
    assert tally(first) == (1, 0, 0, 1)
    db.session.add(
        Major(school_id=cast.school.id, college_id=cast.college.id, code="099999", name="新专业")
    )
    db.session.commit()
    again = bring(data)
    assert again.id != first.id
    assert tally(again) == (2, 0, 0, 0)
    assert bring(data).id == again.id


@pytest.mark.rule("BLK-02", "ADM-02")
def test_a_phone_that_another_student_of_the_school_has_is_refused(bring, cast):
    phone, far = cast.classmate.phone, cast.stranger.phone
    rows = [
        good_row(1, 手机号=phone),
        good_row(2, 手机号=far),  # of another school
        good_row(3, 手机号="13712345678"),
        good_row(4, 手机号="13712345678"),
        good_row(5, 学号="A2", 姓名="李静", 手机号=phone),
    ]
    found = {n: texts[0][0] for n, texts in problems(bring(xlsx(rows))).items()}
    assert found == {
        2: "phone",
        4: "phone",
        5: "phone",
        6: "phone",
    }  # 2 and 6: the same in the file
    alone = bring(xlsx([good_row(1, 手机号=phone), good_row(2, 手机号=far)]))
    assert [texts[0][0] for texts in problems(alone).values()] == ["phone"]
    own = bring(xlsx([good_row(5, 学号="A2", 姓名="李静", 手机号=phone)]))
    assert own.faulty == 0


@pytest.mark.rule("BLK-01")
def test_another_schools_student_of_the_same_number_is_not_touched(bring, apply, cast):
    apply(bring(xlsx([good_row(1, 学号="C1", 姓名="王小明")])))
    assert cast.stranger.name == "买买提·吾布力"
    assert db.session.query(Student).filter_by(student_no="C1").count() == 2


@pytest.mark.rule("BLK-01")
def test_an_import_is_undone_while_nothing_depends_on_it(bring, apply, cast):
    cast.classmate.class_name = "旧班"
    db.session.commit()
    before = cast.classmate.id_number
    rows = [good_row(1), good_row(2, 学号="A2", 姓名="李静", 身份证号=number(777))]
    record = apply(bring(xlsx(rows)))
    assert student("A2").id_number == number(777)
    record = apply(record, "undo")
    assert record.state == "undone"
    assert student("2023000001") is None
    assert (student("A2").id_number, student("A2").class_name) == (before, "旧班")


@pytest.mark.rule("BLK-01")
def test_what_was_changed_since_is_not_undone(bring, apply, cast):
    record = apply(bring(xlsx([good_row(1)])))
    student("2023000001").class_name = "新班"
    db.session.commit()
    record = apply(record, "undo")
    assert record.state == "applied"
    assert record.details["sentences"] == ["导入后有 1 条记录被改动，无法撤销。"]
    assert student("2023000001").class_name == "新班"


@pytest.mark.rule("BLK-01")
def test_a_new_record_in_use_is_not_undone(bring, apply, cast):
    record = apply(bring(xlsx([good_row(1), good_row(2)])))
    found = student("2023000001")
    make.make_user("student", "x1", student_id=found.id, school_id=found.school_id, password="x")
    db.session.commit()
    record = apply(record, "undo")
    assert record.state == "applied"
    assert record.details["sentences"] == ["新增的记录中有 1 条已被使用，无法撤销。"]
    assert student("2023000002") is not None


@pytest.mark.rule("ACC-03")
def test_a_changed_phone_signs_in_and_the_old_one_no_more(bring, apply, cast, app):
    from app.accounts.identifiers import account_for, identify

    user = make.account(cast.classmate)
    identify(user, "phone", cast.classmate.phone)
    db.session.commit()
    old = cast.classmate.phone
    apply(bring(xlsx([good_row(2, 学号="A2", 姓名="李静", 手机号="13712345678")])))
    assert account_for("13712345678").id == user.id
    assert account_for(old) is None


@pytest.mark.rule("ACC-03")
def test_two_who_swap_their_phones_sign_in_by_the_new_ones_and_a_strangers_stays_his(
    bring, apply, cast
):
    from app.accounts.identifiers import account_for, identify

    one, two, other = (make.account(s) for s in (cast.student, cast.classmate, cast.stranger))
    for user, who in ((one, cast.student), (two, cast.classmate), (other, cast.stranger)):
        identify(user, "phone", who.phone)
    db.session.commit()
    a, b, c = cast.student.phone, cast.classmate.phone, cast.stranger.phone
    rows = [
        good_row(1, 学号="A1", 姓名="黄河清", 手机号=b),
        good_row(2, 学号="A2", 姓名="李静", 手机号=a),
    ]
    apply(bring(xlsx(rows)))
    assert (account_for(b).id, account_for(a).id) == (one.id, two.id)
    db.session.refresh(one)
    assert one.display_name == "黄河清"
    apply(bring(xlsx([good_row(1, 学号="A1", 姓名="黄河清", 手机号=c)])))
    assert account_for(c).id == other.id
    assert account_for(b) is None


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_tables_are_read_in_the_usual_encodings(bring, encoding):
    record = bring(text_table([good_row(1, 姓名="𠮷伟·䶮")], encoding=encoding), "a.csv")
    assert tally(record) == (1, 0, 0, 0)
    row = db.session.query(ImportRow).filter_by(import_id=record.id).one()
    assert row.values["name"] == "𠮷伟·䶮"


@pytest.mark.rule("BLK-02")
def test_columns_come_in_any_order_by_chinese_english_or_official_headers(bring):
    heads = [
        "XM",
        "Student number*",
        "身份证号码（必填）",
        "college",
        "ZYDM",
        "Graduation year",
        "XLDM",
        "备注",
    ]
    row = dict(zip(heads, ["王五", "9901", number(5), "01", "0801", 2027, "31", "x"], strict=True))
    record = bring(xlsx([row], heads, above=["请在下表填写"], hidden="说明页"))
    assert tally(record) == (1, 0, 0, 0)
    assert record.details["ignored"] == ["备注"]
    assert record.details["sheets"] == ["学生"]
    assert db.session.query(ImportRow).filter_by(import_id=record.id).one().line == 3


@pytest.mark.rule("BLK-02")
def test_full_width_blanks_and_invisible_signs_are_mended_and_reported(bring):
    row = good_row(1, 学号="　２０２３０００００１\u200b", 姓名=" 学生一 ", 手机号="139 0000 0001")
    record = bring(xlsx([row]))
    assert tally(record) == (1, 0, 0, 0)
    assert record.details["mended"] == {"student_no": 1, "name": 1, "phone": 1}
    kept = db.session.query(ImportRow).filter_by(import_id=record.id).one()
    assert kept.values["student_no"] == "2023000001"


@pytest.mark.rule("BLK-02")
def test_no_clear_number_is_staged_or_stored(bring, cast):
    from app.core import filestore

    bad = good_row(2, 身份证号="110101199001010000")
    record = bring(xlsx([good_row(1), bad]))
    rows = db.session.query(ImportRow).filter_by(import_id=record.id).all()
    everything = "".join(str((r.values, r.more, r.problems, r.old)) for r in rows)
    for clear in (number(1), "110101199001010000", "13900000001", "13900000002"):
        assert clear not in everything
    assert not filestore.read_file(record.file_key).startswith(b"PK")
    assert not filestore.read_file(record.errors_key).startswith(b"PK")


@pytest.mark.rule("BLK-01")
def test_the_example_row_of_the_template_is_ignored(bring):
    record = bring(xlsx([good_row(1, 学号="示例 2023010001"), good_row(2)], HEADS))
    assert tally(record) == (1, 0, 0, 0)
    assert record.details["examples"] == 1


@pytest.mark.rule("BLK-02")
def test_the_old_format_is_read_and_its_numbers_are_refused_alike(bring):
    record = bring(xls([good_row(1), good_row(2, 学号=4.2e17)]), "学生.xls")
    assert record.details["kind"] == "xls", record.details
    assert tally(record) == (1, 0, 0, 1)
    assert [field for field, _text in problems(record)[3]] == ["student_no"]


@pytest.mark.rule("BLK-05")
def test_macros_in_the_old_format_are_refused(bring):
    record = bring(xls([good_row(1)], more="_VBA_PROJECT".encode("utf-16-le")), "学生.xls")
    assert record.details["sentences"] == ["工作簿中含有宏，请另存为不含宏的 .xlsx。"]


@pytest.mark.rule("BLK-03", "ADM-02")
def test_names_that_a_file_brings_or_changes_or_gives_back_are_in_order(bring, apply):
    wrong = text(
        "SELECT count(*) FROM student WHERE name_order <> name_order(name, true)"
        " OR class_name_order <> name_order(class_name, false)"
    )
    apply(bring(xlsx([good_row(1, 姓名="曾山"), good_row(2, 姓名="曾山", 班级="")])))
    assert db.session.scalar(wrong) == 0
    rows = [good_row(1, 姓名="单雄信", 班级="软工10班"), good_row(2, 姓名="曾山", 班级="软工9班")]
    record = apply(bring(xlsx(rows)))
    assert student("2023000001").class_name_order != student("2023000002").class_name_order
    assert db.session.scalar(wrong) == 0
    apply(record, "undo")
    assert student("2023000001").name == "曾山"
    assert db.session.scalar(wrong) == 0
