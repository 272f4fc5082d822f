"""Actions on one record or on ticked ones, re-read through the scope of the person (H1, H2, W1).

Stock FAB loads the posted keys without the view's filters: any row of any school could be approved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app.core.errors import Refused
from app.core.printable import refusal
from app.core.text import clean_line
from app.fab.access import has_access
from app.fab.bad_request import Odd
from app.fab.declared import ActionButton, Fit, offer_of
from app.fab.listing import count_text

MOST_ROWS = 500  # rows that can be ticked by hand
# what the page of confirmation carries on
KEPT = ("rowid", "all", "every", "query", "batch", "seen", "alone")


class ActionRoutes:
    """Mixin of SafeModelView: the routes of actions and of their page of confirmation."""

    actions: dict[str, Any]
    class_permission_name: str
    appbuilder: Any

    @expose("/action/<string:name>/<string:pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> ResponseReturnValue:
        """One action on one record: 404 outside the scope, 403 without the right; never by GET."""
        return self._perform(name, lambda: self.records([pk]), single=True)  # type: ignore[attr-defined]

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> ResponseReturnValue:
        """One action on the ticked records: all of them in scope, or 404 and nothing happens."""
        return self._perform(request.form.get("action", ""), self._chosen, single=False)

    @expose("/confirm", methods=["POST"])
    @has_access
    @permission_name("list")
    def confirm(self) -> ResponseReturnValue:
        """The question and the reason on a page of their own, for ticked records without script."""
        name = request.form.get("action", "")
        items = self._acted_on(name, self._chosen, single=False)
        if not isinstance(items, list):
            return items
        return self._asked_on_page(name, items, self.url("action_post"))  # type: ignore[attr-defined]

    def _asked_on_page(
        self, name: str, items: list[Any], url: str, problem: str = ""
    ) -> ResponseReturnValue:
        return self.render_template(  # type: ignore[attr-defined]
            "fab/confirm.html",
            problem=problem,
            title=offer_of(self.actions[name]).label,
            offer=offer_of(self.actions[name]),
            names=[self.record_name(item) for item in items],  # type: ignore[attr-defined]
            fit=self.fit(name, items),
            kept=[(key, value) for key, value in request.form.items(multi=True) if key in KEPT],
            action_url=url,
            back_url=self.list_url(),  # type: ignore[attr-defined]
        )

    def fit(self, name: str, items: list[Any]) -> Fit:  # noqa: ARG002
        """Whether an action is one for all of these records; override to ask the rules."""
        return Fit(able=len(items))

    def run_action(self, name: str, items: Sequence[object]) -> ResponseReturnValue:
        """Run the action's body on a list of records; override to wrap all actions of a view.

        The body reads `request.form["reason"]` itself. No answer means: back to the list.
        """
        return self.actions[name].func(items)

    def offers(self, item: Any) -> list[ActionButton]:  # noqa: ARG002
        """The buttons of one record: all actions the person may do; override to ask the rules."""
        return [offer_of(a) for a in self.actions.values() if a.single and self._may(a.name)]

    def bulk_offers(self) -> list[ActionButton]:
        """The buttons of the bar that appears when rows are ticked."""
        return [offer_of(a) for a in self.actions.values() if a.multiple and self._may(a.name)]

    def _may(self, name: str) -> bool:
        permission = self.get_action_permission_name(name)  # type: ignore[attr-defined]
        return bool(self.appbuilder.sm.has_access(permission, self.class_permission_name))

    def _perform(self, name: str, chosen: Callable[[], list[Any]], *, single: bool) -> Any:
        items = self._acted_on(name, chosen, single)
        if isinstance(items, list):
            wanted = offer_of(self.actions[name]).reason == "required"
            if problem := _wrong_reason() if wanted else "":
                return self._asked_on_page(name, items, request.full_path, problem), 422
            return self.run_action(name, items) or redirect(self.list_url())  # type: ignore[attr-defined]
        return items

    def _acted_on(
        self, name: str, chosen: Callable[[], list[Any]], single: bool
    ) -> ResponseReturnValue:
        """The chosen records, or the answer that leads a stranger to the sign-in page."""
        if not (current_user.is_authenticated and current_user.is_active):
            return self.appbuilder.sm.turned_away()
        known = self.actions.get(name)
        if known is None or not (known.single if single else known.multiple):
            abort(404)
        try:
            items = chosen()
        except Refused as error:
            flash(str(error), "warning")
            return redirect(self.list_url(), 303)  # type: ignore[attr-defined]
        if not self._may(name):
            abort(403)
        return items

    def _chosen(self) -> list[object]:
        """The ticked records, or all that the posted list finds, by one scoped query (AGR-07)."""
        if request.form.get("all") == "1":
            items: list[Any] = self.found(request.form.get("query"))  # type: ignore[attr-defined]
            if request.form.get("every", count_text(len(items))) != count_text(len(items)):
                raise Refused(
                    _(
                        "The numbers changed meanwhile: the list finds %(count)s now. Nothing was "
                        "done; please look again.",
                        count=count_text(len(items)),
                    )
                )
            return items
        return self.records(self._ticked())  # type: ignore[attr-defined, no-any-return]

    def _ticked(self) -> list[str]:
        keys = list(dict.fromkeys(request.form.getlist("rowid")))
        if not keys:
            raise Odd(_("No record is ticked."))
        if len(keys) > MOST_ROWS:
            raise Odd(_("At most %(most)s records at a time.", most=MOST_ROWS))
        return keys


def _wrong_reason() -> str:
    """A reason is not optional because someone posts without the dialog; and it can be printed (DOC-07)."""
    reason = clean_line(request.form.get("reason", ""))
    return refusal(reason) if reason else _("Please give a reason: the people concerned read it.")
