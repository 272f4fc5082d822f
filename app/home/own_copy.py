"""A student's own copy of what is kept about it: gathered, readable, in one file (PIPL art. 45; S-19)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import render_template
from flask_babel import get_locale, pgettext
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from app.accounts import holds, security_log, warnings
from app.accounts.agents import in_words
from app.accounts.contact_models import ContactChange
from app.accounts.log_models import SecurityEvent
from app.accounts.log_words import event_name, way_name
from app.accounts.models import ROLE_NAMES, AccountSession, AppUser
from app.accounts.own_contacts import proved
from app.accounts.queries import actor_of
from app.codes import labels
from app.core import clock, filestore
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.core.mail import Message
from app.core.registry import stores
from app.files.documents.models import Attachment, Document
from app.notices.models import Notice
from app.people.corrections.models import Correction
from app.people.names.queries import former_names
from app.people.students import fields
from app.people.students.models import RESTRICTION_KINDS, Restriction, Student
from app.people.students.student_views import facts
from app.plan.letters.detail import letter_facts
from app.plan.letters.letters import letter_of
from app.plan.rows.models import FIELD_LABELS, PLAN_STATES, PlanEntry, PlanState
from app.signing.destinations.detail import items
from app.signing.destinations.models import Destination
from app.signing.disputes.models import Dispute
from app.signing.invitations.models import Invitation
from app.signing.invitations.views import response_text, review_text
from app.signing.objections.models import Objection
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.terminations.models import Termination
from app.signing.terms.queries import groups
from app.workflow import trail
from app.workflow.actor import Role

COPIES = Limit("own-copy", 5, timedelta(days=1))  # of one account: each reads all its files
Row = dict[str, str]


@dataclass(frozen=True)
class CopyPart:
    """What is kept of one kind: a heading, and a row of label → text for each record."""

    name: str
    rows: list[Row]


def take(user: AppUser, student: Student, password: str, old_code: str) -> bytes:
    """The ZIP file: readable, for machines, and the files themselves; told to every contact, and commit.

    Raises Invalid where neither password nor code is right, Refused while a way in is held.
    """
    refusal = holds.not_held(actor_of(user), clock.now())
    if refusal:
        raise Refused(refusal)
    if not COPIES.take(user.id):
        raise Refused(_("Too many copies today. Please come back tomorrow."))

    def act() -> None:
        security_log.note("own_copy", user=user, who=actor_of(user))
        key = f"copy:{user.id}:{clock.now().isoformat()}"
        warnings.warn(
            user,
            key,
            _("A copy of your data was taken"),
            _(
                "Somebody who has the password or phone of %(name)s downloaded a copy of what is kept about "
                "%(name)s. If it was not you, change your password at once and call the employment office.",
                name=student.name,
            ),
        )

    proved(user, "copy", password, old_code, act)
    return _zipped(user, student, parts(user, student))


def parts(user: AppUser, student: Student) -> list[CopyPart]:
    """Everything kept about the person that is the person's to read, in reading order."""
    records = _records(student)
    found = [
        CopyPart(_("What the school keeps of me"), [_own(student)]),
        *(CopyPart(name, [say(r) for r in records[kind]]) for kind, name, say in _kinds()),
        CopyPart(_("Employment plan"), [_entry(r) for r in _mine(PlanEntry, student)]),
        CopyPart(_("Archive"), _archive(student)),
        CopyPart(_("Course of events"), _trace(student, records)),
        CopyPart(_("Notices"), [_notice(n) for n in _of(Notice, user)]),
        CopyPart(_("Mails and text messages"), [_message(m) for m in _of(Message, user)]),
        CopyPart(_("Changes of phone and e-mail"), [_change(c) for c in _of(ContactChange, user)]),
        CopyPart(_("Signed in now"), [_session(s) for s in _of(AccountSession, user)]),
        CopyPart(_("Sign-ins and security"), [_event(e) for e in _of(SecurityEvent, user)]),
        CopyPart(_("Uploaded files"), [_upload(f) for f in _uploads(user)]),
    ]
    return [part for part in found if part.rows]


def _kinds() -> Sequence[tuple[str, str, Callable[[Any], Row]]]:
    return (
        ("correction", _("Corrections"), _correction),
        ("restriction", _("Restrictions"), _restriction),
        ("invitation", _("Invitations"), _invitation),
        ("placement", _("Signings and destinations"), _placement),
        ("termination", _("Terminations"), _termination),
        ("objection", _("Objections"), _objection),
        ("dispute", _("Disputes"), _dispute),
    )


