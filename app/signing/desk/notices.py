"""The words of the reviewers' daily reminder."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.notices.letters import Letter

DIGEST = Letter(
    _l("Reviews wait longer than %(days)s days: %(count)s"),
    _l(
        "Signings: %(signings)s, terminations: %(terminations)s. The oldest waits since %(oldest)s."
    ),
    "/desk/list/",
)
