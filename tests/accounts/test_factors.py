"""The second factor: after the password, before the acts that matter, and when it is lost (CHN-09)."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from app.accounts import factors, passwords
from app.accounts.factor_models import CodeApp, FactorChallenge, Passkey, RecoveryCode
from app.accounts.models import AccountSession, SecurityEvent
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.workflow.models import Trail
from tests.soft_key import PRESENT, SoftKey

PASSWORD = "Wind-over-lake-3"


def code_now(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now().timestamp() + steps * 30)


@pytest.fixture
def required(app):
    """An installation that requires a second factor of its staff."""
    config = app.config["QINGQIAN"]
    config.staff_factor = "required"
    yield
    config.staff_factor = "offered"


def reads_mail(browser):
    """The session has proved the address on record, as `test_the_first_factor_wants…` does by hand."""
    with browser.session_transaction() as cookie:
        cookie["factor_contact"] = True
    return browser


@pytest.fixture
def with_app(visit):
    """`with_app(user)`: a browser in which the person has just set up a code app; its secret, the codes."""

    def made(user):
        browser = reads_mail(visit(user))
        page = browser.get("/account/factors/app").text
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", "")
        done = browser.post("/account/factors/app", data={"code": code_now(secret)})
        return browser, secret, re.findall(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", done.text)

    return made


@pytest.fixture
def with_key(visit):
    """`with_key(user)`: a browser in which the person has just added a passkey."""

    def made(user, key=None):
        key, browser = key or SoftKey(), reads_mail(visit(user))
        options = browser.post("/account/factors/key/options").json
        answer = browser.post(
            "/account/factors/key", data={"answer": key.create(options), "name": "办公室"}
        )
        assert answer.status_code == 200
        return browser, key

    return made


def held(answer) -> bool:
    """Whether the session was led to the page that asks for its factor, and saw nothing else."""
    return answer.status_code == 302 and answer.location.partition("?")[0] == "/factor/"


def signs_in(client, user):
    user.password = passwords.hashed(PASSWORD)
    db.session.commit()
    return client.post("/login/", data={"who": user.username, "password": PASSWORD})


def events(user, outcome=None):
    rows = db.session.scalars(select(SecurityEvent).where(SecurityEvent.user_id == user.id)).all()
    return [(e.event, e.outcome) for e in rows if outcome in (None, e.outcome)]


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
    assert factors._app_code(cast.officer.id, typed) is good


@pytest.mark.rule("CHN-09")
def test_an_older_code_than_the_last_is_refused(cast, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    assert factors._app_code(cast.officer.id, code_now(secret, 1))
    for steps in (1, 0, -1):
        assert not factors._app_code(cast.officer.id, code_now(secret, steps))


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


# -- passkeys ------------------------------------------------------------------------------------


@pytest.mark.rule("CHN-09")
def test_a_passkey_opens_after_the_password(cast, client, with_key):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    options = client.post("/factor/options").json
    assert [c["id"] for c in options["allowCredentials"]]
    assert options["userVerification"] == "required"
    assert client.post("/factor/", data={"_factor_answer": key.get(options)}).location == "/"
    assert client.get("/office/").status_code == 200


@pytest.mark.rule("CHN-09")
def test_an_answer_is_good_once_and_for_its_own_challenge_only(cast, client, with_key):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    answer = key.get(client.post("/factor/options").json)
    client.post("/factor/", data={"_factor_answer": answer})
    client.post("/logout")
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_answer": answer}).status_code == 422
    client.post("/factor/options")
    assert client.post("/factor/", data={"_factor_answer": answer}).status_code == 422
    assert held(client.get("/office/"))


@pytest.mark.rule("CHN-09")
def test_a_challenge_of_another_session_is_worth_nothing(app, cast, client, with_key):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    mine = client.post("/factor/options").json
    other = app.test_client()
    signs_in(other, cast.officer)
    other.post("/factor/options")
    assert other.post("/factor/", data={"_factor_answer": key.get(mine)}).status_code == 422


@pytest.mark.rule("CHN-09")
def test_a_challenge_is_old_after_five_minutes(cast, client, with_key):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    options = client.post("/factor/options").json
    row = db.session.query(FactorChallenge).one()
    row.created_at -= timedelta(minutes=5, seconds=1)
    db.session.commit()
    assert client.post("/factor/", data={"_factor_answer": key.get(options)}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1"},
        {"site": "evil.example"},
        {"flags": PRESENT},
    ],
)
@pytest.mark.rule("CHN-09")
def test_another_origin_another_site_or_no_verification_proves_nothing(
    cast, client, with_key, wrong
):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    for name, value in wrong.items():
        setattr(key, name, value)
    answer = key.get(client.post("/factor/options").json)
    assert client.post("/factor/", data={"_factor_answer": answer}).status_code == 422


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"flags": PRESENT}])
@pytest.mark.rule("CHN-09")
def test_a_key_of_another_origin_or_without_verification_is_not_added(cast, visit, wrong):
    key, browser = SoftKey(**wrong), reads_mail(visit(cast.officer))
    options = browser.post("/account/factors/key/options").json
    done = browser.post("/account/factors/key", data={"answer": key.create(options)})
    assert done.status_code == 422
    assert db.session.query(Passkey).count() == 0


@pytest.mark.rule("CHN-09")
def test_the_host_of_the_request_says_nothing_about_the_site(app, cast, client, with_key):
    config = app.config["QINGQIAN"]
    config.base_url = "https://qianyue.example.edu.cn"
    try:
        _browser, key = with_key(
            cast.officer, SoftKey("qianyue.example.edu.cn", "https://qianyue.example.edu.cn")
        )
        signs_in(client, cast.officer)
        options = client.post("/factor/options", headers={"X-Forwarded-Host": "evil.example"}).json
        assert options["rpId"] == "qianyue.example.edu.cn"
        key.origin = "http://localhost"
        wrong = client.post("/factor/", data={"_factor_answer": key.get(options)})
        assert wrong.status_code == 422
    finally:
        config.base_url = ""


@pytest.mark.rule("CHN-09")
def test_another_persons_key_proves_nothing(cast, client, with_key):
    _browser, mine = with_key(cast.officer)
    with_key(cast.other_officer)
    signs_in(client, cast.other_officer)
    answer = mine.get(client.post("/factor/options").json)
    assert client.post("/factor/", data={"_factor_answer": answer}).status_code == 422


@pytest.mark.parametrize("back", [0, -1])
@pytest.mark.rule("CHN-09")
def test_a_counter_that_does_not_go_on_is_a_copy_and_is_told(cast, client, with_key, back):
    _browser, key = with_key(cast.officer)
    signs_in(client, cast.officer)
    key.count = 40
    client.post("/factor/", data={"_factor_answer": key.get(client.post("/factor/options").json)})
    client.post("/logout")
    signs_in(client, cast.officer)
    answer = key.get(client.post("/factor/options").json, forward=back)
    assert client.post("/factor/", data={"_factor_answer": answer}).status_code == 422
    told = db.session.scalars(select(Message.key).where(Message.user_id == cast.officer.id)).all()
    assert any(found.startswith("key_cloned:") for found in told)


@pytest.mark.rule("CHN-09")
def test_a_key_that_counts_nothing_is_accepted_each_time(cast, client, with_key):
    _browser, key = with_key(cast.officer)
    for _n in range(2):
        signs_in(client, cast.officer)
        options = client.post("/factor/options").json
        answer = key.get(options, forward=0)
        assert client.post("/factor/", data={"_factor_answer": answer}).location == "/"
        client.post("/logout")


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "x",
        "[]",
        "null",
        "{}",
        '{"rawId": 5}',
        '{"rawId": "§"}',
        '{"rawId": "AA", "response": {}}',
        "9" * 30_000,
        '{"rawId":' * 400,
        "[" * 19_000,
        '{"rawId": "\\u0000"}',
    ],
)
@pytest.mark.rule("CHN-09")
def test_an_odd_answer_gets_a_sentence(cast, client, with_key, odd):
    with_key(cast.officer)
    signs_in(client, cast.officer)
    client.post("/factor/options")
    assert client.post("/factor/", data={"_factor_answer": odd}).status_code == 422


@pytest.mark.rule("CHN-09")
def test_mutated_answers_of_keys_are_wrong_and_nothing_else(app, cast):
    """Two thousand registrations and proofs with bytes changed, cut or doubled."""
    import json
    import random

    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

    from app.accounts import passkeys

    dice, key = random.Random(11), SoftKey()
    challenge = b"c" * 32
    options = {"challenge": bytes_to_base64url(challenge)}
    passkeys.registered(cast.officer, challenge, key.create(options), "k")
    wrong = 0
    for n in range(2000):
        answer = json.loads(key.create(options) if n % 2 else key.get(options))
        part = dice.choice(sorted(answer["response"]))
        data = bytearray(base64url_to_bytes(answer["response"][part]))
        at = dice.randrange(len(data))
        data[at : at + dice.choice((0, 1, 4))] = dice.randbytes(dice.choice((0, 1, 2, 8)))
        answer["response"][part] = bytes_to_base64url(bytes(data))
        try:
            if n % 2:
                passkeys.registered(cast.other_officer, challenge, json.dumps(answer), "k")
            else:
                passkeys.proved(cast.officer, challenge, json.dumps(answer))
        except passkeys.WrongKey:
            wrong += 1
    assert wrong > 1800


@pytest.mark.parametrize("odd", ["٠١٢٣٤٥", "１２３", "0" * 40, "🚀🚀🚀🚀🚀🚀", "' OR 1=1"])
@pytest.mark.rule("CHN-09")
def test_an_odd_code_gets_a_sentence(cast, client, with_app, visit, odd):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    assert client.post("/factor/", data={"_factor_code": odd}).status_code == 422
    other = reads_mail(visit(cast.other_officer))
    assert other.post("/account/factors/app", data={"code": odd}).status_code == 422


# -- the gate ------------------------------------------------------------------------------------

OPEN_AT_THE_GATE = {
    "static",
    "appbuilder.static",
    "healthz",
    "LocaleView.index",
    "AuthView.logout",
    "AuthView.demo",
    "FactorView.index",
    "FactorView.options",
}


def addresses(app):
    with app.test_request_context():
        bind = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            values = dict.fromkeys(rule.arguments, 1)
            values |= {n: "0" * 32 for n in rule.arguments if n in ("uid", "token", "code")}
            yield rule.endpoint, bind.build(rule.endpoint, values), rule.methods & {"GET", "POST"}


@pytest.mark.rule("CHN-09")
def test_a_session_without_its_second_factor_reaches_no_route(app, cast, client, with_app):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    through = [
        (method, url)
        for endpoint, url, methods in addresses(app)
        if endpoint not in OPEN_AT_THE_GATE
        for method in methods
        if not held(client.open(url, method=method))
    ]
    assert not through
    assert held(client.get("/nowhere"))
    assert db.session.query(Trail).filter_by(actor_id=cast.officer.id).count() == 0


@pytest.mark.rule("CHN-09")
def test_staff_who_must_have_a_factor_reach_only_the_page_that_sets_it_up(
    app, cast, visit, required
):
    browser = visit(cast.officer)
    own = {
        "static",
        "appbuilder.static",
        "healthz",
        "LocaleView.index",
        "AuthView.logout",
        "RegionView.find",
        "MessagesView.index",
        # the session's clock, and the words that its own person had typed
        "SessionView.index",
        "SessionView.go_on",
        "KeptView.show",
        "KeptView.discard",
    }
    parties = {"SignInView.mail", "SignInView.mail_code", "SignInView.old_code"}  # no staff's: 403
    through = [
        (method, url)
        for endpoint, url, methods in addresses(app)
        if endpoint not in own | parties and not endpoint.startswith("MyFactorsView.")
        for method in methods
        if browser.open(url, method=method).location != "/account/factors/"
    ]
    assert not through
    assert visit(make_party(cast)).get("/account/factors/").status_code == 200
    assert visit(make_party(cast)).get("/employer/").location != "/account/factors/"


def make_party(cast):
    from tests import factories as make

    return make.account(cast.employer)


@pytest.mark.rule("CHN-09")
def test_an_old_session_of_the_person_is_asked_once_a_factor_is_there(cast, visit, with_app):
    old = visit(cast.officer)
    assert old.get("/office/").status_code == 200
    with_app(cast.officer)
    assert held(old.get("/office/"))


@pytest.mark.rule("CHN-09")
def test_the_proof_gives_the_session_another_secret(cast, client, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    with client.session_transaction() as cookie:
        before = dict(cookie)
    client.post("/factor/", data={"_factor_code": code_now(secret, 1)})
    assert client.get("/office/").status_code == 200
    with client.session_transaction() as cookie:
        cookie.update(before)
    assert client.get("/office/").location.startswith("/login/")


@pytest.mark.rule("CHN-09")
def test_the_gate_holds_scripts_too_and_no_header_opens_it(cast, client, with_app):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    for headers in (
        {"Accept": "application/json"},
        {"X-Original-URL": "/factor/"},
        {"X-HTTP-Method-Override": "GET"},
    ):
        assert held(client.get("/desk/list/", headers=headers))


@pytest.mark.rule("CHN-09")
def test_employers_may_switch_it_on_and_students_have_no_page(cast, client, with_app, visit):
    from tests import factories as make

    user = make.account(cast.employer)
    with_app(user)
    signs_in(client, user)
    assert held(client.get("/employer/"))
    assert visit(make.account(cast.student)).get("/account/factors/").status_code == 403


# -- step-up -------------------------------------------------------------------------------------


def aged(user, minutes: float) -> None:
    """The person's sessions proved their factor so long ago."""
    for row in db.session.query(AccountSession).filter_by(user_id=user.id):
        row.factor_at = clock.now() - timedelta(minutes=minutes)
    db.session.commit()


