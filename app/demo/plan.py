"""The office's work on the plan: a conflict to decide on (PLN-03), a file «from the ministry» (PLN-05), letters."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.files.imports import requests
from app.plan.checks.tasks import run
from app.plan.comparison.sheets import PLAN
from app.plan.letters.letters import number_them
from app.plan.letters.models import ForwardingLetter
from app.plan.letters.sheets import COURIER
from app.plan.reports import questions
from app.plan.rows import reconciling, sync
from app.plan.rows.models import OFFICIAL, PlanEntry
from app.plan.rows.workflow import edit
from app.plan.years import snapshots
from app.signing.placements.models import Kind, Placement, PlacementState
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import Actor, Role

FILE, POSTED = "部下发就业方案.csv", "机要寄递单号.csv"
LETTERS = 6
REPORTED = (90, 60, 30)  # days ago
QUESTIONS = (
    ("各学院毕业去向落实率", "rate", "by=college"),
    ("各专业流向哪些省份", "cross", "down=major&across=region"),
    ("近 30 天办理情况", "flow", "days=30"),
)
TYPED = {
    "destination_code": "10",
    "employer_name": "武汉光谷智能装备有限公司",
    "contact_name": "刘经理",
}
STRANGER = {"XH": "2023999999", "XM": "江上舟", "BYQXDM": "10", "DWMC": "外地某公司"}


def work(year: int) -> None:
    """What the first school's office has done, and what waits for it."""
    found = select(AppUser).where(AppUser.role == Role.SCHOOL).order_by(AppUser.id).limit(1)
    office = db.session.scalars(found).one()
    who = actor_of(office)
    reconciling.reconcile(office.school_id, None, clock.now())
    db.session.commit()
    _meet_a_signing(who)
    mine = select(PlanEntry).where(PlanEntry.school_id == office.school_id).order_by(PlanEntry.id)
    entries = db.session.scalars(mine).all()
    _bring_file(who, entries)
    _forward(who, [entry.id for entry in entries if entry.archive_to][:LETTERS])
    run(office.school_id or 0, year)
    for name, report, query in QUESTIONS:
        questions.keep(who, name, report, query, shared=True, mailed=report == "rate")


def report(office: AppUser, year: int) -> None:
    """A reporting date: the plan as it is by then, kept (RPT-06)."""
    reconciling.reconcile(office.school_id, None, clock.now())
    db.session.commit()
    snapshots.take(actor_of(office), year, f"{clock.today().month}月报送")


def _meet_a_signing(who: Actor) -> None:
    """Staff typed a row by telephone; then the student's signing elsewhere was attested."""
    waiting = (Placement.kind == Kind.ONLINE) & (Placement.state == PlacementState.AWAITING_SCHOOL)
    found = select(PlanEntry.id, Placement.id).where(PlanEntry.student_id == Placement.student_id)
    found = found.where(waiting, Placement.school_id == who.school_id).order_by(Placement.id.desc())
    entry, placement = db.session.execute(found.limit(1)).one()
    edit(entry, who, TYPED, "学院电话核实")
    PLACEMENTS.perform("attest", placement, who)
    sync.follow(clock.now())
    db.session.commit()


def _bring_file(who: Actor, entries: Sequence[PlanEntry]) -> None:
    """The rows with some differences, in the encoding of older systems."""
    rows = [
        {
            "XH": entry.student.student_no,
            "XM": entry.student.name,
            **{code: getattr(entry, name) or "" for name, code in OFFICIAL.items()},
        }
        for entry in entries
    ]
    _differ(rows)
    requests.bring(who, PLAN, _csv(["XH", "XM", *OFFICIAL.values()], [*rows[1:], STRANGER]), FILE)


def _forward(who: Actor, entries: list[int]) -> None:
    """Letters of the archives; of the first half the tracking numbers wait to be written."""
    number_them(who.school_id or 0, {"entries": entries})
    letters = db.session.scalars(select(ForwardingLetter).order_by(ForwardingLetter.number)).all()
    rows = [
        {
            "转递单号": letter.number,
            "姓名": letter.student.name,
            "快递单号": f"XA{n:011d}",
            "快递公司": "邮政特快专递",
        }
        for n, letter in enumerate(letters[: LETTERS // 2], 31_200_000_001)
    ]
    requests.bring(who, COURIER, _csv(list(rows[0]), rows), POSTED)


def _csv(heads: list[str], rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, heads)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")


def _differ(rows: list[dict[str, str]]) -> None:
    """Some employers by a longer name, some graduates with a destination that we do not have."""
    settled = [row for row in rows if row["DWMC"]]
    for row in settled[:4]:
        row["DWMC"] += "武汉分公司"
    for row in [row for row in rows if not row["BYQXDM"]][1:4]:
        row |= {"BYQXDM": "76", "DWMC": "自由撰稿"}
