"""The life of an export: asked, made, fetched, deleted; one person's alone (BLK-01, BLK-04, RPT-05, ADM-07)."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import text

from app.core import filestore, sealing, vault
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.files.exports import lists, tasks, xlsx_out
from app.files.exports.models import FILES, Export
from app.notices.models import Notice
from app.people.students.models import Student
from app.workflow.models import Trail
from tests import factories as make
from tests.files.exports.conftest import kept
from tests.files.exports.read_back import dbf_rows


def post(browser, view="StudentsView", query="", **more):
    data = {
        "list": view,
        "query": query,
        "format": "xlsx",
        "columns": "shown",
        "uid": uuid4().hex,
        **more,
    }
    return browser.post("/exports/", data=data)


def newest():
    return db.session.query(Export).order_by(Export.id.desc()).first()


def trail(record):
    rows = db.session.query(Trail).filter_by(kind="export_file", record_id=record.id)
    return rows.order_by(Trail.seq).all()


@pytest.mark.rule("BLK-01", "BLK-04")
def test_the_way_of_an_export_through_the_pages(visit, cast):
    browser = visit(cast.officer)
    page = browser.get("/students/list/").text
    assert "导出 3 行" in page
    assert 'href="/exports/?list=StudentsView&amp;query="' in page
    assert "导出" in browser.get("/exports/?list=StudentsView&query=").text
    answer = post(browser)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert 'http-equiv="refresh"' in page
    record = newest()
    assert browser.get(f"/exports/file/{record.uid}/fetch").status_code == 303
    tasks.make(record.id)
    page = browser.get(answer.location).text
    assert "下载" in page
    assert 'http-equiv="refresh"' not in page
    file = browser.get(f"/exports/file/{record.uid}/fetch")
    assert file.headers["Content-Length"] == str(len(file.data))
    assert "attachment" in file.headers["Content-Disposition"]
    assert file.headers["Content-Disposition"].isascii()  # servers refuse any other
    assert "no-store" in file.headers["Cache-Control"]
    sheet = openpyxl.load_workbook(io.BytesIO(file.data)).worksheets[0]
    rows = [[cell.value or "" for cell in row] for row in sheet]
    assert rows[0] == ["学号", "姓名", "学院", "专业", "班级", "毕业届", "生源审核"]
    assert [row[0] for row in rows[1:]] == ["A1", "A2", "B1"]
    assert rows[1][6] == "审核通过"
    told = db.session.query(Notice).filter_by(user_id=cast.officer.id).all()
    assert [n.url for n in told if "学生" in n.subject] == [f"/exports/file/{record.uid}"]
    assert "学生" in browser.get("/export-history/list/").text


@pytest.mark.rule("BLK-01")
def test_csv_comes_at_once_as_the_list_is_narrowed_and_ordered(visit, cast):
    browser = visit(cast.officer)
    answer = post(
        browser,
        query=f"f_college={cast.college.id}&_oc_StudentsView=student_no&_od_StudentsView=desc",
        format="csv",
    )
    page = browser.get(answer.location).text
    assert 'content="0; url=/exports/file/' in page
    record = newest()
    file = browser.get(f"/exports/file/{record.uid}/fetch")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["学号", "A2", "A1"]
    assert db.session.get(Export, record.id, populate_existing=True).done == 2
    searched = post(browser, query="q=李", format="csv")
    file = browser.get(searched.location.replace("?new=1", "/fetch"))
    assert [row[0] for row in csv.reader(io.StringIO(file.data.decode("utf-8-sig")))] == [
        "学号",
        "A2",
    ]


@pytest.mark.rule("BLK-01")
def test_only_the_columns_that_are_shown_go_out_unless_all_are_wanted(visit, cast):
    browser = visit(cast.officer)
    browser.post("/students/columns", data={"column": ["name", "graduation_year"]})
    post(browser, format="csv")
    head = (
        browser.get(f"/exports/file/{newest().uid}/fetch").data.decode("utf-8-sig").split("\r\n")[0]
    )
    assert head == "学号,姓名,毕业届"
    post(browser, format="csv", columns="all")
    head = (
        browser.get(f"/exports/file/{newest().uid}/fetch").data.decode("utf-8-sig").split("\r\n")[0]
    )
    assert {"身份证号", "手机", "民族", "生源地"} <= set(head.split(","))


@pytest.mark.rule("RPT-05", "ADM-07")
def test_whole_numbers_need_the_right_and_a_purpose_and_leave_a_trace(visit, cast, app):
    cast.student.id_number = "110101199001010839"
    db.session.commit()
    browser = visit(cast.officer)
    assert post(browser, format="csv", clear="y").status_code == 422
    answer = post(browser, format="csv", clear="y", purpose="上报省厅")
    record = newest()
    assert "110101199001010839" not in browser.get(answer.location.replace("?new=1", "")).text
    data = browser.get(f"/exports/file/{record.uid}/fetch").data.decode()
    assert "110101199001010839" in data
    born, fetched = trail(record)
    assert (born.step, born.reason, born.details["clear"]) == ("stream", "上报省厅", True)
    assert (fetched.step, fetched.details["purpose"]) == ("fetch", "上报省厅")
    assert fetched.actor_id == cast.officer.id
    history = browser.get("/export-history/list/?tab=clear").text
    assert "上报省厅" in history
    for user in (cast.data, cast.province, cast.college_officer, cast.admin):
        other = visit(user)
        page = other.get("/exports/?list=StudentsView")
        assert page.status_code == (404 if user is cast.admin else 200)
        page = page.text
        assert 'name="clear"' not in page
        if user is not cast.admin:
            assert post(other, format="csv", clear="y", purpose="x").status_code == 404
            post(other, format="csv", columns="all")
            masked = other.get(f"/exports/file/{newest().uid}/fetch").data.decode()
            assert "110101199001010839" not in masked
            assert "110101*****0839" in masked
    assert "上报省厅" not in visit(cast.other_officer).get("/export-history/list/").text


@pytest.mark.rule("RPT-05")
def test_who_lost_the_right_meanwhile_gets_no_whole_numbers(ask, cast, visit, monkeypatch):
    record = ask("xlsx", clear=True, purpose="核对", work=False)
    live = ask("csv", clear=True, purpose="核对")
    cast.officer.role = "data"
    db.session.commit()
    tasks.make(record.id)
    assert db.session.get(Export, record.id, populate_existing=True).state == "failed"
    assert visit(cast.officer).get(f"/exports/file/{live.uid}/fetch").status_code == 404


@pytest.mark.rule("ACC-02", "BLK-01")
def test_another_persons_file_is_not_there(ask, cast, visit):
    record = ask("xlsx")
    assert record.state == "ready"
    for user in (
        cast.other_officer,
        cast.data,
        cast.admin,
        cast.college_officer,
        make.account(cast.employer),
    ):
        browser = visit(user)
        assert browser.get(f"/exports/file/{record.uid}").status_code == 404
        assert browser.get(f"/exports/file/{record.uid}/fetch").status_code == 404
        assert browser.post(f"/exports/file/{record.uid}/replace").status_code == 404
        stolen = post(browser, uid=record.uid)
        assert stolen.status_code == 404
    assert visit(make.account(cast.student)).get(
        f"/exports/file/{record.uid}/fetch"
    ).status_code in (403, 404)


@pytest.mark.rule("ACC-02")
def test_a_list_that_is_not_mine_cannot_be_exported(visit, cast):
    college = visit(cast.college_officer)
    for view in (
        "AccountsView",
        "CodesView",
        "InvitationsView",
        "MyInvitationsView",
        "Nonsense",
        "ExportsView",
    ):
        assert college.get(f"/exports/?list={view}").status_code == 404
        assert post(college, view=view).status_code == 404
    assert college.get("/exports/?list=StudentsView&query=_flt_0_name=x").status_code == 400
    assert post(college, query="f_college=999999").status_code == 400
    assert post(college, query="tab=%00").status_code == 400


@pytest.mark.rule("BLK-01")
def test_formats_and_forms_that_are_not_offered_are_refused(visit, cast):
    browser = visit(cast.officer)
    for form in ("exe", "", "xls", "csv-gb18030"):
        assert post(browser, format=form).status_code == 422
    assert post(browser, uid="../../etc").status_code == 404
    assert post(browser, columns="none").status_code == 422
    assert db.session.query(Export).count() == 0


@pytest.mark.rule("BLK-01")
def test_an_empty_list_is_not_exported(visit, cast):
    browser = visit(cast.officer)
    assert "没有可导出的内容" in browser.get("/exports/?list=StudentsView&query=q=没有这个人").text
    assert post(browser, query="q=没有这个人").status_code == 422
    assert "/exports/?list" not in browser.get("/students/list/?q=没有这个人").text


@pytest.mark.rule("BLK-01")
def test_a_double_click_asks_once(visit, cast):
    browser, uid = visit(cast.officer), uuid4().hex
    first, second = post(browser, uid=uid), post(browser, uid=uid)
    assert first.location == second.location
    assert db.session.query(Export).count() == 1
    jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'exports.make'")
    assert db.session.scalar(jobs) == 1


@pytest.mark.rule("BLK-01")
def test_too_many_rows_for_a_sheet_are_refused_with_the_way_out(visit, cast, ask, monkeypatch):
    monkeypatch.setattr(xlsx_out, "MOST_ROWS", 2)
    answer = post(visit(cast.officer))
    assert answer.status_code == 422
    assert ".csv" in answer.text
    with pytest.raises(Refused):
        ask("xlsx")
    monkeypatch.setattr(lists, "exact", lambda statement: None)  # it took too long to count
    record = ask("xlsx")
    assert record.state == "failed"
    assert ".csv" in record.details["sentence"]
    assert record.file_key is None


@pytest.mark.rule("BLK-03", "BLK-04")
def test_a_killed_worker_leaves_no_half_file_and_the_job_begins_anew(
    app, ask, cast, monkeypatch, visit
):
    record = ask("xlsx", work=False)

    class Killed(BaseException):
        pass

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(vault.Vault, "keep", die)
        with pytest.raises(Killed):
            tasks.make(record.id)
    db.session.rollback()
    halfway = db.session.get(Export, record.id, populate_existing=True)
    assert (halfway.state, halfway.file_key) == ("running", None)
    browser = visit(cast.officer)
    assert browser.get(f"/exports/file/{record.uid}/fetch").status_code == 303
    assert "/fetch" not in browser.get(f"/exports/file/{record.uid}").text
    left = app.config["QINGQIAN"].folder / "exports" / f"{record.uid}-left"
    left.mkdir(parents=True)
    (left / "export.xlsx").write_bytes(b"half")
    tasks.make(record.id)
    done = db.session.get(Export, record.id, populate_existing=True)
    assert (done.state, done.done) == ("ready", 3)
    assert not left.exists()
    assert openpyxl.load_workbook(kept(done)).worksheets[0].max_row == 4
    tasks.make(record.id)  # the job came twice
    assert [row.step for row in trail(done)] == ["ask", "begin", "begin", "finish"]


@pytest.mark.rule("BLK-01")
def test_a_csv_that_breaks_off_says_so_and_ends_the_connection(ask, cast, visit, monkeypatch):
    from app.files.exports.row_proxy import RowReading

    record, real = ask("csv"), RowReading.texts

    def breaks(self, narrowed, readers):
        yield next(real(self, narrowed, readers))
        raise RuntimeError("gone")

    monkeypatch.setattr(RowReading, "texts", breaks)
    answer = visit(cast.officer).get(f"/exports/file/{record.uid}/fetch", buffered=False)
    got = []
    with pytest.raises(RuntimeError):
        got.extend(answer.response)
    lines = b"".join(got).decode("utf-8-sig").strip().split("\r\n")
    assert len([line for line in lines if line]) == 5
    assert "不完整" in lines[-1]


@pytest.mark.rule("BLK-01")
def test_files_are_encrypted_and_every_part_is_in_its_place(ask, monkeypatch):
    monkeypatch.setattr(sealing, "PART", 512)
    record = ask("xlsx")
    raw = filestore.read_file(record.file_key)
    assert b"xl/worksheets" not in raw
    assert kept(record).read(2) == b"PK"
    for broken in (raw[:-10], raw[:600], raw[0:4] + raw[4:][::-1]):
        key = filestore.save_file(broken, ".out")
        with pytest.raises((ValueError, OverflowError, EOFError)):
            list(FILES.parts(key, record.uid))
    with pytest.raises(ValueError, match="belongs to another"):
        list(FILES.parts(record.file_key, "0" * 32))


@pytest.mark.rule("BLK-01")
def test_after_seven_days_the_file_is_gone_and_the_history_stays(ask, cast, visit):
    record, live = ask("xlsx"), ask("csv")
    key, browser = record.file_key, visit(cast.officer)
    make.pass_time(days=7, minutes=1)
    browser = visit(cast.officer)
    for one in (record, live):
        answer = browser.get(f"/exports/file/{one.uid}/fetch")
        assert answer.status_code == 303
        assert "7 天" in browser.get(f"/exports/file/{one.uid}").text
    assert tasks.forget() == 2
    with pytest.raises(FileNotFoundError):
        filestore.read_file(key)
    assert db.session.get(Export, record.id, populate_existing=True).state == "expired"
    assert browser.get(f"/exports/file/{record.uid}/fetch").status_code == 303
    assert "已删除" in browser.get("/export-history/list/").text
    assert tasks.forget() == 0


@pytest.mark.rule("PLN-07", "BLK-01")
def test_a_dbf_that_cannot_hold_everything_waits_for_its_asker(ask, cast, visit, content):
    cast.student.name = "王㛃"
    db.session.commit()
    record = ask("dbf")
    assert (record.state, record.file_key) == ("held", None)
    browser = visit(cast.officer)
    page = browser.get(f"/exports/file/{record.uid}").text
    for words in ("㛃", "U+36C3", "姓名"):
        assert words in page
    assert browser.get(f"/exports/file/{record.uid}/fetch").status_code == 303
    assert browser.post(f"/exports/file/{record.uid}/replace").status_code == 303
    tasks.make(record.id)
    rows = list(dbf_rows(content(record)))
    assert "王〓" in {row[1] for row in rows}
    assert "U+36C3" in browser.get(f"/exports/file/{record.uid}").text


def test_a_dbf_of_plain_characters_is_ready_at_once(ask, content):
    rows = list(dbf_rows(content(ask("dbf"))))
    assert rows[0][:2] == ["XH", "XM"]
    assert [row[0] for row in rows[1:]] == ["A1", "A2", "B1"]


@pytest.mark.rule("RPT-05")
def test_a_purpose_is_asked_by_the_rule_itself(ask):
    with pytest.raises(Invalid):
        ask("csv", clear=True)
    with pytest.raises(Invalid):
        ask("csv", clear=True, purpose=" \u200b ")


def test_a_form_of_nobodys_name_is_refused(ask):
    with pytest.raises(NotYours):
        ask("csv", uid="x" * 32)


@pytest.mark.rule("BLK-01")
def test_an_employer_exports_its_own_lists(visit, cast):
    make.invite(cast.employer, cast.student)
    make.invite(cast.rival, cast.stranger)
    browser = visit(make.account(cast.employer))
    assert "导出 1 行" in browser.get("/employer/invitations/list/").text
    post(browser, view="EmployerInvitationsView", format="csv", columns="all")
    rows = list(
        csv.reader(
            io.StringIO(browser.get(f"/exports/file/{newest().uid}/fetch").data.decode("utf-8-sig"))
        )
    )
    assert rows[1][0] == "黄河水"
    assert len(rows) == 2
    assert rows[0][-2:] == ["毕业届", "协议书编号"]
    assert not {"身份证号", "手机"} & set(rows[0])  # S-10: no number of a student, masked or not
    assert not any("*" in cell or cast.student.phone in cell for cell in rows[1])
    assert newest().employer_id == cast.employer.id


def test_nothing_is_cut_at_any_number_of_rows(ask, cast, content):
    for n in range(2_345):
        db.session.add(
            Student(
                school_id=cast.school.id,
                college_id=cast.college.id,
                major_id=cast.student.major_id,
                graduation_year=2027,
                student_no=f"Z{n:05}",
                name=f"学生{n}",
                education="31",
            )
        )
    db.session.commit()
    record = ask("csv", query="q=Z0")
    assert record.counted == 2_345
    lines = content(record).decode("utf-8-sig").strip().split("\r\n")
    assert len(lines) == 2_346
    assert len({line.split(",")[0] for line in lines}) == 2_346


@pytest.mark.rule("BLK-01")
def test_two_who_send_the_same_form_at_the_same_moment_ask_once(ask, cast, monkeypatch):
    from app.files.exports import requests

    uid, real, seen = uuid4().hex, requests._known, []

    def blind_at_first(who, name):
        seen.append(name)
        return real(who, name) if len(seen) > 1 else None

    first = ask("csv", uid=uid)
    monkeypatch.setattr(requests, "_known", blind_at_first)
    assert ask("csv", uid=uid).id == first.id
    assert db.session.query(Export).count() == 1