@pytest.mark.rule("CHN-09")
def test_a_student_gets_another_phone_only_with_a_fresh_factor_and_nothing_typed_is_lost(
    cast, with_app
):
    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 5.1)
    url, typed = (
        f"/students/{cast.student.id}/phone",
        {"phone": "13912345678", "reason": "本人到场"},
    )
    asked = browser.post(url, data=typed)
    assert asked.status_code == 403
    assert "13912345678" in asked.text
    assert "本人到场" in asked.text
    assert cast.student.phone != "13912345678"
    wrong = browser.post(url, data=typed | {"_factor_code": "000000", "_factor_act": "更换手机"})
    assert wrong.status_code == 422
    assert "本人到场" in wrong.text
    done = browser.post(url, data=typed | {"_factor_code": code_now(secret, 1)})
    assert done.status_code == 303
    db.session.refresh(cast.student)
    assert cast.student.phone == "13912345678"
    row = db.session.query(Trail).filter_by(kind="student", step="change_phone").one()
    assert row.factor == "app"


@pytest.mark.rule("CHN-09")
def test_a_factor_of_the_last_five_minutes_is_enough(cast, with_app):
    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 4.9)
    url = f"/students/{cast.student.id}/phone"
    assert browser.post(url, data={"phone": "13912345678", "reason": "到场"}).status_code == 303


