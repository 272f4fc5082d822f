"""签约管理: the review desk of college and school: the detail of a record, and the decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder.baseviews import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.desk import detail
from app.desk.forms import FactsForm
from app.desk.list_views import DeskList
from app.fab.access import has_access
from app.fab.declared import Offer, record_action
from app.fab.detail import Button
from app.fab.once import once
from app.people.step_views import StepActions
from app.placements.workflow import PLACEMENTS, fill_facts

REASONS = (
    _l("The information of the post does not match the facts."),
    _l("The employer's material is unclear."),
    _l("The employer is in doubt; please check again."),
    _l("Both parties asked for it after talking it over."),
)
REVIEWED = ("mine", "other", "all")  # tabs in which something can wait


class DeskView(StepActions, DeskList):
    """The list of DeskList with the detail and the decisions (AGR-02…07)."""

    include_route_methods = DeskList.include_route_methods | {"facts"}
    flow = PLACEMENTS
    frequent_reasons = REASONS
    show_title = _l("Signing")
    show_template = "desk/show.html"
    show_columns = ["student", "college", "major", "school", "employer", "terms"]
    label_columns = DeskList.label_columns | {
        "student": _l("Student"), "college": _l("College"), "major": _l("Major"),
        "school": _l("School"), "employer": _l("Employer"), "terms": _l("Signing terms"),
    }  # fmt: skip

    # -- the detail ----------------------------------------------------------------------------

    def show_context(self, item: Any) -> dict[str, Any]:
        shown = detail.blocks(item)
        fills = any(o.step.name.startswith("complete_facts") for o in self.offered(item))
        return {
            "missing": any(i.get("missing") for b in shown for i in b.items if isinstance(i, dict)),
            "facts_url": self.url("facts", pk=item.id),
            "regions_url": url_for("RegionView.find"),
            "heading_items": detail.heading(item),
            "status": detail.status(item),
            "blocks": shown,
            "checks": detail.checks(item),
            "trace": detail.trace(item),
            "facts": FactsForm.of(item) if fills else None,
            "agreement_url": self.first_link(item) or "",
        }

    @expose("/facts/<string:pk>", methods=["POST"])
    @has_access
    def facts(self, pk: str) -> Any:
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

    # -- decisions -----------------------------------------------------------------------------

    def buttons(self, item: Any) -> list[Button]:
        """Approving exists twice: on to the next that waits, or back to the list."""
        found = super().buttons(item)
        if not found or found[0].offer.why_not or self._next_waiting(item) is None:
            return found
        first = found[0]
        onward = replace(first.offer, label=_("%(step)s and open the next", step=first.offer.label))
        plain = replace(first.offer, primary=False, key="")
        return [
            replace(first, offer=onward, url=f"{first.url}?next=1", mark=f"{first.mark}-next"),
            replace(first, offer=plain),
            *found[1:],
        ]

    def bulk_offers(self) -> list[Offer]:
        return super().bulk_offers() if request.args.get("tab", "mine") in REVIEWED else []

    def take_one(self, step: str, item: Any, onward: str = "") -> Any:
        following = self._next_waiting(item) if "next" in request.args else None
        if following is not None:
            onward = self.url("show", pk=following)
        return super().take_one(step, item, onward)

    @record_action("attest", _l("Attest"), primary=True)
    def attest(self, items: list[Any]) -> Any:
        return self.take("attest", items)

    @record_action("refuse", _l("Refuse"), reason="required", danger=True)
    def refuse(self, items: list[Any]) -> Any:
        return self.take("refuse", items)

    @record_action("attest_college", _l("Approve (college)"), primary=True)
    def attest_college(self, items: list[Any]) -> Any:
        return self.take("attest_college", items)

    @record_action("refuse_college", _l("Refuse (college)"), reason="required", danger=True)
    def refuse_college(self, items: list[Any]) -> Any:
        return self.take("refuse_college", items)

    def neighbours(self, item: Any) -> tuple[Any, Any]:
        return once(f"beside {item.id}", lambda: super(DeskView, self).neighbours(item))

    def _next_waiting(self, item: Any) -> Any:
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
