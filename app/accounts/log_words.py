"""The security log in words: what happened, how it ended, what its details say."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, pgettext

from app.accounts.log_models import SecurityEvent
from app.core import mail

# event → what it is called; one that is not here stands by its own name
EVENTS = {
    "sign_in": _l("Signing in"), "sign_out": _l("Signing out"),
    "session_ended": _l("A device was signed out"),
    "sign_out_elsewhere": _l("All other devices were signed out"),
    "first_sign_in": _l("First sign-in confirmed"),
    "first_sign_in_reset": _l("First sign-in reset by the school"),
    "password": _l("Password changed"), "reset_asked": _l("Forgotten password: code asked for"),
    "reset": _l("New password set by code"),
    "code_sent": _l("Code sent"), "code_wrong": _l("Wrong code entered"),
    "phone_changed": _l("Phone changed"), "mail_changed": _l("E-mail changed"),
    "mail_set": _l("E-mail entered"), "contact_confirmed": _l("Changed phone or e-mail confirmed"),
    "change_undone": _l("Change of phone or e-mail taken back"),
    "unreachable": _l("Nobody could be told: no contact"),
    "not_me": _l("Reported: this was not me"), "thaw": _l("Freeze lifted"),
    "merge_asked": _l("Merging of two records asked for"), "merged": _l("Records merged"),
    "merge_confirmed": _l("Merging confirmed by code"), "merge_refused": _l("Merging refused"),
    "merge_withdrawn": _l("Merging withdrawn"),
    "campus_sign_in": _l("Signing in by the campus account"), "campus_bound": _l("Campus account linked"),
    "campus_released": _l("Campus account unlinked"), "campus_proof": _l("Proof by the campus account"),
    "keep_way": _l("Campus sign-in set up or changed"), "try_way": _l("Campus sign-in tested"),
    "switch_on_way": _l("Campus sign-in switched on"),
    "switch_off_way": _l("Campus sign-in switched off"),
    "second_factor": _l("Second factor"), "factor_added": _l("Second factor added"),
    "factor_removed": _l("Second factor removed"), "factor_reset": _l("Second factor reset"),
    "factor_contact": _l("Code before the first second factor"),
    "recovery_renewed": _l("Recovery codes renewed"),
    "staff_request_ask": _l("Change of a staff account asked for"),
    "staff_request_confirm": _l("Change of a staff account confirmed"),
    "staff_request_refuse": _l("Change of a staff account not confirmed"),
    "staff_request_withdraw": _l("Change of a staff account withdrawn"),
    "staff_request_expire": _l("Change of a staff account expired"),
    "number_guessed": _l("An employer tried many numbers on one name"),
    "account_open": _l("Staff account opened"), "account_change": _l("Staff account changed"),
    "account_activate": _l("Account switched on"), "account_deactivate": _l("Account switched off"),
    "account_sign_out": _l("Signed out everywhere by an administrator"),
    "account_forget_password": _l("Password taken away by an administrator"),
    "account_reset_factor": _l("Second factor reset by an administrator"),
    "own_copy": _l("Copy of one's own data downloaded"),
    "denied": _l("Asked for what is not theirs"), "reveal": _l("Personal number shown"),
    "export": _l("Export asked for"), "export_fetched": _l("Export downloaded"),
    "setting": _l("Setting of the school changed"),
    "audit_verify": _l("Check of the trail"), "audit_restored": _l("Database restored from a backup"),
}  # fmt: skip
OUTCOMES = {"done": _l("succeeded"), "failed": _l("failed"), "denied": _l("denied")}
CHIPS = {"done": "done", "failed": "waiting", "denied": "refused"}
WAYS = {
    "password": _l("password"),
    "demo": _l("demo, one click"),
    "oidc": _l("campus account"),
    "cas": _l("campus account"),
    "ldap": _l("campus account"),
    "passkey": _l("passkey"),
    "totp": _l("authenticator app"),
    "code": _l("code"),
    mail.SMS: _l("text message"),
    mail.MAIL: _l("mail"),
}
# what a whole personal number was shown for; another purpose stands in its own words
PURPOSES = {
    "call": _l("Telephone call"),
    "identity": _l("Checking the identity"),
    "authority": _l("Asked for by an authority"),
    "other": _l("Another purpose"),
}
NUMBERS = {"phone": _l("Phone"), "id_number": _l("Number of the identity document")}
KEYS = {
    "way": _l("Way in"), "reason": _l("Reason"), "purpose": _l("Purpose"), "channel": _l("Channel"),
    "rows": _l("Rows"), "title": _l("List"), "clear": _l("Whole personal numbers"), "key": _l("Setting"),
    "value": _l("Value"), "path": _l("Page"), "place": _l("Function"),
    "status": lazy_pgettext("of the server", "Answer"),
    "method": _l("Method"), "before": _l("Before"), "role": _l("Role"),
    "after": lazy_pgettext("value", "Afterwards"),
    "found": lazy_pgettext("value", "Found"), "facts": _l("Facts"),
    "count": _l("Devices"), "device": _l("Device"),
    "address": lazy_pgettext("network", "Address"),
    "export": _l("Number of the export"), "school": _l("Number of the school"),
    "more": _l("More of the same in this minute"), "scope": _l("Scope"), "phone": _l("Phone"),
    "shown": _l("What was shown"), "about": lazy_pgettext("whose number", "Record"),
    "since": lazy_pgettext("value", "Since"),
    "lost_seal": _l("Last seal before"), "lost_head": _l("Head before"),
}  # fmt: skip


def event_name(event: str) -> str:
    """What happened."""
    return str(EVENTS.get(event, event))


def way_name(way: str) -> str:
    """How somebody came in; a way's own name stands as it is."""
    return str(WAYS.get(way.partition(":")[0], way))


def lines(row: SecurityEvent) -> list[tuple[str, str]]:
    """The details, each with its label."""
    return [(str(KEYS.get(key, key)), _value(key, value)) for key, value in row.details.items()]


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key in ("way", "channel"):
        return way_name(str(value))
    if key == "shown":
        return str(NUMBERS.get(str(value), value))
    if key == "purpose":
        return str(PURPOSES.get(str(value), value))
    if isinstance(value, dict):
        return _(", ").join(f"{name}: {_value('', one)}" for name, one in value.items())
    if isinstance(value, list):
        return _(", ").join("–" if one is None else str(one) for one in value)
    return "–" if value is None else str(value)


def seen_for(row: SecurityEvent) -> str:
    """Which number was shown and what for; empty of any other line."""
    said = [_value(key, row.details[key]) for key in ("shown", "purpose") if key in row.details]
    return " · ".join(said) if row.event == "reveal" else ""


def whose_hand(row: SecurityEvent) -> str:
    """Who did it: the person itself, somebody else by name, somebody unknown, or the system."""
    if row.actor_id is not None and row.actor_id == row.user_id:
        return pgettext("who did it", "the person")
    if row.actor_name or row.address:
        return row.actor_name or pgettext("who did it", "not signed in")
    return pgettext("who did it", "the system")
