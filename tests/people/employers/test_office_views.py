"""Staff's lists of people and what belongs to them: scope, search, the check of employers."""

from __future__ import annotations

import re

import pytest

from app.codes.models import Code
from app.core.db import db
from app.people.employers.models import Employer, EmployerState
from app.people.schools.models import College, Major, School
from app.plan.rows.models import PlanEntry
from app.signing.invitations.models import Invitation
from tests import factories as make
from tests.signing.desk.desk import rows, signed, text

STAFF = ("college_officer", "officer", "province", "data", "admin")
LISTS = (
    "desk",
    "invitations",
    "students",
    "employers",
    "plan",
    "schools",
    "colleges",
    "majors",
    "codes",
    "regions",
    "accounts",
)
OF_THE_SCHOOL = {
    "desk",
    "invitations",
    "students",
    "employers",
    "plan",
    "schools",
    "colleges",
    "majors",
}
READS = {
    "college_officer": {"desk", "students", "employers", "plan", "schools", "colleges", "majors"},
    "officer": OF_THE_SCHOOL,
    "province": OF_THE_SCHOOL,
    "data": OF_THE_SCHOOL,
    "admin": {"schools", "colleges", "majors", "codes", "regions", "accounts"},
}


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("who", STAFF)
def test_each_role_opens_its_lists_and_no_other(cast, visit, who):
    signed(cast.employer, cast.student)
    browser = visit(getattr(cast, who))
    opened = {name for name in LISTS if browser.get(f"/{name}/list/").status_code == 200}
    assert opened == READS[who]
    refused = {browser.get(f"/{name}/list/").status_code for name in set(LISTS) - opened}
    assert refused <= {403}


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("who", STAFF)
def test_the_menu_shows_what_the_role_may_open(cast, visit, who):
    page = visit(getattr(cast, who)).get("/office/").text
    rail = page[page.index('id="qq-rail"') : page.index("qq-rail-fold")]
    shown = [name for name in LISTS if f'href="/{name}/list/"' in rail]
    assert set(shown) == READS[who]
    order = [name for name in LISTS if name in shown]
    assert sorted(shown, key=lambda name: rail.index(f'href="/{name}/list/"')) == order


@pytest.mark.rule("ACC-02")
def test_a_foreign_row_is_not_there_in_any_view(cast, visit):
    [placement] = signed(cast.rival, cast.stranger)
    make.attest(placement, cast.other_officer)
    hidden = make.make_employer(cast.other_school, state=EmployerState.AWAITING)

    def one(model, **by):
        return db.session.query(model).filter_by(**by).first().id

    far = cast.other_school.id
    foreign = {
        "desk": placement.id,
        "students": cast.stranger.id,
        "employers": hidden.id,
        "schools": far,
        "invitations": one(Invitation, school_id=far),
        "plan": one(PlanEntry, school_id=far),
        "colleges": one(College, school_id=far),
        "majors": one(Major, school_id=far),
    }
    for who in ("officer", "college_officer", "data"):
        browser = visit(getattr(cast, who))
        for name, key in foreign.items():
            answer = browser.get(f"/{name}/show/{key}")
            assert answer.status_code == (404 if name in READS[who] else 403), (who, name)
    for name, key in foreign.items():
        assert visit(cast.province).get(f"/{name}/show/{key}").status_code == 200


@pytest.mark.rule("ACC-02")
def test_another_college_is_not_there_for_a_college_officer(cast, visit):
    [placement] = signed(cast.employer, cast.neighbour)
    make.attest(placement, cast.officer)
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.neighbour.id).one()
    browser = visit(cast.college_officer)
    for url in (
        f"/desk/show/{placement.id}",
        f"/students/show/{cast.neighbour.id}",
        f"/plan/show/{entry.id}",
        f"/colleges/show/{cast.other_college.id}",
    ):
        assert browser.get(url).status_code == 404
    assert cast.neighbour.name not in text(browser.get("/students/list/"))


# -- students ----------------------------------------------------------------------------------


def found(browser, view, typed):
    answer = browser.post(
        f"/{view}/search", data={"q": typed, "tab": "all"} if view != "students" else {"q": typed}
    )
    page = browser.get(answer.location)
    return rows(page), answer.location + page.text


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize("typed", ["A1", "黄", "河水"])
def test_students_are_found_by_number_and_by_fragments_of_the_name(cast, visit, typed):
    assert found(visit(cast.officer), "students", typed)[0] == [str(cast.student.id)]


@pytest.mark.rule("ADM-02", "ACC-02")
@pytest.mark.parametrize("view", ["students", "invitations", "plan"])
@pytest.mark.parametrize("kind", ["id_number", "phone"])
def test_a_personal_number_finds_its_row_and_stands_in_no_address(cast, visit, view, kind):
    [placement] = signed(cast.employer, cast.student)
    make.attest(placement, cast.officer)
    number, browser = getattr(cast.student, kind), visit(cast.officer)
    ids, pages = found(browser, view, number)
    assert len(ids) == 1
    assert number not in pages
    assert browser.get(f"/{view}/list/?q={number}").status_code == 400


