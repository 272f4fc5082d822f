"""The student's start page: HTTP only."""

from __future__ import annotations

from flask import g, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import beside
from app.accounts.act_views import answer_code
from app.accounts.holds import not_held
from app.accounts.own_contacts import ask_own_code, masked_contact
from app.accounts.queries import actor
from app.audit import retention
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents.file_views import file_answer
from app.home import own_copy
from app.home.student_waits import StudentWait, waits
from app.people.contacts.forms import OwnProofForm
from app.people.merging.requests import asked_of as asked_of_me
from app.people.students.queries import code_contact
from app.people.students.student_views import facts, me
from app.plan.letters.detail import letter_facts
from app.plan.letters.letters import letter_of
from app.settings.queries import settings
from app.signing.destinations.detail import progress as destination_progress
from app.signing.destinations.queries import module_name, module_open
from app.signing.invitations import queries
from app.signing.invitations.models import Invitation
from app.signing.invitations.views import local, now, review_text
from app.signing.placements.detail import progress
from app.signing.placements.may_sign import cannot_sign
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.placements.notices import PAGES
from app.signing.placements.queries import placement_of
from app.signing.terms.models import FIELDS
from app.signing.terms.queries import shown


class MyHomeView(SafeView):
    """The one next step and the time left, own facts, the employment state (INV-22)."""

    route_base = "/my"
    default_view = "index"
    class_permission_name = "MyHome"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        student = me()
        placement = placement_of(student.id)
        found = waits(actor(), now())
        if code_contact(student, g.user) is None:
            found.insert(0, _unreached())
        first = found[0] if found and found[0].mine else None
        shown = placement.id if placement and first is None else None
        letters = list(queries.received(student.id, now()))
        return self.render_template(
            "home/student.html",
            student=student,
            facts=facts(student),
            held=not_held(actor(), now()),
            merges=asked_of_me(g.user),
            barred=cannot_sign(student, now()),
            placement=placement,
            placement_url=f"/my/{PAGES[Kind(placement.kind)]}/{placement.id}" if placement else "",
            placement_link=_link(placement),
            register=module_name(student.school_id) if module_open(student.school_id) else "",
            state=review_text(placement.state) if placement else (_("Not signed yet"), "closed"),
            kind=KINDS[Kind(placement.kind)] if placement else "",
            signed_on=local(placement.created_at) if placement else "",
            hero=first,
            mine=[it for it in found if it.mine and it is not first],
            others=[it for it in found if not it.mine and not _is_shown(it, shown)],
            first=letters[0] if letters and placement is None else None,
            first_terms=_large(letters[0]) if letters else {},
            letters=[(i, clock.shown_deadline(i.reply_by)) for i in letters],
            terminations=sum(it.is_asked for it in found),
            steps=_steps(placement, student.school_id),
            archive=_archive(student.id),
            now=now(),
        )


def _archive(student_id: int) -> list[tuple[object, object]]:
    """Where the student's archive goes, and by which courier (PLN-10)."""
    letter = letter_of(student_id) if beside.ask("courier") else None
    return letter_facts(letter) if letter else []


def _steps(placement: Placement | None, school_id: int) -> list[tuple[str, str, str]]:
    """How far the signing or the destination has come."""
    if placement is not None and placement.kind == Kind.DESTINATION:
        return destination_progress(placement)
    return progress(placement, settings(school_id).signing_review)


def _link(placement: Placement | None) -> str:
    """The words that lead to it."""
    signing = placement is not None and placement.kind != Kind.DESTINATION
    return _("See the signing") if signing else _("See the details")


def _is_shown(it: StudentWait, placement_id: int | None) -> bool:
    """Whether the page's first card tells of it already."""
    return not it.ends and placement_id is not None and it.placement_id == placement_id


def _unreached() -> StudentWait:
    """No code and no message reaches the student: a way has to be entered first (ACC-13, NTF-05)."""
    return StudentWait(
        title=_("No phone or e-mail of yours is on record"),
        url=url_for("MyOriginView.propose", field="phone"),
        link=_("Enter a phone"),
        next=_("No message and no code reaches you, so you can sign nothing."),
        mine=True,
    )


def _large(item: Invitation) -> dict[str, str]:
    """The terms that a student looks for first."""
    return {f.name: shown(f, getattr(item.terms, f.name)) for f in FIELDS if f.large}


class MyCopyView(SafeView):
    """«My data»: what is kept about the person, how long, and a copy of it in one file (S-19)."""

    route_base = "/my/data"
    default_view = "index"
    class_permission_name = "MyCopy"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        form = OwnProofForm()
        if form.validate_on_submit():
            try:
                data = own_copy.take(
                    g.user, me(), form.password.data or "", form.old_code.data or ""
                )
                name = _("My data") + ".zip"
                return file_answer(data, "application/zip", name, inline=False)
            except (Invalid, Refused) as error:
                show_problems(form, error)
        page = self.render_template(
            "home/own_copy.html", form=form, old=masked_contact(g.user), kept=retention.table()
        )
        return page, 422 if form.errors or form.form_errors else 200

    @expose("/code", methods=["POST"])
    @has_access
    def code(self) -> ResponseReturnValue:
        """A code to the contact on record, for who has no password."""
        return answer_code(self, lambda: ask_own_code(g.user, "copy"))
