"""Registering as an employer: what is asked, what is refused, what a rejected one may do."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from app.accounts.identifiers import account_for
from app.accounts.models import AppUser
from app.core.db import db
from app.core.errors import Invalid
from app.core.mail import Message
from app.files.documents.models import Attachment
from app.people.employers.models import Employer, EmployerState
from app.people.employers.workflow import EMPLOYERS, register
from tests import factories as make
from tests.factories import PASSWORD, account, actor, credit_code, make_employer


def scan() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return io.BytesIO(out.getvalue()), "licence.png"


def form(**changes) -> dict:
    return {
        "credit_code": credit_code(900_001),
        "name": "长江数据有限公司",
        "licence": scan(),
        "school": "10999",
        "contact_name": "陈女士",
        "contact_phone": "027-87654321",
        "email": "hr@changjiang.example.com",
        "password": PASSWORD,
        "again": PASSWORD,
    } | changes


def newest_code() -> str:
    message = db.session.query(Message).filter(Message.key.startswith("code:"))
    return re.search(r"\d{6}", message.order_by(Message.id.desc()).first().body).group()


def prove(client, **changes) -> None:
    """The codes of the addresses in the form are asked for and given; what else is wrong does not matter."""
    sent = {}
    for channel, field in (("mail", "email_code"), ("sms", "contact_phone_code")):
        asked = client.post(f"/register/code/{channel}", data=form(**changes))
        if asked.status_code == 200:
            sent[field] = newest_code()
    client.post("/register", data={**form(**changes), **sent, "again": "not the same"})


@pytest.fixture
def proved(client):
    """A browser that has proved the e-mail of the form."""
    prove(client)
    return client


@pytest.mark.rule("ACC-07", "ACC-03")
def test_an_employer_registers_is_signed_in_and_waits_for_the_school(cast, proved):
    client = proved
    answer = client.post("/register", data=form())
    assert answer.status_code == 303
    employer = db.session.query(Employer).filter_by(credit_code=credit_code(900_001)).one()
    assert employer.state == EmployerState.AWAITING
    assert employer.school_id == cast.school.id
    assert db.session.get(Attachment, employer.licence_id).record_id == employer.id
    page = client.get("/employer/review/")
    assert page.status_code == 200
    assert cast.school.name in page.text
    for typed in (employer.credit_code, "02787654321", "HR@changjiang.example.com"):
        assert account_for(typed).employer_id == employer.id


@pytest.mark.rule("ACC-07")
def test_until_it_is_approved_every_other_page_leads_to_its_state(cast, visit):
    browser = visit(account(make_employer(cast.school, state=EmployerState.AWAITING)))
    for path in ("/employer/", "/employer/candidates/", "/employer/profile/", "/"):
        assert browser.get(path).location == "/employer/review/"


@pytest.mark.rule("ACC-07")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", "91999999MA00000010"),
        ("credit_code", ""),
        ("name", "\u200b"),
        ("name", "长" * 200),
        ("school", "99999"),
        ("contact_phone", "12345"),
        ("email", "no address"),
        ("password", "short"),
        ("again", "Something-else-9"),
        ("licence", (io.BytesIO(b"<script>alert(1)</script>"), "licence.png")),
        ("licence", (io.BytesIO(b""), "")),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(cast, proved, field, value):
    client = proved
    before = db.session.query(Employer).count()
    answer = client.post("/register", data=form(**{field: value}))
    assert answer.status_code == 422
    assert "qq-error" in answer.text
    assert db.session.query(Employer).count() == before


@pytest.mark.rule("ACC-07")
def test_a_full_width_or_spaced_credit_code_is_understood(cast, proved):
    client = proved
    code = credit_code(900_002)
    assert (
        client.post(
            "/register", data=form(credit_code=f" {code[:8]} {code[8:]} ".lower())
        ).status_code
        == 303
    )
    assert db.session.query(Employer).filter_by(credit_code=code).count() == 1


@pytest.mark.rule("ACC-07")
def test_a_registered_credit_code_is_refused_with_a_clear_sentence(cast, client):
    answer = client.post("/register", data=form(credit_code=cast.employer.credit_code))
    assert answer.status_code == 422
    assert 'id="credit_code-error"' in answer.text


@pytest.mark.rule("ACC-07")
def test_of_two_registrations_at_once_one_wins_and_the_other_is_told(cast, monkeypatch):
    monkeypatch.setattr(
        "app.people.employers.account.credit_code_taken", lambda code, but=None: False
    )
    values = {
        "credit_code": cast.employer.credit_code,
        "name": "又一家",
        "contact_name": "陈",
        "contact_phone": "02787654321",
        "email": "second@example.com",
    }
    with pytest.raises(Invalid) as refused:
        register(values, PASSWORD, PASSWORD, cast.school, lambda employer, user: None)
    assert refused.value.problems[0][0] == "credit_code"


@pytest.mark.rule("ACC-03")
def test_somebody_elses_phone_does_not_become_a_second_way_in(cast, client):
    from app.accounts.identifiers import identify

    owner = account(cast.student)
    identify(owner, "phone", "13800001111")
    db.session.commit()
    prove(client, contact_phone="13800001111")
    done = client.post("/register", data=form(contact_phone="13800001111"), follow_redirects=True)
    assert "已用于另一个" in done.text
    assert account_for("13800001111").id == owner.id


@pytest.mark.rule("ACC-07", "ACC-02")
def test_a_registration_cannot_bring_its_own_approval(cast, proved):
    client = proved
    more = {
        "state": "approved",
        "profile_at": "2026-01-01",
        "role": "admin",
        "school_id": "1",
        "id": "1",
    }
    client.post("/register", data=form(**more))
    employer = db.session.query(Employer).filter_by(credit_code=credit_code(900_001)).one()
    assert employer.state == EmployerState.AWAITING
    assert employer.profile_at is None
    assert account(employer).role == "employer"


@pytest.mark.rule("ACC-07")
def test_f26_all_that_is_wrong_is_said_at_once(cast, client):
    """Three instalments of errors cost an HR person three licences; now each field says its own."""
    bad = form(
        credit_code=cast.employer.credit_code,
        name="",
        school="",
        contact_phone="12345",
        password="short",
        again="other",
        licence=(io.BytesIO(b"no picture"), "l.png"),
    )
    page = client.post("/register", data=bad).text
    for field in (
        "credit_code",
        "name",
        "school",
        "contact_phone",
        "email_code",
        "password",
        "again",
        "licence",
    ):
        assert f'id="{field}-error"' in page, field


@pytest.mark.rule("ACC-07")
def test_f26_nothing_goes_to_the_school_before_mail_and_mobile_are_proved(cast, client):
    before = db.session.query(Employer).count()
    for given in ({}, {"email_code": "000000"}):
        assert client.post("/register", data=form(**given)).status_code == 422
    mobile = {"contact_phone": "13700000077"}
    client.post("/register/code/mail", data=form(**mobile))
    page = client.post("/register", data=form(email_code=newest_code(), **mobile))
    assert page.status_code == 422
    assert "邮箱已验证" in page.text
    assert 'id="contact_phone_code-error"' in page.text
    assert db.session.query(Employer).count() == before
    client.post("/register/code/sms", data=form(**mobile))
    assert (
        client.post("/register", data=form(contact_phone_code=newest_code(), **mobile)).status_code
        == 303
    )


@pytest.mark.rule("ACC-07", "ACC-05")
def test_f26_a_proof_is_the_browsers_and_the_addresss(cast, proved, app):
    other = app.test_client()
    assert other.post("/register", data=form()).status_code == 422
    moved = proved.post("/register", data=form(email="else@example.com"))
    assert 'id="email_code-error"' in moved.text
    assert proved.post("/register", data=form()).status_code == 303


@pytest.mark.rule("ACC-05")
def test_f26_whether_an_address_is_known_is_said_only_to_whoever_has_it(cast, client):
    email = account(cast.rival).email
    unknown = client.post("/register/code/mail", data=form()).json
    assert client.post("/register/code/mail", data=form(email=email)).json.keys() == unknown.keys()
    assert 'id="email-error"' not in client.post("/register", data=form(email=email)).text
    page = client.post("/register", data=form(email=email, email_code=newest_code())).text
    assert 'id="email-error"' in page


@pytest.mark.rule("ACC-05")
def test_f26_a_stranger_who_asks_and_asks_waits_longer_and_uses_up_no_ones_codes(
    cast, client, visit
):
    phone = cast.student.phone
    url = "/register/code/sms"
    assert client.post(url, data={"contact_phone": phone}).status_code == 200
    assert client.post(url, data={"contact_phone": phone}).status_code == 409
    for _n in range(12):
        make.pass_time(hours=1)
        client.post(url, data={"contact_phone": phone})
    cast.student.verified_at = None
    db.session.commit()
    assert visit(account(cast.student)).post("/my/verify/code").json["sent"]
    codes = db.session.query(Message).filter(Message.key.startswith("code:")).all()
    assert sum(m.address == phone for m in codes) <= 11


@pytest.mark.rule("ACC-07")
def test_f26_without_script_the_code_button_keeps_what_was_typed_and_says_what_it_cannot(
    cast, client
):
    page = client.post("/register", data=form(ask="mail")).text
    assert 'value="长江数据有限公司"' in page
    assert "请重新选择或填写" in page
    assert (
        client.post("/register", data=form(ask="sms")).status_code == 422
    )  # a landline gets no code
    kept = client.post("/register", data=form(), headers={"X-Dialog": "1"}).text
    assert "请重新选择或填写" not in kept


@pytest.mark.rule("ACC-07")
def test_registering_too_often_from_one_address_is_stopped(cast, client, monkeypatch):
    from app.people.employers import registration_views

    monkeypatch.setattr(
        registration_views.REGISTRATIONS.__class__, "take", lambda self, *who: False
    )
    assert client.post("/register", data=form()).status_code == 429


@pytest.mark.rule("ACC-07")
def test_a_rejected_employer_reads_why_corrects_and_submits_again(cast, visit):
    employer = make_employer(cast.school, state=EmployerState.AWAITING)
    EMPLOYERS.perform("reject", employer.id, actor(cast.officer), reason="名称与执照不一致")
    browser = visit(account(employer))
    assert "名称与执照不一致" in browser.get("/employer/review/").text
    corrected = form(credit_code=employer.credit_code, name="更正后的名称", email=employer.email)
    for unwanted in ("password", "again"):
        corrected.pop(unwanted)
    assert browser.post("/employer/review/", data=corrected).status_code == 303
    db.session.expire_all()
    assert employer.state == EmployerState.AWAITING
    assert employer.name == "更正后的名称"
    assert employer.licence_id is not None
    wrong = browser.post("/employer/review/", data=corrected | {"licence": scan()})
    assert wrong.status_code == 200  # nothing to correct while the school checks
    assert employer.state == EmployerState.AWAITING


@pytest.mark.rule("ACC-07")
def test_a_correction_cannot_take_another_employers_credit_code(cast, visit):
    employer = make_employer(cast.school, state=EmployerState.AWAITING)
    EMPLOYERS.perform("reject", employer.id, actor(cast.officer), reason="不符")
    data = form(credit_code=cast.rival.credit_code, email=employer.email)
    assert visit(account(employer)).post("/employer/review/", data=data).status_code == 422
    assert db.session.query(AppUser).filter_by(employer_id=employer.id).one()


def test_nobody_but_employers_has_the_review_page(cast, visit, client):
    assert visit(cast.officer).get("/employer/review/").status_code == 403
    assert client.get("/employer/review/").status_code == 302
