"""A finding in words: its facts with the names of their codes, in its rule's sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import ROLE_NAMES, Role
from app.codes import queries as codes
from app.codes import regions
from app.core.registry import stores
from app.people.students.detail import LABELS as PERSON_LABELS
from app.people.students.models import ORIGIN_STATES
from app.plan.checks.models import Finding
from app.plan.checks.rules import BY_NAME, ID_FAULTS, Rule
from app.plan.rows.models import FIELD_LABELS
from app.settings.models import SETTINGS

LABELS = {**FIELD_LABELS, **PERSON_LABELS}


def fields_of(found: Finding) -> tuple[str, ...]:
    """The fields by which a finding is mended: its rule's, and those that its facts name (CHK-02)."""
    rule = BY_NAME.get(found.rule)
    named = str(found.facts.get("fields", ""))
    return tuple(dict.fromkeys(f"{named} {rule.mends if rule else ''}".split()))


def _fields(names: str, _year: int) -> str:
    return _(", ").join(str(LABELS.get(name, name)) for name in names.split())


def _code(table: str) -> Any:
    return lambda value, year: codes.name(table, value, year)


CHANNELS = {"sms": _l("phone"), "mail": _l("e-mail address"), "reset": _l("first sign-in")}
SOURCES = {"staff": _l("by hand"), "file": _l("by a file"), "merge": _l("by merging two records")}


def _act(name: str, _year: int) -> str:
    """The step of a workflow, as kept: kind and name."""
    kind, _dot, step = name.partition(".")
    known = (
        {s.name: s for s in stores().workflows[kind].steps} if kind in stores().workflows else {}
    )
    return str(known[step].called(kind)) if step in known else name


def _setting(name: str, _year: int) -> str:
    return str(SETTINGS[name].metadata["label"]) if name in SETTINGS else name


SHOWN = {
    "act": _act,
    "party": lambda role, _year: ROLE_NAMES.get(Role(role), role),
    "setting": _setting,
    "channel": lambda value, _year: CHANNELS.get(value, value),
    "source": lambda value, _year: SOURCES.get(value, value),
    "fields": _fields,
    "sex": _code("xb"),
    "by_number": _code("xb"),
    "mode": _code("pyfs"),
    "nature": _code("dwxz"),
    "region": lambda value, _year: regions.region_name(value),
    "state": lambda value, _year: ORIGIN_STATES.get(value, value),
    "fault": lambda value, _year: ID_FAULTS.get(value, value),
}


def filled(text: Any, rule: Rule, facts: Mapping[str, object], year: int) -> str:
    """A sentence of a rule with its facts."""
    names = (*rule.facts, *facts)
    values = {
        name: SHOWN.get(name, lambda value, _y: value)(facts[name], year) if name in facts else "–"
        for name in names
    }
    return str(text) % values


def sentence(found: Finding) -> str:
    """What a finding says."""
    rule = BY_NAME.get(found.rule)
    if rule is None:  # a rule of an older release
        return found.rule
    return filled(rule.sentence, rule, found.facts, found.graduation_year)


def asks(found: Finding) -> str:
    """What to ask the person where the finding is a sign of surrogate signing; empty elsewhere."""
    rule = BY_NAME.get(found.rule)
    return str(rule.asks) if rule else ""
