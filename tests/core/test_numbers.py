"""Numbers as people type them; no field whose value a mouse wheel turns (F-25)."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms.fields import numeric

from app.core.numbers import DAYS, MONEY, YEARS, WholeField, whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.rule("INV-05")
@pytest.mark.parametrize(
    ("typed", "units", "number"),
    [
        ("6500", (), 6500),
        (" 6500 ", (), 6500),
        ("６５００", (), 6500),
        ("6,500", (), 6500),
        ("６，５００", (), 6500),
        ("6 500", (), 6500),
        ("6\u00a0500", (), 6500),
        ("6'500", (), 6500),
        ("1,006,500", (), 1_006_500),
        ("6500.00", (), 6500),
        ("６５００．０", (), 6500),
        ("006500", (), 6500),
        ("6500元", MONEY, 6500),
        ("6500 元/月", MONEY, 6500),
        ("￥6,500", MONEY, 6500),
        ("¥6500", MONEY, 6500),
        ("6500元整", MONEY, 6500),
        ("60天", DAYS, 60),
        ("2027届", YEARS, 2027),
        ("0", (), 0),
        ("-5", (), -5),
        ("－５", (), -5),
        ("−5", (), -5),
        ("\u200b6500", (), 6500),
        ("３，５００。", (), 3500),
        ("6500元。", MONEY, 6500),
    ],
)
def test_a_number_is_read_as_people_type_it(typed, units, number):
    assert whole(typed, units) == number


@pytest.mark.rule("INV-05")
@pytest.mark.parametrize(
    ("typed", "units"),
    [
        ("", ()),
        ("   ", ()),
        ("abc", ()),
        ("6500.5", ()),
        ("6.5", ()),
        ("6.500", ()),
        ("6,50", ()),
        ("1,0000", ()),
        ("65,00", ()),
        ("6.5千", ()),
        ("1万", MONEY),
        ("6500元/年", MONEY),
        ("3个月", DAYS),
        ("60天", MONEY),
        ("6500元", ()),
        ("6e3", ()),
        ("0x1F", ()),
        ("٦٥٠٠", ()),
        ("三千", ()),
        ("5000-6000", ()),
        ("5000~6000", ()),
        ("--5", ()),
        ("1" * 13, ()),
        ("9" * 5000, ()),
        ("6,500,", ()),
        ("½", ()),
    ],
)
def test_what_is_no_whole_number_of_this_unit_is_none(typed, units):
    assert whole(typed, units) is None


class Pay(FlaskForm):
    pay = WholeField("起薪", units=MONEY)


@pytest.mark.rule("INV-05")
def test_a_number_field_is_a_line_of_text_and_keeps_what_was_typed(app):
    with app.test_request_context("/", method="POST"):
        form = Pay(formdata=MultiDict({"pay": "6.5千"}), meta={"csrf": False})
        assert not form.validate()
        assert "整数" in str(form.pay.errors[0])
        shown = str(form.pay())
        assert 'type="text"' in shown
        assert 'inputmode="numeric"' in shown
        assert 'value="6.5千"' in shown
        good = Pay(formdata=MultiDict({"pay": "６，５００元"}), meta={"csrf": False})
        assert good.validate()
        assert good.pay.data == 6500


def forms(cls=FlaskForm):
    for below in cls.__subclasses__():
        yield below
        yield from forms(below)


@pytest.mark.rule("INV-05", "OFF-01")
def test_no_form_has_a_field_that_a_wheel_or_an_arrow_turns(app):
    turned = (
        numeric.IntegerField,
        numeric.DecimalField,
        numeric.FloatField,
        numeric.IntegerRangeField,
    )
    found = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in forms()
        if form.__module__.startswith("app.")
        for name in dir(form)
        if isinstance(kind := getattr(getattr(form, name, None), "field_class", None), type)
        and issubclass(kind, turned)
        and not issubclass(kind, WholeField)
    ]
    assert not found
    assert [form for form in forms() if form.__name__ == "LetterForm" or "Letter" in form.__name__]
    words = ('type="number"', "type=number", 'type="range"', "NumberInput", "RangeInput")
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "app").rglob("*.py"),
        *(ROOT / "app/static").glob("*.js"),
    ]
    assert not [str(p) for p in files if any(w in p.read_text(encoding="utf-8") for w in words)]
