"""«您的列 → 我们的列», «您的值 → 我们的值»: asked once, kept, never lost (BLK-06, F-52, F-53)."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.db import db
from app.core.errors import NotYours, Refused
from app.files.imports import requests, tasks
from app.files.imports.answers import Answers, answers_of
from app.files.imports.row_models import ImportRow
from app.files.imports.word_models import ImportWord
from app.people.schools.models import Major
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import HEADS, good_row, xlsx
from tests.files.imports.conftest import problems, tally

pytestmark = pytest.mark.rule("BLK-06")
CASE_16 = Path(__file__).parent / "cases" / "usual_words.xlsx"
OWN = {"院系": "所在部门", "毕业届": "毕业年度"}  # one is like none of ours, one is known


def own_file(count=3, **more):
    rows = []
    for n in range(1, count + 1):
        row = good_row(n, 学历="本科", **more)
        rows.append({OWN.get(head, head): value for head, value in row.items()})
    return xlsx(rows, [OWN.get(head, head) for head in HEADS])


def form_of(record, **chosen):
    """The form of the mapping step as the page sends it; `chosen` are our fields by their header."""
    asked, form = record.details["questions"], {"keep": "1"}
    for n, head in enumerate(asked["heads"]):
        ours = chosen.get(head["head"], head["ours"] or "")
        was = "?" if head["open"] else head["ours"] or ""
        form |= {
            f"head-{n}": ours,
            f"headkey-{n}": head["key"],
            f"headtext-{n}": head["head"],
            f"headwas-{n}": was,
        }
    for n, line in enumerate(asked["values"]):
        form |= {
            f"field-{n}": line["field"],
            f"text-{n}": line["text"],
            f"act-{n}": f"={line['ours']}" if line["ours"] else "",
        }
    return form


def words():
    rows = db.session.query(ImportWord).order_by(
        ImportWord.kind, ImportWord.field, ImportWord.theirs
    )
    return [(w.kind, w.field, w.theirs, w.ours) for w in rows]


def test_what_is_sure_passes_without_the_step_and_is_said(bring, visit, cast):
    row = good_row(1, 性别="男性")
    rows = [{OWN.get(head, head) if head != "院系" else "所属院系": v for head, v in row.items()}]
    record = bring(xlsx(rows, list(rows[0])), answer=False)
    assert (record.state, *tally(record)) == ("checked", 1, 0, 0, 0), record.details
    page = visit(cast.officer).get(f"/imports/file/{record.uid}").text
    assert "“所属院系”列作为“学院”读取" in page
    assert "“男性” 1 行 → 1 男" in page


@pytest.mark.rule("BLK-06", "BLK-01")
def test_our_templates_example_asks_nothing(bring):
    """Its college and major are nobody's, and it is not imported."""
    example = good_row(7) | {"学号": "示例 2023010001", "院系": "示例学院", "专业": "示例专业"}
    record = bring(xlsx([example, good_row(1)], list(good_row(1))), answer=False)
    assert (record.state, *tally(record)) == ("checked", 1, 0, 0, 0), record.details


def test_what_is_not_sure_is_asked_once_with_counts_and_kept(bring, decide, visit, cast):
    record = bring(own_file(), answer=False)
    asked = record.details["questions"]
    assert record.state == "mapping"
    assert asked["missing"] == ["college"]
    assert [(v["text"], v["rows"], v["ours"]) for v in asked["values"]] == [("本科", 3, "31")]
    page = visit(cast.officer).get(f"/imports/file/{record.uid}").text
    for text in (
        "您的列 → 我们的列",
        "您的值 → 我们的值",
        "本科",
        "3 行",
        "31 本科生毕业",
        "所在部门",
        "计算机学院",
    ):
        assert text in page, text
    record = decide(record, form_of(record, 所在部门="college"))
    assert (record.state, *tally(record)) == ("checked", 3, 0, 0, 0), (
        record.details,
        problems(record),
    )
    assert words() == [("head", "", "所在部门", "college"), ("value", "education", "本科", "31")]
    again = bring(own_file(5), "下一届.xlsx", answer=False)
    assert (again.state, *tally(again)) == ("checked", 5, 0, 0, 0)


def test_another_school_knows_nothing_of_it(bring, decide, cast):
    decide_first = bring(own_file(), answer=False)
    decide(decide_first, form_of(decide_first, 所在部门="college"))
    other = bring(own_file(), user=cast.other_officer, answer=False)
    assert other.state == "mapping"


def test_nothing_is_kept_where_the_person_does_not_want_it(bring, decide):
    record = bring(own_file(), answer=False)
    form = form_of(record, 所在部门="college")
    del form["keep"]
    assert decide(record, form).state == "checked"
    assert words() == []


def test_kept_words_can_be_seen_and_deleted_by_their_own_school_only(bring, decide, visit, cast):
    record = bring(own_file(), answer=False)
    decide(record, form_of(record, 所在部门="college"))
    ids = [word.id for word in db.session.query(ImportWord)]
    page = visit(cast.officer).get("/import-words/").text
    assert "所在部门" in page
    assert "31 本科生毕业" in page
    visit(cast.other_officer).post("/import-words/", data={"word": ids})
    assert len(words()) == 2
    visit(cast.officer).post("/import-words/", data={"word": ids[:1]})
    assert len(words()) == 1


