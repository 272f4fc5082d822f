"""The plan in the office's hands: reconciled with conflicts, counted down to the names, exported as filtered."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from tests.browser.files import YEAR, fits_the_phone, office, saved
from tests.browser.test_life import confirm, press, worked_through
from tests.files.exports.read_back import dbf_rows

pytestmark = pytest.mark.browser
PLAIN = """SELECT e.id FROM plan_entry e JOIN placement p ON p.id = e.placement_id
 WHERE e.school_id = (SELECT min(id) FROM school) AND e.state = 'filled' AND NOT e.by_staff
 AND p.state = 'in_force' AND e.employer_name IS NOT NULL AND e.contact_name IS NOT NULL
 AND NOT EXISTS (SELECT 1 FROM change_request q WHERE q.entry_id = e.id)
 ORDER BY e.id DESC OFFSET %s LIMIT 1"""
ENDED = """SELECT e.id FROM plan_entry e JOIN placement p ON p.student_id = e.student_id
 WHERE e.state = 'open' AND p.state IN ('refused', 'terminated')
 AND e.school_id = (SELECT min(id) FROM school)
 AND NOT EXISTS (SELECT 1 FROM placement q WHERE q.student_id = e.student_id AND q.state = 'in_force')
 ORDER BY e.id LIMIT 1"""
STAFFS = """UPDATE plan_entry SET by_staff = true, placement_id = NULL, employer_name = %s,
 contact_name = '就业办', sources = '{"employer_name": "staff", "contact_name": "staff"}' WHERE id = %s"""


def disturb(running) -> dict[str, object]:
    """Rows as an older system left them: one missing, one different, one too many, three of staff's own."""
    missing, different, *staffs = (running.ask(PLAIN, n) for n in range(5))
    extra = running.ask(ENDED)
    student = running.ask("SELECT student_id FROM plan_entry WHERE id = %s", missing)
    running.do("DELETE FROM plan_entry WHERE id = %s", missing)
    running.do("UPDATE plan_entry SET employer_name = '旧单位名称' WHERE id = %s", different)
    running.do(
        "UPDATE plan_entry e SET state = 'filled', destination_code = '10', employer_name = '已解约单位',"
        """ sources = '{"destination_code": "signing", "employer_name": "signing"}', placement_id ="""
        " (SELECT max(p.id) FROM placement p WHERE p.student_id = e.student_id) WHERE id = %s",
        extra,
    )
    for n, key in enumerate(staffs):
        running.do(STAFFS, f"工作人员填写的单位{n}", key)
    return {"student": student, "different": different, "extra": extra, "staffs": staffs}


def of_row(running, key: object, field: str) -> object:
    return running.ask(f"SELECT {field} FROM plan_entry WHERE id = %s", key)


@pytest.mark.rule("PLN-03", "PLN-04", "PLN-06")
def test_the_plan_is_reconciled_and_its_conflicts_decided(running, open_page):
    waiting = running.ask("SELECT count(*) FROM change_request WHERE state = 'open'")
    known = disturb(running)
    first, second, third = known["staffs"]
    page = office(open_page, at="/plan/list/")
    page.get_by_role("link", name="分届情况").click()
    page.locator('a[href="/plan/sync/2027"]').click()
    shown = page.inner_text("main")
    for head in (
        "缺少：将新增: 1",
        "不一致：将更新: 1",
        "去向已失效：将撤回: 1",
        "与工作人员填写的数据冲突: 3",
    ):
        assert head in shown, shown
    assert "尚未写入任何数据" in shown
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_phone(page)
    page.set_viewport_size({"width": 1366, "height": 768})
    row_of = "SELECT count(*) FROM plan_entry WHERE student_id = %s"
    assert running.ask(row_of, known["student"]) == 0  # the dry run wrote nothing
    page.get_by_role("button", name=re.compile("^同步 3 条 · 3 ")).click()
    page.wait_for_load_state()
    assert running.ask(row_of, known["student"]) == 1
    assert of_row(running, known["different"], "employer_name") != "旧单位名称"
    assert of_row(running, known["extra"], "state") == "open"
    assert of_row(running, first, "employer_name") == "工作人员填写的单位0"  # staff's own stays

    # the first conflict field by field: the employer of the signing, staff's contact
    page.goto("/plan/sync/")
    assert f"{waiting + 3} 条变更" in page.inner_text("main")
    change = "SELECT id FROM change_request WHERE entry_id = %s ORDER BY id DESC LIMIT 1"
    page.goto(f"/plan/changes/show/{running.ask(change, first)}")
    assert "工作人员填写的单位0" in page.inner_text("main")
    page.locator("input[name=f-contact_name][value=old]").check()
    page.get_by_role("button", name="按所选保存").click()
    page.wait_for_load_state()
    assert of_row(running, first, "employer_name") != "工作人员填写的单位0"
    assert of_row(running, first, "contact_name") == "就业办"

    # the two others alike, on the phone: staff's rows stay, which needs a reason
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/plan/changes/show/{running.ask(change, second)}")
    assert fits_the_phone(page)
    page.check("input[name=alike]")
    page.fill("#reason", "以学校核实的单位为准。")
    page.get_by_role("button", name="保留原数据").click()
    page.wait_for_load_state()
    assert of_row(running, third, "employer_name") == "工作人员填写的单位2"
    assert running.ask("SELECT state FROM change_request WHERE entry_id = %s", third) == "dropped"

    # what waited before is taken over from the list, in bulk
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/plan/changes/list/")
    boxes = page.locator("[name=rowid]")
    assert boxes.count() == waiting > 0
    for box in boxes.all():
        box.check()
    press(page, "apply")
    confirm(page)
    worked_through(page)
    left = running.ask("SELECT count(*) FROM change_request WHERE state = 'open'")
    assert left == 0, page.inner_text("main")
    page.goto(f"/plan/sync/{YEAR}")
    assert "就业方案与去向一致，无差异" in page.inner_text("main")


