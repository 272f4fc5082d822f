"""The decisions of the desk: steps of placements and of their terminations as actions. HTTP only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.accounts.queries import actor
from app.batches.queries import ask
from app.core import clock
from app.core.errors import Refused
from app.desk import detail
from app.fab.declared import Offer, record_action
from app.fab.detail import Button
from app.fab.once import once
from app.people.step_views import StepActions
from app.placements.workflow import PLACEMENTS
from app.termination.queries import latest, latest_of
from app.termination.workflow import TERMINATIONS, force, why_not
from app.workflow.actor import Role

TERMINATION = "termination_"  # prefix of the actions that are steps of the termination's table
FORCE = TERMINATIONS.step("force")
REASONS = (
    _l("The information of the post does not match the facts."),
    _l("The employer's material is unclear."),
    _l("The employer is in doubt; please check again."),
    _l("Both parties asked for it after talking it over."),
)
FIRST = ("attest", "attest_college", "refuse", "refuse_college", "approve", "approve_college",
         "confirm_force", "undo", "close", "review_one_sided")  # fmt: skip
KEYS = {"attest": "A", "attest_college": "A", "approve": "A", "approve_college": "A", "undo": "U",
        "refuse": "R", "refuse_college": "R"}  # fmt: skip
APPROVING = ("attest", "attest_college", "approve", "approve_college", "confirm_force")


class Decisions(StepActions):
    """Mixin of the desk: which buttons a record has, and what they do."""

    flow = PLACEMENTS
    frequent_reasons = REASONS

    # -- buttons -------------------------------------------------------------------------------

    def termination(self, item: Any) -> Any:
        """The last termination of the placement, asked once a request."""
        return once(f"termination of {item.id}", lambda: latest(item.id))

    def offers(self, item: Any) -> list[Offer]:
        """Both tables' offers, the termination's first while it runs; then the office's own act."""
        view: Any = self
        who, now = actor(), clock.now()
        found = [self._shown(o, o.step.name, item) for o in self.offered(item)]
        last = self.termination(item)
        if last is not None:
            steps = TERMINATIONS.offers(last, who, now)
            found = [self._shown(o, TERMINATION + o.step.name, item) for o in steps] + found
        if who.role is Role.SCHOOL and item.attested_at is not None and item.holds_slot:
            reason = why_not("force", item, who, now)
            found.append(Offer.of_step(FORCE, reason, text=view.record_name(item)))
        found = [
            o
            for o in found
            if o.name in self.actions
            and view._may(o.name)
            and not (o.why_not and o.name.endswith("undo"))  # too late is not worth a grey button
        ]
        return sorted(found, key=lambda o: o.name.removeprefix(TERMINATION) not in FIRST)

    def _shown(self, offer: Any, name: str, item: Any) -> Offer:
        step, view = offer.step, self
        made = Offer.of_step(
            step, offer.why_not, text=view.record_name(item), key=KEYS.get(step.name, ""),  # type: ignore[attr-defined]
            primary=step.name in APPROVING, reasons=self._reasons(step.danger),
        )  # fmt: skip
        return replace(made, name=name)

    def buttons(self, item: Any) -> list[Button]:
        """Approving exists twice: on to the next that waits, or back to the list."""
        found = super().buttons(item)  # type: ignore[misc]
        if not found or not found[0].offer.primary or found[0].offer.why_not:
            return found  # type: ignore[no-any-return]
        if self.next_waiting(item) is None:
            return found  # type: ignore[no-any-return]
        first = found[0]
        onward = replace(first.offer, label=_("%(step)s and open the next", step=first.offer.label))
        plain = replace(first.offer, primary=False, key="")
        return [
            replace(first, offer=onward, url=f"{first.url}?next=1", mark=f"{first.mark}-next"),
            *found[1:],
            replace(first, offer=plain),
        ]

    def next_waiting(self, item: Any) -> Any:
        """The key of the record that waits next; the list says which."""
        raise NotImplementedError

    # -- taking --------------------------------------------------------------------------------

    def take_one(self, step: str, item: Any, onward: str = "") -> Any:
        following = self.next_waiting(item) if "next" in request.args else None
        if following is not None:
            onward = self.url("show", pk=following)  # type: ignore[attr-defined]
        return self._decide(PLACEMENTS, step, item, item.id, onward)

    def _decide(self, flow: Any, step: str, item: Any, key: int, onward: str = "") -> Any:
        """Take the step and go on, with a way back for half a minute (AGR-11)."""
        view: Any = self
        pk, name, who = item.id, view.record_name(item), actor()
        hints = [str(check.label) for check in detail.checks(item) if not check.good]
        try:
            flow.perform(step, key, who, reason=request.form.get("reason", ""), hints=hints)
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(view.url("show", pk=pk), 303)
        known = flow.step(step)
        text = _("%(name)s: %(text)s", name=name, text=known.done)
        undo = f"{TERMINATION if flow is TERMINATIONS else ''}undo"
        flash(_with_undo(text, view.url("action", name=undo, pk=pk)) if known.undoable else text,
              "success")  # fmt: skip
        return redirect(onward or view.list_url(), 303)

    def take_termination(self, step: str, items: list[Any]) -> Any:
        """The same for a step of the termination's table, singly or by the worker."""
        if "pk" in (request.view_args or {}):
            [item] = items
            last = self.termination(item)
            if last is None:
                flash(_("No termination is under way."), "warning")
                return redirect(self.url("show", pk=item.id), 303)  # type: ignore[attr-defined]
            following = self.next_waiting(item) if "next" in request.args else None
            onward = self.url("show", pk=following) if following is not None else ""  # type: ignore[attr-defined]
            return self._decide(TERMINATIONS, step, item, last.id, onward)
        return self._many_terminations(step, items)

    def _many_terminations(self, step: str, items: list[Any]) -> Any:
        view: Any = self
        last = latest_of(item.id for item in items)
        rows = [
            (last[item.id].id, view.record_name(item), view.url("show", pk=item.id))
            for item in items
            if item.id in last
        ]
        if not rows:
            flash(_("None of the selected records has a termination."), "warning")
            return redirect(view.list_url(), 303)
        batch = ask(actor(), "termination", step, rows, request.form.get("reason", ""),
                    back_url=view.list_url(), uid=self.batch_uid("termination", step, items))  # fmt: skip
        return redirect(url_for("BatchView.show", uid=batch.uid), 303)

    @record_action("force", FORCE.label, reason="required", danger=True, multiple=False)
    def force(self, items: list[Any]) -> Any:
        """The school ends it by itself (AGR-09)."""
        view: Any = self
        [item] = items
        pk, name = item.id, view.record_name(item)
        try:
            done = force(pk, actor(), request.form.get("reason", ""))
            waits = done.approved_at is None
            text = _("A colleague has to confirm it.") if waits else FORCE.done
            flash(_("%(name)s: %(text)s", name=name, text=text), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        return redirect(view.url("show", pk=pk), 303)


def _with_undo(text: str, url: str) -> Markup:
    """The message with a button that takes the decision back."""
    return Markup(
        '{} <form class="qq-inline" method="post" action="{}">'
        '<input type="hidden" name="csrf_token" value="{}">'
        '<button class="btn btn-default btn-sm" type="submit" data-qq-key="U">{}</button></form>'
    ).format(text, url, generate_csrf(), _("Undo"))


def _placement_action(name: str) -> Any:
    step = PLACEMENTS.step(name)

    def act(self: Any, items: list[Any]) -> Any:
        return self.take(name, items)

    return _action(act, name, step)


def _termination_action(name: str) -> Any:
    step = TERMINATIONS.step(name)

    def act(self: Any, items: list[Any]) -> Any:
        return self.take_termination(name, items)

    return _action(act, TERMINATION + name, step)


def _action(act: Any, name: str, step: Any) -> Any:
    act.__name__ = name
    return record_action(
        name, step.label, reason=str(step.reason), danger=step.danger,  # type: ignore[arg-type]
        primary=step.name in APPROVING, multiple=step.bulk and step.name != "undo",
    )(act)  # fmt: skip


for _flow, _make, _prefix in ((PLACEMENTS, _placement_action, ""),
                              (TERMINATIONS, _termination_action, TERMINATION)):  # fmt: skip
    for _step in _flow.steps:
        office = set(_step.roles) <= {Role.COLLEGE, Role.SCHOOL}
        if office and _step.sources and not _step.inner and "facts" not in _step.name:
            setattr(Decisions, _prefix + _step.name, _make(_step.name))