def _records(student: Student) -> dict[str, list[Any]]:
    """The person's records by kind; what a party is not told of is not among them (AGR-09)."""
    models = (Correction, Restriction, Invitation, Placement, Termination, Objection)
    found: dict[str, list[Any]] = {m.__tablename__: _mine(m, student) for m in models}
    found["termination"] = [t for t in found["termination"] if t.announced]
    mine = select(Dispute).join(AppUser, AppUser.id == Dispute.user_id)
    found["dispute"] = list(
        db.session.scalars(mine.where(AppUser.student_id == student.id).order_by(Dispute.id))
    )
    return found


def _mine(model: Any, student: Student) -> list[Any]:
    wanted = select(model).where(model.student_id == student.id).order_by(model.id)
    return list(db.session.scalars(wanted))


def _of(model: Any, user: AppUser) -> list[Any]:
    when = next(c for c in ("created_at", "at") if hasattr(model, c))
    wanted = select(model).where(model.user_id == user.id)
    return list(db.session.scalars(wanted.order_by(getattr(model, when))))


def _uploads(user: AppUser) -> list[Attachment]:
    mine = select(Attachment).where(Attachment.owner_user_id == user.id).order_by(Attachment.id)
    return list(db.session.scalars(mine))


def _at(moment: Any) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def _own(student: Student) -> Row:
    """The facts of the origin record; the person's own numbers stand whole in its own copy."""
    former = former_names(student_id=student.id)
    return {
        **dict(facts(student)),
        _("Former names"): ", ".join(f"{name} (– {_at(until)})" for name, until in former),
        _("ID number"): student.id_number or "",
        _("Phone"): student.phone or "",
        _("Class"): student.class_name,
        _("Examinee number"): student.examinee_no or "",
        _("Postal address"): student.address or "",
        **{
            str(label): fields.text_of(name, getattr(student, name), student.graduation_year)
            for name, label in fields.LABELS.items()
        },
        _("First sign-in"): _at(student.verified_at),
    }


def _state(record: Any) -> str:
    """The state in the words of the record's table."""
    return str(stores().workflows[record.__tablename__].labels[record.state])


def _correction(row: Correction) -> Row:
    return {
        _("Field"): row.label,
        _("Until now"): row.was,
        _("Should be"): row.wish,
        _("Reason"): row.reason,
        pgettext("of the office", "Answer"): row.answer,
        _("Proposed"): _at(row.created_at),
    }


def _restriction(row: Restriction) -> Row:
    return {
        _("Kind of restriction"): str(RESTRICTION_KINDS[row.kind]),
        _("Reason"): row.reason,
        _("From"): str(row.since),
        _("Until"): str(row.until or ""),
    }


def _terms(terms: Any, year: int) -> Row:
    shown = groups(terms, year).values() if terms else ()
    return {str(label): labels.plain(text) for _group, rows in shown for label, text in rows}


def _invitation(row: Invitation) -> Row:
    head = {
        _("Employer"): row.employer.name,
        _("State"): response_text(row.answer)[0],
        _("Sent on"): _at(row.sent_at),
        _("Read"): _at(row.read_at),
    }
    return head | _terms(row.terms, row.student.graduation_year)


def _placement(row: Placement) -> Row:
    fields: Row = _terms(row.terms, row.graduation_year)
    if row.kind == Kind.DESTINATION:
        filled = db.session.scalar(select(Destination).where(Destination.placement_id == row.id))
        fields = {str(i["label"]): str(i["value"]) for i in items(filled)} if filled else {}
    return {
        _("Kind"): str(KINDS[Kind(row.kind)]),
        _("Employer"): row.employer_name,
        _("State"): review_text(row.state)[0],
        _("Agreement number"): row.agreement_no or "",
        _("Formed on"): _at(row.created_at),
        **fields,
    }


def _termination(row: Termination) -> Row:
    return {
        _("Employer"): row.placement.employer_name,
        _("State"): _state(row),
        _("Reason"): row.reason,
        _("Applied on"): _at(row.created_at),
    }


def _objection(row: Objection) -> Row:
    return {
        _("Employer"): row.employer_name,
        _("Reason"): row.reason,
        pgettext("of the office", "Answer"): row.answer,
        _("Sent on"): _at(row.created_at),
    }


def _dispute(row: Dispute) -> Row:
    return {
        _("State"): _state(row),
        _("About"): row.subject,
        pgettext("of the office", "Answer"): row.answer,
        _("Sent on"): _at(row.created_at),
    }


def _entry(row: PlanEntry) -> Row:
    filled = {str(label): str(getattr(row, name) or "") for name, label in FIELD_LABELS.items()}
    return {
        _("State"): str(PLAN_STATES[PlanState(row.state)]),
        **filled,
        _("Destination"): row.destination,
    }


def _archive(student: Student) -> list[Row]:
    letter = letter_of(student.id)
    return [{str(label): str(text) for label, text in letter_facts(letter)}] if letter else []


def _trace(student: Student, records: dict[str, list[Any]]) -> list[Row]:
    """What was done to the person's records, by whom; where another sat is not the person's."""
    keys = [
        ("student", student.id),
        *((kind, r.id) for kind, rows in records.items() for r in rows),
    ]
    places = {r.id: r.kind for r in records["placement"]}
    return [
        {
            _("When"): _at(row.at),
            _("Record"): str(stores().workflows[row.kind].name),
            _("Act"): trail.what(
                row, places.get(row.record_id, "") if row.kind == "placement" else ""
            ),
            _("By"): f"{ROLE_NAMES[Role(row.actor_role)]} {trail.who(row)}".strip(),
            _("Reason"): row.reason,
        }
        for row in reversed(trail.of_all(keys))
    ]


def _notice(row: Notice) -> Row:
    return {
        _("When"): _at(row.created_at),
        _("Subject"): row.subject,
        _("Text"): row.body,
        _("Read"): _at(row.read_at),
    }


def _message(row: Message) -> Row:
    """Where and when; the text is left out, for links in it still open something."""
    return {
        _("When"): _at(row.sent_at or row.created_at),
        pgettext("message", "To"): row.address or row.address_masked or "",
        _("Subject"): row.subject,
    }


def _change(row: ContactChange) -> Row:
    return {
        _("When"): _at(row.at),
        _("Until now"): row.old or "",
        _("Since then"): row.new or "",
        _("By"): row.actor_name,
        _("Reason"): row.reason,
    }


def _session(row: AccountSession) -> Row:
    return {
        _("Signed in at"): _at(row.created_at),
        _("Signed in by"): way_name(row.way),
        _("Device"): in_words(row.device),
        pgettext("network", "Address"): row.address,
    }


def _event(row: SecurityEvent) -> Row:
    own = row.actor_id in (None, row.user_id)
    return {
        _("When"): _at(row.at),
        _("Act"): event_name(row.event),
        _("Device"): in_words(row.device) if own and row.device else "",
        pgettext("network", "Address"): row.address if own else "",
    }


def _upload(row: Attachment) -> Row:
    return {
        _("When"): _at(row.created_at),
        _("File"): row.original_name,
        _("Size"): f"{row.size:,}",
    }


def _zipped(user: AppUser, student: Student, found: list[CopyPart]) -> bytes:
    """One page to read, one file for machines, the documents and uploads as they are kept."""
    plain = [{"name": part.name, "rows": part.rows} for part in found]
    page = render_template(
        "home/own_copy_file.html",
        parts=found,
        student=student,
        at=_at(clock.now()),
        language=str(get_locale() or "zh"),
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(_("My data") + ".html", page)
        file.writestr("data.json", json.dumps(plain, ensure_ascii=False, indent=1))
        for name, data in _files(user, student):
            file.writestr(name, data)
    return held.getvalue()


def _files(user: AppUser, student: Student) -> Iterable[tuple[str, bytes]]:
    records = _records(student)
    keys = [(kind, r.id) for kind in ("placement", "termination") for r in records[kind]]
    mine = tuple_(Document.record_kind, Document.record_id).in_(keys)
    for document in db.session.scalars(select(Document).where(mine).order_by(Document.id)):
        name = f"documents/{document.number or document.code}-{document.kind}.pdf"
        yield name, filestore.read_checked(document.file_key, document.sha256)
    for upload in _uploads(user):
        name = f"uploads/{upload.id}-{upload.original_name}"
        yield name, filestore.read_checked(upload.file_key, upload.sha256)
