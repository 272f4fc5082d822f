"""How values stand in the cells of a list: states as chips, moments in Shanghai time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from app.core import clock
from app.fab.per_request import now

NEVER_CUT = (
    7  # signs of the widest kind that stand in the narrowest column (app.css: 8em with its padding)
)


def chip(label: Any, kind: str = "closed") -> Markup:
    """A state as a coloured word, as parts/status.html draws it."""
    return _chip(str(label), kind)


@lru_cache(maxsize=1_000)
def _chip(text: str, kind: str) -> Markup:
    return Markup('<span class="qq-chip qq-chip-%s">%s</span>') % (kind, text)


def chips(labels: Mapping[Any, Any], kinds: Mapping[Any, str]) -> Callable[[Any], Any]:
    """A formatter from a stored state to its chip, or to a dash; states equal their members."""
    return lambda state: (
        "–" if state is None else chip(labels.get(state, state), kinds.get(state, "closed"))
    )


def moment(value: datetime | None) -> str:
    """A moment without its seconds; a day that never came is a dash."""
    return clock.local(value).strftime("%Y-%m-%d %H:%M") if value else "–"


def yes_no(value: object) -> str:
    """A truth in words."""
    return _("yes") if value else _("no")


def dash(value: object) -> object:
    """What is empty as a dash."""
    return "–" if value in (None, "") else value


def whole(value: Any) -> Any:
    """A text that a narrow column may cut, whole when pointed at; a short one is never cut."""
    if len(value or "") <= NEVER_CUT:
        return value or ""
    return Markup('<span title="%s">%s</span>') % (value, value)


def age(since: datetime | None) -> str:
    """How long ago that was, in hours or days."""
    if since is None:
        return "–"
    hours = int((now() - since).total_seconds()) // 3600
    if hours < 24:
        return str(_("%(hours)s h", hours=max(hours, 0)))
    return str(_("%(days)s d %(hours)s h", days=hours // 24, hours=hours % 24))
