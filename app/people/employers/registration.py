"""An employer registers in one pass: its addresses proved by codes, all that is wrong said at once (ACC-07).

A proof belongs to the browser that gave the code, and outlives whatever else is wrong with the form. Whether
an address is known here is said to nobody who has not proved it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import code_budgets, one_time, passwords
from app.accounts.code_budgets import Pool
from app.accounts.identifiers import digest, email_taken
from app.accounts.models import Identifier
from app.core import mail, phones, sms
from app.core.crypto import cipher
from app.core.db import db
from app.core.emails import is_email
from app.core.errors import Invalid, Refused
from app.core.limits import Limit
from app.people.employers.account import SAME_CODE, SAME_EMAIL, credit_code_taken

PROVED = timedelta(hours=2)  # for so long a code that was given proves the address in its browser
CODES = Limit("register-codes", 30, timedelta(hours=1))  # asked for from one network
FIELDS = {mail.MAIL: "email", mail.SMS: "contact_phone"}
Problems = list[tuple[str, str]]


def owner_of(token: str) -> str:
    """What a browser's registration is called: nobody else's wrong tries use its codes up."""
    return f"register:{hashlib.sha256(token.encode()).hexdigest()[:31]}"


def purpose_of(channel: str, address: str) -> str:
    """A code is good for the address it was sent to, and no other one that is typed since."""
    return f"register:{channel}:{cipher().blind_index('register', address.lower()).hex()[:32]}"


def needs_proof(channel: str, address: str) -> bool:
    """Whether a code can go there: a landline gets none, and the e-mail answers for it."""
    return (
        is_email(address)
        if channel == mail.MAIL
        else phones.is_mobile(address) and sms.reaches(address)
    )


def ask(token: str, channel: str, address: str, network: str) -> None:
    """Send the code that proves an address, and commit. Raises Invalid, Refused."""
    if not needs_proof(channel, address):
        wrong = {
            mail.MAIL: _("This is not an e-mail address."),
            mail.SMS: _("A code goes to a mobile number: 11 digits that begin with 1."),
        }
        raise Invalid([(FIELDS[channel], wrong[channel])])
    if not CODES.take(network):
        raise Refused(_("Very much was asked from your network. Please wait an hour, then go on."))
    asker = cipher().blind_index("asker", network).hex()
    one_time.send(
        owner_of(token),
        purpose_of(channel, address),
        channel,
        address,
        pool=Pool.REGISTER,
        asker=asker,
        act=_("To register as an employer"),
    )


def is_proved(token: str, address: str) -> bool:
    """Whether this browser gave the code that was sent to the address."""
    return bool(address) and code_budgets.proved_lately(
        owner_of(token), Pool.REGISTER, address, PROVED
    )


def prove(token: str, channel: str, address: str, code: str) -> Problems:
    """Take the code of an address and commit it, whatever else is wrong; what is wrong with it."""
    if not needs_proof(channel, address) or is_proved(token, address):
        return []
    field = f"{FIELDS[channel]}_code"
    if not code.strip():
        return [(field, _("Please have a code sent to this address, and enter it."))]
    try:
        one_time.check(owner_of(token), purpose_of(channel, address), code)
    except Invalid as error:
        return [(field, text) for _place, text in error.problems]
    db.session.commit()
    return []


def wrong(values: Mapping[str, Any], password: str, again: str, *, mail_proved: bool) -> Problems:
    """What only the data and the password's rules know, all of it; of the e-mail once it is proved."""
    problems: Problems = []
    if values["credit_code"] and credit_code_taken(values["credit_code"]):
        problems.append(("credit_code", str(SAME_CODE)))
    if mail_proved and email_taken(values["email"]):
        problems.append(("email", str(SAME_EMAIL)))
    weak = passwords.weakness(password, values["credit_code"] or "", values["name"] or "")
    if password and weak:
        problems.append(("password", weak))
    if password and again and password != again:
        problems.append(("again", _("The two new passwords differ.")))
    return problems


def phone_of_another(phone: str) -> bool:
    """Whether a telephone opens an account already: a person may act for two employers."""
    same = Identifier.digest == digest("phone", phone)
    return db.session.scalar(select(Identifier.id).where(same).limit(1)) is not None


def gathered(*checks: Callable[[], Problems]) -> Problems:
    """The problems of all checks, each asked though another found something."""
    return [problem for check in checks for problem in check()]
