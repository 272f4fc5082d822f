"""The forms of campus sign-in: setting up a way, the campus's password, a code."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from app.accounts.campus.models import KIND_NAMES, WHO
from app.core.forms import MISSING, line
from app.core.registry import stores

PLAIN_TEXT = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class WayForm(DynamicForm):
    """One way of a school; what a kind does not need stays empty."""

    NAMES = (
        "school_id",
        "kind",
        "label_zh",
        "label_en",
        "who",
        "server",
        "hosts",
        "client_id",
        "secret",
        "base_dn",
        "login_attribute",
        "dn_template",
        "claim",
    )

    school_id = SelectField(_l("School"), [DataRequired(MISSING)], coerce=int)
    kind = SelectField(_l("Protocol"), [DataRequired(MISSING)])
    label_zh = line(
        _l("Label in Chinese"), 40, description=_l("On the button of the sign-in page.")
    )
    label_en = line(_l("Label in English"), 40)
    who = SelectField(_l("Who may use it"), [DataRequired(MISSING)])
    server = line(
        _l("Address of the service"),
        400,
        render_kw=PLAIN_TEXT,
        description=_l(
            "OIDC: the issuer, letter by letter. CAS: the address before /login. LDAP: one to four "
            "servers (ldaps://… or ldap://… with StartTLS) with blanks between."
        ),
    )
    hosts = line(
        _l("Further hosts"),
        300,
        required=False,
        render_kw=PLAIN_TEXT,
        description=_l("OIDC only: other hosts that the issuer names for its keys or tokens."),
    )
    client_id = line(
        _l("Client id, or DN of the service account"), 300, required=False, render_kw=PLAIN_TEXT
    )
    secret = PasswordField(
        _l("Secret"),
        [Optional(), Length(max=300)],
        description=_l(
            "Of the client or the service account. It is never shown; empty: as before."
        ),
        render_kw={"autocomplete": "new-password"},
    )
    base_dn = line(_l("LDAP: base DN"), 300, required=False, render_kw=PLAIN_TEXT)
    login_attribute = line(
        _l("LDAP: attribute of the user name"),
        60,
        required=False,
        render_kw=PLAIN_TEXT,
        description=_l("Such as uid or sAMAccountName."),
    )
    dn_template = line(
        _l("LDAP: template of the DN"),
        300,
        required=False,
        render_kw=PLAIN_TEXT,
        description=_l(
            "Instead of a service account: uid={name},ou=people,dc=example,dc=edu,dc=cn"
        ),
    )
    claim = line(
        _l("Claim or attribute with the number"),
        80,
        render_kw=PLAIN_TEXT,
        description=_l(
            "It carries the student number and is set by the campus, not by the person. CAS: “user” means "
            "the user name itself."
        ),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        schools = [(int(key), name) for key, name in stores().all_schools()]
        self.school_id.choices = schools
        self.kind.choices = [(kind.value, name) for kind, name in KIND_NAMES.items()]
        self.who.choices = list(WHO.items())

    def values(self) -> dict[str, Any]:
        """What is to be written."""
        return {name: self[name].data or "" for name in self.NAMES}


class EnterForm(FlaskForm):
    """Name and password of the campus, for a directory (LDAP)."""

    name = StringField(
        _l("Campus account"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("Password of the campus account"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "current-password"},
    )


class FreshCodeForm(FlaskForm):
    """The fresh code for linking or unlinking."""

    code = StringField(
        _l("Verification code"),
        [DataRequired(MISSING), Length(max=12)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )
