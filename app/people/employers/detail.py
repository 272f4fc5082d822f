"""What pages show of an employer's trace."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.workflow import trail

EMPLOYER_LABELS = {
    "credit_code": _l("Credit code"),
    "name": _l("Name of the employer"),
    "kind": _l("Nature"),
    "industry": _l("Industry"),
    "location": _l("Location"),
    "address": _l("Postal address"),
    "postcode": _l("Postcode"),
    "contact_name": _l("Signing contact"),
    "email": _l("E-mail"),
    "contact_phone": _l("Telephone"),
    "archive_to": _l("Forward the archive to"),
    "household_address": _l("Household address"),
}


EMPLOYER_TABLES = {"kind": "dwxz", "industry": "dwhy"}


def employer_trace(employer_id: int) -> list[trail.TrailLine]:
    """What was done to an employer's record, the newest first."""
    return trail.shown("employer", employer_id)
