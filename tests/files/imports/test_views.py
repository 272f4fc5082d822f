"""The pages: template, upload, progress, preview, result, faulty rows, history (INV-03, BLK-01, BLK-04)."""

import io
import zipfile

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from app.core.db import db
from app.files.imports import tasks
from app.files.imports.models import Import
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import good_row, xlsx


def post(browser, data, name="学生.xlsx", sheet="students"):
    return browser.post(f"/imports/{sheet}/", data={"file": (io.BytesIO(data), name)})


def newest():
    return db.session.query(Import).order_by(Import.id.desc()).first()


@pytest.mark.rule("INV-03", "BLK-01", "BLK-04", "ADM-02")
def test_the_way_of_a_file_through_the_pages(visit, cast):
    browser = visit(cast.officer)
    assert "/imports/students/" in browser.get("/students/list/").text
    assert "下载模板" in browser.get("/imports/students/").text
    answer = post(browser, xlsx([good_row(1), good_row(2, 姓名="")]))
    assert answer.status_code == 303
    record = newest()
    page = browser.get(answer.location)
    assert "可离开此页" in page.text or 'http-equiv="refresh"' in page.text
    tasks.check(record.id)
    page = browser.get(answer.location).text
    for words in ("学生一", "请填写此项", "只导入正确的行", "下载错误行", "有 1 行错误"):
        assert words in page
    assert "99999920" not in page.replace("999999*****", "")
    assert browser.post(f"/imports/file/{record.uid}/write").status_code == 303
    assert db.session.get(Import, record.id).state == "checked"
    assert browser.post(f"/imports/file/{record.uid}/write_good").status_code == 303
    tasks.write(record.id)
    page = browser.get(answer.location).text
    assert "已写入 1 行。" in page
    assert "1 行有错误，未写入。" in page
    assert db.session.query(Student).filter_by(student_no="2023000001").count() == 1
    assert "学生.xlsx" in browser.get("/import-history/list/").text


@pytest.mark.rule("BLK-03")
def test_the_same_file_twice_is_one_import(visit, cast):
    browser, data = visit(cast.officer), xlsx([good_row(1)])
    first = post(browser, data).location
    again = post(browser, data)
    assert again.location == first
    assert "这个文件已经上传过" in browser.get(first).text