def figures(page) -> dict[str, int]:
    """The totals of the rate's table, without their percentages."""
    found = page.locator("table.qq-figures tfoot td")
    return {
        str(cell.get_attribute("data-label")): int(cell.inner_text().split()[0].replace(",", ""))
        for cell in found.all()[1:]
    }


@pytest.mark.rule("RPT-01", "RPT-05", "PLN-11", "BLK-05", "MOB-01")
def test_a_rate_is_followed_to_the_names_behind_it(running, open_page, tmp_path):
    page = office(open_page, at="/reports/rate")
    totals = {}
    for edition in ("2021", "2024"):
        page.select_option("#f-formula", edition)
        page.get_by_role("button", name="查看").click()
        page.wait_for_load_state()
        totals[edition] = figures(page)
    graduates = (
        f"SELECT count(*) FROM student WHERE origin_state = 'approved' AND graduation_year = {YEAR}"
    )
    graduates += " AND school_id = (SELECT min(id) FROM school)"
    all_of = "毕业生数（N）"
    assert totals["2021"][all_of] == totals["2024"][all_of] == running.ask(graduates)
    for found in totals.values():
        rest = sum(found[part] for part in ("待就业", "暂不就业", "未登记"))
        assert found["毕业去向落实率"] + rest == found[all_of]

    # from the figure of one college to its names
    line = page.locator("table.qq-figures tbody tr").nth(1)
    college = line.locator("td").first.inner_text()
    link = line.locator("td[data-label=毕业去向落实率] a")
    count = int(link.inner_text())
    link.click()
    page.wait_for_load_state()
    settled = running.ask(
        "SELECT count(*) FROM plan_entry e JOIN college c ON c.id = e.college_id WHERE c.name = %s"
        f" AND e.destination_code IS NOT NULL AND e.graduation_year = {YEAR}",
        college,
    )
    assert count == settled
    assert f"共 {count} 条" in page.inner_text("main")
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_phone(page)
    page.set_viewport_size({"width": 1366, "height": 768})

    # the names as a file; no personal number in it
    page.get_by_role("link", name=f"导出 {count} 行").click()
    page.check("input[name=format][value=csv]")
    page.get_by_role("button", name="导出", exact=True).click()
    fetch = page.get_by_role("link", name="下载", exact=True)
    rows = read(saved(page, fetch, tmp_path, "names.csv"))
    assert len(rows) == count + 1
    assert {row[rows[0].index("学院")] for row in rows[1:]} == {college}
    assert not re.search(r"\d{17}|1380000\d{4}", "".join(map("".join, rows)))
    page.goto("/reports/graduates/list/")
    page.get_by_role("link", name="统计报表").first.click()
    assert "毕业去向落实率" in page.inner_text("h1")


def read(path: Path) -> list[list[str]]:
    """The rows of an exported file, its header first."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    if path.suffix == ".dbf":
        return [list(map(str, row)) for row in dbf_rows(path.read_bytes())]
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.rule("BLK-05", "RPT-05", "ADM-07")
def test_the_plans_list_goes_out_as_it_is_filtered_and_for_its_asker_only(
    running, open_page, tmp_path
):
    page = office(open_page, at="/plan/list/?tab=filled")
    page.select_option("select[name=f_college]", label="法学院")
    page.get_by_role("button", name="查找").click()
    page.wait_for_load_state()
    count = running.ask(
        "SELECT count(*) FROM plan_entry e JOIN college c ON c.id = e.college_id"
        " WHERE c.name = '法学院' AND e.state = 'filled'"
    )
    where = page.url
    for kind in ("xlsx", "csv", "dbf"):
        page.goto(where)
        page.get_by_role("link", name=f"导出 {count} 行").click()
        about = page.inner_text("main")
        assert str(count) in about
        assert "法学院" in about
        assert "已填写" in about
        page.check(f"input[name=format][value={kind}]")
        page.get_by_role("button", name="导出", exact=True).click()
        fetch = page.get_by_role("link", name="下载", exact=True)
        fetch.wait_for()
        rows = read(saved(page, fetch, tmp_path, f"plan.{kind}"))
        assert len(rows) == count + 1, kind
        assert any("10 签就业协议形式就业" in cell for cell in rows[1])
    mine = page.url
    other = office(open_page, "data")  # the same school, another person
    for address in (mine, mine + "/fetch"):
        assert other.goto(address).status == 404
    kept = "SELECT count(*) FROM export_file WHERE user_id = (SELECT id FROM ab_user WHERE username = 'school')"
    assert running.ask(kept) >= 3
