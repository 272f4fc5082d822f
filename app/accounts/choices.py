"""What a person chose for its own screen, kept with its account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.accounts import beside
from app.accounts.models import Preference
from app.core.db import db
from app.workflow.actor import Actor


def of_list(who: Actor, view: str) -> Any:
    """What the person chose for that list, as `beside` asks it."""
    mine = (Preference.user_id == who.user_id, Preference.key == f"list:{view}"[:60])
    return select(Preference.value).where(*mine).scalar_subquery()


class OwnChoices:
    """What the person asking chose for its lists, kept with its account (AGR-01)."""

    def load(self, view: str) -> dict[str, object]:
        """The choices for that list."""
        return dict(beside.ask("choices", view) or {})

    def save(self, view: str, chosen: Mapping[str, object]) -> None:
        """Keep them, and commit."""
        row = insert(Preference).values(user_id=g.user.id, key=f"list:{view}"[:60], value=chosen)
        db.session.execute(
            row.on_conflict_do_update(
                index_elements=["user_id", "key"], set_={"value": row.excluded.value}
            )
        )
        db.session.commit()