@pytest.mark.rule("BLK-01", "INV-03")
def test_the_template_can_be_filled_and_brought_back(visit, cast, bring):
    answer = visit(cast.officer).get("/imports/students/template.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    page = book.worksheets[0]
    assert page["A2"].value.startswith("示例")
    assert page["A3"].number_format == "@" or page.column_dimensions["A"].number_format == "@"
    assert book["lists"].sheet_state == "hidden"
    assert len(page.data_validations.dataValidation) >= 5
    heads = [cell.value for cell in page[1]]
    row = good_row(1)
    values = {"学院*": "01 计算机学院", "学历*": "31 本科生毕业", "毕业届*": "2027", "班级": "1班"}
    for n, head in enumerate(heads, 1):
        value = values.get(head) or row.get(head.rstrip("*")) or {"专业*": row["专业"]}.get(head)
        if value:
            page.cell(3, n, value).number_format = "@"
    out = io.BytesIO()
    book.save(out)
    record = bring(out.getvalue())
    assert (record.new, record.faulty, record.details["examples"]) == (1, 0, 1), record.details


@pytest.mark.rule("INV-03")
def test_the_faulty_rows_come_back_marked_and_can_be_mended_and_brought_again(
    visit, cast, bring, apply
):
    rows = [
        good_row(1),
        good_row(2, 姓名="", 备注="=cmd()"),
        good_row(3, 身份证号="999999200401010018"),
    ]
    record = bring(xlsx(rows, [*rows[0], "备注"]))
    answer = visit(cast.officer).get(f"/imports/file/{record.uid}/errors.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    page = book.worksheets[0]
    heads = [cell.value for cell in page[1]]
    assert heads[:2] == ["原行号", "问题"]
    assert [page.cell(n, 1).value for n in (2, 3)] == [3, 4]
    wrong = page.cell(2, heads.index("姓名") + 1)
    assert wrong.fill.fgColor.rgb == "FFFFC7CE"
    assert "请填写此项" in wrong.comment.text
    assert page.cell(3, heads.index("身份证号") + 1).value == "999999200401010018"
    note = page.cell(2, heads.index("备注") + 1)
    assert (note.value, note.data_type) == ("=cmd()", "s")
    wrong.value = "学生二"
    page.cell(3, heads.index("身份证号") + 1).value = good_row(3)["身份证号"]
    out = io.BytesIO()
    book.save(out)
    again = bring(out.getvalue(), "改好.xlsx")
    assert (again.new, again.faulty, again.details["ignored"]) == (2, 0, ["备注"])


@pytest.mark.rule("INV-03")
def test_no_formula_of_the_person_becomes_a_live_one(cast, bring, visit):
    record = bring(xlsx([good_row(1, 姓名="", 班级="=HYPERLINK(1)", 院系="http://x.example")]))
    data = visit(cast.officer).get(f"/imports/file/{record.uid}/errors.xlsx").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in text
        assert not any(
            "hyperlink" in archive.read(name).decode("utf-8", "ignore")
            for name in archive.namelist()
            if name.endswith(".rels")
        )
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names


@pytest.mark.rule("ACC-02")
def test_an_import_is_there_for_its_school_only_and_its_faulty_rows_for_who_brought_it(
    visit, cast, bring
):
    record = bring(xlsx([good_row(1, 姓名="")]))
    colleague = make.make_user("school", school_id=cast.school.id)
    db.session.commit()
    for user in (cast.other_officer, make.account(cast.employer)):
        browser = visit(user)
        for path in ("", "/errors.xlsx"):
            assert browser.get(f"/imports/file/{record.uid}{path}").status_code == 404
        for step in ("write", "write_good", "undo"):
            assert browser.post(f"/imports/file/{record.uid}/{step}").status_code == 404
    browser = visit(colleague)
    assert browser.get(f"/imports/file/{record.uid}").status_code == 200
    assert browser.get(f"/imports/file/{record.uid}/errors.xlsx").status_code == 404


@pytest.mark.rule("ACC-02")
def test_a_sheet_is_there_for_its_roles_only(visit, cast):
    assert visit(cast.officer).get("/imports/send-list/").status_code == 404
    assert visit(make.account(cast.employer)).get("/imports/students/").status_code == 404
    assert visit(cast.officer).get("/imports/nothing/").status_code == 404
    assert visit(cast.college_officer).get("/imports/students/").status_code in (403, 404)


@pytest.mark.rule("BLK-05")
def test_odd_uploads_are_answered_with_a_sentence(visit, cast, monkeypatch):
    browser = visit(cast.officer)
    assert browser.post("/imports/students/").status_code == 422
    assert post(browser, b"").status_code == 422
    monkeypatch.setattr("app.files.imports.requests.MAX_BYTES", 1000)
    assert post(browser, b"x" * 1001).status_code == 422
    odd = post(browser, b"\x00\xff", "../../\u202eevil" + "长" * 300 + ".xlsx")
    assert odd.status_code == 303
    tasks.check(newest().id)
    assert "/" not in newest().file_name
    assert browser.get(odd.location).status_code == 200
    assert browser.post(odd.location + "/apply").status_code == 404


@pytest.mark.rule("BLK-04")
def test_a_page_of_an_import_asks_few_things(visit, cast, bring, query_count):
    record = bring(xlsx([good_row(n) for n in range(1, 40)]))
    browser = visit(cast.officer)
    browser.get(f"/imports/file/{record.uid}")
    with query_count() as seen:
        assert browser.get(f"/imports/file/{record.uid}").status_code == 200
    assert seen.n <= 20


@pytest.mark.rule("BLK-01")
def test_what_is_over_is_forgotten_after_a_while_and_the_history_stays(cast, bring, apply, visit):
    from app.core import filestore
    from app.files.imports.row_models import ImportRow

    record = apply(bring(xlsx([good_row(1)])))
    waiting = bring(xlsx([good_row(2)]))
    kept = waiting.file_key
    make.pass_time(days=8)
    assert tasks.forget.func() == 1
    assert db.session.get(Import, waiting.id).file_key is None
    with pytest.raises(FileNotFoundError):
        filestore.read_file(kept)
    make.pass_time(days=30)
    assert tasks.forget.func() == 1
    assert db.session.query(ImportRow).filter_by(import_id=record.id).count() == 0
    page = visit(cast.officer).get(f"/imports/file/{record.uid}")
    assert page.status_code == 200
    assert "无法撤销" in page.text
