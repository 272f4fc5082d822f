"""What the pages of paper signings read: the entry, the signings, the links, the known employer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotYours
from app.people.employers.models import Employer, EmployerState
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.signing.offline.models import Entry, UploadLink
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placement_in, placements_for
from app.workflow.actor import Actor, Role

MOST = 100


def entry_of(student_id: int | None) -> Entry | None:
    """The student's form, if anything was ever typed."""
    return db.session.scalars(select(Entry).where(Entry.student_id == student_id)).first()


def locked_student(actor: Actor) -> Student:
    """The student acting, locked before everything else. Raises NotYours for anybody else."""
    mine = students_for(actor).where(Student.id == actor.student_id)
    locked = mine.with_for_update(key_share=True, of=Student)
    found = db.session.scalars(locked.execution_options(populate_existing=True)).first()
    if actor.role is not Role.STUDENT or found is None:
        raise NotYours("entry")
    return found


def papers_of(actor: Actor) -> Sequence[Placement]:
    """The paper signings of a party, newest first."""
    mine = placements_for(actor).where(Placement.kind == Kind.OFFLINE)
    return db.session.scalars(mine.order_by(Placement.id.desc()).limit(MOST)).all()


def paper_in(actor: Actor, key: int) -> Placement:
    """The paper signing of that key in the person's scope. Raises NotYours."""
    found = placement_in(actor, key)
    if found.kind != Kind.OFFLINE:
        raise NotYours(f"paper signing {key}")
    return found


def is_paper(placement: Placement) -> bool:
    """Whether it was signed on paper."""
    return placement.kind == Kind.OFFLINE


def known_employer(credit_code: str) -> Employer | None:
    """The employer of that credit code, if a school approved it or put it on the register (OFF-07)."""
    known = (EmployerState.APPROVED, EmployerState.LISTED)
    wanted = (Employer.credit_code == credit_code, Employer.state.in_(known))
    return db.session.scalars(select(Employer).where(*wanted)).first()


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def link_behind(token: str) -> UploadLink | None:
    """The link of that token, whether or not it still works."""
    return db.session.scalars(
        select(UploadLink).where(UploadLink.token_hash == digest(token))
    ).first()


def open_link(placement_id: int) -> UploadLink | None:
    """The link of a signing that was not withdrawn, whether or not its days are over."""
    wanted = (UploadLink.placement_id == placement_id, UploadLink.withdrawn_at.is_(None))
    return db.session.scalars(select(UploadLink).where(*wanted)).first()