def test_a_file_whose_headers_nobody_knows_can_be_mapped_whole(bring, decide):
    names = {head: f"栏目{n}" for n, head in enumerate(HEADS)}
    rows = [{names[head]: value for head, value in good_row(n).items()} for n in (1, 2)]
    record = bring(xlsx(rows, [names[head] for head in HEADS]), answer=False)
    assert record.state == "mapping"
    fields = [
        "student_no",
        "name",
        "id_number",
        "college",
        "major",
        "graduation_year",
        "education",
        "training_mode",
        "class_name",
        "sex",
        "phone",
    ]
    record = decide(record, form_of(record, **dict(zip(names.values(), fields, strict=True))))
    assert (record.state, *tally(record)) == ("checked", 2, 0, 0, 0), record.details


def test_personal_numbers_stand_in_no_question_in_clear(bring):
    rows = [{("证件" if head == "身份证号" else head): v for head, v in good_row(1).items()}]
    record = bring(xlsx(rows, list(rows[0])), answer=False)
    assert record.state == "mapping"
    assert good_row(1)["身份证号"] not in str(record.details)
    assert good_row(1)["手机号"] not in str(record.details)


def test_a_decision_on_a_page_of_before_is_not_taken(app, bring, cast):
    record = bring(own_file(), answer=False)
    who, old = make.actor(cast.officer), record.version
    with app.test_request_context():
        requests.decide(record, who, answers_of(form_of(record, 所在部门="college"), record), old)
        with pytest.raises(Refused):
            requests.decide(record, who, Answers(), old)
        tasks.check(record.id)
        tasks.check(record.id)  # the job came twice
        with pytest.raises(Refused):
            requests.decide(record, who, Answers(), old)
    db.session.refresh(record)
    assert (record.state, record.new) == ("checked", 3)


def test_only_whose_file_it_is_decides(app, bring, cast, visit):
    record = bring(own_file(), answer=False)
    with app.test_request_context(), pytest.raises(NotYours):
        requests.decide(record, make.actor(cast.other_officer), Answers())
    for path in ("words", "agreement", "discard"):
        answer = visit(cast.other_officer).post(f"/imports/file/{record.uid}/{path}")
        assert answer.status_code == 404
    assert visit(cast.other_officer).get(f"/imports/file/{record.uid}/rows").status_code == 404


def test_the_words_of_case_16_are_understood_or_asked_with_the_likely_meaning(bring, decide, cast):
    for code, name, major in (("21", "计算机科学与技术学院", "软件工程"),):
        college = make.make_college(cast.school, code, name)
        db.session.add(
            Major(school_id=cast.school.id, college_id=college.id, code="0921", name=major)
        )
    db.session.flush()
    record = bring(CASE_16.read_bytes(), "词.xlsx", answer=False)
    asked = {v["text"]: v["ours"] for v in record.details["questions"]["values"]}
    assert record.state == "mapping"
    assert {"本科": "31", "硕士研究生": "11", "专科": "41"}.items() <= asked.items()
    assert "计算机学院" not in asked  # it is the name of a college of this school
    record = decide(record, form_of(record))
    left = {field for found in problems(record).values() for field, _s in found}
    assert left <= {"major", "phone"}, problems(record)
    rows = {r.line: r.values for r in db.session.query(ImportRow).filter_by(import_id=record.id)}
    assert [rows[n]["origin"] for n in range(8, 12)] == ["420111"] * 4
    assert [rows[n]["origin"] for n in range(12, 15)] == ["330103", "330103", "412723"]
    assert [rows[n]["nation"] for n in (6, 7)] == ["01", "05"]
    taken = {theirs for _f, theirs, _o, _n, _how in record.details["taken"]["values"]}
    assert {"男性", "汉", "维吾尔", "湖北武汉洪山"} <= taken


def test_a_checked_or_mapped_import_can_be_discarded(bring, visit, cast):
    for record in (bring(xlsx([good_row(1)])), bring(own_file(), answer=False)):
        browser = visit(cast.officer)
        assert browser.post(f"/imports/file/{record.uid}/discard").status_code == 303
        db.session.refresh(record)
        assert (record.state, record.file_key) == ("discarded", None)
        assert db.session.query(ImportRow).filter_by(import_id=record.id).count() == 0
        assert "已放弃" in browser.get(f"/imports/file/{record.uid}").text
        assert browser.post(f"/imports/file/{record.uid}/write").status_code == 303
        db.session.refresh(record)
        assert record.state == "discarded"
    assert db.session.query(Student).filter_by(student_no="2023000001").count() == 0
    assert "已撤销、已放弃或失败" in visit(cast.officer).get("/import-history/list/").text


def test_a_discarded_file_can_be_brought_again(bring, visit, cast):
    data = xlsx([good_row(1)])
    record = bring(data)
    visit(cast.officer).post(f"/imports/file/{record.uid}/discard")
    again = bring(data)
    assert (again.id != record.id, again.state) == (True, "checked")


def test_an_employers_words_are_its_own(bring, decide, cast):
    user = make.account(cast.employer)
    student = cast.student
    row = {
        "就读学校": cast.school.name,
        "毕业年度": str(student.graduation_year),
        "名字": student.name,
        "身份证号/手机号": "13800000000",
    }
    record = bring(xlsx([row], list(row)), "名单.xlsx", "send-list", user, answer=False)
    assert record.state == "mapping"
    record = decide(
        record, form_of(record, 就读学校="school", **{"身份证号/手机号": "number"}), user
    )
    assert record.state == "checked", record.details
    assert {w.employer_id for w in db.session.query(ImportWord)} == {cast.employer.id}
