"""The page that shows one whole number, and the same as an answer to the click beside it. HTTP only."""

from __future__ import annotations

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.reveals import workflow
from app.people.reveals.forms import PurposeForm
from app.people.reveals.workflow import CALL, ID_NUMBER, PHONE

LARGEST_KEY = 2**31 - 1


class RevealsView(SafeView):
    """Two functions, so that a role may have the telephones without the numbers of identity."""

    route_base = "/reveals"
    default_view = "phone"
    class_permission_name = "Reveals"

    @expose(f"/<string:kind>/<int(max={LARGEST_KEY}):pk>/phone", methods=["GET", "POST"])
    @has_access
    def phone(self, kind: str, pk: int) -> ResponseReturnValue:
        """The phone of a student or of an employer's contact."""
        return self._number(kind, pk, PHONE)

    @expose(f"/<string:kind>/<int(max={LARGEST_KEY}):pk>/id-number", methods=["GET", "POST"])
    @has_access
    def id_number(self, kind: str, pk: int) -> ResponseReturnValue:
        """The number of a student's document of identity."""
        return self._number(kind, pk, ID_NUMBER)

    def _number(self, kind: str, pk: int, number: str) -> ResponseReturnValue:
        record, form, shown = workflow.record_of(actor(), kind, pk, number), PurposeForm(), ""
        if request.method == "GET":
            form.purpose.data = CALL if number == PHONE else "identity"
        elif form.validate_on_submit():
            try:
                shown = workflow.reveal(
                    actor(), kind, pk, number, form.purpose.data, form.words.data or ""
                )
            except (Invalid, Refused) as error:
                show_problems(form, error)
        status = 422 if form.errors or form.form_errors else 200
        if request.accept_mimetypes.best == "application/json":
            return jsonify(number=shown, note=_("The log keeps that you saw it.")), status
        page = self.render_template(
            "people/reveals/number.html",
            form=form,
            record=record,
            back=url_for(stores().numbers[kind].page, pk=pk),
            label=workflow.label_of(record, number),
            masked=workflow.masked_of(record, kind, number),
            shown=shown,
            call=number == PHONE,
        )
        return page, status
