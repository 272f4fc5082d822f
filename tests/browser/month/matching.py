"""The ministry's plan file beside ours: compared, decided by kind, applied."""

from __future__ import annotations

import psycopg

from tests.browser.month import libre, people
from tests.browser.month.adding import OURS
from tests.browser.month.hand import Hand

ROWS = f"FROM plan_entry e JOIN student s ON s.id = e.student_id WHERE s.{OURS}"
SIGNED = """SELECT s.student_no, s.name, e.destination_code, e.credit_code, e.employer_name FROM plan_entry e
  JOIN student s ON s.id = e.student_id JOIN placement p ON p.id = e.placement_id
  WHERE s.school_id = (SELECT min(id) FROM school) AND e.state = 'filled' AND NOT e.by_staff
  AND e.employer_name IS NOT NULL AND p.state = 'in_force'
  AND NOT EXISTS (SELECT 1 FROM change_request q WHERE q.entry_id = e.id AND q.state = 'open')
  ORDER BY s.student_no LIMIT 100"""
OTHERWISE = 40  # of them the ministry has another name of the employer


def signed(hand: Hand) -> list[dict[str, str]]:
    """Graduates whose signing is in force, as the ministry has them; of some the employer is called otherwise."""
    with psycopg.connect(hand.it.database) as connection:
        rows = connection.execute(SIGNED).fetchall()
    return [
        {
            "XH": number,
            "XM": name,
            "BYQXDM": code,
            "DWZZJGDM": credit or "",
            "DWMC": f"{employer}武汉分公司" if n < OTHERWISE else employer,
        }
        for n, (number, name, code, credit, employer) in enumerate(rows)
    ]


def match(hand: Hand) -> None:
    """8,000 destinations and 100 that a signing settles; where it says otherwise, ours stays."""
    page, more = hand.page, signed(hand)
    data = libre.saved(people.plan_book(more), "部里返回的名单.xlsx", "xls")
    hand.enter("data")
    with hand.step("match: upload and compare"):
        hand.say(f".xls {len(data) / 1e6:.1f} MB")
        hand.go("/plan/list/")
        hand.click("导入或比对方案文件")
        hand.file(data, "部里返回的名单.xls")
        hand.click("上传并检查")
        seen = hand.figures()
        hand.say(f"{seen}")
        hand.shot("b1-preview")
        hand.click("逐项比对")
        beside = hand.figures()
        hand.say(f"{beside}")
        hand.shot("b2-beside", 1366, 390)
    with hand.step("match: decide and apply"):
        hand.pick(page.locator("#kind"), "签约或去向登记写入的内容")
        hand.pick(page.locator("#take"), "本系统")
        hand.click("全部这样处理")
        hand.until("已保存选择")
        hand.act("write")
        hand.until("已写入")
        hand.shot("b3-written")
        hand.same(
            "destinations",
            people.MANY,
            hand.it.ask(f"SELECT count(*) {ROWS} AND e.state = 'filled'"),
        )
