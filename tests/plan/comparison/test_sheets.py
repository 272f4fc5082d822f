"""A plan file brought in: whose rows, which codes, what it may write and what it only asks (PLN-05)."""

import pytest

from app.core import clock
from app.core.db import db
from app.files.imports.row_models import ImportRow
from app.plan.rows import reconciling
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import decide
from app.workflow.models import Trail
from tests import factories as make
from tests.factories import accept, actor, attest, invite
from tests.files.imports.books import text_table, xls, xlsx
from tests.files.imports.conftest import problems, tally
from tests.plan.comparison.conftest import HEADS, line
from tests.plan.rows.conftest import entry


@pytest.mark.rule("PLN-05", "PLN-03")
def test_a_file_fills_rows_and_each_value_knows_where_it_comes_from(cast, rows, plan):
    file = [
        line("A1", "黄河水", 单位名称="自由撰稿", 户口迁转地址="武汉市"),
        line("A2", "李静", 毕业去向代码="自由职业"),
    ]
    record = plan(file)
    assert tally(record) == (0, 2, 0, 0)
    assert entry(cast.student).state == "open"
    plan(file, write=True, data=xlsx(file, HEADS, sheet="再来"))
    found = entry(cast.student)
    assert (found.state, found.destination_code, found.by_staff) == ("filled", "76", True)
    assert set(found.sources.values()) == {"import"}
    assert found.sources.keys() == {"destination_code", "employer_name", "household_address"}
    assert entry(cast.classmate).destination_code == "76"
    trace = db.session.query(Trail).filter_by(kind="plan_entry", record_id=found.id).all()
    assert [(t.step, t.actor_name, t.to_state) for t in trace] == [("import", "王老师", "filled")]
    again = plan(file, data=xlsx(file, HEADS, sheet="第三次"))
    assert tally(again) == (0, 0, 2, 0)


@pytest.mark.rule("PLN-05")
def test_the_same_file_again_is_the_same_import(cast, rows, plan):
    data = xlsx([line("A1", "黄河水")], HEADS)
    first = plan(None, data=data, write=True)
    from app.files.imports import requests

    who = actor(cast.officer)
    record, fresh = requests.bring(who, requests.sheet_for(who, "plan"), data, "x.xlsx")
    assert (record.id, fresh) == (first.id, False)


@pytest.mark.rule("PLN-05", "BLK-02")
@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "a.csv"), ("gb18030", "a.csv")])
def test_text_tables_are_read_by_field_codes(cast, rows, plan, encoding, name):
    heads = ["XH", "XM", "BYQXDM", "DWMC", "DWSZDDM"]
    file = [{"XH": "A1", "XM": "黄河水", "BYQXDM": "10", "DWMC": "甲公司", "DWSZDDM": "420111"}]
    plan(None, data=text_table(file, heads, encoding=encoding), name=name, write=True)
    assert entry(cast.student).location == "420111"


@pytest.mark.rule("PLN-05", "BLK-02")
def test_the_old_workbook_and_the_official_table_file_are_read(cast, rows, plan, tmp_path):
    import dbf

    plan(None, data=xls([line("A1", "黄河水")], HEADS), name="a.xls", write=True)
    assert entry(cast.student).destination_code == "76"
    file = tmp_path / "fa.dbf"
    table = dbf.Table(
        str(file),
        "XH C(20); XM C(60); BYQXDM C(3); DWXZDM C(2); DWMC C(120)",
        codepage="cp936",
        dbf_type="db3",
    )
    table.open(dbf.READ_WRITE)
    table.append(("A2", "李静", "10", "31", "武汉市第一医院"))
    table.close()
    plan(None, data=file.read_bytes(), name="fa.dbf", write=True)
    found = entry(cast.classmate)
    assert (found.employer_kind, found.employer_name) == ("31", "武汉市第一医院")


