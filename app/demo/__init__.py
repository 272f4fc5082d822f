"""The demo school: made once by the real rules on a shifted clock, so that every role finds work waiting.

Deterministic but for today's date. ID numbers are valid but of a region that does not exist; mainland phones
begin with 1380000. Exists in demo mode only; a production release refuses a database that has it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.demo import plan
from app.demo.maker import PASSWORD, DemoMaker
from app.demo.people import OVERSEAS, make_people
from app.demo.stories import tell_stories

ACCOUNTS = (
    ("admin", "系统管理员", "账号申请、代码、学校"),
    ("security", "安全管理员", "一项账号申请待确认"),
    ("audit", "审计管理员", "导出与账号变更记录（只读）"),
    ("province", "省中心", "全省只读与统计"),
    ("school", "学校就业办", "鉴证桌：待鉴证、解约、调解、不属实"),
    ("school2", "另一所学校", "看不到本校的任何记录"),
    ("college", "学院", "本学院的初审"),
    ("data", "数据人员", "名单与就业方案（只读）"),
    ("employer1", "用人单位", "待应约、名单、解约申请"),
    ("employer2", "用人单位", "待应约"),
    ("student1", "毕业生", "两份邀请，一份已过冷静期"),
    ("student2", "毕业生", "一份邀请，冷静期内"),
    ("student3", "毕业生", "协议已生效，可下载"),
    ("student4", "毕业生", "首次登录，需短信验证"),
    ("student5", "毕业生", "被限制签约"),
    ("student6", "毕业生", "单位提出变更条款，待答复"),
    ("student7", "毕业生", "单位申请解约，待处理"),
    ("student8", "毕业生", "线下协议书录入一半"),
    ("student9", "毕业生", "手机号昨天由学校更改，确认前只能查看"),
    ("student10", "毕业生", "尚未登记去向，可录入其他去向"),
    ("student11", "毕业生", "升学登记未通过，可修改后重新提交"),
    ("student12", "毕业生", "港澳居民来往内地通行证、境外手机，首次登录收邮件验证码"),
    ("student13", "毕业生", "台湾居民来往大陆通行证，首次登录收短信验证码"),
    ("student14", "毕业生", "护照、境外手机，首次登录收邮件验证码，有一份邀约"),
)


def make() -> None:
    """Make the demo school, once; a database that has people is left alone."""
    if db.session.scalar(select(AppUser.id).limit(1)):
        return
    maker = DemoMaker()
    make_people(maker)
    tell_stories(maker)
    year = clock.today().year + 1
    for days in plan.REPORTED:
        maker.at(days * 24, lambda: plan.report(maker.users["school"], year))
    for hours, _order, act in sorted(maker.events, key=lambda event: (-event[0], event[1])):
        clock.shift(timedelta(hours=-hours))
        act()
    clock.shift(timedelta())
    for n in (3, *OVERSEAS):
        maker.students[n].verified_at = None
    db.session.commit()
    plan.work(year)


def table() -> str:
    """The demo's people, as the start-up prints them."""
    rows = [f"  {name:<11}{who:　<8}{waits}" for name, who, waits in ACCOUNTS]
    return "\n".join([f"Demo accounts, password {PASSWORD} for all:", *rows, ""])
