"""The whole origin record: read and corrected on the phone, its gaps mended by one workbook (PLN-12, CHK-02)."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest

from tests.browser.conftest import sign_in
from tests.browser.files import XLSX, as_bytes, downloaded, fits_the_phone, numbers, office
from tests.browser.test_life import confirm, phone

pytestmark = pytest.mark.browser
STUDENT = "SELECT student_id FROM ab_user WHERE username = 'student5'"
GAPS = "SELECT count(*) FROM finding WHERE rule = 'gaps' AND state = 'open'"
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def look(page, name: str) -> None:
    """Keep a picture of both widths where somebody wants to look at it; nothing runs off the phone."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        if size is NARROW:
            assert fits_the_phone(page), name
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=str(Path(folder) / f"{name}-{size['width']}.png"), full_page=True)


@pytest.mark.rule("PLN-12", "ADM-09", "MOB-01")
def test_a_student_reads_the_record_on_the_phone_and_the_school_accepts_a_correction(
    running, open_page
):
    key = running.ask(STUDENT)
    desk = office(open_page, at=f"/students/show/{key}")
    shown = desk.inner_text("main")
    for label in (
        "政治面貌",
        "出生日期",
        "学制",
        "入学时间",
        "毕业时间",
        "师范生类别",
        "困难生类别",
        "家庭住址",
        "入学前户口所在地派出所",
    ):
        assert label in shown, label
    assert (
        "2004****" in shown or "2005****" in shown or "2003****" in shown
    )  # a day of birth stays masked beside a masked number
    look(desk, "record")
    desk.goto(f"/students/edit/{key}")
    look(desk, "form")
    page = phone(open_page)
    sign_in(page, "student5", at="/my/origin/")
    assert fits_the_phone(page)
    look(page, "own")
    page.set_viewport_size(NARROW)
    assert page.locator('a[href="/my/origin/propose/birth_date"]').count() == 0
    page.locator('a[href="/my/origin/propose/home_address"]').click()
    page.fill("#value", "湖北省武汉市江夏区文化大道99号")
    page.fill("#reason", "全家搬到了江夏")
    look(page, "propose")
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="提交学校").click()
    page.wait_for_load_state()
    assert "湖北省武汉市江夏区****" in page.inner_text("main")
    desk.goto("/corrections/list/?f_field=home_address")
    desk.locator("td.t a").first.click()
    desk.wait_for_load_state()
    look(desk, "correction")
    desk.locator("[data-qq-action=accept]").first.click()
    if desk.locator("#qq-dialog[open]").count():
        confirm(desk)
    desk.goto(f"/students/show/{key}")
    assert "湖北省武汉市江夏区****" in desk.inner_text("main")
    assert "文化大道" not in desk.content()


@pytest.mark.rule("CHK-02", "BLK-01")
def test_the_gaps_of_a_year_go_out_as_a_workbook_and_come_back(running, open_page, tmp_path):
    before = running.ask(GAPS)
    assert before
    page = office(open_page, at="/checks/findings/list/?tab=warning&f_field=hardship")
    assert "标准格式有空栏" in page.inner_text("main")
    look(page, "findings")
    page.get_by_role("link", name="用表格批量更正").click()
    page.wait_for_load_state()
    look(page, "fill")
    page.get_by_role("button", name="生成表格").first.click()
    book = openpyxl.load_workbook(downloaded(page, tmp_path, "findings.xlsx"))
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.max_row == before + 1
    for row in range(2, sheet.max_row + 1):
        for head, value in (("困难生类别", "0 非困难生"), ("政治面貌", "03 共青团员")):
            if head in str(sheet.cell(row, heads["问题"]).value):
                sheet.cell(row, heads[head]).value = value
    page.get_by_role("link", name="用表格批量更正").first.click()
    page.wait_for_load_state()
    file = {"name": "已填写.xlsx", "mimeType": XLSX, "buffer": as_bytes(book)}
    page.set_input_files("#file-person", [file])
    page.get_by_role("button", name="上传填好的表格").first.click()
    page.locator(".qq-stats").wait_for()
    found = numbers(page)
    assert (found["变更"], found["错误"]) == (str(before), "0"), found
    look(page, "preview")
    page.get_by_role("button", name="确认导入").click()
    confirm(page)
    page.get_by_text("已导入").first.wait_for()
    page.goto("/checks/")
    until = "() => !document.querySelector('progress')"
    page.wait_for_function(until)
    page.goto("/checks/findings/list/?tab=warning&f_rule=gaps")
    for _n in range(60):
        if running.ask(GAPS) == 0:
            break
        page.reload()
    assert running.ask(GAPS) == 0
    page.goto("/checks/findings/list/?tab=gone&f_rule=gaps")
    look(page, "gone")
