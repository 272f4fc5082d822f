"""Plan and students narrowed by several things at once, on a desk and on a phone, down to the workbook."""

from __future__ import annotations

import openpyxl
import pytest

from tests.browser.files import downloaded, fits_the_phone, office

pytestmark = pytest.mark.browser


@pytest.mark.rule("PLN-04", "RPT-06", "BLK-01")
@pytest.mark.parametrize("width", [1366, 390])
def test_the_plan_is_narrowed_by_nature_region_and_employer_and_exported_so(
    running, open_page, tmp_path, width
):
    page = office(open_page)
    page.set_viewport_size({"width": width, "height": 768 if width > 400 else 844})
    page.goto("/plan/list/")
    everybody = page.get_by_role("link", name="导出").first.inner_text()
    page.get_by_text("更多筛选").click()
    page.get_by_label("地区：省、市、区名称或代码").fill("湖北")
    page.get_by_label("全部去向类别").select_option("employed")
    page.get_by_label("单位：名称片段或信用代码").fill("公司")
    page.locator(".qq-further").get_by_role("button", name="筛选").click()
    chips = page.locator(".qq-narrowings .qq-chip")
    assert chips.count() == 3
    assert page.get_by_role("link", name="导出").first.inner_text() != everybody
    assert width != 390 or fits_the_phone(page)
    chips.filter(has_text="公司").click()
    assert page.locator(".qq-narrowings .qq-chip").count() == 2
    shown = page.locator("tr.qq-row").count()
    page.get_by_role("link", name="导出").first.click()
    page.get_by_label("分析版").check()
    page.get_by_label("全部", exact=True).check()
    page.get_by_role("button", name="导出").click()
    book = openpyxl.load_workbook(downloaded(page, tmp_path, "a.xlsx"))
    assert book.sheetnames[:3] == ["数据", "透视表", "图表"]
    heads = [cell.value for cell in book["数据"][1]]
    pay = next(n for n, head in enumerate(heads) if head.startswith("转正起薪"))
    pays = [row[pay] for row in book["数据"].iter_rows(min_row=2, values_only=True)]
    assert len(pays) >= shown > 0
    assert any(isinstance(value, int | float) for value in pays)


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize("width", [1366, 390])
def test_students_are_found_by_their_employer_and_narrowed_by_class(running, open_page, width):
    employer = running.ask(
        "SELECT employer_name FROM plan_entry WHERE school_id = (SELECT min(id) FROM school)"
        " AND employer_name LIKE '%%公司' ORDER BY id LIMIT 1"
    )
    page = office(open_page)
    page.set_viewport_size({"width": width, "height": 768 if width > 400 else 844})
    page.goto("/students/list/")
    page.locator("#qq-search").fill(str(employer)[:6])
    page.locator("#qq-search").press("Enter")
    page.locator(".qq-narrowings").wait_for()
    assert page.locator("tr.qq-row").count() > 0
    page.get_by_text("更多筛选").click()
    page.get_by_label("班级：名称片段").fill("1")
    page.locator(".qq-further").get_by_role("button", name="筛选").click()
    assert page.locator(".qq-narrowings .qq-chip").count() == 2
    assert width != 390 or fits_the_phone(page)
    page.locator(".qq-narrowings").get_by_role("link", name="清除").click()
    assert page.locator(".qq-narrowings").count() == 0
