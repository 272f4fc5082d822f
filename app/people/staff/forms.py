"""The forms by which one administrator asks for an account, as another will read it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.forms import NewStaffForm, StaffForm
from app.core.forms import line


def _reason() -> object:
    return line(
        _l("Reason"),
        200,
        required=False,
        description=_l("The security administrator and the person concerned read it."),
    )


class AskChangeForm(StaffForm):
    """What an account is to become, and why."""

    reason = _reason()


class AskNewForm(NewStaffForm):
    """A new account, and why."""

    reason = _reason()
