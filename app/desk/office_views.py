"""签约管理: the review desk of college and school: the detail of a record, and the decisions."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder.baseviews import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.desk import detail
from app.desk.decision_views import TERMINATION, Decisions
from app.desk.forms import FactsForm
from app.desk.list_views import DeskList
from app.fab.access import has_access
from app.fab.declared import Offer
from app.fab.once import once
from app.placements.workflow import fill_facts
from app.termination.evidence import MOST, may_add
from app.termination.queries import evidence, termination_of
from app.termination.views import add_file

REVIEWED = ("mine", "other", "termination", "all")  # tabs in which something can wait
MIXED = ("mine", "all")


class DeskView(Decisions, DeskList):
    """The list of DeskList with the detail and the decisions (AGR-02…07)."""

    include_route_methods = DeskList.include_route_methods | {
        "facts",
        "evidence",
        "keep_filter",
        "drop_filter",
    }
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
            "termination": detail.termination(self.termination(item)),
            "files": evidence(self.termination(item).id) if self.termination(item) else [],
            "add_url": self._add_url(item),
            "proposal": detail.proposal(item),
            "letter_url": self._letter_url(item),
            "objections_url": "/objections/list/" if item.frozen else "",
            "facts": FactsForm.of(item) if fills else None,
            "agreement_url": self.first_link(item) or "",
        }

    def _add_url(self, item: Any) -> str:
        last = self.termination(item)
        return self.url("evidence", pk=last.id) if last and may_add(last, actor()) else ""

    def _letter_url(self, item: Any) -> str:
        last = self.termination(item)
        return url_for("TerminationsView.letter", pk=last.id) if last and last.approved_at else ""

    @expose("/evidence/<int:pk>", methods=["POST"])
    @has_access
    def evidence(self, pk: int) -> Any:
        """The mediating school adds evidence of its own (TRM-09)."""
        placement_id, count = termination_of(actor(), pk).placement_id, 0
        for file in request.files.getlist("files")[:MOST]:
            if file.filename:
                count += add_file(pk, file)
        if count:
            flash(_("%(count)s files added.", count=count), "success")
        return redirect(self.url("show", pk=placement_id), 303)

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

    def bulk_offers(self) -> list[Offer]:
        """The steps that fit the tab: signings wait in some, terminations in others."""
        tab = request.args.get("tab", "mine")
        found = super().bulk_offers() if tab in REVIEWED else []
        wanted = TERMINATION if tab == "termination" else ""
        return [o for o in found if tab in MIXED or o.name.startswith(TERMINATION) == bool(wanted)]

    def neighbours(self, item: Any) -> tuple[Any, Any]:
        return once(f"beside {item.id}", lambda: super(DeskView, self).neighbours(item))

    def next_waiting(self, item: Any) -> Any:
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
