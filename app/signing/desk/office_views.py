"""签约管理: the review desk of college and school: the detail of a record, and the decisions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.batches.step_views import KEYS, StepActions, by_script
from app.core import clock
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.declared import ActionButton
from app.fab.detail import Button
from app.fab.per_request import now, once
from app.files.documents.editions import may_have_full
from app.files.documents.file_views import take_files
from app.notices.reached import after, ending
from app.plan.checks.detail import Check, checks
from app.settings.queries import settings
from app.signing.desk import detail
from app.signing.desk import workflow as levers
from app.signing.desk.forms import FactsForm
from app.signing.desk.list_views import DeskList
from app.signing.desk.workflow import Lever, Pull
from app.signing.offline.detail import sheets
from app.signing.placements.models import Placement
from app.signing.placements.views import full_url
from app.signing.placements.workflow import PLACEMENTS, fill_facts
from app.signing.terminations.evidence import add_evidence
from app.signing.terminations.queries import termination_of
from app.workflow.actor import Role
from app.workflow.steps import SECOND_THOUGHTS, Step
from app.workflow.verdicts import Tone, Verdict

REASONS = (
    _l("The information of the post does not match the facts."),
    _l("The employer's material is unclear."),
    _l("The employer is in doubt; please check again."),
    _l("Both parties asked for it after talking it over."),
)
REVIEWED = (
    "mine",
    "termination",
    "form",
    "scan",
    "other",
    "all",
)  # tabs in which something can wait
FIRST = 3  # buttons that stand by themselves; the others are in «more»


def onto_next(button: Button) -> Button:
    """A refusal leads to the next that waits as an approval does; other buttons lead back."""
    refuses = button.offer.key == KEYS[Verdict.REFUSE] and not button.offer.why_not
    return replace(button, url=f"{button.url}&next=1") if refuses else button


class DeskView(StepActions, DeskList):
    """The list of DeskList with the detail and the decisions (AGR-02…07)."""

    include_route_methods = DeskList.include_route_methods | {
        "facts",
        "evidence",
        "keep_filter",
        "drop_filter",
    }
    flow = PLACEMENTS
    frequent_reasons = REASONS
    show_title = _l("Signing")
    show_template = "signing/desk/show.html"
    show_loads = ("student", "college", "major", "school", "employer", "terms", "waits_since")

    # -- the detail ----------------------------------------------------------------------------

    def detail(self, item: Placement) -> dict[str, Any]:
        """The buttons that stand by themselves, and those in «more»."""
        page = super().detail(item)
        buttons = page["buttons"]
        first = [b for b in buttons if b.offer.key in KEYS.values() or b.mark.endswith("-next")]
        first = (
            first[:FIRST] or [b for b in buttons if self.steps[b.offer.name].quiet] or buttons[:1]
        )
        return {**page, "buttons": first, "more": [b for b in buttons if b not in first]}

    def show_context(self, item: Placement) -> dict[str, Any]:
        shown = detail.blocks(item, actor())
        ending = detail.termination(item, actor(), now())
        fills = any(o.step.typed for o in self.offered(item))
        return {
            "missing": any(i.get("missing") for b in shown for i in b.items if isinstance(i, dict)),
            "facts_url": self.url("facts", pk=item.id),
            "regions_url": url_for("RegionView.find"),
            "heading_items": detail.heading(item),
            "statuses": detail.statuses(item, now()),
            "blocks": shown,
            "report": detail.report(item),
            "sheets": sheets(item, actor()),
            "termination": ending,
            "evidence_url": self._evidence_url(ending),
            "proposal": detail.proposal(item, now()),
            "checks": self._checks(item),
            "signs": [c for c in self._checks(item) if c.asks],
            "hints": self._notes(item),
            "trace": detail.trace(item),
            "facts": FactsForm.of(item) if fills else None,
            "agreement_url": self.first_link(item) or "",
            "not_made": detail.not_made_of(item),
            "full_url": full_url(item),
            "full_letter": bool(
                ending and ending.letter and may_have_full(actor(), item.school_id)
            ),
        }

    def _evidence_url(self, ending: Any) -> str:
        adds = ending is not None and ending.adds
        return self.url("evidence", pk=ending.id) if adds else ""

    @expose("/facts/<string:pk>", methods=["POST"])
    @has_access
    def facts(self, pk: str) -> ResponseReturnValue:
        """Fill in what is missing of the employer, in place (AGR-03)."""
        item = self.record(pk, self.show_columns)
        form = FactsForm.of(item)
        try:
            fill_facts(item.id, actor(), form.values())
        except Invalid as error:
            form.show(error)
            page = {**self.detail(item), "facts": form}
            return self.render_template(self.show_template, **page), 422
        except Refused as refusal:
            flash(str(refusal), "warning")
        else:
            flash(_("The employer's facts are complete."), "success")
        return redirect(self.url("show", pk=pk), 303)

    @expose("/evidence/<int:pk>", methods=["POST"])
    @has_access
    def evidence(self, pk: int) -> ResponseReturnValue:
        """The mediating school adds evidence of its own to a termination (TRM-09)."""
        who = actor()
        placement_id = termination_of(who, pk).placement_id
        page = f"{self.url('show', pk=placement_id)}#termination"
        return take_files(partial(add_evidence, pk, who), page)

    # -- the levers ----------------------------------------------------------------------------

    @classmethod
    def own_steps(cls) -> dict[str, Step]:
        return {name: lever.step for name, lever in levers.LEVERS.items()}

    @classmethod
    def called(cls, name: str) -> object:
        return levers.LEVERS[name].called()

    def pulls(self, item: Any) -> list[Pull]:
        """The levers that the rules offer this person on the record, asked once a request."""
        return once(f"levers {item.id}", lambda: levers.pulls(item, actor(), now()))

    def offered(self, item: Placement) -> list[Any]:
        return once(f"steps {item.id}", lambda: PLACEMENTS.offers(item, actor(), now()))

    def offers(self, item: Placement) -> list[ActionButton]:
        return [offer for offer, _pull in self._offers(item)]

    def _offers(self, item: object) -> list[tuple[ActionButton, Pull]]:
        """What stands first: the answer to what waits; then what else is possible (AGR-18)."""
        mine = [p for p in self.pulls(item) if self._may(p.lever.name)]
        waits = self._waiting(item)[0]
        mine.sort(key=lambda pull: self._place(pull, waits))
        return [(self._offer(item, pull, waits), pull) for pull in mine]

    @staticmethod
    def _place(pull: Pull, waits: str) -> tuple[bool, ...]:
        """Approving before refusing, what answers before what does not, what can be done before the rest."""
        answers = pull.offer.verdict is not None and pull.lever.flow.kind == waits
        main, approves_it = pull.lever.name in levers.MAIN, pull.offer.verdict is Verdict.APPROVE
        return (not answers, not main, answers and not approves_it, bool(pull.offer.why_not))

    def _offer(self, item: Any, pull: Pull, waits: str) -> ActionButton:
        """A lever as a button; it has a key only where it answers what the record waits for."""
        step, lever = pull.lever.step, pull.lever
        verdict = pull.offer.verdict if lever.flow.kind == waits else None
        offer = ActionButton.of_step(
            step,
            pull.offer.why_not,
            text=self._question(item, step),
            key="U" if step.name == "undo" else KEYS.get(verdict, ""),
            primary=verdict is Verdict.APPROVE,
            reasons=self._reasons(self._refuses(lever.name)),
        )
        plain = step.undoable and not (step.confirm or step.danger) and offer.reason == "none"
        quick = verdict is Verdict.APPROVE and plain and not self._notes(item)
        return replace(offer, name=lever.name, label=lever.called(item.kind), quick=quick)

    def _waiting(self, item: Any) -> tuple[str, frozenset[Role]]:
        return once(f"waiting {item.id}", lambda: levers.waiting(item, now()))

    def awaited(self, item: object) -> frozenset[Role]:
        return self._waiting(item)[1]

    def _reasons(self, refuses: bool) -> tuple[str, ...]:
        """The school's own list where it has one (AGR-19)."""
        own = settings(actor().school_id or 0).refusal_reasons.splitlines() if refuses else ()
        return tuple(own) or super()._reasons(refuses)

    def _refuses(self, name: str) -> bool:
        """The frequent reasons speak of a signing that is reviewed, not of an application."""
        lever = levers.LEVERS[name]
        refuses = lever.step.verdict is Verdict.REFUSE and lever.step.undoable
        return refuses and lever.flow is PLACEMENTS

    def _question(self, item: Placement, step: Step) -> str:
        """Whom it is about; before an approval also what does not look right (AGR-12)."""
        bad = self._notes(item) if step.decides is Tone.DONE else []
        name = self.record_name(item)
        return f"{name} — " + _("Please note: %(hints)s", hints=_(", ").join(bad)) if bad else name

    def _notes(self, item: Placement) -> list[str]:
        """What does not look right, in one line; a sign has a card of its own for the rest."""
        return [c.short if c.asks else c.label for c in self._checks(item) if not c.good]

    def _checks(self, item: Placement) -> list[Check]:
        return once(f"checks {item.id}", lambda: checks(item))

    def plain_buttons(self, item: Any) -> list[Button]:
        return [
            Button(
                offer,
                self.url("action", name=offer.name, pk=item.id, seen=pull.seen),
                f"{offer.name}-{item.id}",
            )
            for offer, pull in self._offers(item)
        ]

    def buttons(self, item: object) -> list[Button]:
        """Approving exists twice: on to the next that waits, or back to the list; once beside the list."""
        found = self.plain_buttons(item)
        if "pane" in request.args:
            return found
        first = found[0] if found else None
        if first is None or first.offer.key != "A" or first.offer.why_not or first.offer.danger:
            return found
        if self._next_waiting(item) is None:
            return found
        onward = replace(first.offer, label=_("%(step)s and open the next", step=first.offer.label))
        plain = replace(first.offer, primary=False, key="")
        return [
            replace(first, offer=onward, url=f"{first.url}&next=1", mark=f"{first.mark}-next"),
            *(onto_next(button) for button in found[1:FIRST]),
            replace(first, offer=plain),
            *found[FIRST:],
        ]

    def bulk_offers(self) -> list[ActionButton]:
        if request.values.get("tab", "mine") not in REVIEWED:
            return []
        return [o for o in super().bulk_offers() if not o.name.endswith("undo")]

    def moves(self, name: str) -> Any:
        lever = levers.LEVERS[name]
        return lever.flow, lever.step

    def moved(self, name: str, items: list[Placement]) -> dict[int, Any]:
        return once(
            f"subjects {name} {len(items)}", lambda: levers.subjects(levers.LEVERS[name], items)
        )

    def take_one(self, step: str, item: Placement, onward: str = "") -> ResponseReturnValue:  # noqa: ARG002
        """Pull a lever; then the next that waits, the list, or the record that was brought back."""
        following = self._next_waiting(item) if "next" in request.args else None
        key, name, lever = item.id, self.record_name(item), levers.LEVERS[step]
        here = self.url("show", pk=key)
        reason, seen = request.form.get("reason", ""), request.args.get("seen", "")
        try:
            pulled = levers.pull(step, item, actor(), reason, seen)
        except Refused as refusal:
            if by_script():
                return jsonify(refused=str(refusal)), 409
            flash(str(refusal), "warning")
            return redirect(here, 303)
        told = after(lever.flow.kind, pulled.id, lever.step.name, actor().user_id)
        text = _("%(name)s: %(text)s", name=name, text=ending(lever.step.done, told))
        undo = self._undo(text, lever, key)
        if by_script():
            return jsonify(done=undo or {"text": text})
        flash(undo or text, "undo" if undo else "success")  # type: ignore[arg-type]
        if lever.step.name == "undo":
            return redirect(here, 303)
        return redirect(self.url("show", pk=following) if following else self.list_url(), 303)

    def _undo(self, text: str, lever: Lever, key: int) -> dict[str, str] | None:
        """What was done, with the button that undoes it while nobody has been told; None without one.

        parts/flash.html draws it, and rows.js where the list stays.
        """
        undo = levers.PREFIX.get(lever.flow.kind, "") + "undo"
        if not (lever.step.undoable and self._may(undo)):
            return None
        return {
            "text": text,
            "url": self.url("action", name=undo, pk=key),
            "label": _("Undo"),
            "until": (clock.now() + SECOND_THOUGHTS).isoformat(),
        }

    def _take_many(self, step: str, items: list[Placement]) -> ResponseReturnValue:
        """Each row by the lever's own table; a row that has nothing to move says so (AGR-07)."""
        lever = levers.LEVERS[step]
        targets = levers.subjects(lever, items)
        shown = [(item.id, self.record_name(item), self.url("show", pk=item.id)) for item in items]
        done, apart = self.set_apart(step, shown, items)
        rows = [(targets[row[0]].id, *row[1:]) for row in done if row[0] in targets]
        none = [(0, *row[1:], levers.nothing(lever)) for row in done if row[0] not in targets]
        return self.ask_batch(lever.flow.kind, lever.step.name, rows, [*none, *apart])

    def neighbours(self, item: Any) -> tuple[Any, Any]:
        return once(f"beside {item.id}", lambda: super(DeskView, self).neighbours(item))

    def _next_waiting(self, item: Any) -> object:
        """The key of the record that waits next, in the list as it was left."""
        if self.left_args().tab == "mine":
            before, behind = self.neighbours(item)
        else:
            args = self.reader.read({})
            before, behind = once(
                f"waiting beside {item.id}",
                lambda: self.datamodel.beside(self.narrowed(args), self.order_of(args), item),
            )
        return before if behind is None else behind
