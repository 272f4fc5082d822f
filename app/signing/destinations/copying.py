"""A new draft from a destination that was not approved, with its values and files (DST-02)."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import inspect

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.files.documents.models import Attachment
from app.people.students.models import Student
from app.signing.destinations import effects  # noqa: F401 (registers what fills the plan row)
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.destinations.placing import why_not
from app.signing.destinations.queries import (
    destination_in,
    draft_of,
    kind_closed,
    of_placement,
)
from app.signing.destinations.workflow import on_own_student
from app.workflow.actor import Actor


def again(who: Actor, placement_id: int) -> Destination:
    """A new draft with the values and files of one that was not approved, and commit (DST-02).

    Raises NotYours, Refused, also where another draft was begun meanwhile.
    """

    def copied(student: Student) -> Destination:
        placement = destination_in(who, placement_id)
        old = of_placement(placement_id)
        if old is None or not placement.was_refused:
            raise Refused(_("Only what was not approved can be corrected and submitted again."))
        refusal = why_not(student, who, clock.now()) or kind_closed(old.kind, student)
        if refusal:
            raise Refused(refusal)
        draft = draft_of(student.id)
        if draft is not None and (draft.kind, draft.values) == (old.kind, old.values):
            return draft  # pressed twice
        if draft is not None:
            raise Refused(_("You have begun another one. Submit it or throw it away first."))
        now = clock.now()
        draft = Destination(
            student_id=student.id,
            kind=old.kind,
            values=dict(old.values),
            kept={},
            created_at=now,
            changed_at=now,
            version=1,
        )
        db.session.add(draft)
        db.session.flush()
        for file in old.files:
            draft.files.append(DestinationFile(attachment=_copy(file, draft), proof=file.proof))
        db.session.flush()
        return draft

    return on_own_student(who, copied)


def _copy(file: DestinationFile, draft: Destination) -> Attachment:
    """The same stored bytes as a file of the draft."""
    known = inspect(Attachment).column_attrs.keys()
    values = {name: getattr(file.attachment, name) for name in known if name not in ("id", "uid")}
    return Attachment(**values | {"record_id": draft.id, "created_at": draft.created_at})
