"""Data staff's files in the browser: the ministry's plan beside ours, an official workbook, archives forwarded."""

from __future__ import annotations

import openpyxl
import pytest

from tests.browser.conftest import sign_in, text_of
from tests.browser.files import XLSX, YEAR, as_bytes, bring, downloaded, fits_the_phone, office
from tests.browser.test_life import confirm, press
from tests.plan.official.books import cells, workbook

pytestmark = pytest.mark.browser


@pytest.mark.rule("PLN-05", "PLN-03", "BLK-04")
def test_a_ministrys_file_is_compared_chosen_applied_and_compared_again(
    running, open_page, tmp_path
):
    page = office(open_page, at="/plan/list/")
    page.get_by_role("link", name="导入或比对方案文件").click()
    page.get_by_role("link", name="部下发就业方案.csv").click()
    page.get_by_role("link", name="逐项比对").click()
    where = page.url
    assert "武汉分公司" in page.inner_text("main")
    page.get_by_role("button", name="生成差异表").click()
    book = openpyxl.load_workbook(downloaded(page, tmp_path, "differences.xlsx"))
    assert {row[0].value for row in book.worksheets[0].iter_rows(min_row=2)} == {
        "不一致",
        "仅本系统有",
        "仅文件有",
    }
    page.goto(where)
    page.select_option("#kind", "owned")
    page.select_option("#take", "ours")
    page.get_by_role("button", name="全部这样处理").click()
    page.get_by_text("已保存选择").first.wait_for()
    press(page, "write_good")
    confirm(page)
    page.get_by_text("已写入").first.wait_for()
    page.goto(where)
    left = page.inner_text("main")
    assert "自由撰稿" not in left  # applied
    assert "武汉分公司" in left  # kept as ours: the other side should correct it
    assert running.ask("SELECT count(*) FROM change_request WHERE source = 'import'") == 0


@pytest.mark.rule("PLN-09")
def test_an_official_workbook_is_filled(running, open_page, tmp_path):
    number = running.ask(
        "SELECT s.student_no FROM plan_entry e JOIN student s ON s.id = e.student_id"
        " WHERE e.destination_code = '10' AND e.employer_kind IN ('31', '32', '39')"
        " AND s.school_id = (SELECT min(id) FROM school) ORDER BY 1 LIMIT 1"
    )
    assert number
    page = office(open_page, at="/plan/official/")
    data = workbook([{"学号": number}, {"学号": "没有这个"}])
    page.set_input_files("#file", [{"name": "官方表.xlsx", "mimeType": XLSX, "buffer": data}])
    page.get_by_role("button", name="上传并填写").click()
    done = downloaded(page, tmp_path, "filled.xlsx").read_bytes()
    assert cells(done, 3)["毕业去向"] == "签就业协议形式就业"
    assert "没有这个号码的学生" in page.inner_text("main")


@pytest.mark.rule("PLN-10", "MOB-01")
def test_archives_are_forwarded_and_the_student_reads_the_tracking_number(
    running, open_page, tmp_path
):
    page = office(open_page, at=f"/plan/letters/make/?year={YEAR}")
    page.get_by_role("button", name="生成转递单（PDF）").click()
    text = text_of(downloaded(page, tmp_path, "letters.pdf"))
    assert "档案转递单" in text
    assert f"{YEAR}-00001" in text
    page.goto(f"/plan/letters/make/?year={YEAR}")
    page.get_by_role("button", name="生成寄递表").click()
    book = openpyxl.load_workbook(downloaded(page, tmp_path, "courier.xlsx"))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    for n in range(2, sheet.max_row + 1):
        sheet.cell(n, heads.index("快递单号") + 1, f"EMS{n:08d}")
    page.goto("/imports/courier/")
    bring(page, as_bytes(book), "寄递表.xlsx")  # its columns for people are not asked about
    press(page, "write")
    confirm(page)
    page.get_by_text("已写入").first.wait_for()
    student = open_page(width=390, height=844)
    sign_in(student, "student3")
    assert "EMS0" in student.inner_text("main")
    assert fits_the_phone(student)
