"""What the packages above tell sign-in, which lies below them: filled once when the views register."""

from __future__ import annotations

from collections.abc import Callable

from flask import g

from app.accounts.models import AppUser
from app.accounts.queries import proof
from app.workflow.actor import Role

# a gate names the one page that the account must pass before any other, or None (ACC-04, ACC-08)
GATES: list[Callable[[AppUser], str | None]] = []

# channel and address where a code reaches the account
CONTACTS: dict[Role, Callable[[AppUser], tuple[str, str] | None]] = {}

# the mobile number for text messages about events, where there is one (NTF-01)
PHONES: dict[Role, Callable[[AppUser], str | None]] = {}

# role → endpoint of its start page
HOMES: dict[Role, str] = {}

# code and name of the schools, for the sign-in by student number
SCHOOLS: list[Callable[[], list[tuple[str, str]]]] = []

# code → id of the schools that take part
SCHOOL_IDS: list[Callable[[], dict[str, int]]] = []

# school and number → the accounts of its records with exactly this number (CHN-08)
RECORDS: list[Callable[[int, str], list[AppUser]]] = []

# id and name of the schools, for the administrator's list of accounts
SCHOOL_NAMES: list[Callable[[], list[tuple[str, str]]]] = []

# school, id and name of the colleges, for the administrator's forms
COLLEGE_NAMES: list[Callable[[], list[tuple[int, int, str]]]] = []

# where an account reports that something in its own log was not its person: label and address
NOT_ME: list[Callable[[AppUser], tuple[str, str] | None]] = []

# kind, id, step and doer of an act → the sentence whom it was told to, and whom not (NTF-05)
TOLD: list[Callable[[str, int, str, int | None], str]] = []


def must_change_password(user: AppUser) -> str | None:
    """An account made by an administrator chooses its own password first."""
    return "PasswordView.change" if user.must_change_password else None


def must_set_up_factor(user: AppUser) -> str | None:
    """Staff of an installation that requires a second factor set one up first (CHN-09)."""
    needs = g.get("factor_required", False) and not proof().enrolled
    return "MyFactorsView.index" if needs and user.is_staff else None


GATES += [must_change_password, must_set_up_factor]
