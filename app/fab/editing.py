"""Adding, editing and deleting for the few views that ask for these routes.

Stock FAB lets ``?_flt_0_<relation>=`` override a field of the form (H4), does not look where a
saved row went (H5), shows every exception by its text, which may be SQL, and deletes by GET (W9).
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_appbuilder.forms import GeneralModelConverter
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access


class FormRoutes:
    """Mixin of SafeModelView: registered only where `include_route_methods` names the route."""

    add_form: Any
    edit_form: Any
    include_route_methods: Any
    datamodel: Any

    def _init_forms(self) -> None:
        """Only the forms that have a route; FAB's search form would hold every related row."""
        view: Any = self
        converter = GeneralModelConverter(self.datamodel)
        for kind in {"add", "edit"} & set(self.include_route_methods):
            if getattr(view, f"{kind}_form"):
                continue
            form = converter.create_form(
                view.label_columns,
                getattr(view, f"{kind}_columns"),
                view.description_columns,
                view.validators_columns,
                getattr(view, f"{kind}_form_extra_fields"),
                getattr(view, f"{kind}_form_query_rel_fields"),
            )
            setattr(view, f"{kind}_form", form)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        """A new record; refused when it would lie outside the person's scope."""
        form = self.add_form.refresh()  # of the posted form only: no argument of the address (H4)
        if request.method == "POST" and form.validate():
            return self._saved("add", self.datamodel.obj(), form)
        return self._form_page("add", form)

    @expose("/edit/<string:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> ResponseReturnValue:
        """A changed record; neither it nor what it becomes may be outside the scope (H5)."""
        view: Any = self
        item = view.record(pk)
        form = self.edit_form.refresh(obj=item)
        form.of_record = view.record_name(item)  # before what is typed changes it
        form._id = view.datamodel.get_pk_value(item)  # FAB's check of unique columns asks for it
        if request.method == "POST" and form.validate():
            return self._saved("edit", item, form)
        return self._form_page("edit", form)

    @expose("/delete/<string:pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> ResponseReturnValue:
        """Remove a record of the scope; by POST only (W9)."""
        view: Any = self
        item = view.record(pk)
        view.pre_delete(item)
        session = self.datamodel.session
        try:
            session.delete(item)
            session.commit()
        except IntegrityError:
            session.rollback()
            flash(view.delete_integrity_error_message, "danger")
            return redirect(view.list_url(), 303)
        view.post_delete(item)
        flash(view.delete_row_message, "success")
        return redirect(view.list_url(), 303)

    def _saved(self, kind: str, item: Any, form: FlaskForm) -> ResponseReturnValue:
        """Write the record; our three exceptions go up to the app, only a double key stays here."""
        view: Any = self
        try:
            self._write(kind, item, form)
        except IntegrityError:
            flash(getattr(view, f"{kind}_integrity_error_message"), "danger")
            return self._form_page(kind, form, 422)
        except DataError:
            flash(_("One of the values is too long or too large."), "danger")
            return self._form_page(kind, form, 422)
        except Invalid as error:
            for place, text in error.problems:
                _mark(form, place, text)
            return self._form_page(kind, form, 422)
        flash(getattr(view, f"{kind}_row_message"), "success")
        return redirect(view.list_url(), 303)

    def _write(self, kind: str, item: Any, form: FlaskForm) -> None:
        view: Any = self
        session = self.datamodel.session
        before, after = (
            (view.pre_add, view.post_add) if kind == "add" else (view.pre_update, view.post_update)
        )
        try:
            with session.no_autoflush:
                view.process_form(form, kind == "add")
                form.populate_obj(item)
                before(item)
            session.add(item)
            session.flush()
            self._still_mine(item)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        after(item)

    def _still_mine(self, item: object) -> None:
        """404, and nothing is written, when the saved row is none that the person may see (H5)."""
        view: Any = self
        key = self.datamodel.get_pk_value(item)
        there = self.datamodel.only(
            view.scoped().where(self.datamodel.key == key), self.datamodel.key
        )
        if not self.datamodel.session.scalar(select(there.exists())):
            abort(404)

    def _form_page(self, kind: str, form: FlaskForm, status: int = 200) -> Any:
        view: Any = self
        columns = getattr(view, f"{kind}_columns")
        widget = getattr(view, f"{kind}_widget")
        groups = getattr(view, f"{kind}_fieldsets") or [(None, {"fields": columns})]
        page = view.render_template(
            getattr(view, f"{kind}_template"),
            title=getattr(view, f"{kind}_title"),
            widgets={"form": widget(form=form, groups=groups)},
            name=getattr(form, "of_record", ""),
            form=form,
            back_url=view.list_url(),
        )
        return page, 422 if form.errors else status


class RuledForms:
    """Mixin of SafeModelView: what its forms say is written by a rule of ours, never by the form itself."""

    def written(self, kind: str, item: Any, form: FlaskForm) -> Any:
        """Write the form's values and give the record; kind is add or edit. Raises Invalid, Refused."""
        raise NotImplementedError

    def _saved(self, kind: str, item: Any, form: FlaskForm) -> Any:
        view: Any = self
        try:
            done = self.written(kind, item, form)
        except (Invalid, Refused) as error:
            show_problems(form, error)
            for sentence in form.form_errors:
                flash(str(sentence), "warning")
            return view._form_page(kind, form, 422)
        flash(str(getattr(view, f"{kind}_row_message")), "success")
        shown = "show" in view.include_route_methods
        return redirect(view.url("show", pk=done.id) if shown else view.list_url(), 303)


def _mark(form: FlaskForm, place: str, text: str) -> None:
    """Put a problem beside its field; one that has no field of its own stands above the form."""
    if place in form:
        form[place].errors = [*form[place].errors, text]
    else:
        flash(f"{place}: {text}" if place else text, "danger")
