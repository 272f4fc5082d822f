"""A student's chances of termination, and one more granted with a reason (TRM-05). HTTP only."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.models import AppUser
from app.accounts.queries import actor
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.notices.reached import ending, of_event
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.signing.terminations import chances
from app.signing.terminations.applying import grant_chance

LARGEST_KEY = 2**31 - 1


class ChancesView(SafeView):
    """How many are used up this year, how many are left, who granted what."""

    route_base = "/students"
    class_permission_name = "Chances"
    default_view = "show"

    @expose(f"/<int(max={LARGEST_KEY}):pk>/chances", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        student, now = _student(pk), clock.now()
        year = clock.local(now).year
        return self.render_template(
            "signing/terminations/chances.html",
            student=student,
            facts=[
                (_("Year"), year),
                (_("Used up"), chances.chances_used(pk, year)),
                (_("Granted in addition"), chances.chances_granted(pk, year)),
                (_("Left"), chances.chances_left(pk, student.school_id, now)),
            ],
            rows=[
                {
                    "who": _name(row.granted_by),
                    "what": _("granted one more termination for %(year)s", year=row.year),
                    "when": moment(row.granted_at),
                    "note": row.reason,
                }
                for row in chances.chances_of(pk)
            ],
            grant_url=url_for("ChancesView.grant", pk=pk, known=chances.chances_granted(pk, year)),
            may=self.appbuilder.sm.has_access("can_grant", self.class_permission_name),
        )

    @expose(f"/<int(max={LARGEST_KEY}):pk>/chances", methods=["POST"])
    @has_access
    def grant(self, pk: int) -> ResponseReturnValue:
        known = request.args.get("known", None, int)
        try:
            chance = grant_chance(pk, actor(), request.form.get("reason", ""), known=known)
            flash(ending(_("Granted."), of_event(f"chance:{chance.id}").sentence), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
        return redirect(url_for("ChancesView.show", pk=pk), 303)


def _student(pk: int) -> Student:
    wanted = students_for(actor()).where(Student.id == pk)
    found: Student | None = db.session.execute(wanted).scalar_one_or_none()
    return found if found is not None else abort(404)


def _name(user_id: int | None) -> str:
    user = db.session.get(AppUser, user_id) if user_id else None
    return user.display_name if user else _("System")
