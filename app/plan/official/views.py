"""Filling an official workbook. HTTP only."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import Invalid
from app.fab.access import has_access
from app.fab.builder import FormPage
from app.fab.declared import Link
from app.files.exports.rights import may_clear
from app.files.imports.intake import MAX_BYTES
from app.files.imports.requests import clean_name
from app.files.made import making as made
from app.files.made.views import asked, named
from app.people.schools.office_views import years
from app.plan.official import workbook


class OfficialView(FormPage):
    """Filling an official workbook with our plan (PLN-09)."""

    route_base = "/plan/official"
    class_permission_name = "PlanOfficial"

    @expose("/", methods=["POST"])
    @has_access
    def fill(self) -> ResponseReturnValue:
        """Keep the workbook; the worker fills it."""
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._index([("file", _("Please choose a file."))]), 422
        with contextlib.closing(file):
            data = file.stream.read(MAX_BYTES + 1)
        name, form = clean_name(file.filename), request.form.to_dict()
        try:
            return asked(
                lambda: workbook.bring(actor(), data, name, form), url_for("OfficialView.index")
            )
        except Invalid as problem:
            return self._index(problem.problems), 422

    def _index(self, problems: Any = ()) -> Any:
        who = actor()
        made.may_ask(who)
        return self.render_template(
            "plan/official/fill.html",
            problems={place: text for place, text in problems},  # noqa: C416
            years=years() if may_clear() else [],
            form=request.form,
            most_mb=MAX_BYTES >> 20,
            most_rows=workbook.MOST_ROWS,
            latest=named(made.latest(who, [workbook.FILLED])),
        )


def plan_link(manager: Any) -> Link | None:
    """From the list of the plan to here."""
    may = manager.has_access("can_index", OfficialView.class_permission_name)
    return Link(url_for("OfficialView.index"), _("Fill an official workbook")) if may else None
