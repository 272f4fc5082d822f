"""Every text that can be entered × every kind of character: printed, mended and said, or refused (DOC-07).

The forms are found by walking their classes, the columns by walking the sheets: what is added later is
asked as well.
"""

from __future__ import annotations

import copy
from collections import Counter
from datetime import date

import pytest
from flask import g
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import StringField, TextAreaField
from wtforms.fields.core import UnboundField

import app.cli
import app.menu  # noqa: F401 (with them every form is loaded)
from app.core.db import db
from app.core.errors import Invalid
from app.core.forms import OnlyIf, printed
from app.core.printable import code_of, replacement, unprintable
from app.core.registry import stores
from app.core.text import clean_line
from app.files.documents import render
from app.files.imports.cells import Wrong
from app.files.imports.columns import CellKind, Context, ValueList
from app.people.corrections import forms as origin
from app.signing.destinations import checks as destinations
from app.signing.destinations.field_types import FieldType
from app.signing.destinations.kind_models import DestinationField
from app.workflow.consent import checked_reason
from app.workflow.steps import Reason
from tests.files.documents.conftest import AGREEMENT, text_of

SHOTS = {
    "emoji": "张🚀伟",
    "family": "👨\u200d👩\u200d👧",
    "keycap": "1\ufe0f\u20e3号",
    "private, known": "王\ue863",
    "private, vertical mark": "路\ue78d号",
    "private, unknown": "王\ue000",
    "private, far": "王\U000f1234",
    "extension B": "𠮷田𠅤",
    "extension F": "\U0002ceb0伟",
    "extension G": "\U00030001伟",
    "Latin with marks": "Łukasz Nguyễn Đặng",
    "decomposed": "Nguye\u0302\u0303n",
    "free mark": "x\u0361y",
    "right to left": "\u200f黄\u202e河\u202c",
    "isolates": "\u2067黄河\u2069",
    "zero width": "黄\u200b河\u2060水\ufeff",
    "variation": "葛\U000e0100飾",
    "300 characters": "字" * 300,
    "300 letters": "a" * 300,
    "Tibetan": "བཀྲ་ཤིས",
    "Uyghur": "ئۇيغۇر",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "Hangul": "김철수",
    "Thai": "สมชาย",
    "lost": "李\ufffd明",
    "wrong code page": "Î\x84ºº",
    "styled": "𝐀𝐁公司",
}
# what a person types to come in, and nothing else: no document carries it
SIGN_IN = {
    ("SignInForm", "who"),
    ("ResetForm", "code"),
    ("VerifyForm", "code"),
    ("CampusVerifyForm", "code"),
    ("MailForm", "code"),
    ("MailForm", "old_code"),
    ("OwnProofForm", "old_code"),
    ("RegisterForm", "contact_phone_code"),
    ("RegisterForm", "email_code"),
    ("EnterForm", "name"),
    ("FreshCodeForm", "code"),
    ("ForgottenForm", "who"),
}


def classes(base=FlaskForm):
    for one in base.__subclasses__():
        if one.__module__.startswith("app.") or any(
            b.__module__.startswith("app.") for b in one.__mro__[1:]
        ):
            yield one
        yield from classes(one)


def text_fields():
    """(class, name) → the unbound field of every text of every form of ours."""
    found = {}
    for one in classes():
        for name in dir(one):
            field = getattr(one, name, None)
            if isinstance(field, UnboundField) and issubclass(field.field_class, StringField):
                found[one.__name__, name] = field
    for name in origin.LENGTHS:
        found["CorrectionForm", name] = origin._field(name)
    return found


def bound(unbound, name, text):
    """The field in a form of its own, as posted, with whatever it depends on."""
    checks = unbound.kwargs.get("validators") or (unbound.args[1] if len(unbound.args) > 1 else [])
    others = {c.other: "REAL" for c in checks if isinstance(c, OnlyIf)}
    made = {name: unbound, **{other: StringField() for other in others}}
    form = type("One", (FlaskForm,), made)(MultiDict({name: text, **others}), meta={"csrf": False})
    return form, form[name]


def judged(tally, typed, kept, said, refusals, where):
    """What became of one text; fails where it could be accepted and never printed."""
    lost = [char for char in unprintable(clean_line(typed)) if not replacement(char)]
    if refusals:
        if lost:
            assert any(code_of(char) in text for text in refusals for char in lost), (
                where,
                refusals,
            )
        tally["refused"] += 1
        return
    assert not lost, (where, typed)
    assert unprintable(kept) == [], (where, typed)
    if "".join(kept.split()).casefold() == "".join(typed.split()).casefold():
        tally["printed"] += 1
    else:
        assert said, (where, typed, kept)
        tally["mended"] += 1


