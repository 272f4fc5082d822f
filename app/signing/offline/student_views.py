"""线下签约: the list, entering an agreement, its preview, and generating it (OFF-01…03). HTTP only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.accounts.act_views import birth_code_url, proved, refused_code
from app.accounts.queries import actor
from app.codes.regions import region_name
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import say_mended
from app.core.text import clean_code
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents.errors import Unprintable
from app.files.documents.file_views import file_answer
from app.people.employers.register import employer_by_code
from app.people.students.student_views import me
from app.signing.offline import detail, queries
from app.signing.offline.forms import form_of, typed
from app.signing.offline.workflow import Filled, draft, generate, look_up, save, why_not_enter
from app.signing.placements.may_sign import blocked_employer
from app.signing.placements.models import Placement
from app.signing.placements.printing import preview, refuse_unprintable
from app.signing.placements.views import being_made
from app.signing.placements.workflow import PLACEMENTS

LARGEST_KEY = 2**31 - 1


class MyPaperView(SafeView):
    """The student's paper signings, and the form from which the next is generated."""

    route_base = "/my/offline"
    default_view = "index"
    class_permission_name = "MyPaper"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who, student = actor(), me()
        entry = queries.entry_of(student.id)
        rows = [_card(placement) for placement in queries.papers_of(who)]
        return self.render_template(
            "signing/offline/index.html",
            title=_("Offline signing"),
            why_not=why_not_enter(student, who, clock.now()),
            begun=entry is not None and bool(entry.values),
            saved_at=clock.local(entry.changed_at).strftime("%Y-%m-%d %H:%M") if entry else "",
            rows=rows,
        )

    @expose("/entry", methods=["GET", "POST"])
    @has_access
    def entry(self) -> ResponseReturnValue:
        """The form; saving keeps it as it is, the preview asks for all of it (OFF-01)."""
        refusal = why_not_enter(me(), actor(), clock.now())
        if refusal:
            flash(refusal, "warning")
            return redirect(url_for(".index"), 303 if request.method == "POST" else 302)
        if request.method == "POST":
            return self._posted(request.form.get("do", ""))
        found = queries.entry_of(me().id)
        values = found.values if found else {}
        form = _form(values)
        if "check" in request.args:
            _complete(form)
        return self._page(form, found.version if found else 0, uuid4().hex)

    def _page(self, form: FlaskForm, version: int, writer: str, status: int = 200) -> Any:
        page = self.render_template(
            "signing/offline/entry.html",
            title=_("Enter an agreement"),
            form=form,
            parts=form.split(),
            version=version,
            writer=writer,
            known=queries.known_employer(form.employer_credit_code.data or ""),
        )
        return page, 422 if form.errors or form.form_errors else status

    def _posted(self, do: str) -> Any:
        values, version, writer = typed(request.form), _number("version"), _writer()
        for field in _form(values):
            say_mended(
                str(field.label.text), request.form.get(field.name), values.get(field.name, "")
            )
        try:
            if do == "lookup":
                values = self._with_register(values)
            version = save(actor(), values, version, writer, late=False).version
        except Refused as refusal:
            return self._not_saved(values, writer, refusal)
        if do == "preview":
            form = _form(values)
            if not _complete(form):
                return self._page(form, version, writer)
            return redirect(url_for(".preview"), 303)
        if do == "lookup":
            return redirect(url_for(".entry") + "#employer", 303)
        flash(_("Draft saved. You can continue later."), "success")
        return redirect(url_for(".index" if do == "later" else ".entry"), 303)

    def _with_register(self, values: dict[str, str]) -> dict[str, str]:
        """What was typed, with what the register of employers knows of this credit code (OFF-07)."""
        code = clean_code(values.get("employer_credit_code", ""))[:18]
        known = look_up(actor(), code)
        blocked = blocked_employer(employer_by_code(code))
        if blocked:
            flash(blocked, "warning")
            return values
        if not known:
            flash(_("No school has this employer on its register. Type its facts."), "info")
            return values
        flash(_("Filled in from the register. Check the facts."), "success")
        found = {**values, **known, "employer_credit_code": code}
        if "employer_location" in known:
            found["employer_location_code"] = known["employer_location"]
            found["employer_location"] = region_name(known["employer_location"])
        return found

    def _not_saved(self, values: dict[str, str], writer: str, refusal: Refused) -> str:
        """What was typed stays on the page; saved again, it takes the place of the other."""
        found = queries.entry_of(me().id)
        form = _form(values)
        form.form_errors.append(
            f"{refusal} " + _("What you typed here is still here: save again to keep this instead.")
        )
        return self._page(form, found.version if found else 0, writer)

    @expose("/entry/save", methods=["POST"])
    @has_access
    def autosave(self) -> ResponseReturnValue:
        """The page saves by itself: JSON with the version it is now (OFF-01)."""
        try:
            found = save(actor(), typed(request.form), _number("version"), _writer(), late=True)
        except Refused as refusal:
            return jsonify(error=str(refusal)), 409
        at = clock.local(found.changed_at).strftime("%H:%M")
        return jsonify(version=found.version, message=_("Draft saved at %(at)s.", at=at))

    @expose("/preview", methods=["GET"])
    @has_access
    def preview(self) -> ResponseReturnValue:
        """The agreement as it would be, and the button that generates it (OFF-02)."""
        found = queries.entry_of(me().id)
        form = _form(found.values if found else {})
        if found is None or not _complete(form):
            return redirect(url_for(".entry", check=1))
        placement = draft(me(), _filled(form))
        why_not = why_not_enter(me(), actor(), clock.now())
        return self.render_template(
            "signing/offline/preview.html",
            title=_("Preview of the agreement"),
            step=PLACEMENTS.step("generate"),
            code=birth_code_url(PLACEMENTS, "generate", found.id, me().school_id),
            why_not=why_not,
            version=found.version,
            party_a=detail.party_a(placement),
            party_b=detail.party_b(placement),
            groups=detail.term_groups(placement),
            known=placement.employer_id is not None,
        )

    @expose("/preview.pdf", methods=["GET"])
    @has_access
    def pdf(self) -> ResponseReturnValue:
        """The printed agreement, marked 未生效: drawn by the worker, meanwhile a page that waits (S-11)."""
        found = queries.entry_of(me().id)
        form = _form(found.values if found else {})
        if not form.validate():
            return redirect(url_for(".entry", check=1))
        try:
            data = preview(draft(me(), _filled(form)), actor())
        except Unprintable:
            return redirect(url_for(".entry", check=1))
        if data is None:
            return being_made(self, 3)
        return file_answer(data, "application/pdf", "preview.pdf", inline=True)

    @expose("/generate", methods=["POST"])
    @has_access
    def generate(self) -> ResponseReturnValue:
        """Two questions were answered: generate it, once (OFF-02)."""
        found = queries.entry_of(me().id)
        form = _form(found.values if found else {})
        try:
            if found is None or not (detail.generated(found) or _complete(form)):
                return redirect(url_for(".entry", check=1), 303)
            placement = self._generated(found, _filled(form))
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(url_for(".preview"), 303)
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
            return redirect(url_for(".preview"), 303)
        flash(_("Generated. The school reviews it next."), "success")
        return redirect(url_for("MyPaperStepsView.show", pk=placement.id), 303)

    def _generated(self, found: Any, filled: Filled) -> Placement:
        """The placement, of this press or of the one a breath ago; the code proves the form as previewed."""
        agreed, version = request.form.get("agreed") == "1", _number("version", "args")
        try:
            who = actor() if detail.generated(found) else proved(PLACEMENTS, "generate", found.id)
            return generate(who, filled, version, agreed=agreed)
        except Invalid as error:
            placement = _same_breath(found)
            if placement is None:
                raise refused_code(error) from error
            return placement


