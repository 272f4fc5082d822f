"""The register of employers: by hand, by file, from paper signings; correcting and blocking (ADM-06, OFF-07)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.notices.models import Notice
from app.people.employers.models import Employer, EmployerState
from app.people.employers.register import correct_employer, list_employer
from app.people.employers.workflow import EMPLOYERS, register
from app.signing.invitations.workflow import INVITATIONS
from app.signing.offline.effects import to_register
from app.workflow import trail
from app.workflow.actor import Role
from tests import factories as make
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems, tally

CODE = make.credit_code(901)
ODD = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")


def facts(**more):
    return {"credit_code": CODE, "name": "江城钢铁厂", "kind": None, "industry": None} | more


def form(**more):
    return facts(kind="", industry="", **more)


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


@pytest.mark.rule("ADM-06")
def test_staff_put_an_employer_on_the_register_once(cast, visit):
    office = visit(cast.officer)
    assert office.post("/employers/add", data=form()).status_code == 303
    employer = db.session.query(Employer).filter_by(credit_code=CODE).one()
    assert (employer.state, employer.school_id) == (EmployerState.LISTED, cast.school.id)
    assert office.post("/employers/add", data=form()).status_code == 422
    assert "江城钢铁厂" in visit(cast.other_officer).get("/employers/list/?tab=listed").text
    assert [r.step for r in trail.of("employer", employer.id)] == ["list"]


@pytest.mark.rule("ADM-06")
def test_an_odd_check_mark_warns_staff_and_is_taken_once_compared(cast, visit):
    office = visit(cast.officer)
    assert office.post("/employers/add", data=form(credit_code=ODD)).status_code == 422
    sent = form(credit_code=ODD, compared="y")
    assert office.post("/employers/add", data=sent).status_code == 303
    assert (
        office.post("/employers/add", data=form(credit_code="91", compared="y")).status_code == 422
    )


@pytest.mark.rule("ADM-06", "ACC-07")
def test_a_registered_employer_takes_its_place_on_the_register_and_is_checked(cast, app):
    listed = list_employer(facts(), make.actor(cast.officer))
    values = facts(
        name="江城钢铁有限公司",
        contact_name="王",
        contact_phone="02787654321",
        email="new@example.com",
    )
    with app.test_request_context():
        user = register(
            values,
            "Wind-over-lake-3",
            "Wind-over-lake-3",
            cast.other_school,
            lambda _employer, _user: None,
        )
    employer = fresh(listed)
    assert (employer.state, employer.name) == ("awaiting", "江城钢铁有限公司")
    assert (employer.school_id, user.employer_id) == (cast.other_school.id, listed.id)
    with app.test_request_context(), pytest.raises(Invalid):
        register(
            values | {"email": "b@example.com"},
            "Wind-over-lake-3",
            "Wind-over-lake-3",
            cast.school,
            lambda _employer, _user: None,
        )


@pytest.mark.rule("ADM-06", "ACC-12")
def test_the_checking_school_corrects_with_a_trail_and_the_employer_is_told(cast, visit):
    employer = cast.employer
    values = {
        name: getattr(employer, name) for name in ("credit_code", "kind", "industry", "location")
    }
    sent = values | {
        "name": "星光集团股份有限公司",
        "contact_name": "张先生",
        "email": employer.email,
        "address": "武汉市洪山区1号",
        "postcode": "430000",
    }
    office = visit(cast.officer)
    page = office.get(f"/employers/edit/{employer.id}").text
    assert "13800000000" not in page
    typed = {**sent, "location": "湖北省武汉市洪山区", "location_code": "420111"}
    assert office.post(f"/employers/edit/{employer.id}", data=typed).status_code == 303
    assert fresh(employer).name == "星光集团股份有限公司"
    assert fresh(employer).contact_phone == "13800000000"
    last = trail.of("employer", employer.id)[-1]
    assert last.details["changed"] == {"name": ["星光集团有限公司", "星光集团股份有限公司"]}
    assert db.session.query(Notice).filter_by(user_id=make.account(employer).id).count() > 0
    with pytest.raises(Refused):
        correct_employer(employer, sent, make.actor(cast.other_officer))
    with pytest.raises(Refused):
        EMPLOYERS.perform("block", employer.id, make.actor(cast.other_officer), reason="x")


@pytest.mark.rule("ADM-06", "INV-13")
def test_a_blocked_employer_neither_invites_nor_is_accepted_until_it_is_unblocked(cast, visit):
    [sent] = make.invite(cast.employer, cast.student)
    officer = make.actor(cast.officer)
    with pytest.raises(Invalid):
        EMPLOYERS.perform("block", cast.employer.id, officer)
    EMPLOYERS.perform("block", cast.employer.id, officer, reason="虚假招聘")
    with pytest.raises(AssertionError):
        make.invite(cast.employer, cast.classmate)
    make.pass_time(hours=2)
    with pytest.raises(Refused, match=r"停用|blocked"):
        INVITATIONS.perform("accept", sent.id, make.actor(cast.student), agreed=True)
    browser = visit(make.account(cast.employer))
    assert browser.get("/employer/").status_code == 200
    EMPLOYERS.perform("unblock", cast.employer.id, officer, reason="已核实")
    INVITATIONS.perform("accept", sent.id, make.actor(cast.student), agreed=True)


@pytest.mark.rule("OFF-07", "ADM-06")
def test_what_a_student_typed_is_put_on_the_register_by_one_button(cast, visit):
    one, two = make.paper(cast.student), make.paper(cast.classmate)
    office = visit(cast.officer)
    assert "江城钢铁厂" in office.get("/offered-employers/list/").text
    answer = office.post(f"/offered-employers/action/to_register/{one.id}")
    assert answer.status_code == 303
    employer = db.session.query(Employer).filter_by(credit_code="91110000600037341L").one()
    assert (employer.state, employer.name) == ("listed", "江城钢铁厂")
    assert {fresh(p).employer_id for p in (one, two)} == {employer.id}
    assert fresh(one).employer_name == "江城钢铁厂"
    office.get("/offered-employers/list/")  # reads the message
    assert "江城钢铁厂" not in office.get("/offered-employers/list/").text


@pytest.mark.rule("OFF-07", "ACC-02")
def test_an_existing_employer_is_linked_and_a_foreign_signing_is_not_there(cast, visit):
    list_employer(
        facts(credit_code="91110000600037341L", name="已有单位"), make.actor(cast.other_officer)
    )
    mine, far = make.paper(cast.student), make.paper(cast.stranger)
    db.session.query(type(far)).filter_by(id=far.id).update({"employer_id": None})
    employer = to_register(mine.id, make.actor(cast.officer))
    assert employer.name == "已有单位"
    assert fresh(far).employer_id is None
    with pytest.raises(NotYours):
        to_register(far.id, make.actor(cast.officer))
    with pytest.raises(NotYours):
        to_register(mine.id, make.actor(cast.college_officer))


HEADS = ["信用代码", "代码已核对", "单位名称", "单位性质", "邮编"]


@pytest.mark.rule("ADM-06", "BLK-01")
def test_employers_come_by_file_with_their_trail_and_go_again(cast, bring, apply):
    rows = [
        {"信用代码": make.credit_code(n), "单位名称": f"第{n}厂", "单位性质": "39"}
        for n in (911, 912)
    ]
    record = bring(
        xlsx([*rows, {"信用代码": ODD, "代码已核对": "是", "单位名称": "旧代码厂"}], HEADS),
        "单位.xlsx",
        "employers",
    )
    assert tally(record) == (3, 0, 0, 0), problems(record) or record.details
    user = make.make_user(Role.SCHOOL, "confirms", name="确认者", school_id=cast.school.id)
    db.session.commit()
    assert apply(record, user=user).state == "applied", record.details
    made = db.session.query(Employer).filter(Employer.name.like("第%厂")).all()
    assert {e.state for e in made} == {"listed"}
    assert {trail.of("employer", e.id)[0].actor_id for e in made} == {user.id}
    again = bring(xlsx([rows[0] | {"单位名称": "改名厂"}, rows[1]], HEADS), "b.xlsx", "employers")
    assert tally(again) == (0, 1, 1, 0)
    apply(again)
    assert apply(again, "undo").state == "undone"
    assert apply(record, "undo").state == "undone"
    assert not db.session.query(Employer).filter(Employer.name.like("%厂")).count()


@pytest.mark.rule("ADM-06", "BLK-01")
def test_no_list_overwrites_what_an_employer_keeps_itself(cast, bring):
    mine = cast.employer
    same = {"信用代码": mine.credit_code, "单位名称": mine.name}
    other = {"信用代码": cast.rival.credit_code, "单位名称": "改了名"}
    odd = {"信用代码": ODD, "单位名称": "校验位不符"}
    record = bring(xlsx([same, other, odd], HEADS), "单位.xlsx", "employers")
    assert tally(record) == (0, 0, 1, 2), problems(record)
    assert {row: p[0][0] for row, p in problems(record).items()} == {
        3: "credit_code",
        4: "credit_code",
    }
