"""Name and password tried at the campus's directory: each try counts before it is made (ACC-11)."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from app.accounts.campus import (
    attempts,
    net,
    workflow,
)
from app.accounts.campus.claim import Claim, Untrusted
from app.accounts.campus.models import (
    SignInWay,
)
from app.accounts.campus.sending import (
    QUARTER,
)
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.core.text import clean_code

WRONG_HERE = Limit("campus-ldap", 5, QUARTER)  # one name from one address
WRONG_ANYWHERE = Limit("campus-ldap-name", 30, QUARTER)
WRONG_ADDRESS = Limit("campus-ldap-address", 300, QUARTER)


def by_password(way: SignInWay, name: str, password: str) -> Claim:
    """Who that is. Each try counts before it is made, however many at once. Raises Refused."""
    key, address = clean_code(name), request.remote_addr or ""
    here = WRONG_HERE.take(way.id, key, address)
    if not (WRONG_ANYWHERE.take(way.id, key) and here) or WRONG_ADDRESS.used_up(address):
        raise Refused(_("Too many wrong tries. Wait 15 minutes."))
    try:
        claim = attempts.claim_by_password(way, name, password)
    except Untrusted as refusal:
        workflow.refused(way, refusal)
        WRONG_ADDRESS.take(address)
        raise
    except net.Unreachable:
        _not_counted(way, key, address)
        raise
    _not_counted(way, key, address)
    return claim


def _not_counted(way: SignInWay, key: str, address: str) -> None:
    WRONG_HERE.forget(way.id, key, address)
    WRONG_ANYWHERE.forget(way.id, key)
    db.session.commit()
