"""Identifiers typed with a Chinese keyboard, where people type them (F-11)."""

import pytest
from flask import g
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField

from app.accounts import identifiers
from app.core.forms import PHONE, POSTCODE, Email, line
from app.core.numbers import WholeField
from app.core.registry import stores
from app.files.imports.cells import Wrong
from app.files.imports.columns import Context
from tests import factories as make


class Typed(FlaskForm):
    """One of each."""

    email = line("邮箱", 120, Email(), required=False)
    phone = line("电话", 20, PHONE, required=False)
    postcode = line("邮编", 6, POSTCODE, required=False)
    amount = WholeField("金额")
    day = DateField("日期")


def posted(app, **values):
    """The form as posted, validated; its fields, errors, and what was said."""
    with app.test_request_context("/", method="POST"):
        form = Typed(MultiDict(values), meta={"csrf": False})
        form.validate()
        return form, g.get("mended", [])


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("email", "１２３４５６@qq.com", "123456@qq.com"),
        ("email", "mailto:abc@qq.com。", "abc@qq.com"),
        ("phone", "１３３ ４５６７ ５６６０", "13345675660"),
        ("postcode", "４３００７０", "430070"),
        ("postcode", " 430070\u3000", "430070"),
        ("amount", "３，５００", 3500),
        ("amount", "３５００。", 3500),
    ],
)
def test_every_form_reads_it_in_any_width_and_says_so(app, name, typed, kept):
    form, said = posted(app, **{name: typed})
    assert (form[name].data, list(form[name].errors)) == (kept, [])
    if isinstance(kept, str) and "".join(typed.split()) != kept:
        assert len(said) == 1


@pytest.mark.rule("ACC-05")
def test_a_day_is_read_in_any_spelling(app):
    form, _said = posted(app, day="２０２７。７。１")
    assert form.day.data.isoformat() == "2027-07-01"


@pytest.mark.rule("ACC-05")
def test_a_personal_number_is_not_repeated_in_a_message(app):
    _form, said = posted(app, phone="１３３４５６７５６６０")
    assert len(said) == 1
    assert "13345675660" not in said[0]


@pytest.mark.rule("ACC-05")
def test_a_probable_slip_is_asked_once_and_taken_when_it_is_sent_again(app):
    with app.test_request_context("/", method="POST"):
        for typed, meant in (("abc@qq.con", "abc@qq.com"), ("a@firm.qqq", ".qqq")):
            first = Typed(MultiDict({"email": typed}), meta={"csrf": False})
            first.validate()
            assert meant in str(first.email.errors[0])
            again = Typed(MultiDict({"email": typed}), meta={"csrf": False})
            again.validate()
            assert not again.email.errors
        other = Typed(MultiDict({"email": "b@gmial.com"}), meta={"csrf": False})
        other.validate()
        assert "b@gmail.com" in str(other.email.errors[0])


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize("typed", ["李明@qq.com", "abc@qq.com、d", "abc"])
def test_letters_that_no_mail_server_takes_are_refused(app, typed):
    form, _said = posted(app, email=typed)
    assert form.email.errors


@pytest.mark.rule("ACC-03")
@pytest.mark.parametrize(
    "typed", ["ＨＲ@ＱＱ.ｃｏｍ", "hr＠qq.com。", "mailto:hr@qq.com", " hr@qq。com"]
)
def test_one_signs_in_by_an_address_typed_with_a_chinese_keyboard(cast, typed):
    user = make.account(cast.employer)
    identifiers.identify(user, "email", "hr@qq.com")
    assert identifiers.account_for(typed) == user


@pytest.mark.rule("BLK-02")
def test_addresses_in_files_are_folded_and_ends_that_do_not_exist_named(cast):
    column = stores().sheets["employers"].column("email")
    context = Context(make.clock.today())
    assert column.read("ｈｒ@qq.com；", context) == "hr@qq.com"
    for wrong in ("hr@qq.con", "李明@qq.com", "hr"):
        with pytest.raises(Wrong):
            column.read(wrong, context)
