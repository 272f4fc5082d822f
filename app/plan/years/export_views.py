"""The plan in the official layout: which rows, which columns, which format (PLN-07). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField

from app.core.errors import Refused
from app.fab.access import has_access
from app.files.exports import rights
from app.files.exports.forms import ExportForm
from app.files.exports.models import Export, Format
from app.files.exports.views import AskView, ask, year_asked
from app.people.schools.office_views import colleges, schools, years
from app.plan.rows import fills, layouts
from app.plan.rows.models import PLAN_STATES

FORMATS = (Format.XLSX, Format.CSV, Format.GB18030, Format.DBF, Format.ANALYSIS)


class PlanExportForm(ExportForm):
    """School, year, college and state of the rows; layout and spelling of the columns."""

    year = SelectField(_l("Graduation year"), coerce=int)
    school = SelectField(_l("School"))
    college = SelectField(_l("College"))
    state = SelectField(_l("State"))
    layout = RadioField(_l("Layout"), default="74")
    spelled = RadioField(_l("Codes"), default="both")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, formats=FORMATS, **kwargs)
        every = ("", str(_l("All")))
        self.year.choices = [(int(value), label) for value, label in years()]
        self.school.choices = [every, *schools()]
        self.college.choices = [every, *colleges()]
        self.state.choices = [every, *((s.value, str(label)) for s, label in PLAN_STATES.items())]
        self.layout.choices = list(layouts.LAYOUTS.items())
        self.spelled.choices = list(fills.SPELLED.items())
        if len(schools()) < 2:
            del self.school

    def asked(self) -> dict[str, Any]:
        """What is kept of it."""
        school = self.school.data if "school" in self else ""
        return {
            "year": self.year.data,
            "school": int(school) if school else None,
            "college": int(self.college.data) if self.college.data else None,
            "state": self.state.data,
            "layout": self.layout.data,
            "spelled": self.spelled.data,
        }


class PlanExportView(AskView):
    """Asking for the plan; its file is one export like any other."""

    route_base = "/plan/export"
    class_permission_name = "PlanExport"
    form = PlanExportForm

    @expose("/", methods=["GET"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        form = PlanExportForm(formdata=None)
        year = year_asked(form)
        form.year.data = form.year.choices[1][0] if year is None else year
        return self._page(form)

    def _asked(self, form: PlanExportForm) -> Export:
        if form.clear.data and not rights.may_clear():
            raise Refused(_l("You may not export whole personal numbers."))
        return ask(layouts.NAME, form.asked(), form)

    def _page(self, form: PlanExportForm) -> Any:
        if not rights.may_clear():
            del form.clear, form.purpose
        return self.render_template(
            "plan/years/export.html",
            form=form,
            back=layouts.back({}),
            action=self.url("create"),
            unknown=[(label, layouts.unknown(name)) for name, label in layouts.LAYOUTS.items()],
        )

    def url(self, method: str) -> str:
        return url_for(f"PlanExportView.{method}")
