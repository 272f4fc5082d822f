"""Any two dimensions as a workbook: asked here, made by the worker like any export (RPT-06). HTTP only."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField
from wtforms.validators import ValidationError

from app.accounts.queries import actor
from app.fab.access import has_access
from app.fab.columns import same
from app.files.exports import presentation, requests
from app.files.exports.forms import ExportForm
from app.files.exports.models import Export, Format
from app.files.exports.tables import AT_ONCE, Asked, Batch, ExportSource, ExportTable, Out
from app.files.exports.views import AskView, year_asked
from app.people.schools.office_views import years
from app.people.students.models import Student
from app.plan.reports.asking import pair_of
from app.plan.reports.cuts import LABELS, PAY
from app.plan.reports.queries import Cut
from app.plan.rows.outside import of_rate, season, text_of
from app.signing.terms.models import BY_NAME

NAME = "pivot"


def _dimensions(asked: Asked) -> list[str]:
    """The two that were asked for, then the others."""
    return list(dict.fromkeys([asked["down"], asked["across"], *LABELS]))


def table(asked: Asked, _clear: bool) -> ExportTable:
    """One line a graduate that counts: groups and pay, nobody's name or number (RPT-05)."""
    names = _dimensions(asked)
    pay = _(
        "%(label)s (%(unit)s)", label=BY_NAME["regular_pay"].label, unit=BY_NAME["regular_pay"].unit
    )
    outs = [Out(str(LABELS[name]), cut=same, named=LABELS[name]) for name in names]
    return ExportTable([*outs, Out(pay, kind="money")], lambda: _rows(asked, names))


def _rows(asked: Asked, names: list[str]) -> Generator[Batch, None, None]:
    from app.plan.reports import pivots  # pandas comes with it: in the worker only

    frame = pivots.tuples(actor(), Cut(asked["year"]), names).frame
    frame = frame.loc[frame.index.repeat(frame[pivots.COUNT])].sort_values(names[:2])
    pay = frame[PAY].map(lambda yuan: f"{yuan:.0f}", na_action="ignore").fillna("")
    columns = [*(frame[name].astype(str) for name in names), pay]
    for first in range(0, len(frame), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        yield list(zip(*(column.iloc[part] for column in columns), strict=True))


def _base(asked: Asked) -> Any:
    return of_rate(actor(), Student.graduation_year == asked["year"])


def title(asked: Asked) -> str:
    """What stands against what."""
    pair = _("%(rows)s × %(columns)s", rows=LABELS[asked["down"]], columns=LABELS[asked["across"]])
    return f"{pair} {asked['year']}"


def facts(asked: Asked) -> list[tuple[Any, str]]:
    """Whom it is about, and who is outside (PLN-06)."""
    year = (_("Graduation year"), str(asked["year"]))
    return [year, (_("Who is counted"), text_of(_base(asked)))]


def back(_asked: Asked) -> tuple[Any, str]:
    """The reports."""
    return _l("Reports"), url_for("ReportsView.rate")


PIVOT = ExportSource(NAME, table, lambda asked: _base(asked).inside, title, back, facts)


class PivotForm(ExportForm):
    """Year and the two dimensions; the first gives the lines of the table, the second its columns."""

    year = SelectField(_l("Graduation year"), coerce=int)
    down = SelectField(_l("Lines"))
    across = SelectField(_l("Columns of the table"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, formats=(Format.ANALYSIS, Format.XLSX), **kwargs)
        del self.clear, self.purpose
        self.year.choices = [(int(value), label) for value, label in years()]
        self.down.choices = self.across.choices = list(LABELS.items())

    def validate_across(self, field: Field) -> None:
        """One against itself says nothing."""
        if field.data == self.down.data:
            raise ValidationError(_("Choose two different ones."))

    def asked(self) -> dict[str, Any]:
        """What is kept of it."""
        return {"year": self.year.data, "down": self.down.data, "across": self.across.data}


class PivotView(AskView):
    """Asking for it."""

    route_base = "/reports/pivot"
    class_permission_name = "Pivots"
    form = PivotForm

    @expose("/", methods=["GET"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        form = PivotForm(formdata=None)
        year = year_asked(form)
        form.year.data = season() if year is None else year
        form.down.data, form.across.data = pair_of(request.args)
        form.format.data = Format.ANALYSIS.value
        return self._page(form)

    def _asked(self, form: PivotForm) -> Export:
        form_ = Format(form.format.data)
        return requests.ask(actor(), NAME, form.asked(), form_, uid=form.uid.data or "")

    def _page(self, form: PivotForm) -> Any:
        known = {"year": form.year.data or season(), "down": "college", "across": "part"}
        page = {
            **presentation.begin_of(PIVOT, known),
            "title": _("Two dimensions against each other"),
        }
        return self.render_template(
            "plan/reports/pivot.html",
            form=form,
            columns=False,
            action=url_for("PivotView.create"),
            **page,
        )
