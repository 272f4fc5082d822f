"""Lists brought as files: an employer's send list mended and sent, a new year's students who sign in."""

from __future__ import annotations

import openpyxl
import pytest

from tests.browser.conftest import sign_in
from tests.browser.files import (
    YEAR,
    as_bytes,
    bring,
    filled,
    fits_the_phone,
    numbers,
    office,
    saved,
)
from tests.browser.test_codes import sent_since
from tests.browser.test_life import confirm, phone, press
from tests.browser.test_story import asked_code, last_code, write_letter
from tests.factories import id_number

pytestmark = pytest.mark.browser
RED = "FFFFC7CE"
MISSED = "没有找到可以签约的学生"
FREE = """SELECT s.name FROM student s JOIN school c ON c.id = s.school_id WHERE c.code = '10999'
 AND s.training_mode = '1' AND s.verified_at IS NOT NULL AND s.origin_state = 'approved'
 AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id)
 AND NOT EXISTS (SELECT 1 FROM plan_entry e WHERE e.student_id = s.id AND e.by_staff)
 AND NOT EXISTS (SELECT 1 FROM restriction r WHERE r.student_id = s.id)
 AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)
 AND NOT EXISTS (SELECT 1 FROM candidate i WHERE i.student_id = s.id)
 AND s.id = %s"""


def free_students(running, count: int) -> list[dict[str, str]]:
    """Students whom an employer may find, as a recruiter has them on paper."""
    found: list[dict[str, str]] = []
    for key in range(100, 540):
        name = running.ask(FREE, key)
        if name:
            number = str(running.ask("SELECT student_no FROM student WHERE id = %s", key))
            found.append(
                {
                    "学校": "江汉青山大学",
                    "毕业届": number[:4],
                    "姓名": str(name),
                    "身份证号或手机号": f"138000{int(number[4:]):05d}",
                }
            )
            found[-1]["毕业届"] = str(int(number[:4]) + 4)
        if len(found) == count:
            return found
    raise AssertionError("too few free students in the demo")


def wide(text: str) -> str:
    """Full-width digits, as an input method leaves them."""
    return text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})


@pytest.mark.rule("INV-03", "BLK-01", "BLK-03", "INV-04", "INV-13", "MOB-01")
def test_a_send_list_is_mended_imported_and_invited(running, open_page, tmp_path):
    page = office(open_page, "employer1")
    mine = running.ask("SELECT employer_id FROM ab_user WHERE username = 'employer1'")
    listed = "SELECT count(*) FROM candidate WHERE employer_id = %s"
    before = running.ask(listed, mine)
    people = free_students(running, 6)
    page.goto("/employer/candidates/")
    page.get_by_role("link", name="从文件批量导入").click()
    template = saved(page, page.get_by_role("link", name="下载模板"), tmp_path, "template.xlsx")
    number = "身份证号或手机号"
    rows = [
        people[0] | {number: wide(people[0][number])},  # mended by itself
        people[1] | {number: people[0][number]},  # somebody else's phone
        people[2] | {"学校": "没有这个大学"},
        people[3] | {"毕业届": "明年"},
        people[4] | {number: ""},
        *[people[5]] * 2,  # twice in the file: the first stays
    ]
    bring(page, filled(template, rows), "拟录用名单.xlsx")
    assert numbers(page) == {"行数": "7", "新增": "2", "变更": "0", "无变化": "0", "错误": "5"}
    shown = page.inner_text("main")
    for row, sentence in (
        (4, MISSED),
        (5, "不在该列的可选范围内"),
        (6, "此处应填整数"),
        (7, "请填写"),
        (9, "与本文件第 8 行重复"),
    ):
        line = page.locator("tr", has=page.locator("td:first-child", has_text=str(row))).first
        assert sentence in line.inner_text()
    assert "已自动修正" in shown
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_the_phone(page)
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.get_by_role("button", name="确认导入").is_disabled()
    assert "有 5 行错误。请更正后重新上传" in shown

    # the faulty rows come back with their reasons, wrong cells red, the rows as Excel numbers them
    book = openpyxl.load_workbook(
        saved(page, page.get_by_role("link", name="下载错误行"), tmp_path, "faulty.xlsx")
    )
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    assert [sheet.cell(n, 1).value for n in range(2, sheet.max_row + 1)] == [4, 5, 6, 7, 9]
    red = {
        (cell.row, heads[cell.column - 1].rstrip("*"))
        for row in sheet.iter_rows(min_row=2)
        for cell in row[2:]
        if cell.fill.start_color.rgb == RED
    }
    assert red == {(2, number), (3, "学校"), (4, "毕业届"), (5, number), (6, number)}
    assert MISSED in sheet.cell(2, 2).value

    # mended in that workbook and brought again as it is
    for at, person in enumerate([*people[1:], people[0]], 2):  # and one line more
        for n, head in enumerate(heads, 1):
            sheet.cell(at, n).value = person.get(str(head).rstrip("*"), sheet.cell(at, n).value)
    mended = as_bytes(book)
    page.get_by_role("link", name="上传其他文件").click()
    bring(page, mended, "错误行.xlsx")
    assert numbers(page)["新增"] == "6"
    press(page, "write_own")
    confirm(page)
    page.get_by_text("已写入 6 行").wait_for()
    assert running.ask(listed, mine) == before + 6

    # one letter to three of them, previewed, sent
    page.goto("/employer/candidates/")
    for person in people[:3]:
        page.locator(".qq-row", has_text=person["姓名"]).first.locator("[name=rowid]").check()
    page.get_by_role("button", name="发送签约邀请").click()
    write_letter(page)
    preview = page.inner_text("main")
    assert all(person["姓名"] in preview for person in people[:3])
    page.fill("#code", asked_code(page, "main [data-qq-code-url]", open_page))
    page.locator("main form:has([name=batch]) button.btn-primary").click()
    page.wait_for_load_state()
    sent = "SELECT count(*) FROM invitation i JOIN student s ON s.id = i.student_id"
    sent += " WHERE i.employer_id = %s AND s.name = ANY(%s)"
    assert running.ask(sent, mine, [person["姓名"] for person in people[:3]]) == 3
    assert running.ask(listed, mine) == before + 3

    # the very same file once more
    page.goto("/imports/send-list/")
    bring(page, mended, "错误行.xlsx")
    assert "已经上传过，没有重复处理" in page.inner_text("body")
    assert running.ask(listed, mine) == before + 3


