"""Checks before the report: findings in a workbook, filled as a person would, brought back until they are gone."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from tests.browser.files import YEAR
from tests.browser.month import people
from tests.browser.month.adding import OURS
from tests.browser.month.hand import Hand

MINE = f"FROM finding f JOIN student s ON s.id = f.student_id WHERE s.{OURS} AND f.state = 'open'"
RULES = (
    "SELECT coalesce(string_agg(rule || ' ' || n, ', ' ORDER BY n DESC), 'none') FROM"
    f" (SELECT rule, count(*) AS n {MINE} GROUP BY 1) x"
)
IN_TAB = (
    "SELECT count(*) FROM finding WHERE state = 'open' AND severity = %s"
    " AND school_id = (SELECT min(id) FROM school)"
)
RUNNING = (
    "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name LIKE 'checks.run%%'"
    " AND coalesce(scheduled_at, now()) <= now()"
)
PARTS = (("person", "warning"), ("row", "error"), ("row", "warning"))
YELLOW = "FFFFF6D6"


def run(hand: Hand) -> None:
    """All rules run; each tab of the list has as many findings as the database."""
    with hand.step("check: run"):
        hand.enter("school")
        hand.go("/checks/")
        hand.act(f"run-{YEAR}")
        hand.patiently("() => !document.querySelector('progress')")
        hand.shot("c1-checks")
        hand.say(str(hand.it.ask(RULES)))
        for tab in ("error", "warning"):
            hand.go(f"/checks/findings/list/?tab={tab}")
            hand.same(tab, hand.listed(), hand.it.ask(IN_TAB, tab))


def mend(hand: Hand) -> None:
    """Records and rows, each by one workbook; warnings and errors alike."""
    for part, tab in PARTS:
        with hand.step(f"mend: {part}, {tab}"):
            _mend(hand, part, f"tab={tab}&f_year={YEAR}")
    hand.same("left", hand.it.ask(f"SELECT count(*) {MINE} AND f.rule <> 'employer_differs'"), 0)


def _mend(hand: Hand, part: str, query: str) -> None:
    page = hand.page
    hand.go(f"/checks/findings/list/?{query}")
    before = int(str(hand.it.ask(f"SELECT count(*) {MINE}")))
    hand.click("用表格批量更正")
    card = page.locator("section", has=page.locator(f"#part-{part}"))
    rows = int("".join(filter(str.isdigit, card.locator("p").first.inner_text())))
    hand.shot(f"c2-fill-{part}")
    hand.click(card.get_by_role("button", name="生成表格"))
    book = openpyxl.load_workbook(hand.made(f"findings-{part}.xlsx"))
    hand.same("students page = file", rows, book.worksheets[0].max_row - 1)
    students, cells = filled(book)
    out = io.BytesIO()
    book.save(out)
    hand.go(f"/checks/fill/?{query}")
    hand.file(out.getvalue(), "更正.xlsx", f"#file-{part}")
    hand.click(card.get_by_role("button", name="上传填好的表格"))
    page.locator(".qq-stats, #words").first.wait_for(timeout=600_000)
    seen = hand.figures()
    hand.same("mended file = preview", students, seen["变更"])
    assert seen["错误"] == 0, seen
    hand.shot(f"c3-{part}", 1366)
    hand.say(f"{cells} cells")
    hand.act("write")
    hand.until("已写入")
    hand.until_database(RUNNING, 0)
    hand.say(f"findings {before} → {hand.it.ask(f'SELECT count(*) {MINE}')}; {hand.it.ask(RULES)}")


def filled(book: Any) -> tuple[int, int]:
    """Fill the yellow cells of our graduates; how many students and cells."""
    sheet = book.worksheets[0]
    heads = [str(cell.value) for cell in sheet[1]]
    students, cells = 0, 0
    for line in sheet.iter_rows(min_row=2):
        n = int(line[0].value) - people.FIRST
        if not 0 <= n < people.MANY:
            continue  # the demo's own
        said, changed = str(line[2].value), 0
        for head, cell in zip(heads, line, strict=True):
            value = answer(head, n, said)
            if (
                cell.fill.start_color.rgb == YELLOW
                and value
                and str(cell.value or "").split(" ")[0] != value
            ):
                cell.value, changed = value, changed + 1
        students, cells = students + bool(changed), cells + changed
    return students, cells


def answer(head: str, n: int, said: str) -> str:
    """What the person writes into a yellow cell of that column."""
    at = people.employer(n % people.EMPLOYERS)
    known = {
        "政治面貌": "03",
        "困难生类别": "0",
        "考生号": people.examinee_no(n),
        "定向或委培单位": "恩施市教育局",
        "学制": "4",
        "单位性质代码": at["DWXZDM"],
        "统一社会信用代码": at["DWZZJGDM"],
        "单位所在地代码": at["DWSZDDM"],
        "工作职位类别代码": at["GZZWLBDM"],
    }
    return known.get(head.rstrip("*"), "")
