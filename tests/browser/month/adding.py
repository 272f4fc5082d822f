"""The first half: 8,000 graduates added and approved, the ministry's plan file compared and applied."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from tests.browser.files import YEAR
from tests.browser.month import libre, people
from tests.browser.month.hand import Hand

OURS = f"student_no BETWEEN '{people.FIRST}' AND '{people.FIRST + people.MANY}'"
COUNT = f"SELECT count(*) FROM student WHERE {OURS}"
BY_BOOK = ("ID number mistyped", "phone too short", "name empty")  # mended row by row
REST = people.rows_with(*BY_BOOK)
WRONG = people.rows_with(*BY_BOOK, "no such day", "error instead of a number")
DOUBLES = 8


def of_value(page: Any, text: str) -> Any:
    """The choice beside a value of the file."""
    return page.locator("tr", has=page.locator(f"td:text-is('{text}')")).locator("select")


def of_trouble(page: Any, text: str) -> Any:
    """A group of problems by what its sentence says."""
    return page.locator(".qq-trouble", has_text=text)


def add(hand: Hand) -> None:
    """The workbook of all graduates is read, its words are decided, its faults mended on the page."""
    data = libre.saved(people.students_book(), f"{YEAR}届毕业生名单.xlsx")
    page = hand.page
    with hand.step("add: read and map"):
        hand.say(f"{len(data) / 1e6:.1f} MB")
        hand.go("/students/list/")
        hand.click("导入")
        hand.file(data, f"{YEAR}届毕业生名单.xlsx")
        hand.click("上传并检查")
        page.locator("#words").wait_for(timeout=600_000)
        hand.shot("a1-words", 1366, 390)
        hand.pick(of_value(page, "经管系"), "04 经济管理学院")
        hand.pick(of_value(page, "不祥"), "这些单元格留空")
        hand.click("按此对照检查")
        seen = hand.figures()
        assert seen["错误"] == WRONG + DOUBLES, seen
        hand.say(f"{seen}")
        hand.shot("a2-preview")
    with hand.step("add: mend on the page"):
        day = of_trouble(page, "日期不正确")
        hand.pick(day.locator("select"), "改为右侧填写的内容")
        day.locator("input[name^=typed]").fill(f"{YEAR - 4}-09-01")
        hand.pick(of_trouble(page, "错误值").locator("select"), "这些单元格留空")
        hand.pick(of_trouble(page, "行重复").locator("select"), "不导入这些行")
        hand.click("按所选处理并重新检查")
        seen = hand.figures()
        assert seen["错误"] == REST, seen
        hand.tick(page.get_by_label("我已阅读，同意按此导入。"))
        hand.click("同意")
        hand.act("write_good")
        hand.until("已写入")
        hand.same("written", seen["新增"], people.MANY - REST, hand.it.ask(COUNT))
        hand.shot("a3-written")


def add_rest(hand: Hand) -> None:
    """The faulty rows come back as a workbook, are mended there, and brought as they are."""
    with hand.step("add: the error workbook"):
        file = hand.fetch(hand.page.get_by_role("link", name="下载错误行"), "错误行.xlsx")
        book = openpyxl.load_workbook(file)
        sheet = book.worksheets[0]
        heads = [cell.value for cell in sheet[1]]
        hand.same("faulty rows", sheet.max_row - 1, REST)
        for at in range(2, sheet.max_row + 1):
            n = int(sheet.cell(at, heads.index("学生学号") + 1).value) - people.FIRST
            for head in ("身份证号码", "手机号码", "姓名"):
                sheet.cell(at, heads.index(head) + 1).value = str(people.person(n)[head])
        out = io.BytesIO()
        book.save(out)
        hand.go("/students/list/")
        hand.click("导入")
        hand.file(out.getvalue(), "错误行.xlsx")
        hand.click("上传并检查")
        seen = hand.figures()
        assert (seen["新增"], seen["错误"]) == (REST, 0), seen
        hand.act("write")
        hand.until("已写入")
        hand.same("students", people.MANY, hand.it.ask(COUNT))


def approve(hand: Hand) -> None:
    """All new records are approved from the list."""
    waiting = f"{COUNT} AND origin_state = 'entered'"
    with hand.step("add: approve the records"):
        hand.go("/students/list/")
        hand.tab("待审核")
        hand.shot("a4-approve")
        hand.everything("approve_record")
        hand.finished()
        hand.shot("a5-approved")
        hand.same("approved", hand.it.ask(f"{COUNT} AND origin_state = 'approved'"), people.MANY)
        assert not hand.it.ask(waiting)
