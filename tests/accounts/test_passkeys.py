"""A passkey as the second factor: what proves, and every answer that proves nothing (CHN-09)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.factor_models import FactorChallenge, Passkey
from app.core.db import db
from app.core.mail import Message
from tests.accounts.factor_hands import held, reads_mail, signs_in
from tests.soft_key import PRESENT, SoftKey


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