@pytest.mark.rule("PLN-05")
def test_a_row_is_found_by_id_or_candidate_number_where_the_file_has_no_other(cast, rows, plan):
    cast.classmate.examinee_no = "23420101110001"
    db.session.commit()
    heads = ["身份证号", "考生号", "毕业去向代码"]
    file = [
        {"身份证号": cast.student.id_number, "毕业去向代码": "76"},
        {"考生号": "23420101110001", "毕业去向代码": "12"},
    ]
    record = plan(file, heads)
    assert tally(record) == (0, 2, 0, 0), problems(record)
    staged = db.session.query(ImportRow).filter_by(import_id=record.id).all()
    assert cast.student.id_number not in str([(r.values, r.more) for r in staged])
    plan(file, heads, write=True, data=xlsx(file, heads, sheet="b"))
    assert entry(cast.student).destination_code == "76"
    assert entry(cast.classmate).destination_code == "12"


@pytest.mark.rule("PLN-05", "BLK-02")
def test_what_is_wrong_is_named_by_row_and_column(cast, rows, plan):
    heads = [*HEADS, "身份证号", "院校代码"]
    file = [
        line("C1", "买买提·吾布力"),  # of another school
        line("A1", "黄河清"),
        line("A2", "李静", 身份证号=cast.student.id_number),
        line("B1", "王强", 院校代码="10998"),
        line("", ""),
        line("A1", "黄河水", 单位性质代码="98"),
        line("B1", "王强", 毕业去向代码="没有的"),
        line(20230001, "x"),
    ]
    found = problems(plan(file, heads))
    assert {row: texts[0][0] for row, texts in found.items()} == {
        2: "student_no",
        3: "name",
        4: "id_number",
        5: "school_code",
        6: "student_no",
        7: "employer_kind",
        8: "destination_code",
        9: "student_no",
    }
    said = " ".join(text for texts in found.values() for _field, text in texts)
    for words in ("没有这个号码的学生", "没有的", "2027", "可选范围"):
        assert words in said, words


@pytest.mark.rule("PLN-05", "PLN-11")
@pytest.mark.parametrize(
    "head", ["毕业去向类别代码", "毕业去向类型代码", "毕业去向类型", "毕业去向类别", "BYQX"]
)
def test_a_code_that_no_edition_has_is_wrong_under_every_header_of_the_destination(
    cast, rows, plan, head
):
    file = [
        {"学号": "A1", "姓名": "黄河水", head: "270"},
        {"学号": "A2", "姓名": "李静", head: "76"},
    ]
    record = plan(file, ["学号", "姓名", head])
    assert tally(record) == (0, 1, 0, 1)
    [[(field, sentence)]] = problems(record).values()
    assert field == "destination_code"
    assert "270" in sentence


@pytest.mark.rule("PLN-05", "PLN-11")
def test_codes_are_those_of_the_edition_of_the_students_year(cast, plan):
    old = make.make_student(cast.college, "老生", student_no="L1", graduation_year=2019)
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()
    legacy = next(
        c
        for c in db.session.execute(
            db.text(
                "SELECT code FROM code WHERE \"table\"='byqx' AND edition='legacy'"
                " AND code NOT IN (SELECT code FROM code WHERE \"table\"='byqx' AND edition='2021')"
            )
        ).scalars()
    )
    record = plan(
        [line("L1", "老生", 毕业去向代码=legacy), line("A1", "黄河水", 毕业去向代码=legacy)]
    )
    assert list(problems(record)) == [3]
    assert entry(old).destination_code is None


