"""A school's first import with everything wrong at once, and the next file of the same kind (BLK-06, 07, 09)."""

from __future__ import annotations

import io
import shutil
import subprocess

import openpyxl
import pytest

from tests.browser.files import XLSX, YEAR, as_bytes, fits_the_phone, office
from tests.browser.test_life import confirm
from tests.factories import id_number

pytestmark = [pytest.mark.browser, pytest.mark.rule("BLK-06", "BLK-07", "BLK-09")]
HEADS = [
    "学生学号",
    "姓名",
    "身份证号码",
    "所在院系",
    "专业名称",
    "毕业年度",
    "学历层次",
    "民族",
    "性别",
    "手机号码",
    "备注",
]
COLLEGE = "计算机科学与技术学院"


def row(n: int, name: str, **more: object) -> list[object]:
    """A student as the office keeps it: numbers as numbers, own words, padded names."""
    values = {
        "学生学号": (YEAR - 2) * 1_000_000 + 500_000 + n,
        "姓名": name,
        "身份证号码": id_number(5_000 + n),
        "所在院系": COLLEGE,
        "专业名称": "软件工程",
        "毕业年度": f"{YEAR + 2}届",
        "学历层次": "本科",
        "民族": "汉",
        "性别": "男性",
        "手机号码": 13_900_500_000 + n,
        "备注": "走读",
    }
    return [(values | more)[head] for head in HEADS]


def everything_wrong(first: int) -> openpyxl.Workbook:
    """Two sheets of the same headers below titles, one other sheet, a filter that hides a row, totals."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "一班"
    for title in ("江汉青山大学毕业生名单", "制表：学工处"):
        page.append([title])
    page.append(HEADS)
    for n, name in enumerate(("郭　嘉", "荀 彧", "程昱", "贾诩"), first):
        page.append(row(n, name))
    page.append(["合计", "4人"])
    page.auto_filter.ref = "A3:K7"
    page.row_dimensions[7].hidden = True
    other = book.create_sheet("二班")
    other.append(["江汉青山大学毕业生名单"])
    other.append(HEADS)
    for n, name in enumerate(("刘　晔", "蒋济"), first + 10):
        other.append(row(n, name, 性别="女生"))
    notes = book.create_sheet("奖学金")
    notes.append(["获奖人", "金额"])
    notes.append(["程昱", 3000])
    return book


class Counted:
    """A page whose clicks are counted; choosing the file is one."""

    def __init__(self, page):
        self.page, self.clicks = page, 0

    def click(self, locator) -> None:
        self.clicks += 1
        locator.click()

    def choose(self, data: bytes, name: str) -> None:
        self.clicks += 1
        self.page.set_input_files("#file", [{"name": name, "mimeType": XLSX, "buffer": data}])


def upload(hand: Counted, data: bytes, name: str) -> None:
    hand.page.goto("/imports/students/")
    hand.choose(data, name)
    hand.click(hand.page.get_by_role("button", name="上传并检查"))


def agree_and_confirm(hand: Counted, written: int) -> None:
    page = hand.page
    page.locator("#concerns").wait_for()
    hand.click(page.get_by_label("我已阅读，同意按此导入。"))
    hand.click(page.locator("#concerns button"))
    page.get_by_text("已同意。").wait_for()
    hand.click(page.locator("#do-write"))
    hand.click(page.locator("#qq-dialog button[type=submit]"))
    page.get_by_text(f"已写入 {written} 行").wait_for()


def shot(page, tmp_path, name: str) -> None:
    """At both widths; nothing is cut off on the phone."""
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
        assert fits_the_phone(page), (name, width)
    page.set_viewport_size({"width": 1366, "height": 768})


def test_everything_wrong_at_once_in_ten_clicks_and_the_next_file_without_a_question(
    running, open_page, tmp_path
):
    hand = Counted(office(open_page))
    page = hand.page
    count = f"SELECT count(*) FROM student WHERE student_no LIKE '{YEAR - 2}5%%'"
    upload(hand, as_bytes(everything_wrong(1)), "第一份.xlsx")
    page.get_by_text("您的值 → 我们的值").first.wait_for()
    shown = page.inner_text("main")
    for words in ("本科", "6 行", "1 行被隐藏"):
        assert words in shown, shown
    chosen = page.locator("select[name^=act-] option:checked").all_inner_texts()
    assert chosen == ["31 本科生毕业"]
    shot(page, tmp_path, "mapping")
    hand.click(page.get_by_role("button", name="按此对照检查"))
    page.locator("#concerns").wait_for()
    shown = page.inner_text("main")
    for words in (
        "奖学金（1 行）",
        "隐藏的 1 行不导入",
        "1 行合计不导入",
    ):
        assert words in shown, shown
    assert "汉族" in page.content()
    shot(page, tmp_path, "preview")
    agree_and_confirm(hand, 5)
    assert hand.clicks <= 10, hand.clicks
    assert running.ask(count) == 5
    assert (
        running.ask("SELECT name FROM student WHERE student_no = %s", f"{YEAR - 2}500001") == "郭嘉"
    )
    assert (
        running.ask(
            "SELECT nation || education || sex FROM student WHERE student_no = %s",
            f"{YEAR - 2}500011",
        )
        == "01312"
    )

    upload(hand, as_bytes(everything_wrong(21)), "第二份.xlsx")
    page.locator("#concerns").wait_for()
    assert "您的值 → 我们的值" not in page.locator("main").inner_text().split("各列")[0]
    shot(page, tmp_path, "second")
    page.goto("/import-words/")
    assert "本科" in page.inner_text("main")
    shot(page, tmp_path, "words")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_same_file_saved_by_libreoffice_is_read_as_well(running, open_page, tmp_path):
    (tmp_path / "office.xlsx").write_bytes(as_bytes(everything_wrong(41)))
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "ods",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "office.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    hand = Counted(office(open_page))
    upload(hand, io.BytesIO((tmp_path / "office.ods").read_bytes()).getvalue(), "第三份.ods")
    hand.page.locator("#concerns").wait_for()
    assert "错误" in hand.page.inner_text("main")
    hand.click(hand.page.locator("#do-discard"))
    confirm(hand.page)
    hand.page.get_by_text("已放弃").first.wait_for()
