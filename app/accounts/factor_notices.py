"""What a person is told about the own second factor, on every address of the last 90 days."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import AppUser
from app.accounts.warnings import warn
from app.core import clock

WAYS = {
    "passkey": _l("a passkey"),
    "app": _l("the code app"),
    "recovery": _l("the recovery codes"),
}
CHANGED = {
    "factor_added": (
        _l("A second factor was added to your account"),
        _l("Added: %(way)s. From now on it is asked for after the password."),
    ),
    "factor_removed": (
        _l("A second factor was removed from your account"),
        _l("Removed: %(way)s."),
    ),
    "recovery_renewed": (
        _l("Your recovery codes were renewed"),
        _l("Ten new codes were shown once; the old ones no longer work."),
    ),
}
NOT_ME = _l("If that was not you, change your password at once and tell your administrator.")


def changed(user: AppUser, event: str, way: str) -> None:
    """Something was added, removed or renewed. Not committed."""
    subject, body = CHANGED[event]
    with force_locale(user.locale or "zh"):
        _post(user, event, str(subject), str(body) % {"way": WAYS[way]})


def recovery_used(user: AppUser, left: int) -> None:
    """A recovery code opened the account. Not committed."""
    with force_locale(user.locale or "zh"):
        body = _("Somebody signed in to your account with a recovery code. %(n)s are left.", n=left)
        _post(user, "recovery_used", _("A recovery code was used"), body)


def key_cloned(user: AppUser) -> None:
    """A key's counter went back: there may be a copy of it. Not committed."""
    with force_locale(user.locale or "zh"):
        body = _("Its counter went back, so it was not accepted. Remove it and set up a new one.")
        _post(user, "key_cloned", _("One of your passkeys may have been copied"), body)


def guessed(user: AppUser) -> None:
    """Too many wrong codes; once a quarter of an hour. Not committed."""
    quarter = int(clock.now().timestamp()) // 900
    with force_locale(user.locale or "zh"):
        _post(
            user,
            "factor_guessed",
            _("Somebody tries codes on your account"),
            _(
                "The password was right, the second factor was wrong too often. It is locked for "
                "15 minutes."
            ),
            str(quarter),
        )


def _post(user: AppUser, event: str, subject: str, body: str, when: str = "") -> None:
    when = when or clock.now().isoformat()
    warn(user, f"{event}:{user.id}:{when}", subject, f"{body} {NOT_ME}")
