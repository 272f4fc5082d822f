"""The kept words of one's files: seen, and deleted so that they are asked again. HTTP only."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from app.accounts.queries import actor
from app.core.db import db
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.files.imports import decisions, mapping_presentation
from app.files.imports.columns import Context
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet
from app.files.imports.word_models import ImportWord
from app.workflow.actor import Actor

SHOWN = 500


class ImportWordsView(SafeView):
    """What a school or an employer once decided of the headers and values of its files (BLK-06)."""

    route_base = "/import-words"
    class_permission_name = "ImportWords"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who = actor()
        wanted = decisions.words_for(who, _sheets(who))
        rows = db.session.scalars(wanted.limit(SHOWN)).all()
        every = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        contexts: dict[str, Context] = {}
        return self.render_template(
            "files/imports/words.html",
            title=_("What was decided of columns and values"),
            back=(_("All imports"), url_for("ImportHistoryView.list")),
            words=[_shown(row, who, contexts) for row in rows],
            more=every if every > len(rows) else 0,
        )

    @expose("/", methods=["POST"])
    @has_access
    def forget(self) -> ResponseReturnValue:
        who = actor()
        ids = [
            int(n)
            for n in request.form.getlist("word")[:SHOWN]
            if n.isascii() and n.isdecimal() and len(n) < 10
        ]
        done = decisions.forget(who, _sheets(who), ids)
        flash(
            ngettext("%(num)s decision was deleted.", "%(num)s decisions were deleted.", done),
            "info",
        )
        return redirect(url_for("ImportWordsView.index"), 303)


def _sheets(who: Actor) -> list[str]:
    return [sheet.name for sheet in stores().sheets.values() if who.role in sheet.roles]


def _shown(word: ImportWord, who: Actor, contexts: dict[str, Context]) -> dict[str, object]:
    sheet = stores().sheets[word.sheet]
    head = word.kind == decisions.HEAD
    return {
        "id": word.id,
        "sheet": sheet.title,
        "column": _("Header") if head else _label(sheet, word.field),
        "theirs": word.shown,
        "ours": _ours(word, sheet, who, contexts),
        "who": word.user.display_name,
        "at": moment(word.at),
    }


def _label(sheet: Sheet, name: str) -> str:
    return next((str(c.label) for c in sheet.columns if c.field == name), name)


def _ours(word: ImportWord, sheet: Sheet, who: Actor, contexts: dict[str, Context]) -> str:
    if word.ours is None:
        return _("Not used")
    known = {column.field for column in sheet.columns}
    if word.kind == decisions.HEAD or word.field not in known:
        return _label(sheet, word.ours)
    if sheet.name not in contexts:
        mine = Import(school_id=who.school_id, employer_id=who.employer_id)
        contexts[sheet.name] = sheet.prepare(mine)
    return mapping_presentation.value_name(
        sheet.column(word.field), word.ours, contexts[sheet.name]
    )
