"""The student's 其他去向: choosing, filling in, proofs, submitting, leaving (DST-01…05). HTTP only."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.act_views import birth_code_url, flash_code, proved, refused_code
from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.core.forms import say_all_mended
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.per_request import now
from app.fab.presentation import moment
from app.files.documents import attaching, files
from app.files.documents.file_views import sent_files, take_files
from app.people.students.student_views import me
from app.signing.destinations import evidence, queries
from app.signing.destinations.copying import again
from app.signing.destinations.detail import items, names, next_step, progress, proofs, why_refused
from app.signing.destinations.forms import form_of, show, typed
from app.signing.destinations.models import Destination
from app.signing.destinations.placing import problems, why_not
from app.signing.destinations.views import LARGEST_KEY, chip_of, place_of, trace
from app.signing.destinations.workflow import begin, discard, save, submit
from app.signing.placements.models import Placement, PlacementState
from app.signing.placements.workflow import PLACEMENTS


class MyDestinationsView(SafeView):
    """Everything a student registers without an agreement; the page is named as the school says."""

    route_base = "/my/destinations"
    default_view = "index"
    class_permission_name = "MyDestinations"

    # -- choosing ------------------------------------------------------------------------------

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        """What is registered, what is begun, and the one button."""
        who, student = actor(), me()
        draft = queries.draft_of(student.id)
        return self._page(
            "student_list.html",
            rows=[(p, chip_of(p), moment(p.created_at)) for p in queries.mine(who)],
            draft=draft,
            draft_names=names(draft) if draft else (),
            saved=moment(draft.changed_at) if draft else "",
            why=why_not(student, who, now()),
        )

    @expose("/new", methods=["GET"])
    @has_access
    def choose(self) -> ResponseReturnValue:
        """First the type, then the kind, each with a line of explanation."""
        student = me()
        refusal = why_not(student, actor(), now())
        if refusal:
            return self._back(refusal)
        offered = queries.kinds_for(student)
        wanted = request.args.get("type", "")
        chosen = next((t for t in offered if t.code == wanted), None)
        return self._page(
            "student_choose.html",
            types=list(offered),
            chosen=chosen,
            kinds=offered[chosen] if chosen else [],
            draft=queries.draft_of(student.id),
        )

    @expose("/begin", methods=["POST"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        try:
            begin(actor(), request.form.get("kind", ""))
        except Refused as refusal:
            return self._back(str(refusal))
        return redirect(url_for("MyDestinationsView.draft"), 303)

    # -- the draft -----------------------------------------------------------------------------

    @expose("/draft", methods=["GET", "POST"])
    @has_access
    def draft(self) -> ResponseReturnValue:
        """The form of the kind; saved half-filled, or checked and previewed."""
        found = queries.draft_of(me().id)
        if found is None:
            return self._sent_already()
        form = form_of(found)
        if request.method == "GET":
            return self._form(found, form)
        say_all_mended(form)
        try:
            save(actor(), place_of("draft"), place_of("version"), typed(form))
        except (Refused, Invalid) as error:
            known = error.problems if isinstance(error, Invalid) else [("", str(error))]
            return self._form(found, form, show(form, known), 409)
        if request.form.get("then") == "preview":
            return redirect(url_for("MyDestinationsView.preview"), 303)
        flash(_("Saved. You can go on later."), "success")
        return redirect(url_for("MyDestinationsView.index"), 303)

    @expose("/draft/proofs/<string(maxlength=30):key>", methods=["POST"])
    @has_access
    def proof(self, key: str) -> ResponseReturnValue:
        """Add files to one proof; each is checked on its own."""
        add = partial(evidence.add_proof, actor(), place_of("draft"), key)
        return take_files(add, f"{url_for('MyDestinationsView.draft')}#proofs")

    def _form(
        self, draft: Destination, form: object, missing: object = None, status: int = 200
    ) -> Any:
        have = evidence.rows(draft, actor())
        page = self._page(
            "student_form.html",
            draft=draft,
            names=names(draft),
            form=form,
            proofs=[(p, have.get(p.key, [])) for p in draft.kind.proofs if p.active],
            missing=missing or {},
        )
        return page, status

    @expose("/preview", methods=["GET"])
    @has_access
    def preview(self) -> ResponseReturnValue:
        """What the school will read; what is missing leads back into the form."""
        found = queries.draft_of(me().id)
        if found is None:
            return self._sent_already()
        wrong = problems(found)
        if wrong:
            form = form_of(found)
            return self._form(found, form, show(form, wrong), 422)
        return self._page(
            "student_preview.html",
            draft=found,
            names=names(found),
            items=items(found),
            proofs=proofs(found, actor()),
            why=why_not(me(), actor(), now()),
            step=PLACEMENTS.step("submit"),
            code=birth_code_url(PLACEMENTS, "submit", found.id, me().school_id),
        )

    @expose("/submit", methods=["POST"])
    @has_access
    def submit(self) -> ResponseReturnValue:
        """As previewed; pressed twice it leads to the same record."""
        try:
            placement = self._submitted(place_of("draft"), place_of("version"))
        except Refused as refusal:
            return self._back(str(refusal))
        except Invalid as error:
            flash_code(error)
            return redirect(url_for("MyDestinationsView.preview"), 303)
        flash(_("Submitted. You are told of every step here and by e-mail."), "success")
        return redirect(url_for("MyDestinationsView.show", pk=placement.id), 303)

    def _submitted(self, key: int, version: int) -> Placement:
        """The placement, of this press or of the one a breath ago; the code proves the draft as previewed."""
        before = queries.submitted_from(me().id, key)
        try:
            who = actor() if before else proved(PLACEMENTS, "submit", key)
            return submit(who, key, version)
        except Invalid as error:
            made = queries.submitted_from(me().id, key)
            if made is None:
                raise refused_code(error) from error
            return made

    @expose("/discard", methods=["POST"])
    @has_access
    def discard(self) -> ResponseReturnValue:
        discard(actor(), place_of("draft"))
        flash(_("The draft is gone."), "success")
        return redirect(url_for("MyDestinationsView.index"), 303)

    # -- one record ----------------------------------------------------------------------------

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """Where letters lead: how it stands, what was filled in, and the right button."""
        who, placement = actor(), queries.destination_in(actor(), pk)
        found = queries.of_placement(pk)
        state = PlacementState(placement.state)
        in_force, refused = state is PlacementState.IN_FORCE, state is PlacementState.REFUSED
        leaving = stores().leaving
        return self._page(
            "student_show.html",
            placement=placement,
            names=names(found) if found else (placement.employer_name, placement.employer_name),
            chip=chip_of(placement),
            next=next_step(placement),
            refused=why_refused(placement) if refused else "",
            steps=progress(placement),
            items=items(found) if found else [],
            proofs=proofs(found, who) if found else [],
            leaving=leaving.told(placement, who, now()),
            leave_why=leaving.why_not(placement, who, now()) if in_force else None,
            again_why=self._again_why(found) if refused and found else None,
            trace=trace(placement),
            submitted=moment(placement.created_at),
        )

    def _again_why(self, found: Destination) -> str:
        student = me()
        return why_not(student, actor(), now()) or queries.kind_closed(found.kind, student) or ""

    @expose(f"/<int(max={LARGEST_KEY}):pk>/again", methods=["POST"])
    @has_access
    def again(self, pk: int) -> ResponseReturnValue:
        """Correct what was not approved, with the same values and files."""
        try:
            again(actor(), pk)
        except Refused as refusal:
            return self._back(str(refusal))
        return redirect(url_for("MyDestinationsView.draft"), 303)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/leave", methods=["GET", "POST"])
    @has_access
    def leave(self, pk: int) -> ResponseReturnValue:
        """Apply to leave a destination in force, with a reason and proofs (DST-03)."""
        placement = queries.destination_in(actor(), pk)
        here = url_for("MyDestinationsView.show", pk=pk)
        refusal = stores().leaving.why_not(placement, actor(), now())
        if refusal:
            flash(refusal, "warning")
            return redirect(here, 303)
        wrong: list[tuple[str, str]] = []
        if request.method == "POST":
            wrong = self._leave(placement)
            if not wrong:
                flash(_("Sent. The school decides next."), "success")
                return redirect(here, 303)
        page = self._page(
            "student_leave.html",
            placement=placement,
            problems=wrong,
            most=files.MOST,
            reason=request.form.get("reason", "")[:1000],
            code=birth_code_url(
                stores().workflows["termination"], "apply_with_proof", pk, placement.school_id
            ),
        )
        return page, 422 if wrong else 200

    def _leave(self, placement: Placement) -> list[tuple[str, str]]:
        who, key = actor(), placement.id
        try:
            proofs = attaching.decoded(sent_files(), who)
            who = proved(stores().workflows["termination"], "apply_with_proof", key)
            stores().leaving.apply(key, who, request.form.get("reason", ""), proofs)
        except Invalid as error:
            return error.problems
        except Refused as refusal:
            return [("", str(refusal))]
        return []

    # -- shared --------------------------------------------------------------------------------

    def _page(self, template: str, **values: Any) -> str:
        title = queries.module_name(me().school_id)
        return str(self.render_template(f"signing/destinations/{template}", title=title, **values))

    def _back(self, sentence: str) -> ResponseReturnValue:
        flash(sentence, "warning")
        return redirect(url_for("MyDestinationsView.index"), 303)

    def _sent_already(self) -> ResponseReturnValue:
        """There is no draft; a form sent again from a window that was left open is told so."""
        if request.method == "POST":
            flash(_("This draft was submitted or thrown away in another window."), "warning")
        return redirect(
            url_for("MyDestinationsView.index"), 303 if request.method == "POST" else 302
        )
