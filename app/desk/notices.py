"""The words of the reviewers' daily reminder."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.workflow import Letter

DIGEST = Letter(
    _l("%(count)s reviews wait longer than %(days)s days"),
    _l("Signings and terminations wait for your decision, the oldest on top of the desk."),
    "/desk/list/",
)
