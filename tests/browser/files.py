"""Files as people bring and fetch them in the browser."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import openpyxl

from app.core.clock import SHANGHAI
from tests.browser.conftest import sign_in

YEAR = datetime.now(SHANGHAI).year + 1  # the demo's students graduate then
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def office(open_page, who: str = "school", at: str = ""):
    """A desk of the office, at one of its pages."""
    page = open_page()
    sign_in(page, who, at=at)
    return page


def saved(page, link, folder: Path, name: str) -> Path:
    """What a link or button downloads, under a name of ours."""
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(folder / name)
    return folder / name


def downloaded(page, folder: Path, name: str) -> Path:
    """The file of a paper, once the worker has made it."""
    button = page.get_by_role("link", name="下载", exact=True)
    button.wait_for()
    return saved(page, button, folder, name)


def as_bytes(book) -> bytes:
    """A workbook as it is uploaded."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def filled(template: Path, rows: list[dict[str, object]]) -> bytes:
    """The template with rows below its example, each by its header without the star."""
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    heads = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1]}
    for at, row in enumerate(rows, 3):
        for head, value in row.items():
            sheet.cell(at, heads[head]).value = value
    return as_bytes(book)


def bring(page, data: bytes, name: str) -> None:
    """Choose the file, upload it, and wait until it is checked."""
    page.set_input_files("#file", [{"name": name, "mimeType": XLSX, "buffer": data}])
    page.get_by_role("button", name="上传并检查").click()
    page.locator(".qq-stats").wait_for()


def numbers(page) -> dict[str, str]:
    """The figures of the preview: «新增 3», «错误 5» …"""
    boxes = page.locator(".qq-stats .qq-stat").all()
    return dict(box.inner_text().split("\n")[:2] for box in boxes)


def fits_the_phone(page) -> bool:
    """Nothing to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