@pytest.mark.rule("CHN-09")
def test_who_has_no_factor_goes_on_as_before_where_it_is_only_offered(cast, visit):
    url = f"/students/{cast.student.id}/phone"
    done = visit(cast.officer).post(url, data={"phone": "13912345678", "reason": "到场"})
    assert done.status_code == 303


@pytest.mark.rule("CHN-09")
def test_a_passkey_is_as_good_for_the_act(cast, with_key):
    browser, key = with_key(cast.officer)
    aged(cast.officer, 10)
    url, typed = f"/students/{cast.student.id}/phone", {"phone": "13912345678", "reason": "到场"}
    assert browser.post(url, data=typed).status_code == 403
    answer = key.get(browser.post("/factor/options").json)
    assert browser.post(url, data=typed | {"_factor_answer": answer}).status_code == 303


@pytest.mark.rule("CHN-09")
def test_own_factors_are_changed_with_a_fresh_factor_only(cast, with_app):
    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    for url in ("/account/factors/codes", "/account/factors/app/remove"):
        assert browser.post(url).status_code == 403
    for url in ("/account/factors/app", "/account/factors/key"):
        assert browser.get(url).status_code == 403
    asked = browser.post("/account/factors/key/options", headers={"Accept": "application/json"})
    assert (asked.status_code, list(asked.json)) == (403, ["error"])
    assert db.session.get(CodeApp, cast.officer.id) is not None


