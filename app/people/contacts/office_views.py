"""Changed ways in that are held, as the office sees them: to confirm or to take back (ACC-15). HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select

from app.accounts import contacts, hold_confirming, holds, reach
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.accounts.queries import actor
from app.core import mail
from app.core.errors import Invalid, Refused
from app.fab.columns import ListColumn
from app.fab.declared import ListFilter, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.per_request import now
from app.fab.presentation import dash, moment
from app.fab.views import SafeModelView
from app.people.contacts import queries
from app.people.contacts.workflow import undo
from app.people.students.models import Student
from app.people.students.search_views import StudentSearch

CHANNELS = {mail.SMS: _l("phone"), mail.MAIL: _l("e-mail"), reach.RESET: _l("sign-in reset")}
SOURCES = {
    contacts.STAFF: _l("by a member of staff"),
    contacts.FILE: _l("by a file"),
    contacts.MERGE: _l("by merging two records"),
    contacts.SELF: _l("on the own page"),
}
CONFIRMED = {
    holds.OLD_PHONE: _l("the old phone"),
    holds.MAIL: _l("the earlier e-mail"),
    holds.CAMPUS: _l("the campus sign-in"),
    holds.SECOND: _l("a second person"),
    contacts.SELF: _l("the person, at its first sign-in"),
}


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.change_tab(name, now()), empty=empty)


class HeldChangesView(StudentSearch, SafeModelView):
    """Whoever changed a way in is answered for by the next level, or takes it back."""

    datamodel = SafeInterface(ContactChange)
    route_base = "/sign-in-changes"
    class_permission_name = "HeldChanges"
    include_route_methods = {"list", "search", "pick_columns", "action", "action_post", "confirm"}
    list_title = _l("Changed sign-ins")
    columns = (
        ListColumn("user.display_name", _l("Student or employer"), card="title"),
        ListColumn("held_until", _l("Held until"), moment, sorts=True, width="number"),
        ListColumn("channel", _l("What was changed"), lambda name: str(CHANNELS.get(name, name))),
        ListColumn("old_masked", _l("Before"), dash),
        ListColumn("new_masked", _l("Since then"), dash),
        ListColumn(
            "source", _l("By which way"), lambda name: str(SOURCES.get(name, name)), card="none"
        ),
        ListColumn("actor_name", _l("By whom")),
        ListColumn("at", _l("Changed on"), moment, sorts=True, width="number"),
        ListColumn("reason", _l("Reason"), dash, width="roomy", card="none"),
        ListColumn(
            "confirmed_by",
            _l("Confirmed by"),
            lambda name: str(CONFIRMED.get(name, "–")),
            card="none",
        ),
    )
    base_order = ("at", "desc")
    tabs = (
        _tab("held", _l("Held at present"), _l("No changed sign-in waits to be confirmed.")),
        _tab(
            "answered",
            _l("Confirmed or taken back"),
            _l("Nothing was confirmed or taken back yet."),
        ),
        _tab("over", _l("Time is over"), _l("No time of holding has run out.")),
        _tab("all", _l("All"), _l("Staff have changed no sign-in.")),
    )
    filters = (
        ListFilter(
            "source",
            _l("All ways"),
            ContactChange.source,
            lambda: [(name, str(text)) for name, text in SOURCES.items() if name != contacts.SELF],
        ),
    )

    def scoped(self) -> Select[ContactChange]:
        return queries.changes_for(actor())

    def of_students(self, which: ColumnElement[bool]) -> ColumnElement[bool]:
        mine = AppUser.student_id.in_(select(Student.id).where(which))
        return ContactChange.user_id.in_(select(AppUser.id).where(mine))

    def record_name(self, item: ContactChange) -> str:
        return str(item.user.display_name)

    @record_action("confirm_change", _l("Confirm"), reason="required", primary=True)
    def confirm_change(self, items: list[ContactChange]) -> Any:
        """Somebody else of the next level has made sure that the person asked for it."""
        self._each(
            items,
            hold_confirming.confirm_by_second,
            lambda n: _("%(count)s changes are confirmed; they hold nobody any more.", count=n),
        )

    @record_action("undo_change", _l("Take back"), reason="required", danger=True)
    def undo_change(self, items: list[ContactChange]) -> Any:
        """The former phone counts again; what was opened since is void."""
        self._each(items, undo, lambda n: _("%(count)s changes are taken back.", count=n))

    def _each(
        self, items: list[ContactChange], act: Callable[..., None], said: Callable[[int], str]
    ) -> None:
        done, refused = 0, ""
        for item in items:
            try:
                act(item, actor(), request.form.get("reason", ""))
                done += 1
            except Refused as refusal:
                refused = f"{item.user.display_name}: {refusal}"
            except Invalid as error:
                refused = " ".join(text for _place, text in error.problems)
        if done:
            flash(said(done), "success")
        if refused:
            flash(refused, "warning")
