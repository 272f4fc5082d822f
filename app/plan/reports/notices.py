"""The words of the monthly mail of a kept question (RPT-06)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.letters import Letter

MONTHLY = Letter(
    _l("%(name)s: figures of %(day)s"),
    _l("%(figures)s\n\nYou get this because you keep this question; it can be switched off there."),
    "/reports/questions/%(key)s",
)
