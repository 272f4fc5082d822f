"""The second factor: code apps and recovery codes, losing and removing one, the setting (CHN-09)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import code_apps
from app.accounts.factor_models import CodeApp, FactorChallenge, Passkey, RecoveryCode
from app.core.db import db
from app.core.mail import Message
from tests.accounts.factor_hands import code_now, events, held, reads_mail, signs_in

# -- the code app --------------------------------------------------------------------------------


@pytest.mark.rule("CHN-09")
def test_a_code_app_is_set_up_by_its_first_code_and_ten_recovery_codes_are_shown(cast, with_app):
    browser, secret, codes = with_app(cast.officer)
    assert len(codes) == len(set(codes)) == 10
    kept = db.session.get(CodeApp, cast.officer.id)
    assert secret.encode() not in kept.secret
    digests = db.session.scalars(select(RecoveryCode.digest)).all()
    assert not any(code.replace("-", "").encode() in d for code in codes for d in digests)
    assert "<code>" not in browser.get("/account/factors/").text
    assert ("factor_added", "done") in events(cast.officer)


@pytest.mark.rule("CHN-09")
def test_a_wrong_first_code_sets_nothing_up_and_the_secret_stays(cast, visit):
    browser = reads_mail(visit(cast.officer))
    find = r"<code>([A-Z2-7 ]+)</code>"
    first = re.search(find, browser.get("/account/factors/app").text).group(1)
    wrong = browser.post("/account/factors/app", data={"code": "000000"})
    assert wrong.status_code == 422
    assert re.search(find, wrong.text).group(1) == first
    assert db.session.get(CodeApp, cast.officer.id) is None


@pytest.mark.rule("CHN-09")
def test_after_the_password_the_code_is_asked_and_a_used_one_is_worth_nothing(
    cast, client, with_app
):
    _browser, secret, _codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    assert client.get("/office/").location == "/factor/?next=/office/"
    again = client.post("/factor/", data={"_factor_code": code_now(secret)})
    assert again.status_code == 422, "the code of the set-up was used up"
    done = client.post("/factor/?next=/desk/list/", data={"_factor_code": code_now(secret, 1)})
    assert done.location == "/desk/list/"
    assert client.get("/office/").status_code == 200
    assert ("second_factor", "done") in events(cast.officer)


@pytest.mark.parametrize(
    ("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
@pytest.mark.rule("CHN-09")
def test_clocks_may_differ_by_thirty_seconds(cast, with_app, steps, good):
    _browser, secret, _codes = with_app(cast.officer)
    db.session.get(CodeApp, cast.officer.id).last_step = 0
    db.session.commit()
    typed = code_now(secret, steps)
    assert code_apps.use_app_code(cast.officer.id, typed) is good


@pytest.mark.rule("CHN-09")
def test_an_older_code_than_the_last_is_refused(cast, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    assert code_apps.use_app_code(cast.officer.id, code_now(secret, 1))
    for steps in (1, 0, -1):
        assert not code_apps.use_app_code(cast.officer.id, code_now(secret, steps))


@pytest.mark.rule("CHN-09")
def test_a_full_width_code_is_read(cast, client, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code_now(secret, 1))
    assert client.post("/factor/", data={"_factor_code": wide}).location == "/"


@pytest.mark.rule("CHN-09")
def test_five_wrong_codes_lock_codes_for_a_quarter_and_the_person_is_told(cast, client, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    for _n in range(5):
        client.post("/factor/", data={"_factor_code": "000000"})
    good = client.post("/factor/", data={"_factor_code": code_now(secret, 1)})
    assert good.status_code == 422
    assert held(client.get("/office/"))
    assert ("second_factor", "denied") in events(cast.officer)
    keys = db.session.scalars(select(Message.key).where(Message.user_id == cast.officer.id)).all()
    assert len([key for key in keys if key.startswith("factor_guessed:")]) == 1


@pytest.mark.rule("CHN-09")
def test_the_first_factor_wants_a_code_from_the_mail_on_record(cast, visit):
    thief = visit(cast.officer)  # has the password, not the mailbox
    for url in ("/account/factors/app", "/account/factors/key"):
        assert thief.get(url).location == "/account/factors/contact"
        assert thief.post(url, data={"code": "1", "answer": "{}"}).status_code == 302
    assert thief.post("/account/factors/key/options").status_code == 302
    assert db.session.query(FactorChallenge).count() == 0
    assert thief.post("/account/factors/contact", data={"code": "000000"}).status_code == 422
    thief.post("/account/factors/contact", data={"send": "1"})
    mail = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert mail.address == cast.officer.email
    assert thief.post("/account/factors/contact", data={"code": "000000"}).status_code == 422
    owner = thief.post("/account/factors/contact", data={"code": mail.code})
    assert owner.location == "/account/factors/"
    assert thief.get("/account/factors/app").status_code == 200


@pytest.mark.rule("CHN-09")
def test_an_account_without_an_address_sets_its_first_factor_up_at_once(cast, visit):
    cast.officer.email = "officer@invalid"
    db.session.commit()
    assert visit(cast.officer).get("/account/factors/app").status_code == 200


# -- recovery codes ------------------------------------------------------------------------------


@pytest.mark.rule("CHN-09")
def test_a_recovery_code_opens_once_and_the_person_is_told(cast, client, with_app):
    _browser, _secret, codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_code": codes[3].lower()}).location == "/"
    client.post("/logout")
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_code": codes[3]}).status_code == 422
    assert client.post("/factor/", data={"_factor_code": codes[4]}).location == "/"
    told = db.session.scalars(select(Message.key).where(Message.user_id == cast.officer.id)).all()
    assert len([key for key in told if key.startswith("recovery_used:")]) == 2


@pytest.mark.rule("CHN-09")
def test_another_persons_recovery_code_is_worth_nothing(cast, client, with_app):
    _one, _secret, codes = with_app(cast.officer)
    with_app(cast.other_officer)
    signs_in(client, cast.other_officer)
    assert client.post("/factor/", data={"_factor_code": codes[0]}).status_code == 422


@pytest.mark.rule("CHN-09")
def test_renewed_recovery_codes_make_the_old_ones_void(cast, client, with_app):
    browser, _secret, codes = with_app(cast.officer)
    fresh = re.findall(r"[A-Z0-9]{5}-[A-Z0-9]{5}", browser.post("/account/factors/codes").text)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_code": codes[0]}).status_code == 422
    assert client.post("/factor/", data={"_factor_code": fresh[0]}).location == "/"


@pytest.mark.parametrize("odd", ["٠١٢٣٤٥", "１２３", "0" * 40, "🚀🚀🚀🚀🚀🚀", "' OR 1=1"])
@pytest.mark.rule("CHN-09")
def test_an_odd_code_gets_a_sentence(cast, client, with_app, visit, odd):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_code": odd}).status_code == 422
    other = reads_mail(visit(cast.other_officer))
    assert other.post("/account/factors/app", data={"code": odd}).status_code == 422


# -- losing, removing ----------------------------------------------------------------------------


@pytest.mark.rule("CHN-09")
def test_the_last_factor_stays_where_it_is_required(cast, with_app, required):
    browser, _secret, _codes = with_app(cast.officer)
    browser.post("/account/factors/app/remove")
    assert db.session.get(CodeApp, cast.officer.id) is not None


@pytest.mark.rule("CHN-09")
def test_where_it_is_offered_the_last_one_goes_with_its_recovery_codes(cast, with_app):
    browser, _secret, _codes = with_app(cast.officer)
    browser.post("/account/factors/app/remove")
    assert db.session.get(CodeApp, cast.officer.id) is None
    assert db.session.query(RecoveryCode).count() == 0
    assert browser.get("/office/").status_code == 200
    assert ("factor_removed", "done") in events(cast.officer)


@pytest.mark.rule("CHN-09")
def test_nobody_removes_another_persons_key(cast, with_key):
    with_key(cast.other_officer)
    theirs = db.session.query(Passkey).one().id
    browser, _key = with_key(cast.officer)
    browser.post(f"/account/factors/key/{theirs}/remove")
    assert db.session.get(Passkey, theirs) is not None


# -- settings ------------------------------------------------------------------------------------


@pytest.mark.rule("CHN-09")
def test_production_requires_it_and_refuses_to_go_without():
    import config

    made = config.Config(mode="production")
    config._factor(made)
    assert made.staff_factor == "required"
    assert "STAFF_FACTOR" in config._factor(config.Config(mode="production", staff_factor="off"))[0]
    assert "STAFF_FACTOR" in config._factor(config.Config(staff_factor="maybe"))[0]
    for mode in ("demo", "local", "test"):
        made = config.Config(mode=mode)
        config._factor(made)
        assert made.staff_factor == "offered"