@pytest.mark.rule("PLN-05", "PLN-03")
def test_what_a_placement_says_is_not_overwritten_but_asked(cast, signed, plan):
    name = cast.employer.name
    file = [line("A1", "黄河水", 毕业去向代码="10", 单位名称="另一家公司", 户口迁转地址="江城市")]
    plan(file, write=True)
    found = entry(cast.student)
    assert (found.employer_name, found.household_address) == (name, "江城市")
    change = db.session.query(ChangeRequest).filter_by(entry_id=found.id).one()
    assert (change.kind, change.source, change.ends) == ("import", "import", False)
    assert change.changes == {"employer_name": [name, "另一家公司"]}
    reconciling.reconcile(
        cast.school.id, None, clock.now()
    )  # the placement has not changed: it waits on
    db.session.commit()
    assert db.session.get(ChangeRequest, change.id).state == "open"
    waiting = plan(file, data=xlsx(file, HEADS, sheet="又"))
    assert tally(waiting) == (0, 0, 1, 0)  # what is asked already is not asked twice
    decide([change.id], actor(cast.officer), {"employer_name"})
    found = entry(cast.student)
    assert (found.employer_name, found.sources["employer_name"]) == ("另一家公司", "import")
    assert found.placement_id is not None
    assert reconciling.reconcile(cast.school.id, 2027, clock.now()) == {}


@pytest.mark.rule("PLN-05", "PLN-03")
def test_a_file_turned_down_leaves_the_row_as_the_placement_has_it(cast, signed, plan):
    before = dict(signed.sources)
    plan([line("A1", "黄河水", 毕业去向代码="10", 单位名称="另一家公司")], write=True)
    change = db.session.query(ChangeRequest).filter_by(entry_id=signed.id).one()
    decide([change.id], actor(cast.officer), None, "以签约为准")
    found = entry(cast.student)
    assert (found.sources, found.by_staff) == (before, False)


@pytest.mark.rule("PLN-05", "PLN-06")
def test_a_reported_row_changes_only_when_somebody_confirms(cast, rows, plan):
    from app.plan.rows.workflow import PLAN

    plan([line("A1", "黄河水", 单位所在地代码="420111")], write=True)
    key = entry(cast.student).id
    for step in ("check", "report"):
        PLAN.perform(step, key, actor(cast.officer))
    plan([line("A1", "黄河水", 毕业去向代码="12")], write=True)
    assert entry(cast.student).destination_code == "76"
    change = db.session.query(ChangeRequest).filter_by(entry_id=key).one()
    assert change.kind == "reported"
    decide([change.id], actor(cast.data), {"destination_code"})
    found = entry(cast.student)
    assert (found.destination_code, found.state) == ("12", "reported")


@pytest.mark.rule("PLN-05", "BLK-01")
def test_a_file_is_taken_back_with_what_it_asked_for(cast, signed, plan, apply):
    before = {c.name: getattr(signed, c.name) for c in PlanEntry.__table__.columns}
    record = plan(
        [
            line("A1", "黄河水", 毕业去向代码="10", 单位名称="另一家", 户口迁转地址="江城"),
            line("A2", "李静"),
        ],
        write=True,
    )
    assert entry(cast.classmate).state == "filled"
    apply(record, "undo")
    found = entry(cast.student)
    assert {k: getattr(found, k) for k in before if k != "changed_at"} == {
        k: v for k, v in before.items() if k != "changed_at"
    }
    assert db.session.query(ChangeRequest).one().state == "overtaken"
    back = entry(cast.classmate)
    assert (back.state, back.destination_code, back.sources, back.by_staff) == (
        "open",
        None,
        {},
        False,
    )


@pytest.mark.rule("PLN-05", "BLK-01")
def test_what_was_decided_or_typed_since_is_not_taken_back(cast, rows, plan, apply):
    from app.plan.rows.workflow import edit

    record = plan([line("A1", "黄河水"), line("A2", "李静")], write=True)
    edit(entry(cast.classmate).id, actor(cast.officer), {"destination_code": "12"})
    assert apply(record, "undo").state == "applied"
    assert entry(cast.student).destination_code == "76"


@pytest.mark.rule("PLN-05", "BLK-01")
@pytest.mark.parametrize("undone", [0, 1], ids=["the first", "the second"])
def test_a_question_that_another_file_asks_as_well_is_not_taken_back(
    cast, signed, plan, apply, undone
):
    asked = line("A1", "黄河水", 毕业去向代码="10")
    files = [
        plan([{**asked, "单位名称": "另一家公司"}], write=True),
        plan([{**asked, "单位所在地代码": "420100"}], write=True),
    ]
    change = db.session.query(ChangeRequest).filter_by(entry_id=signed.id).one()
    assert set(change.changes) == {"employer_name", "location"}
    assert apply(files[undone], "undo").state == "applied"
    assert db.session.get(ChangeRequest, change.id).state == "open"


