"""Actions of a list that are steps of a workflow: one record, or the ticked ones each by itself."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.batches.queries import ask
from app.core import clock
from app.core.errors import Refused
from app.fab.declared import Offer
from app.fab.once import once
from app.notices.reached import after, ending
from app.workflow.engine import Workflow


class StepActions:
    """Mixin of SafeModelView: `flow` says what is possible; the view only names its steps."""

    flow: Workflow[Any]
    frequent_reasons: tuple[Any, ...] = ()
    actions: Any

    def offered(self, item: Any) -> list[Any]:
        """The steps that the rules offer this person now, asked once a request."""
        return once(
            f"{self.flow.kind} {item.id}", lambda: self.flow.offers(item, actor(), clock.now())
        )

    def offers(self, item: Any) -> list[Offer]:
        """What the rules offer this person now, greyed where they say why not (INV-19)."""
        view: Any = self
        return [
            Offer.of_step(
                o.step, o.why_not, text=view.record_name(item),
                key="R" if o.step.danger else "A", primary=not o.step.danger,
                reasons=self._reasons(o.step.danger),
            )
            for o in self.offered(item)
            if o.step.name in self.actions and view._may(o.step.name)
        ]  # fmt: skip

    def bulk_offers(self) -> list[Offer]:
        """The bar of the ticked rows, with the frequent reasons and the steps' second questions."""
        view: Any = super()
        return [
            replace(o, reasons=self._reasons(o.danger), confirm=self._second_question(o.name))
            for o in view.bulk_offers()
        ]

    def _second_question(self, name: str) -> Any:
        return next((step.confirm for step in self.flow.steps if step.name == name), "")

    def take(self, step: str, items: list[Any]) -> Any:
        """The body of an action."""
        if "pk" in (request.view_args or {}):
            return self.take_one(step, items[0])
        return self._take_many(step, items)

    def take_one(self, step: str, item: Any, onward: str = "") -> Any:
        """Take the step and go on; who came second is told who was first (AGR-11)."""
        view: Any = self
        key, name = item.id, view.record_name(item)
        try:
            self.flow.perform(step, key, actor(), reason=request.form.get("reason", ""))
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(view.url("show", pk=key), 303)
        told = after(self.flow.kind, key, step, actor().user_id)
        text = ending(self.flow.step(step).done, told)
        flash(_("%(name)s: %(text)s", name=name, text=text), "success")
        return redirect(onward or view.list_url(), 303)

    def _take_many(self, step: str, items: list[Any]) -> Any:
        """The worker takes the step for each record by the same rules (AGR-07)."""
        view: Any = self
        rows = [(item.id, view.record_name(item), view.url("show", pk=item.id)) for item in items]
        return self.ask_batch(self.flow.kind, step, rows)

    def ask_batch(
        self,
        kind: str,
        step: str,
        rows: list[tuple[int, str, str]],
        unfit: list[tuple[int, str, str, str]] | None = None,
    ) -> Any:
        """Ask the worker, and show what becomes of it; the same form sent twice asks once."""
        view: Any = self
        who, reason = actor(), request.form.get("reason", "")
        batch = ask(
            who, kind, step, rows, reason, back_url=view.list_url(), unfit=unfit or (),
            uid=self.batch_uid(kind, step, reason, rows),
        )  # fmt: skip
        return redirect(url_for("BatchView.show", uid=batch.uid), 303)

    def batch_uid(self, *what: Any) -> str:
        """The same dialog sent twice asks once: its token with what it asks for."""
        token = request.form.get("batch", "") or uuid4().hex
        return sha256(repr((token, actor().user_id, *what)).encode()).hexdigest()[:32]

    def _reasons(self, danger: bool) -> tuple[str, ...]:
        return tuple(map(str, self.frequent_reasons)) if danger else ()
