"""An employer's send list by a file: the four-field check for each row (INV-01, INV-03)."""

import pytest

from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from app.people.students.models import TrainingMode
from app.signing.invitations.models import Candidate
from app.signing.invitations.sheets import ROWS
from tests import factories as make
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems, tally

HEADS = ["学校", "毕业届", "姓名", "身份证号或手机号"]


@pytest.fixture
def bring(app, cast):
    def act(rows, user=None):
        who = make.actor(user or cast.employer)
        with app.test_request_context():
            record, _fresh = requests.bring(
                who, requests.sheet_for(who, "send-list"), xlsx(rows, HEADS), "名单.xlsx"
            )
            tasks.check(record.id)
        return db.session.get(Import, record.id, populate_existing=True)

    return act


def row(student, **more):
    return {
        "学校": student.school.name,
        "毕业届": str(student.graduation_year),
        "姓名": student.name,
        "身份证号或手机号": student.id_number,
    } | more


def write(app, cast, record, step="write"):
    with app.test_request_context():
        requests.ask(step, record, make.actor(cast.employer))
        (tasks.take_back if step == "undo" else tasks.write)(record.id)


@pytest.mark.rule("INV-03")
def test_students_of_whom_all_four_are_right_come_to_the_send_list(app, cast, bring):
    by_phone = row(cast.classmate, 身份证号或手机号=int(cast.classmate.phone), 学校="10999")
    record = bring([row(cast.student), by_phone, row(cast.stranger)])
    assert tally(record) == (3, 0, 0, 0)
    write(app, cast, record)
    mine = db.session.query(Candidate).filter_by(employer_id=cast.employer.id)
    assert {c.student_id for c in mine} == {cast.student.id, cast.classmate.id, cast.stranger.id}
    assert tally(bring([row(cast.student), row(cast.neighbour)])) == (1, 0, 1, 0)
    write(app, cast, record, "undo")
    assert mine.count() == 0


@pytest.mark.rule("INV-01", "INV-03")
def test_unknown_wrong_and_barred_rows_get_the_same_answer(cast, bring):
    cast.neighbour.training_mode = TrainingMode.COMMITTED
    cast.classmate.origin_state = "entered"
    db.session.commit()
    record = bring(
        [
            row(cast.classmate, 身份证号或手机号=cast.classmate.phone),
            row(cast.student, 姓名="黄河"),
            row(cast.student, 毕业届="2026"),
            row(cast.student, 学校="碧水学院"),
            row(cast.student, 身份证号或手机号=cast.stranger.id_number),
            row(cast.neighbour),
            row(cast.classmate),
            row(cast.student, 姓名="无此人"),
        ]
    )
    found = problems(record)
    assert list(found) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert len({tuple(texts) for texts in found.values()}) == 1


@pytest.mark.rule("INV-01", "INV-03")
def test_what_the_file_finds_is_what_the_search_finds(app, cast, bring):
    """The SQL of the file and the search of one student agree on every mixture of fields."""
    from app.core import clock
    from app.people.students.queries import find_student
    from app.signing.placements.may_sign import cannot_sign

    people = [cast.student, cast.classmate, cast.stranger]
    cast.classmate.origin_state = "entered"
    db.session.commit()
    tries = [
        (a.school.code, year, b.name, number)
        for a in people
        for b in people
        for year in (2027, 2026)
        for number in (a.id_number, b.phone, "13000000000")
    ]
    record = bring([dict(zip(HEADS, (s, str(y), n, no), strict=True)) for s, y, n, no in tries])
    missed = {n for n, texts in problems(record).items() if "重复" not in str(texts)}
    now = clock.now()
    for n, (school, year, name, number) in enumerate(tries, 2):
        student = find_student(school, year, name, number)
        found = student is not None and cannot_sign(student, now) is None
        assert (n not in missed) == found, tries[n - 2]


@pytest.mark.rule("INV-01")
def test_every_row_counts_as_a_search_and_a_day_has_so_many(cast, bring, monkeypatch):
    import dataclasses

    from app.signing.invitations import sheets

    monkeypatch.setattr(sheets, "ROWS", dataclasses.replace(ROWS, most=4))
    assert bring([row(cast.student)] * 3).state == "checked"
    refused = bring([row(cast.student), row(cast.classmate)])
    assert refused.state == "failed"
    assert refused.details["sentences"] == [
        "每天最多可用文件查找 4 行，今天还剩 1 行。请拆分文件，或明天再上传。"
    ]
    assert bring([row(cast.stranger)]).state == "checked"
    assert bring([row(cast.stranger)], cast.rival).state == "checked"


@pytest.mark.rule("INV-03", "BLK-02")
def test_no_number_is_staged_in_clear(cast, bring):
    from app.files.imports.row_models import ImportRow

    record = bring([row(cast.student), row(cast.student, 姓名="错")])
    staged = str(
        [
            (r.values, r.more, r.problems)
            for r in db.session.query(ImportRow).filter_by(import_id=record.id)
        ]
    )
    assert cast.student.id_number not in staged


@pytest.mark.rule("INV-03")
def test_the_page_is_reached_from_the_send_list(visit, cast):
    browser = visit(make.account(cast.employer))
    assert "/imports/send-list/" in browser.get("/employer/candidates/").text
    page = browser.get("/imports/send-list/")
    assert "每一行都按查找的方式核对" in page.text
    assert browser.get("/imports/send-list/template.xlsx").status_code == 200


@pytest.mark.rule("ACC-07", "INV-03")
def test_an_employer_whom_no_school_has_approved_reaches_no_import(visit, cast):
    waiting = make.make_employer(cast.school, state="awaiting")
    db.session.commit()
    browser = visit(make.account(waiting))
    for url in ("/imports/send-list/", "/imports/send-list/template.xlsx", "/import-history/list/"):
        assert browser.get(url).status_code == 302
    assert browser.post("/imports/send-list/").status_code in (302, 303, 403)
