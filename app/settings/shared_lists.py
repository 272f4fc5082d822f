"""Narrowed lists that the staff of a school share, by name: kept as a setting, with its history (AGR-19)."""

from __future__ import annotations

from typing import Any

from app.accounts.queries import actor
from app.core.db import db, one_at_a_time
from app.settings.models import LISTS
from app.settings.queries import fresh_values, set_setting, values_of

MOST = 12  # of one list: each is a tab of every colleague


class SharedLists:
    """What colleagues of the asking person's school shared of a list: name, query and who did each."""

    def load(self, view: str) -> list[dict[str, str]]:
        """In the order in which they were shared; nothing for who has no school."""
        school_id = actor().school_id
        return list(values_of(school_id).get(LISTS + view) or ()) if school_id else []

    def keep(self, view: str, name: str, query: str) -> bool:
        """Share it, and commit: the same name is replaced. False where there are too many already."""
        who = actor()
        if not who.school_id:
            return False
        kept = [one for one in self._locked(view) if one["name"] != name]
        if len(kept) >= MOST:
            db.session.rollback()
            return False
        row = {"name": name, "query": query, "by": who.name}
        set_setting(who.school_id or 0, LISTS + view, [*kept, row], who.user_id)
        db.session.commit()
        return True

    def drop(self, view: str, name: str) -> None:
        """Share it no more, and commit; whoever shares may take away what a colleague shared."""
        who = actor()
        if not who.school_id:
            return
        kept = [one for one in self._locked(view) if one["name"] != name]
        set_setting(who.school_id or 0, LISTS + view, kept, who.user_id)
        db.session.commit()

    def _locked(self, view: str) -> list[dict[str, str]]:
        school_id = actor().school_id or 0
        one_at_a_time("settings", school_id)
        found: Any = fresh_values(school_id).get(LISTS + view) or ()
        return list(found)
