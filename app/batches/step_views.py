"""Actions of a list that are steps of a workflow: one record, or the ticked ones each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.batches.queries import ask
from app.core import clock
from app.core.errors import Refused
from app.fab.access import has_access
from app.fab.declared import ActionButton, Fit, record_action
from app.fab.per_request import now, once
from app.notices.reached import after, ending
from app.workflow.actor import Role
from app.workflow.engine import Workflow
from app.workflow.steps import Step
from app.workflow.verdicts import Tone, Verdict

KEYS: dict[Verdict | None, str] = {
    Verdict.APPROVE: "A",
    Verdict.REFUSE: "R",
}  # nothing else ever (AGR-18)
MOST_ASKED = 200  # ticked records whose guards are asked beforehand; of more only their states
SHOWN = 20  # names of those to whom it will be done, in the dialog
NAMED = 3  # names in the sentence why an action is not offered for all that is ticked
WHO: dict[Role, Any] = {
    Role.STUDENT: _l("the student"),
    Role.EMPLOYER: _l("the employer"),
    Role.COLLEGE: _l("the college"),
    Role.SCHOOL: _l("the school"),
}


def waits_sentence(roles: frozenset[Role], who: Role) -> str:
    """Whose answer a record waits for, where it is not this person's; empty where it is."""
    if who in roles:
        return ""
    names = [str(name) for role, name in WHO.items() if role in roles]
    if names:
        return _(
            "This waits for %(who)s: there is nothing for you to approve or refuse.",
            who=_(", ").join(names),
        )
    return _("This waits for nobody's decision: there is nothing to approve or refuse.")


def _action_of(name: str, label: object, step: Step) -> Callable[..., ResponseReturnValue]:
    """A step as one of FAB's actions; its name is its permission word."""

    def act(self: Any, items: list[Any]) -> ResponseReturnValue:
        return self.take(name, items)

    return record_action(
        name,
        label,
        reason=str(step.reason),  # type: ignore[arg-type]
        danger=step.danger,
        primary=step.looks is Tone.DONE,
        multiple=step.bulk,
    )(act)


