"""The second half: checked, kept, reported; what changes afterwards is asked for and decided."""

from __future__ import annotations

import io

import openpyxl

from tests.browser.files import YEAR
from tests.browser.month import people
from tests.browser.month.hand import Hand
from tests.browser.month.matching import ROWS

SCHOOL = "school_id = (SELECT min(id) FROM school)"
IN_STATE = (
    f"SELECT count(*) FROM plan_entry WHERE {SCHOOL} AND graduation_year = {YEAR} AND state = %s"
)
LATE = range(0, 2_000, 80)  # graduates of whom the ministry hears something else after the report
OTHER = "武汉青年人才服务有限公司"


def check(hand: Hand) -> None:
    """All filled rows are marked as checked; what does not pass stays and is listed."""
    with hand.step("report: mark as checked"):
        hand.enter("school")
        hand.go("/plan/sync/")
        hand.shot("d1-years")
        hand.act(f"check-{YEAR}")
        hand.finished()
        hand.shot("d2-checked")
        hand.same(
            "checked of ours",
            hand.it.ask(f"SELECT count(*) {ROWS} AND e.state = 'checked'"),
            people.MANY,
        )
        hand.say(
            f"checked of all {hand.it.ask(IN_STATE, 'checked')}, not passed {hand.it.ask(IN_STATE, 'filled')}"
        )


def report(hand: Hand) -> None:
    """A snapshot is kept, its figures are those of the rates; then the checked rows are reported."""
    page = hand.page
    with hand.step("report: snapshot and rates"):
        hand.go("/plan/snapshots/")
        hand.pick(page.locator("#year"), str(YEAR))
        page.fill("#note", "12 月上报")
        hand.click("生成快照")
        hand.shot("d3-snapshot")
        approved = hand.it.ask(
            f"SELECT count(*) FROM student WHERE {SCHOOL} AND graduation_year = {YEAR}"
            " AND origin_state = 'approved'"
        )
        kept = hand.it.ask("SELECT total FROM plan_snapshot ORDER BY id DESC LIMIT 1")
        hand.go(f"/reports/rate?year={YEAR}")
        foot = page.locator("table.qq-figures tfoot td")
        cells = {cell.get_attribute("data-label"): cell.inner_text() for cell in foot.all()}
        figure = cells["毕业生数（N）"].split()[0].replace(",", "")
        hand.same("graduates snapshot = rates = database", kept, figure, approved)
        hand.shot("d4-rates", 1366, 390)
    with hand.step("report: report"):
        ready = hand.it.ask(IN_STATE, "checked")
        hand.go("/plan/sync/")
        hand.act(f"report-{YEAR}")
        hand.finished()
        hand.shot("d5-reported")
        hand.same("reported", ready, hand.it.ask(IN_STATE, "reported"))


def change(hand: Hand) -> None:
    """A file after the report changes nothing by itself: its values wait, and are taken over in bulk."""
    book = openpyxl.Workbook()
    book.active.append(["学号", "姓名", "单位名称"])
    for n in LATE:
        book.active.append([people.student_no(n), people.name(n), OTHER])
    out = io.BytesIO()
    book.save(out)
    named = f"SELECT count(*) {ROWS} AND e.employer_name = '{OTHER}'"
    with hand.step("after the report: a file"):
        hand.enter("data")
        hand.go("/plan/list/")
        hand.click("导入或比对方案文件")
        hand.file(out.getvalue(), "部里更正.xlsx")
        hand.click("上传并检查")
        hand.say(f"{hand.figures()}")
        hand.tick(hand.page.get_by_label("我已阅读，同意按此导入。"))  # all rows change one column
        hand.click("同意")
        hand.act("write")
        hand.until("已写入")
        hand.shot("d6-asked")
        asked = hand.it.ask(
            "SELECT count(*) FROM change_request WHERE state = 'open' AND kind = 'reported'"
        )
        hand.same("changes asked for", len(LATE), asked)
        hand.same("written meanwhile", hand.it.ask(named), 0)
    with hand.step("after the report: decide"):
        hand.go("/plan/changes/list/?tab=reported")
        hand.same("listed", hand.listed(), len(LATE))
        hand.shot("d7-changes")
        hand.everything("apply")
        hand.finished()
        hand.same("taken over", hand.it.ask(named), len(LATE))
