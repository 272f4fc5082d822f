"""The signing profile: once as the only page, later as the employer's own page."""

from __future__ import annotations

import pytest
from lxml import html

from app.accounts.identifiers import account_for
from app.core.db import db
from app.core.errors import Invalid
from app.core.mail import Message
from app.people.employers.account import SAME_CODE
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS, resubmit
from app.signing.terms.models import NOT_RECEIVED
from tests.factories import account, actor, credit_code, make_employer


def form(**changes) -> dict:
    return {
        "kind": "39",
        "industry": "34",
        "location": "湖北省武汉市洪山区",
        "location_code": "420111",
        "address": "武汉市洪山区珞狮路165号",
        "postcode": "430070",
        "contact_name": "黄先生",
        "contact_phone": "",
        "email": "profile@example.com",
        "archive_receiver": "UNIT",
        "archive_to": "人力资源部",
        "archive_address": "武汉市",
        "archive_postcode": "430070",
        "archive_contact": "黄先生",
        "archive_phone": "13554445454",
        "household_kind": "NONE",
    } | changes


@pytest.fixture
def fresh(cast):
    return make_employer(cast.school, profile_at=None, location=None)


@pytest.mark.rule("ACC-08")
def test_an_approved_employer_reaches_only_the_profile_page_until_it_is_filled(fresh, visit):
    browser = visit(account(fresh))
    for path in ("/", "/employer/", "/employer/candidates/", "/employer/invitations/list/"):
        assert browser.get(path).location == "/employer/first/"
    assert browser.get("/regions?q=洪山").json[0]["code"] == "420111"
    assert browser.post("/employer/first/", data=form()).status_code == 303
    db.session.expire_all()
    assert fresh.profile_at is not None
    assert fresh.location == "420111"
    assert fresh.household_address is None
    assert browser.get("/employer/").status_code == 200
    assert browser.get("/employer/first/").location == "/employer/"


@pytest.mark.rule("ACC-08")
def test_archive_details_are_asked_only_when_the_employer_receives_it(fresh, visit):
    browser = visit(account(fresh))
    without = form(
        archive_to="", archive_address="", archive_postcode="", archive_contact="", archive_phone=""
    )
    assert browser.post("/employer/first/", data=without).status_code == 422
    assert (
        browser.post("/employer/first/", data=without | {"archive_receiver": "NONE"}).status_code
        == 303
    )
    db.session.expire_all()
    assert fresh.archive_to is None


@pytest.mark.rule("ACC-08")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "77"),
        ("industry", ""),
        ("archive_receiver", "KEEP_SCHOOL"),
        ("household_kind", "UNIT"),
        ("postcode", "43007"),
        ("address", "路" * 201),
        ("contact_phone", "abc"),
        ("archive_phone", "999"),
    ],
)
def test_wrong_values_are_said_beside_their_field(fresh, visit, field, value):
    answer = visit(account(fresh)).post("/employer/first/", data=form(**{field: value}))
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    db.session.expire_all()
    assert fresh.profile_at is None


@pytest.mark.rule("ACC-08", "ACC-14")
def test_what_does_not_count_is_not_lost_where_the_form_is_refused(cast, visit):
    """Without script the details stand there whatever is chosen above them."""
    data = form(household_kind=NOT_RECEIVED, household_address="武汉市1号", kind="")
    answer = visit(account(cast.employer)).post("/employer/profile/", data=data)
    assert answer.status_code == 422
    [typed] = html.fromstring(answer.text).xpath("//input[@name='household_address']/@value")
    assert typed == "武汉市1号"
    data = form(household_kind=NOT_RECEIVED, household_address="武汉市1号")
    assert visit(account(cast.employer)).post("/employer/profile/", data=data).status_code == 303
    db.session.expire_all()
    assert cast.employer.household_address is None


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("湖北省武汉市洪山区", "", "420111"),  # no script: the name alone
        ("洪山区", "", "420111"),
        ("420111", "", "420111"),
        ("湖北省武汉市洪山区", "110101", "420111"),  # a code of another region
    ],
)
def test_a_region_is_understood_with_and_without_script(fresh, visit, name, code, found):
    browser = visit(account(fresh))
    browser.post("/employer/first/", data=form(location=name, location_code=code))
    db.session.expire_all()
    assert fresh.location == found


@pytest.mark.parametrize("name", ["武汉", "没有这个地方", "", "999999"])
def test_an_unclear_region_is_asked_again(fresh, visit, name):
    data = form(location=name, location_code="999999")
    assert visit(account(fresh)).post("/employer/first/", data=data).status_code == 422


@pytest.mark.rule("ACC-12")
def test_the_own_page_keeps_what_the_school_checked(cast, visit):
    name, code, school = cast.employer.name, cast.employer.credit_code, cast.employer.school_id
    hostile = {
        "name": "别人",
        "credit_code": "91999999MA00000000",
        "school_id": "2",
        "state": "blocked",
    }
    browser = visit(account(cast.employer))
    assert browser.post("/employer/profile/", data=form(**hostile)).status_code == 303
    db.session.expire_all()
    assert (cast.employer.name, cast.employer.credit_code, cast.employer.school_id) == (
        name,
        code,
        school,
    )
    assert cast.employer.contact_name == "黄先生"
    assert cast.employer.contact_phone == "13800000000"  # left empty: kept


@pytest.mark.rule("ACC-12", "ACC-03")
def test_a_new_phone_signs_in_and_the_e_mail_is_not_changed_here(cast, visit):
    browser, email = visit(account(cast.employer)), cast.employer.email
    browser.post("/employer/profile/", data=form(contact_phone="13911112222"))
    assert account_for("13911112222").employer_id == cast.employer.id
    assert account_for("profile@example.com") is None
    assert (cast.employer.email, account(cast.employer).email) == (email, email)
    page = browser.get("/employer/profile/").text
    assert "13911112222" not in page
    assert "139****2222" in page


@pytest.mark.rule("ACC-12")
def test_an_e_mail_of_another_account_is_refused(cast, visit):
    taken = account(cast.rival).email
    answer = visit(account(cast.employer)).post(
        "/me/sign-in/mail/code", data={"email": taken.upper()}
    )
    assert answer.status_code == 422
    assert not db.session.query(Message).filter_by(subject="验证码").count()


def test_staff_and_students_have_no_employer_page(cast, visit):
    for who in (cast.officer, account(cast.student)):
        assert visit(who).get("/employer/profile/").status_code in (302, 403)


@pytest.mark.rule("ACC-07")
def test_a_code_of_the_register_cannot_be_taken_by_a_correction_and_that_is_said(cast):
    officer = actor(cast.officer)
    mine = make_employer(cast.school, state="awaiting")
    EMPLOYERS.apply("reject", mine.id, officer, reason="代码写错")
    listed = Employer(
        credit_code=credit_code(880_002),
        name="某公司",
        school_id=cast.school.id,
        contact_name="陈",
        email="listed@example.com",
    )
    listed.school = cast.school
    EMPLOYERS.start("list", listed, officer)
    db.session.commit()
    values = {
        "credit_code": listed.credit_code,
        "name": "某公司",
        "contact_name": "陈",
        "contact_phone": "02787654321",
        "email": "again@example.com",
        "school_id": cast.school.id,
    }
    with pytest.raises(Invalid) as refused:
        resubmit(mine, account(mine), values)
    assert refused.value.problems == [("credit_code", str(SAME_CODE))]
