"""Comparing two records of a student or an employer, and merging them: HTTP only (ADM-02, ADM-06)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.codes import queries as codes
from app.codes import regions
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.text import clean_code
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.employers.detail import EMPLOYER_LABELS
from app.people.employers.models import Employer
from app.people.employers.queries import employers_for
from app.people.merging import employers, joining
from app.people.merging import requests as merge_requests
from app.people.merging import workflow as merging
from app.people.students import fields
from app.people.students.detail import LABELS
from app.people.students.models import Student
from app.people.students.queries import students_for

LARGEST_KEY = 2**31 - 1
TABLES = fields.TABLES | {"kind": "dwxz", "industry": "dwhy"}


class _Merge(SafeView):
    """The page of two records: of each field that differs the right value is chosen."""

    model: Any
    fields: tuple[str, ...]
    labels: Any
    number = ""
    shows = ""
    kind = ""
    contacts: tuple[str, ...] = ()  # shown beside one another; each record keeps its own

    def scoped(self) -> Any:
        raise NotImplementedError

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET", "POST"])
    @has_access
    def merge(self, pk: int) -> ResponseReturnValue:
        keep, number = (
            self._one(self.model.id == pk),
            clean_code(request.values.get("other", ""))[:20],
        )
        if keep is None:
            raise NotYours(f"{self.model.__tablename__} {pk}")
        other = self._one(getattr(self.model, self.number) == number) if number else None
        if request.method == "POST" and other is not None and request.form.get("withdraw") == "1":
            return self._withdrawn(pk, other.id)
        if request.method == "POST" and other is not None and request.form.get("sure") == "1":
            return self._merged(keep, other, number)
        if number and (other is None or other.id == pk):
            other = None
            flash(_("There is no second record of this number."), "warning")
        return self._page(keep, other, number), 200

    def _merged(self, keep: Any, other: Any, number: str) -> Any:
        """Merged or asked for; where neither can be, the page again with what was chosen and written."""
        try:
            reason = request.form.get("reason", "")
            waits = joining.join(self.kind, keep.id, other.id, self._taken(), actor(), reason)
        except Refused as refusal:
            flash(str(refusal), "warning")
            return self._page(keep, other, number), 409
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
            return self._page(keep, other, number), 422
        if waits is not None:
            flash(
                _(
                    "Asked. The records become one once the person behind both has confirmed it on its "
                    "own page, by a code to the contact of each."
                ),
                "success",
            )
            return redirect(request.full_path, 303)
        flash(_("Merged; everything of the second record is here."), "success")
        return redirect(url_for(self.shows, pk=keep.id), 303)

    def _taken(self) -> set[str]:
        return {name for name in self.fields if request.form.get(f"take_{name}") == "other"}

    def _withdrawn(self, pk: int, other: int) -> Any:
        found = merge_requests.waiting(self.kind, pk, other)
        if found is not None:
            joining.withdraw(found, actor())
            flash(_("You ask no longer."), "success")
        return redirect(request.full_path, 303)

    def _one(self, found: object) -> Any:
        return db.session.scalars(self.scoped().where(found).limit(1)).first()

    def _page(self, keep: Any, other: Any, number: str) -> Any:
        asked = merge_requests.waiting(self.kind, keep.id, other.id) if other else None
        pairs = [(name, self._shown(keep, name), self._shown(other, name)) for name in self.fields]
        return self.render_template(
            "people/merging/merge.html",
            keep=keep,
            other=other,
            number=number,
            back=url_for(self.shows, pk=keep.id),
            pairs=[(name, self.labels[name], *two) for name, *two in pairs if two != ["–", "–"]]
            if other
            else [],
            contacts=[
                (self.labels[name], self._shown(keep, name), self._shown(other, name))
                for name in self.contacts
            ]
            if other
            else [],
            waiting=asked,
            proof=self.kind == merge_requests.STUDENT
            and other is not None
            and merging.same_id_number(keep, other),
            numbers=(getattr(keep, self.number), getattr(other, self.number) if other else ""),
            number_label=self.labels[self.number],
            taken=asked.take if asked is not None else self._taken(),
            reason=request.form.get("reason", ""),
        )

    def _shown(self, record: Any, name: str) -> str:
        if record is None:
            return ""
        if name == "major_id":
            return f"{record.college} {record.major}"
        masked = f"{name}_masked"
        value = getattr(record, masked if hasattr(record, masked) else name)
        if name in TABLES:
            return codes.name(TABLES[name], value) or str(value or "–")
        if name in ("origin", "location"):
            return regions.region_name(value) or "–"
        return str(value or "–")


class MergeStudentsView(_Merge):
    """Two records of one student of the own school."""

    route_base = "/students/merge"
    default_view = "merge"
    class_permission_name = "MergeStudents"
    model, fields, labels = Student, merging.FIELDS, LABELS
    kind, contacts = merge_requests.STUDENT, merging.SECRETS
    number, shows = "student_no", "StudentsView.show"

    def scoped(self) -> Any:
        return students_for(actor())


class MergeEmployersView(_Merge):
    """Two records of one employer that the own school checks."""

    route_base = "/employers/merge"
    default_view = "merge"
    class_permission_name = "MergeEmployers"
    model, fields, labels = Employer, employers.EMPLOYER_FIELDS, EMPLOYER_LABELS
    kind, contacts = merge_requests.EMPLOYER, employers.EMPLOYER_CONTACTS
    number, shows = "credit_code", "EmployersView.show"

    def scoped(self) -> Any:
        return employers_for(actor())