@pytest.mark.rule("PLN-05", "BLK-01")
def test_a_row_in_which_somebody_typed_stays_when_its_file_is_taken_back(cast, plan, apply):
    from app.plan.rows.workflow import edit

    late = make.make_student(cast.college, "新来", student_no="N1", origin_state="entered")
    other = make.make_student(cast.college, "后来", student_no="N2", origin_state="entered")
    db.session.commit()
    heads = ["学号", "姓名", "户口迁转地址"]
    file = [
        {"学号": "N1", "姓名": "新来", "户口迁转地址": "江城"},
        {"学号": "N2", "姓名": "后来", "户口迁转地址": "江城"},
    ]
    record = plan(file, heads, write=True)
    edit(entry(late).id, actor(cast.officer), {"postcode": "043007"})
    assert apply(record, "undo").state == "undone"
    kept = entry(late)
    assert (kept.postcode, kept.household_address, kept.by_staff) == ("043007", None, True)
    assert db.session.query(PlanEntry).filter_by(student_id=other.id).count() == 0


@pytest.mark.rule("PLN-05", "PLN-03")
def test_a_row_that_waits_for_a_decision_is_not_written(cast, rows, plan):
    from app.plan.rows.workflow import edit

    waiting = accept(invite(cast.employer, cast.student)[0])
    edit(entry(cast.student).id, actor(cast.officer), {"destination_code": "76"})
    attest(waiting, cast.officer)
    record = plan([line("A1", "黄河水", 毕业去向代码="12"), line("A2", "李静")])
    assert tally(record) == (0, 1, 0, 1)
    assert [field for field, _text in problems(record)[2]] == ["student_no"]


@pytest.mark.rule("PLN-05", "ACC-02")
def test_data_staff_of_a_school_may_and_nobody_else(cast, rows, plan, visit):
    plan([line("A1", "黄河水")], write=True, user=cast.data)
    assert entry(cast.student).destination_code == "76"
    assert visit(cast.data).get("/imports/plan/").status_code == 200
    assert visit(cast.data).get("/imports/students/").status_code == 404
    for user in (cast.college_officer, make.account(cast.employer), cast.province):
        assert visit(user).get("/imports/plan/").status_code in (302, 403, 404)


@pytest.mark.rule("PLN-05")
def test_graduates_without_a_row_get_one_and_a_file_of_nobody_is_refused_whole(cast, plan):
    late = make.make_student(cast.college, "新来", student_no="N1", origin_state="entered")
    db.session.commit()
    record = plan([line("N1", "新来"), line("A1", "黄河水")])
    assert tally(record) == (2, 0, 0, 0)
    record = plan(
        [line("N1", "新来"), line("A1", "黄河水")],
        write=True,
        data=xlsx([line("N1", "新来"), line("A1", "黄河水")], HEADS, sheet="b"),
    )
    assert entry(late).state == "filled"
    assert entry(cast.student).state == "filled"


@pytest.mark.rule("PLN-05", "PLN-03")
def test_a_file_taken_back_leaves_the_row_to_the_signing_that_met_it(cast, rows, plan, apply):
    waiting = accept(invite(cast.employer, cast.student)[0])
    record = plan([line("A1", "黄河水")], write=True)
    attest(waiting, cast.officer)
    change = db.session.query(ChangeRequest).one()
    assert (change.kind, entry(cast.student).destination_code) == ("conflict", "76")
    apply(record, "undo")
    found = entry(cast.student)
    assert (found.employer_name, found.by_staff) == (cast.employer.name, False)
    assert db.session.get(ChangeRequest, change.id).state == "overtaken"
    assert reconciling.differences(cast.school.id, 2027).get(cast.school.id, {}) in (
        {},
        {"none": 3},
    )
