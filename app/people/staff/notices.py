"""Who is told of a request: the administrators on the site, the person on every own address."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import AppUser
from app.accounts.warnings import warn
from app.notices.letters import Letter, Letters
from app.notices.workflow import People, tell_of
from app.people.staff.models import ACTS, StaffAct, StaffRequest
from app.people.staff.queries import confirmers, in_words
from app.workflow.actor import Actor
from app.workflow.steps import Change

PAGE = "/accounts/requests/show/%(id)s"

LETTERS: Letters = {
    "ask": {
        "security": Letter(
            _l("Please confirm: %(act)s (%(username)s)"),
            _l(
                "%(asker)s asks for it. Nothing happens until you confirm; look whether it is right."
            ),
            PAGE,
        )
    },
    "confirm": {
        "asker": Letter(_l("Confirmed: %(act)s (%(username)s)"), _l("It has taken effect."), PAGE)
    },
    "refuse": {
        "asker": Letter(_l("Not confirmed: %(act)s (%(username)s)"), _l("Reason: %(reason)s"), PAGE)
    },
    "expire": {
        "asker": Letter(
            _l("Expired: %(act)s (%(username)s)"),
            _l("Nobody confirmed it within seven days. Ask again if it is still needed."),
            PAGE,
        )
    },
}
SILENT = ("withdraw",)
NOT_ME = _l("If you know nothing of it, tell the security administrator at once.")


def tell(change: Change) -> None:
    """The two administrators of the request."""
    record: StaffRequest = change.record
    people: People = {
        "security": lambda: confirmers(record),
        "asker": lambda: [record.asker] if record.asker else [],
    }
    values = {
        "id": record.id,
        "username": record.username,
        "act": ACTS[StaffAct(record.act)],
        "asker": record.asked_name,
        "reason": change.reason,
    }
    tell_of(change, LETTERS, people, values, None)


def tell_person(change: Change) -> None:
    """Whose account it is hears when it is asked for and when it takes effect, at the old address too."""
    record: StaffRequest = change.record
    if record.user is None or record.act == StaffAct.OPEN:
        return
    asked = change.step.name == "ask"
    with force_locale(record.user.locale or "zh"):
        act = ACTS[StaffAct(record.act)]
        subject = (
            _("Asked for your account: %(act)s", act=act)
            if asked
            else _("Done to your account: %(act)s", act=act)
        )
        lines = [
            f"{label}: {in_words(name, record.before.get(name))} → {in_words(name, new)}"
            for name, label in LABELS.items()
            if (new := record.after.get(name, "")) != record.before.get(name, "")
            and name in record.after
        ]
        who = _("Asked by %(name)s.", name=record.asked_name)
        body = "\n".join([who, *lines, str(NOT_ME)])
    key = f"staff_request:{record.id}:{change.step.name}"
    post(record.user, key, subject, body, who=change.actor)


LABELS = {
    "name": _l("Name"),
    "email": _l("E-mail"),
    "role": _l("Role"),
    "school_id": _l("School"),
    "college_id": _l("College"),
}


def post(user: AppUser, key: str, subject: str, body: str, *, who: Actor | None = None) -> None:
    """To every contact of the last 90 days, with the link that freezes (INV-20). Not committed."""
    warn(user, key, subject, body, who=who)
