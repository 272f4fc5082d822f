"""Registering as an employer: what is asked, what is refused, what a rejected one may do."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.accounts.models import AppUser
from app.accounts.queries import account_for
from app.core.db import db
from app.core.errors import Invalid
from app.documents import limits
from app.documents.models import Attachment
from app.people.models import Employer, EmployerState
from app.people.workflow import EMPLOYERS, register
from tests.factories import PASSWORD, account, actor, credit_code, make_employer


@pytest.fixture(autouse=True, scope="module")
def _no_child_left():
    yield
    limits.stop()


def scan() -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return io.BytesIO(out.getvalue()), "licence.png"


def form(**changes) -> dict:
    return {
        "credit_code": credit_code(900_001), "name": "长江数据有限公司", "licence": scan(),
        "school": "10999", "contact_name": "陈女士", "contact_phone": "027-87654321",
        "email": "hr@changjiang.example.com", "password": PASSWORD, "again": PASSWORD,
    } | changes  # fmt: skip


@pytest.mark.rule("ACC-07", "ACC-03")
def test_an_employer_registers_is_signed_in_and_waits_for_the_school(cast, client):
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
def test_what_is_wrong_is_said_and_nothing_is_written(cast, client, field, value):
    before = db.session.query(Employer).count()
    answer = client.post("/register", data=form(**{field: value}))
    assert answer.status_code == 422
    assert "qq-error" in answer.text
    assert db.session.query(Employer).count() == before


@pytest.mark.rule("ACC-07")
def test_a_full_width_or_spaced_credit_code_is_understood(cast, client):
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
    monkeypatch.setattr("app.people.workflow.credit_code_taken", lambda code, but=None: False)
    values = {"credit_code": cast.employer.credit_code, "name": "又一家", "contact_name": "陈",
              "contact_phone": "02787654321", "email": "second@example.com"}  # fmt: skip
    with pytest.raises(Invalid) as refused:
        register(values, PASSWORD, PASSWORD, cast.school, lambda employer, user: None)
    assert refused.value.problems[0][0] == "credit_code"


@pytest.mark.rule("ACC-03")
def test_somebody_elses_phone_does_not_become_a_second_way_in(cast, client):
    from app.accounts.queries import identify

    owner = account(cast.student)
    identify(owner, "phone", "13800001111")
    db.session.commit()
    client.post("/register", data=form(contact_phone="13800001111"))
    assert account_for("13800001111").id == owner.id


@pytest.mark.rule("ACC-07", "ACC-02")
def test_a_registration_cannot_bring_its_own_approval(cast, client):
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
def test_registering_too_often_from_one_address_is_stopped(cast, client, monkeypatch):
    from app.documents import employer_views

    monkeypatch.setattr(employer_views.REGISTRATIONS.__class__, "take", lambda self, *who: False)
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