@pytest.mark.rule("CHN-09")
def test_a_page_that_is_only_read_is_opened_after_the_proof(cast, with_app):
    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    asked = browser.get("/account/factors/key")
    action = re.search(r'action="(/factor/[^"]*)"', asked.text).group(1)
    done = browser.post(action, data={"_factor_code": code_now(secret, 1)})
    assert done.location == "/account/factors/key"
    assert browser.get("/account/factors/key").status_code == 200


@pytest.mark.rule("CHN-09")
def test_every_act_of_the_rule_asks_anew():
    from app.wiring import WORKFLOWS

    marked = {(flow.kind, s.name) for flow in WORKFLOWS for s in flow.steps if s.step_up}
    assert marked >= {
        ("export_file", "ask"),
        ("export_file", "stream"),
        ("export_file", "fetch"),
        ("termination", "force"),
        ("termination", "confirm_force"),
        ("student", "change_phone"),
        ("staff_request", "ask"),
        ("staff_request", "confirm"),
    }


@pytest.mark.rule("CHN-09")
def test_clear_numbers_go_out_only_after_a_fresh_factor(cast, with_app):
    from app.files.exports.models import Export

    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    data = {
        "list": "StudentsView",
        "query": "",
        "format": "csv",
        "columns": "shown",
        "clear": "1",
        "purpose": "核对身份",
        "uid": "a" * 32,
    }
    asked = browser.post("/exports/", data=data)
    assert asked.status_code == 403
    assert "核对身份" in asked.text
    assert db.session.query(Export).count() == 0
    done = browser.post("/exports/", data=data | {"_factor_code": code_now(secret, 1)})
    assert done.status_code == 303
    aged(cast.officer, 6)
    assert browser.get(f"/exports/file/{'a' * 32}/fetch").status_code == 403
    plain = browser.post("/exports/", data=data | {"clear": "", "uid": "b" * 32})
    assert plain.status_code == 303, "without whole numbers nobody is asked"


@pytest.mark.rule("CHN-09")
def test_settings_of_the_school_are_changed_after_a_fresh_factor_only(cast, with_app):
    from app.settings.models import SchoolSetting

    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    page = browser.get("/settings/")
    assert page.status_code == 200
    assert browser.post("/settings/", data={"cooling_off_minutes": "0"}).status_code == 403
    assert db.session.query(SchoolSetting).filter_by(set_by=cast.officer.id).count() == 0


@pytest.mark.rule("CHN-09")
def test_a_batch_asks_before_the_worker_takes_what_asks_anew(app, cast, with_app):
    from flask import g

    from app.accounts import queries
    from app.batches.queries import ask
    from app.core.errors import FactorNeeded

    with_app(cast.officer)
    with app.test_request_context():
        g.user = cast.officer
        g.proof = queries.Proof(enrolled=True, at=clock.now() - timedelta(minutes=6), way="app")
        with pytest.raises(FactorNeeded):
            ask(queries.actor(), "termination", "confirm_force", [(1, "x", "/")])


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
