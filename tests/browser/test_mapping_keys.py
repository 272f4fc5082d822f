"""A file of strange words is imported with the keyboard alone, and in a browser without script (BLK-06, MOB-01)."""

from __future__ import annotations

import openpyxl
import pytest

from tests.browser.files import XLSX, YEAR, as_bytes, fits_the_phone, office
from tests.browser.test_first_import import HEADS, row

pytestmark = [pytest.mark.browser, pytest.mark.rule("BLK-06", "MOB-01")]
AT = """() => { const e = document.activeElement; return { name: e.name || '', tag: e.tagName, text:
  (e.textContent || '').trim(), label: e.getAttribute('aria-label') || '',
  chosen: e.tagName === 'SELECT' ? e.selectedOptions[0].textContent : '' }; }"""
MOST_TABS = 150
WRITTEN = f"SELECT count(*) FROM student WHERE student_no LIKE '{YEAR - 2}50006%%'"
HEAD, OURS, MAJOR = "专业全称", "专业 *", "080101 软件工程"


def file_of(first: int) -> dict[str, object]:
    """Three rows; the column of the majors and one major in it are written as nobody else writes them."""
    book = openpyxl.Workbook()
    book.active.title = "名单"
    book.active.append([HEAD if head == "专业名称" else head for head in HEADS])
    for n, name in enumerate(("钟　繇", "华歆", "王朗"), first):
        book.active.append(row(n, name, 专业名称="软工方向" if n == first else "软件工程"))
    return {"name": "名单.xlsx", "mimeType": XLSX, "buffer": as_bytes(book)}


def to(page, wanted) -> None:
    """Tab until the control that `wanted` knows has the focus."""
    for _n in range(MOST_TABS):
        if wanted(page.evaluate(AT)):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {page.evaluate(AT)}")


def press(page, words: str) -> None:
    """The button of these words, by Tab and Enter."""
    to(page, lambda at: at["tag"] == "BUTTON" and at["text"].startswith(words))
    page.keyboard.press("Enter")


def choose(page, asked: str, words: str) -> None:
    """The choice of these words in the list that asks for `asked`, from its top by the arrow keys."""
    to(page, lambda at: at["tag"] == "SELECT" and asked in at["label"])
    page.keyboard.press("Home")
    for _n in range(60):
        if page.evaluate(AT)["chosen"] == words:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"not offered: {words}")


def test_a_file_is_mapped_mended_and_written_with_the_keyboard_alone(running, open_page, tmp_path):
    page = office(open_page, at="/imports/students/")
    page.set_input_files("#file", [file_of(61)])
    press(page, "上传并检查")
    page.get_by_role("button", name="按此对照检查").wait_for()
    choose(page, HEAD, OURS)
    to(page, lambda at: at["name"] == "keep")
    page.keyboard.press("Space")
    page.screenshot(path=tmp_path / "mapping-1366.png", full_page=True)
    press(page, "按此对照检查")
    page.get_by_text("错误汇总").wait_for()
    choose(page, "软工方向", MAJOR)
    to(page, lambda at: at["name"] == "keep")
    page.keyboard.press("Space")
    page.screenshot(path=tmp_path / "mending-1366.png", full_page=True)
    press(page, "按所选处理并重新检查")
    page.locator("#do-write:enabled").wait_for()
    press(page, "确认导入")
    page.locator("#qq-dialog[open]").wait_for()
    page.screenshot(path=tmp_path / "dialog-1366.png")
    page.keyboard.press("Enter")  # the focus is on what the dialog asks for
    page.get_by_text("已写入 3 行").wait_for()
    assert running.ask(f"{WRITTEN} AND student_no < '{YEAR - 2}500064'") == 3


def test_a_file_is_mapped_mended_and_written_without_script(running, open_page, tmp_path):
    page = open_page(390, 844, java_script_enabled=False)
    page.goto("/login/")
    page.fill("#who", "school")
    page.fill("#password", "Demo-2026!")
    page.click("main button[type=submit]")
    page.goto("/imports/students/")
    page.set_input_files("#file", [file_of(65)])
    page.get_by_role("button", name="上传并检查").click()
    steps = ((HEAD, OURS, "按此对照检查"), ("软工方向", MAJOR, "按所选处理并重新检查"))
    for n, (asked, words, button) in enumerate(steps):
        page.get_by_role("button", name=button).first.wait_for()  # the page looks again by itself
        page.locator(f"main select[aria-label*='{asked}']").first.select_option(label=words)
        page.locator("main input[name=keep]").first.uncheck()
        assert fits_the_phone(page)
        page.screenshot(path=tmp_path / f"step-{n}-390.png", full_page=True)
        page.get_by_role("button", name=button).first.click()
    write = page.locator("main form.qq-confirm button", has_text="确认导入")
    write.wait_for()  # the page looks again by itself
    page.screenshot(path=tmp_path / "preview-390.png", full_page=True)
    write.click()
    page.get_by_text("已写入 3 行").wait_for()
    assert running.ask(f"{WRITTEN} AND student_no > '{YEAR - 2}500064'") == 3