class StepActions:
    """Mixin of SafeModelView: its actions are the steps of `flow` that staff take by a button."""

    flow: Workflow[Any]
    steps: Mapping[str, Step]  # the name of an action, which is its permission word → its step
    frequent_reasons: tuple[Any, ...] = ()
    actions: Any
    include_route_methods: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.include_route_methods = {*cls.include_route_methods, "fits", "keys"}
        cls.steps = cls.own_steps()
        for name, step in cls.steps.items():
            setattr(cls, f"step_{name}", _action_of(name, cls.called(name), step))

    @classmethod
    def own_steps(cls) -> dict[str, Step]:
        """The steps that are actions here, in the order of their buttons."""
        return {step.name: step for step in cls.flow.steps if step.by_button and step.of_staff}

    @classmethod
    def called(cls, name: str) -> object:
        """The label of an action."""
        return cls.steps[name].label

    def offered(self, item: Any) -> list[Any]:
        """The steps that the rules offer this person now, asked once a request."""
        return once(
            f"{self.flow.kind} {item.id}", lambda: self.flow.offers(item, actor(), clock.now())
        )

    def offers(self, item: Any) -> list[ActionButton]:
        """What the rules offer this person now, greyed where they say why not (INV-19)."""
        view: Any = self
        return [
            ActionButton.of_step(
                o.step,
                o.why_not,
                text=view.record_name(item),
                key=KEYS.get(o.verdict, ""),
                primary=o.verdict is Verdict.APPROVE,
                reasons=self._reasons(o.verdict is Verdict.REFUSE),
            )
            for o in self.offered(item)
            if o.step.name in self.steps and view._may(o.step.name)
        ]

    def waits(self, item: Any) -> str:
        """The sentence whom the record waits for; empty where it waits for this person."""
        return waits_sentence(self.awaited(item), actor().role)

    def detail(self, item: Any) -> dict[str, Any]:
        """The page also says whom the record waits for, where no key decides."""
        view: Any = super()
        return {"waits": self.waits(item), "awaited": self.awaited(item), **view.detail(item)}

    def awaited(self, item: object) -> frozenset[Role]:
        """Whose answer the record waits for."""
        return self.flow.awaits(item, now())

    @expose("/keys/<string:pk>", methods=["GET"])
    @has_access
    @permission_name("show")
    def keys(self, pk: str) -> ResponseReturnValue:
        """What the keys A and R do on a row of the list, for the script: at most two buttons (AGR-18)."""
        view: Any = self
        item = view.record(pk, view.show_columns)
        mine = [button for button in self.plain_buttons(item) if button.offer.key in KEYS.values()]
        return view.render_template(
            "fab/keys.html", mine=mine, waits=self.waits(item), name=view.record_name(item)
        )

    def plain_buttons(self, item: Any) -> list[Any]:
        """The buttons that lead back to the list."""
        view: Any = self
        return list(view.buttons(item))

    # -- the ticked ones -----------------------------------------------------------------------

    def bulk_offers(self) -> list[ActionButton]:
        """The bar of the ticked rows: what answers them first, then the others, in the table's order."""
        view: Any = super()
        found: list[ActionButton] = view.bulk_offers()
        order = list(self.steps)
        found.sort(key=lambda o: self._bar_place(o.name, order))
        return [
            replace(o, reasons=self._reasons(self._refuses(o.name)), confirm=step.confirm)
            if (step := self.steps.get(o.name))
            else o
            for o in found
        ]

    def _bar_place(self, name: str, order: list[str]) -> tuple[bool, bool, int]:
        step = self.steps.get(name)
        if step is None:  # an action of the view's own
            return True, True, len(order)
        return step.verdict is None, step.looks is not Tone.DONE, order.index(name)

    def _refuses(self, name: str) -> bool:
        step = self.steps.get(name)
        return step is not None and step.verdict is Verdict.REFUSE

    def moves(self, name: str) -> tuple[Workflow[Any], Step] | None:
        """The table and the step of an action; None where it is no step."""
        step = self.steps.get(name)
        return (self.flow, step) if step else None

    def moved(self, name: str, items: list[Any]) -> dict[int, Any]:  # noqa: ARG002
        """Key of a ticked row → the record that the action moves."""
        return {item.id: item for item in items}

    def fit(self, name: str, items: list[Any]) -> Fit:
        """Whether the step is one for all of these records, and which of them need a look (AGR-07)."""
        view: Any = self
        found = self.moves(name)
        if found is None:
            return Fit(able=len(items))
        flow, step = found
        records, who = self.moved(name, items), actor()
        alone, unfit, able = [], [], []
        for item in items:
            record, name_ = records.get(item.id), view.record_name(item)
            if record is None or not flow.fits(step, record, who, now()):
                unfit.append(name_)
            elif len(items) <= MOST_ASKED and (why := flow.refusal(step, record, who, now())):
                alone.append((str(item.id), name_, why))
            else:
                able.append(name_)
        return Fit(len(able), tuple(alone), tuple(unfit), tuple(able))

    @expose("/fits", methods=["POST"])
    @has_access
    @permission_name("list")
    def fits(self) -> ResponseReturnValue:
        """Of every action of the bar whether it fits all that is ticked, for the script (AGR-07)."""
        view: Any = self
        items = view._chosen()
        offers = view.bulk_offers()
        return jsonify(
            count=len(items),
            offers={offer.name: self._said(self.fit(offer.name, items), offer) for offer in offers},
        )

    def _said(self, fit: Fit, offer: ActionButton) -> dict[str, object]:
        """One action as the script reads it."""
        found = self.moves(offer.name)
        verdict = found[1].verdict if found else None
        some = isinstance(verdict, Verdict) and not fit.unfit
        return {
            "why": unfit_sentence(fit),
            "none": bool(fit.unfit) and not fit.able and not fit.alone,
            "able": fit.able,
            "alone": fit.alone,
            "names": _(", ").join(fit.names[:SHOWN]) + ("…" if len(fit.names) > SHOWN else ""),
            "key": KEYS[verdict] if some and isinstance(verdict, Verdict) else "",
        }

    # -- taking --------------------------------------------------------------------------------

    def made_at(self) -> str:
        return now().isoformat()

    def action_url(self, offer: ActionButton, item: Any) -> str:
        """The address says when the page was made: who decided before was not faster (AGR-11)."""
        view: Any = self
        return str(view.url("action", name=offer.name, pk=item.id, seen=self.made_at()))

    def take(self, step: str, items: list[Any]) -> Any:
        """The body of an action."""
        if "pk" in (request.view_args or {}):
            return self.take_one(step, items[0])
        return self._take_many(step, items)

    def take_one(self, step: str, item: Any, onward: str = "") -> ResponseReturnValue:
        """Take the step and go on; who came second is told who was first (AGR-11)."""
        view: Any = self
        key, name = item.id, view.record_name(item)
        try:
            self.flow.perform(
                step,
                key,
                actor(),
                reason=request.form.get("reason", ""),
                seen=moment_in(request.args.get("seen", "")),
            )
        except Refused as refusal:
            if by_script():
                return jsonify(refused=str(refusal)), 409
            flash(str(refusal), "warning")
            return redirect(view.url("show", pk=key), 303)
        told = after(self.flow.kind, key, step, actor().user_id)
        text = _("%(name)s: %(text)s", name=name, text=ending(self.flow.step(step).done, told))
        if by_script():
            return jsonify(done={"text": text})
        flash(text, "success")
        return redirect(onward or view.list_url(), 303)

    def _take_many(self, step: str, items: list[Any]) -> ResponseReturnValue:
        """The worker takes the step for each record by the same rules (AGR-07)."""
        view: Any = self
        rows = [(item.id, view.record_name(item), view.url("show", pk=item.id)) for item in items]
        return self.ask_batch(self.flow.kind, step, *self.set_apart(step, rows, items))

    def set_apart(
        self, name: str, rows: list[tuple[int, str, str]], items: list[Any]
    ) -> tuple[list[tuple[int, str, str]], list[tuple[int, str, str, str]]]:
        """Rows that are done, and those that the dialog had said are to be looked at singly."""
        apart = set(request.form.getlist("alone"))
        if not apart:
            return rows, []
        whys = {key: why for key, _name, why in self.fit(name, items).alone}
        done, left = [], []
        for row, item in zip(rows, items, strict=True):
            if str(item.id) in apart:
                left.append((*row, whys.get(str(item.id)) or _("Left to be looked at singly.")))
            else:
                done.append(row)
        return done, left

    def ask_batch(
        self,
        kind: str,
        step: str,
        rows: list[tuple[int, str, str]],
        unfit: list[tuple[int, str, str, str]] | None = None,
    ) -> ResponseReturnValue:
        """Ask the worker, and show what becomes of it; the same form sent twice asks once."""
        view: Any = self
        who, reason = actor(), request.form.get("reason", "")
        batch = ask(
            who,
            kind,
            step,
            rows,
            reason,
            back_url=view.list_url(),
            unfit=unfit or (),
            uid=self.batch_uid(kind, step, reason, rows),
            seen=moment_in(request.form.get("seen", "")),
        )
        return redirect(url_for("BatchView.show", uid=batch.uid), 303)

    def batch_uid(self, *what: object) -> str:
        """The same dialog sent twice asks once: its token with what it asks for."""
        token = request.form.get("batch", "") or uuid4().hex
        return sha256(repr((token, actor().user_id, *what)).encode()).hexdigest()[:32]

    def _reasons(self, refuses: bool) -> tuple[str, ...]:
        return tuple(map(str, self.frequent_reasons)) if refuses else ()


def by_script() -> bool:
    """Whether the list stays where it is and only hears what became of it."""
    return request.accept_mimetypes.best == "application/json"


def unfit_sentence(fit: Fit) -> str:
    """Why an action is not offered for all that is ticked; empty where it is."""
    if not fit.unfit:
        return ""
    count = len(fit.unfit) + len(fit.alone) + fit.able
    if len(fit.unfit) == count:
        return _("None of the selected records waits for this.")
    names = _(", ").join(fit.unfit[:NAMED])
    more = "…" if len(fit.unfit) > NAMED else ""
    return _(
        "%(unfit)s of %(count)s do not wait for this: %(names)s",
        unfit=len(fit.unfit),
        count=count,
        names=names + more,
    )


def moment_in(text: str) -> datetime | None:
    """When a page was made, as its form says; None where that is no moment, or not over yet."""
    try:
        seen = datetime.fromisoformat(text)
    except ValueError:
        return None
    return seen if seen.tzinfo is not None and seen <= clock.now() else None