def _same_breath(found: Any) -> Placement | None:
    """What the same form generated a moment ago: the button was pressed twice."""
    db.session.refresh(found)
    return found.placement if detail.generated(found) else None


def _card(placement: Any) -> dict[str, object]:
    return {
        "name": placement.employer_name,
        "url": url_for("MyPaperStepsView.show", pk=placement.id),
        "chip": detail.status(placement),
        "facts": detail.facts(placement),
        "next": detail.next_step(placement),
        "over": detail.over(placement),
    }


def _form(values: Mapping[str, str]) -> Any:
    """The student's own form: codes are those of the year's edition (PLN-11)."""
    return form_of(values, me().graduation_year)


def _complete(form: FlaskForm) -> bool:
    """Whether all of it is there and can be printed; what is not stands beside its field."""
    if not form.validate():
        return False
    blocked = blocked_employer(employer_by_code(form.employer_credit_code.data))
    if blocked:
        form.employer_credit_code.errors = [blocked]
        return False
    try:
        refuse_unprintable(draft(me(), _filled(form)))
    except Unprintable as error:
        form.show_unprintable(error)
        return False
    return True


def _filled(form: FlaskForm) -> Filled:
    return Filled(terms=form.values(), facts=form.facts())


def _writer() -> str:
    return request.form.get("writer", "")[:32]


def _number(name: str, where: str = "form") -> int:
    """A number of the page, or one that fits nothing."""
    text = getattr(request, where).get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
