"""What a student is told of the employer's link."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.queries import users_of
from app.core import clock
from app.core.db import db
from app.notices.letters import Letter
from app.notices.workflow import tell
from app.signing.offline.queries import link_behind
from app.workflow.steps import event_key

ADDED = Letter(
    _l("%(employer)s uploaded the stamped agreement"),
    _l("Files were added by your link. Look at them, then hand them in."),
    "/my/offline/%(id)s",
)


def tell_added(token: str) -> None:
    """Tell the student that files came by the link, once within ten minutes, and commit."""
    link = link_behind(token)
    if link is None:
        return
    placement = link.placement
    values = {"employer": placement.employer_name, "id": placement.id}
    now = clock.now()
    about = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
    key = event_key("upload_link", link.id, "add", about)
    for user in users_of(student_id=placement.student_id):
        tell(user, key, ADDED, values, school_id=placement.school_id)
    db.session.commit()
