"""The office's work on the plan: a file «from the ministry» to be compared (PLN-05), the checks run (CHK-01)."""

from __future__ import annotations

import csv
import io

from sqlalchemy import select

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.bulk import asking
from app.checks.tasks import run
from app.core import clock
from app.core.db import db
from app.plan import sync
from app.plan.models import OFFICIAL, PlanEntry
from app.planfiles.sheets import PLAN
from app.workflow.actor import Role

NAME = "部下发就业方案.csv"
STRANGER = {"XH": "2023999999", "XM": "江上舟", "BYQXDM": "10", "DWMC": "外地某公司"}


def bring() -> None:
    """The first school's rows with some differences, in the encoding of older systems."""
    office = db.session.scalars(
        select(AppUser).where(AppUser.role == Role.SCHOOL).order_by(AppUser.id).limit(1)
    ).one()
    sync.reconcile(office.school_id, None, clock.now())
    db.session.commit()
    mine = select(PlanEntry).where(PlanEntry.school_id == office.school_id).order_by(PlanEntry.id)
    rows = [
        {"XH": entry.student.student_no, "XM": entry.student.name,
         **{code: getattr(entry, name) or "" for name, code in OFFICIAL.items()}}
        for entry in db.session.scalars(mine)
    ]  # fmt: skip
    _differ(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, ["XH", "XM", *OFFICIAL.values()])
    writer.writeheader()
    writer.writerows([*rows[1:], STRANGER])
    asking.bring(actor_of(office), PLAN, out.getvalue().encode("gb18030"), NAME)
    run(office.school_id or 0, clock.today().year + 1)


def _differ(rows: list[dict[str, str]]) -> None:
    """Some employers by a longer name, some graduates with a destination that we do not have."""
    settled = [row for row in rows if row["DWMC"]]
    for row in settled[:4]:
        row["DWMC"] += "武汉分公司"
    for row in [row for row in rows if not row["BYQXDM"]][1:4]:
        row |= {"BYQXDM": "76", "DWMC": "自由撰稿"}
