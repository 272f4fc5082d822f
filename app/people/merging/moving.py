"""What leads to the second record leads to the first."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.people.employers.models import Employer
from app.people.students.models import Student

# what nobody misses when the other record has it too
_SPARE = {
    Student: (
        """DELETE FROM former_name c USING former_name k WHERE c.student_id = :gone
           AND k.student_id = :keep AND lower(k.name) = lower(c.name)""",
    ),
    Employer: (
        """DELETE FROM former_name c USING former_name k WHERE c.employer_id = :gone
           AND k.employer_id = :keep AND lower(k.name) = lower(c.name)""",
    ),
}


def move(model: Any, keep: int, gone: int) -> None:
    """Every foreign key of the product to the second record leads to the first. Raises Refused."""
    values = {"keep": keep, "gone": gone}
    db.session.flush()
    for statement in (*stores().spare.get(model, ()), *_SPARE[model]):
        db.session.execute(text(statement), values)
    for table, column in _references(model):
        changed = table.update().where(column == gone).values({column.name: keep})
        try:
            with db.session.begin_nested():
                db.session.execute(changed)
        except IntegrityError as error:
            raise Refused(_only_one(error)) from error
    db.session.expire_all()


def _only_one(error: IntegrityError) -> str:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    why = stores().only_one.get(name, _l("Both have something of which there can be only one."))
    return _("These records cannot be merged: %(why)s End one of them first.", why=why)


def _references(model: Any) -> list[tuple[Any, Any]]:
    """Tables and columns that lead to the model, accounts apart."""
    return [
        (table, key.parent)
        for table in db.metadata.sorted_tables
        if table.name not in ("ab_user", "merged")
        for key in table.foreign_keys
        if key.column.table is model.__table__
    ]
