"""What a person chose for its own screen, kept with its account."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import Preference
from app.core.db import db


class OwnChoices:
    """What the person asking chose for its lists, kept with its account (AGR-01)."""

    def load(self, view: str) -> dict[str, object]:
        """The choices for that list."""
        found = db.session.get(Preference, (g.user.id, f"list:{view}"[:60]))
        return dict(found.value) if found is not None else {}

    def save(self, view: str, chosen: Mapping[str, object]) -> None:
        """Keep them, and commit."""
        row = insert(Preference).values(user_id=g.user.id, key=f"list:{view}"[:60], value=chosen)
        db.session.execute(
            row.on_conflict_do_update(
                index_elements=["user_id", "key"], set_={"value": row.excluded.value}
            )
        )
        db.session.commit()