def student_row(n: int, **more: object) -> dict[str, object]:
    return {
        "学号": f"{YEAR - 3}{n:06d}",
        "姓名": f"新生{'甲乙丙丁'[n]}",
        "身份证号": id_number(700 + n),
        "学院": "计算机科学与技术学院",
        "专业": "数据科学与大数据技术",
        "毕业届": str(YEAR + 1),
        "学历": "31",
        "培养方式": "1",
        "手机": f"1370000000{n}",
    } | more


@pytest.mark.rule("ADM-02", "BLK-01", "BLK-03", "ACC-01", "ACC-04", "ADM-01", "MOB-01")
def test_a_new_years_students_are_imported_and_sign_in_for_the_first_time(
    running, open_page, tmp_path
):
    page = office(open_page)
    count = f"SELECT count(*) FROM student WHERE graduation_year = {YEAR + 1}"
    page.goto("/students/list/")
    page.get_by_role("link", name="导入", exact=False).first.click()
    template = saved(page, page.get_by_role("link", name="下载模板"), tmp_path, "students.xlsx")
    bring(page, filled(template, [student_row(n) for n in range(3)]), "新一届.xlsx")
    assert numbers(page)["错误"] == "3"
    assert "“数据科学与大数据技术”不是该学院的专业" in page.inner_text("main")
    assert running.ask(count) == 0

    # the new major first, then the same file: it is read again, for the school has changed
    page.goto("/imports/majors/")
    majors = saved(page, page.get_by_role("link", name="下载模板"), tmp_path, "majors.xlsx")
    new = {"学院": "计算机科学与技术学院", "专业代码": "080910", "专业名称": "数据科学与大数据技术"}
    bring(page, filled(majors, [new]), "新专业.xlsx")
    press(page, "write")
    confirm(page)
    page.get_by_text("已写入 1 行").wait_for()
    page.goto("/imports/students/")
    bring(page, filled(template, [student_row(n) for n in range(3)]), "新一届.xlsx")
    assert numbers(page)["新增"] == "3"
    press(page, "write")
    confirm(page)
    page.get_by_text("已写入 3 行").wait_for()
    where = page.url
    assert running.ask(count) == 3
    assert "13700000001" not in page.content()

    # nobody has used an account yet: it can be taken back, and brought again
    press(page, "undo")
    confirm(page)
    page.get_by_text("已撤销，数据已恢复").wait_for()
    assert running.ask(count) == 0
    page.goto("/imports/students/")
    bring(page, filled(template, [student_row(n) for n in range(3)]), "新一届.xlsx")
    press(page, "write")
    confirm(page)
    page.get_by_text("已写入 3 行").wait_for()
    where = page.url

    # one of them, on the phone: no password yet, a code sets one; then the page of the first sign-in
    student = phone(open_page)
    student.goto("/login/")
    student.get_by_role("link", name="忘记密码／学生首次登录").first.click()
    student.fill("#who", f"{YEAR - 3}000001")
    student.select_option("#school", "10999")
    before = running.ask("SELECT count(*) FROM message WHERE sent_at IS NOT NULL")
    student.click("main form button[type=submit]")
    student.wait_for_load_state()
    sent_since(running, before)
    student.fill("#code", last_code(open_page()))
    for field in ("password", "again"):
        student.fill(f"#{field}", "Student-2028x")
    student.click("main form button[type=submit]")
    student.wait_for_url("**/login/")
    sign_in(student, f"{YEAR - 3}000001", "Student-2028x", "10999")
    student.wait_for_url("**/my/verify/**")
    assert "新生乙" in student.inner_text("main")
    assert fits_the_phone(student)

    # an account that is used keeps the import
    page.goto(where)
    press(page, "undo")
    confirm(page)
    page.get_by_text("已被使用，无法撤销").wait_for()
    assert running.ask(count) == 3