@pytest.mark.rule("ADM-02")
def test_the_students_detail_shows_masked_numbers_only(cast, visit):
    page = visit(cast.officer).get(f"/students/show/{cast.student.id}").text
    assert cast.student.id_number_masked in page
    assert cast.student.phone_masked in page
    assert cast.student.id_number not in page
    assert cast.student.phone not in page


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize("view", ["students", "employers", "plan", "invitations"])
def test_lists_ask_few_questions(cast, visit, query_count, view):
    students = [make.make_student(cast.college) for _n in range(20)]
    for placement in signed(cast.employer, *students):
        make.attest(placement, cast.officer)
    browser = visit(cast.officer)
    browser.get(f"/{view}/list/?tab=all" if view != "students" else "/students/list/")
    db.session.expunge_all()
    with query_count() as seen:
        answer = browser.get(f"/{view}/list/?tab=all" if view != "students" else "/students/list/")
    assert answer.status_code == 200
    assert seen.n <= 12, "\n".join(seen)


# -- employers ---------------------------------------------------------------------------------


@pytest.fixture
def newcomer(cast):
    return make.make_employer(cast.school, "新来有限公司", state=EmployerState.AWAITING)


def state(employer) -> str:
    return db.session.get(Employer, employer.id, populate_existing=True).state


@pytest.mark.rule("ACC-07", "ADM-06")
def test_the_school_approves_an_employer_from_its_list(cast, newcomer, visit):
    desk = visit(cast.officer)
    assert rows(desk.get("/employers/list/")) == [str(newcomer.id)]
    assert desk.post(f"/employers/action/approve/{newcomer.id}").location == "/employers/list/"
    assert state(newcomer) == EmployerState.APPROVED


@pytest.mark.rule("ACC-07")
def test_rejecting_an_employer_needs_a_reason(cast, newcomer, visit):
    desk = visit(cast.officer)
    assert desk.post(f"/employers/action/reject/{newcomer.id}").status_code == 422
    desk.post(f"/employers/action/reject/{newcomer.id}", data={"reason": "证照不清"})
    assert state(newcomer) == EmployerState.REJECTED
    assert "证照不清" in desk.get(f"/employers/show/{newcomer.id}").text


@pytest.mark.rule("ACC-07", "ACC-02")
def test_only_the_school_that_was_chosen_decides(cast, newcomer, visit):
    assert (
        visit(cast.other_officer).post(f"/employers/action/approve/{newcomer.id}").status_code
        == 404
    )
    for who in ("college_officer", "province", "data"):
        answer = visit(getattr(cast, who)).post(f"/employers/action/approve/{newcomer.id}")
        assert answer.status_code in (403, 404)
    assert state(newcomer) == EmployerState.AWAITING


@pytest.mark.rule("ACC-07")
def test_once_approved_every_school_sees_the_employer(cast, newcomer, visit):
    assert newcomer.name not in visit(cast.other_officer).get("/employers/list/?tab=all").text
    visit(cast.officer).post(f"/employers/action/approve/{newcomer.id}")
    assert newcomer.name in visit(cast.other_officer).get("/employers/list/?tab=approved").text


# -- plan, invitations, codes ------------------------------------------------------------------


@pytest.mark.rule("PLN-01")
def test_a_plan_row_shows_codes_with_names_and_their_source(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    make.attest(placement, cast.officer)
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    page = text(visit(cast.officer).get(f"/plan/show/{entry.id}"))
    for shown in ("10 签就业协议形式就业", "420111 湖北省武汉市洪山区", "39 ", cast.employer.name):
        assert shown in page
    assert "10 签就业协议形式就业" in text(visit(cast.data).get("/plan/list/"))


@pytest.mark.rule("ACC-10")
def test_the_office_answers_no_invitation_and_only_reminds_of_it(cast, visit):
    [invitation] = make.invite(cast.employer, cast.student)
    db.session.commit()
    desk = visit(cast.officer)
    assert rows(desk.get("/invitations/list/")) == [str(invitation.id)]
    page = desk.get(f"/invitations/show/{invitation.id}")
    assert page.status_code == 200
    assert re.findall('data-qq-action="([^"]*)"', page.text) == ["nudge"]
    assert desk.post(f"/invitations/action/accept/{invitation.id}").status_code == 404


@pytest.mark.rule("PLN-11", "ADM-01")
def test_administrators_read_codes_and_regions(cast, visit):
    admin = visit(cast.admin)
    assert "31 " in text(admin.get("/codes/list/?f_table=dwxz"))
    assert "洪山区" in admin.post("/regions/search", data={"q": "洪山"}, follow_redirects=True).text
    assert db.session.query(Code).count() > 200


@pytest.mark.rule("ADM-01")
def test_schools_colleges_and_majors_show_their_own(cast, visit):
    desk = visit(cast.officer)
    assert cast.other_school.name not in text(desk.get("/schools/list/"))
    assert cast.college.name in text(desk.get("/colleges/list/"))
    assert db.session.query(School).count() == 2
    assert len(rows(desk.get("/majors/list/"))) == 2
