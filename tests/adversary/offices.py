"""What honest offices do: speak to the person, and decide by what is true."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import reach
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.people.contacts.workflow import undo
from app.signing.disputes.models import Dispute, DisputeState
from app.signing.disputes.workflow import DISPUTES
from app.signing.objections.models import Objection, ObjectionState
from app.signing.objections.workflow import OBJECTIONS
from tests.adversary.world import THIEVES, World

REASON = "已电话联系本人核实"


def answer(world: World) -> None:
    """The provincial centre and an honest administrator answer what was disowned, and take back what is false."""
    province = world.account("province")
    honest = [name for name in ("admin", "security") if name not in world.gang]
    for row in db.session.scalars(select(ContactChange).where(ContactChange.undone_at.is_(None))):
        person = world.person_of_account.get(row.user_id, THIEVES)
        untrue = world.owner_of.get(row.new or "", THIEVES) != person
        if person != THIEVES and untrue and row.held_until and row.held_until > clock.now():
            _try(lambda row=row: undo(row, actor_of(province), REASON))
    for dispute in db.session.scalars(select(Dispute).where(Dispute.state != DisputeState.CLEARED)):
        user = db.session.get_one(AppUser, dispute.user_id)
        who = province if user.student_id or user.employer_id else world.account(honest[0])
        mine = {world.owner_of.get(address, THIEVES) for _c, address in reach.present(user)}
        step = "clear" if mine == {world.person_of_account.get(user.id)} else "uphold"
        _try(lambda d=dispute, w=who, s=step: DISPUTES.perform(s, d.id, actor_of(w), reason=REASON))
    if "officer" not in world.gang:
        officer = world.account("officer")
        for row in db.session.scalars(
            select(Objection).where(Objection.state == ObjectionState.OPEN)
        ):
            _try(lambda r=row: OBJECTIONS.perform("uphold", r.id, actor_of(officer), reason=REASON))


def _try(act) -> None:
    try:
        act()
    except (Refused, NotYours, Invalid):
        db.session.rollback()