def of_forms(tally, app):
    known = text_fields()
    left_as_typed = set()
    for (form_name, name), unbound in known.items():
        for shot, typed in SHOTS.items():
            with app.test_request_context("/", method="POST"):
                form, field = bound(unbound, name, typed)
                if not (printed(field) or "Hidden" in field.type or "Password" in field.type):
                    left_as_typed.add((form_name, name))
                if not printed(field):
                    continue
                good = field.validate(form)
                said = g.get("mended", [])
                where = f"{form_name}.{name} × {shot}"
                assert good == (not field.errors), where
                judged(tally, typed, field.data or "", said, [str(e) for e in field.errors], where)
    return left_as_typed


def of_columns(tally):
    for sheet in stores().sheets.values():
        context = Context(date(2027, 3, 1))
        for column in sheet.columns:
            context.choices[column.field] = ValueList([("1", "1", "一")])
            for shot, typed in SHOTS.items():
                where = f"{sheet.name}.{column.field} × {shot}"
                if column.kind in (CellKind.NUMBER, CellKind.DAY):
                    with pytest.raises(Wrong):
                        column.read(typed, context)
                    tally["refused"] += 1
                    continue
                try:
                    kept = column.read(typed, context)
                except Wrong as wrong:
                    judged(tally, typed, "", False, [str(wrong)], where)
                    continue
                judged(tally, typed, str(kept), column.literal and kept != typed, [], where)


def of_destinations(tally):
    for field in db.session.query(DestinationField).all():
        if FieldType(field.type) in (FieldType.CODE, FieldType.REGION):
            continue
        for shot, typed in SHOTS.items():
            kept = destinations.cleaned(field, typed)
            wrong = destinations.problem(field, kept, 2027)
            judged(
                tally, typed, kept, kept != typed, [wrong] if wrong else [], f"{field.key} × {shot}"
            )


def of_reasons(tally):
    for flow in stores().workflows.values():
        for step in flow.steps:
            if step.reason is Reason.NONE or step.inner:
                continue
            for shot, typed in SHOTS.items():
                where = f"{flow.kind}.{step.name} × {shot}"
                try:
                    kept = checked_reason(step.reason, typed)
                except Invalid as error:
                    [(place, text)] = error.problems
                    assert place == "reason"
                    judged(tally, typed, "", False, [text], where)
                else:
                    judged(tally, typed, kept, kept != typed, [], where)


@pytest.mark.rule("DOC-07")
def test_no_text_of_any_form_column_or_reason_is_accepted_that_cannot_be_printed(app, cast):
    tally = Counter()
    left = of_forms(tally, app)
    assert left <= SIGN_IN, left - SIGN_IN
    forms = tally.total()
    of_columns(tally)
    columns = tally.total() - forms
    of_destinations(tally)
    of_reasons(tally)
    assert forms >= 1000
    assert columns >= 1000
    assert tally.total() >= 4000
    assert min(tally["printed"], tally["mended"], tally["refused"]) > 200


@pytest.mark.rule("DOC-07")
def test_what_is_accepted_is_really_printed():
    accepted = [
        clean_line(t) for t in SHOTS.values() if not unprintable(clean_line(t)) and len(t) < 300
    ]
    assert len(accepted) >= 9
    data = copy.deepcopy(AGREEMENT)
    data["student"]["name"], data["terms"]["position"] = accepted[0], "、".join(accepted)
    data["employer"]["address"] = "字" * 200
    found = text_of(render.render("agreement", data))
    for text in accepted:
        assert "".join(text.split()) in found


@pytest.mark.rule("DOC-07")
def test_text_areas_are_asked_too_and_keep_their_lines(app):
    class Long(FlaskForm):
        text = TextAreaField()

    with app.test_request_context("/", method="POST"):
        form = Long(MultiDict({"text": "一\n二\ue863"}), meta={"csrf": False})
        assert form.validate()
        assert form.text.data == "一\n二䶮"
        form = Long(MultiDict({"text": "一\n🚀"}), meta={"csrf": False})
        assert not form.validate()
        assert "U+1F680" in form.text.errors[0]
