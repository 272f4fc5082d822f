"""By HTTP: what waits to be sent again, and how long the session lives (ACC-14)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from flask import (
    current_app,
    flash,
    g,
    redirect,
    render_template,
    session,
)
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from wtforms import Field, HiddenField

from app.accounts import kept
from app.accounts.posted import MARK, PASSWORDS, KeptForm
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.fab.urls import local_path

MOST_NAMED = 20  # records that are named
MARKS = {
    "action",
    "batch",
    "rowid",
    "seen",
    "version",
}  # which button, which reading: nothing anybody typed
WORDS = {"reason": _l("Reason"), "agreed": _l("Agreed"), "note": _l("Note"), "text": _l("Text")}


class KeptView(SafeView):
    """The page after the sign-in: what would be sent, and the button that sends it once."""

    route_base = "/kept"
    class_permission_name = "Kept"
    default_view = "show"

    @expose("/<string:key>", methods=["GET"])
    @has_access
    def show(self, key: str) -> ResponseReturnValue:
        form = kept.opened(key, g.user.id)
        if form is None:
            session.pop(MARK, None)
            flash(
                _(
                    "Nothing waits to be sent here: it was sent or thrown away, or is older than 8 hours."
                ),
                "info",
            )
            return redirect("/", 303)
        session[MARK] = key
        return offered(form)

    @expose("/<string:key>/discard", methods=["POST"])
    @has_access
    def discard(self, key: str) -> ResponseReturnValue:
        form = kept.opened(key, g.user.id)
        kept.discard(key, g.user.id)
        session.pop(MARK, None)
        return redirect(form.page if form else "/", 303)


def offered(form: KeptForm) -> str:
    """The page that shows a form as it would be sent; a code or password is asked anew."""
    act, about = _act(form) if g.get("user") is not None and g.user.is_authenticated else ("", [])
    return render_template(
        "accounts/kept.html",
        form=form,
        act=act,
        about=about,
        at=moment(form.made_at) if form.made_at else "",
        rows=[(name, label, value) for name, value in form.fields if (label := label_of(name))],
        rest=[
            (name, value) for name, value in form.fields if name not in MARKS and not label_of(name)
        ],
        asked=[
            (
                name,
                label_of(name) if name in PASSWORDS else _("Verification code"),
                name not in PASSWORDS,
                local_path(url) or "",
            )
            for name, url in form.asked
        ],
        files=form.files,
    )


def _act(form: KeptForm) -> tuple[str, list[str]]:
    """What the form does, where a button's name says it, and to whom."""
    adapter = current_app.url_map.bind("")
    try:
        endpoint, arguments = adapter.match(form.path.partition("?")[0], method="POST")
    except HTTPException:
        return "", []
    posted: MultiDict[str, str] = MultiDict(form.fields)
    name = str(arguments.get("name") or arguments.get("step") or posted.get("action", ""))
    views = current_app.extensions["appbuilder"].baseviews
    view = next((v for v in views if v.endpoint == endpoint.partition(".")[0]), None)
    action = getattr(view, "actions", {}).get(name)
    if action is not None:
        keys = [arguments["pk"]] if "pk" in arguments else posted.getlist("rowid")
        return str(action.text), _names(view, keys)
    steps = (
        step for flow in stores().workflows.values() for step in flow.steps if step.name == name
    )
    return str(next((step.label for step in steps), "")), []


def _names(view: Any, keys: list[str]) -> list[str]:
    """The records that a form is about, as far as this person sees them."""
    try:
        names = [str(view.record_name(item)) for item in view.records(keys[:MOST_NAMED])]
    except HTTPException:
        return []
    return [*names, _("%(count)s in all", count=len(keys))] if len(keys) > 1 else names


def label_of(name: str) -> str:
    """What a field is called on its page; empty for what no form of ours has."""
    return str(WORDS.get(name) or _labels().get(name, ""))


@lru_cache(maxsize=1)
def _labels() -> dict[str, object]:
    """Field → label, from every form; where two forms differ, the first by name."""
    found: dict[str, Any] = {}
    for form in sorted(_forms(FlaskForm), key=lambda cls: cls.__name__):
        for name in dir(form):
            made: Any = getattr(form, name, None)
            kind = getattr(made, "field_class", HiddenField)
            if not issubclass(kind, Field) or issubclass(kind, HiddenField) or not made.args:
                continue
            if (made.kwargs.get("render_kw") or {}).get("autocomplete") != "one-time-code":
                found.setdefault(name, made.args[0])
    return found


def _forms(cls: type) -> Iterator[type]:
    for below in list[type](cls.__subclasses__()):
        yield below
        yield from _forms(below)
