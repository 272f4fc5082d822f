"""A coded fact counts by the edition of the graduation year: where it is chosen, saved and read (PLN-11)."""

from __future__ import annotations

from datetime import date

import pytest

from app.codes import queries as codes
from app.codes.models import Code
from app.codes.workflow import copy_edition
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.people.students.models import Student
from app.plan.rows import editions, reconciling
from app.plan.rows.models import PlanEntry
from app.signing.placements.workflow import fill_facts
from tests import factories as make
from tests.files.imports.books import good_row, xlsx
from tests.files.imports.conftest import apply, bring, problems  # noqa: F401 (fixtures)
from tests.people.employers.test_employer_views import form as profile
from tests.signing.invitations.test_letter_views import LETTER, letter
from tests.signing.offline.paper import whole

pytestmark = pytest.mark.rule("PLN-11")
NEW = 2030  # from this year on other codes count
KEPT, ENDED = "39", "31"  # of the natures


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()
    yield
    codes.forget()


def edition(cast, table: str, *, ended: str, renamed: str, since: int = NEW) -> None:
    """A new edition in which a code is dropped and another has a new name."""
    copy_edition(make.actor(cast.admin), table, f"e{since}", since)
    mine = db.session.query(Code).filter_by(table=table, edition=f"e{since}")
    mine.filter_by(code=ended).update({"active": False})
    mine.filter_by(code=renamed).update({"name": "改名后"})
    db.session.commit()
    codes.forget()


@pytest.fixture
def later(cast):
    """A graduate of the year of the new edition."""
    found = make.make_student(cast.college, "后来人", student_no="L1", graduation_year=NEW)
    db.session.commit()
    return found


def offered(page: str, field: str) -> set[str]:
    """The codes that a page's drop-down offers."""
    import re

    [box] = re.findall(rf'<select[^>]*name="{field}".*?</select>', page, re.DOTALL)
    return {code for code in re.findall(r'value="([^"]*)"', box) if code}


def test_the_desk_fills_missing_facts_by_the_edition_of_the_signings_year(cast, later):
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    facts = {"employer_kind": ENDED, "employer_industry": "34", "employer_location": "420111"}
    new = make.accept(make.invite(cast.employer, later)[0])
    with pytest.raises(Invalid, match=r"单位性质|nature"):
        fill_facts(new.id, make.actor(cast.officer), facts)
    fill_facts(new.id, make.actor(cast.officer), facts | {"employer_kind": KEPT})
    old = make.accept(make.invite(cast.employer, cast.student)[0])
    fill_facts(old.id, make.actor(cast.officer), facts)
    assert (new.employer_kind, old.employer_kind) == (KEPT, ENDED)


def test_a_signing_takes_no_code_from_the_profile_that_its_year_does_not_have(cast, later, visit):
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    cast.employer.kind = ENDED
    db.session.commit()
    new, old = [make.accept(make.invite(cast.employer, s)[0]) for s in (later, cast.student)]
    assert (new.employer_kind, new.employer_industry) == (None, cast.employer.industry)
    assert old.employer_kind == ENDED
    page = visit(cast.officer).get(f"/desk/show/{new.id}").text
    assert ENDED not in offered(page, "employer_kind")
    assert "改名后" in page


def test_a_letter_offers_what_counts_for_all_its_students(cast, later, visit):
    edition(cast, "gzzwlb", ended="11", renamed="13")
    rows = [make.make_candidate(cast.employer, s) for s in (cast.student, later)]
    db.session.commit()
    browser = visit(make.account(cast.employer))

    def page(some):
        return browser.get(f"{LETTER}?ids={','.join(str(row.id) for row in some)}").text

    assert "11" in offered(page(rows[:1]), "position_kind")
    assert "11" not in offered(page(rows[1:]), "position_kind")
    assert "改名后" in page(rows[1:])
    assert "11" not in offered(page(rows), "position_kind")
    for some, status in ((rows[:1], 200), (rows[1:], 422), (rows, 422)):
        answer = browser.post(LETTER, data=letter(some, position_kind="11"))
        assert answer.status_code == status


def test_a_letter_and_its_agreement_name_codes_by_the_students_year(cast, later, visit):
    from app.signing.placements.printing import agreement_data

    edition(cast, "gzzwlb", ended="11", renamed="13")
    for student, renamed in ((cast.student, False), (later, True)):
        sent = make.invite(cast.employer, student)[0]
        page = visit(make.account(student)).get(f"/my/invitations/{sent.id}").text
        assert ("改名后" in page) == renamed
        data = agreement_data(make.accept(sent), "")
        assert (data["terms"]["position_kind"] == "改名后") == renamed


def test_an_open_invitation_and_an_amendment_offer_the_students_edition(cast, later, visit):
    edition(cast, "gzzwlb", ended="11", renamed="13")
    for student, there in ((cast.student, True), (later, False)):
        sent = make.invite(cast.employer, student)[0]
        page = visit(make.account(cast.employer)).get(f"/employer/invitations/{sent.id}/edit").text
        assert ("11" in offered(page, "position_kind")) == there
        signing = make.accept(sent)
        page = visit(make.account(cast.employer)).get(f"/employer/amendments/{signing.id}").text
        assert ("11" in offered(page, "position_kind")) == there


def test_the_employers_profile_follows_the_year_that_graduates_next(cast, visit):
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT, since=codes._season())
    browser = visit(make.account(cast.employer))
    page = browser.get("/employer/profile/").text
    assert ENDED not in offered(page, "kind")
    assert "改名后" in page
    assert browser.post("/employer/profile/", data=profile(kind=ENDED)).status_code == 422
    assert browser.post("/employer/profile/", data=profile(kind=KEPT)).status_code == 303


@pytest.mark.parametrize(
    ("today", "year"),
    [("2026-11-21", 2027), ("2027-03-01", 2027), ("2027-07-31", 2027), ("2027-08-01", 2028)],
)
def test_who_graduates_next_does_so_in_summer(monkeypatch, today, year):
    codes.forget()
    monkeypatch.setattr(clock, "today", lambda: date.fromisoformat(today))
    assert codes._season() == year


def test_a_paper_agreement_is_entered_by_the_students_edition(cast, later, visit):
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    for student, there in ((cast.student, True), (later, False)):
        browser = visit(make.account(student))
        page = browser.get("/my/offline/entry").text
        assert (ENDED in offered(page, "employer_kind")) == there
        posted = whole(employer_kind=ENDED) | {"do": "preview", "version": "0", "writer": "w"}
        answer = browser.post("/my/offline/entry", data=posted)
        assert answer.status_code == (303 if there else 422)


def test_the_register_fills_no_code_that_the_students_year_does_not_have(cast, later):
    from app.signing.offline.workflow import look_up

    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    cast.employer.kind = ENDED
    db.session.commit()
    code = cast.employer.credit_code
    assert look_up(make.actor(cast.student), code)["employer_kind"] == ENDED
    found = look_up(make.actor(later), code)
    assert "employer_kind" not in found
    assert found["employer_industry"] == cast.employer.industry


def test_the_plan_list_and_its_rows_name_codes_by_the_year_of_each(cast, later, visit):
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    reconciling.reconcile(cast.school.id, None, clock.now())
    people = {later.id, cast.student.id}
    rows = db.session.query(PlanEntry).filter(PlanEntry.student_id.in_(people)).all()
    for row in rows:
        row.employer_kind = KEPT
    db.session.commit()
    office = visit(cast.officer)
    page = office.get("/plan/list/?tab=all").text.partition("<tbody")[
        2
    ]  # not what it can be narrowed by
    assert page.count("39 改名后") == 1
    assert page.count("39 其他企业") == 1
    for row in rows:
        said = "39 改名后" if row.student_id == later.id else "39 其他企业"
        assert said in office.get(f"/plan/show/{row.id}").text


def test_a_students_record_is_entered_and_corrected_by_the_edition_of_its_year(cast, later, visit):
    edition(cast, "xl", ended="41", renamed="31")
    office = visit(cast.officer)
    assert "41" not in offered(office.get(f"/students/edit/{later.id}").text, "education")
    assert "41" in offered(office.get(f"/students/edit/{cast.student.id}").text, "education")
    own = visit(make.account(later)).get("/my/origin/propose/education").text
    assert "41" not in offered(own, "value")
    assert "改名后" in own


def test_a_file_of_students_is_read_by_the_edition_of_each_row(cast, bring, apply):  # noqa: F811
    edition(cast, "xl", ended="41", renamed="31")
    rows = [
        good_row(1, 学历="41"),
        good_row(2, 学历="41", 毕业届=str(NEW)),
        good_row(3, 学历="改名后", 毕业届=str(NEW)),
        good_row(4, 学历="改名后"),
    ]
    said = "“{}”不在该列的可选范围内。".format
    found = bring(xlsx(rows))
    assert problems(found) == {3: [("education", said("41"))], 5: [("education", said("改名后"))]}
    apply(found, "write_good")
    kept = db.session.query(Student.education).filter_by(student_no="2023000003").scalar()
    assert kept == "31"


def test_a_plan_file_is_read_by_the_edition_of_each_students_year(cast, later, bring, apply):  # noqa: F811
    edition(cast, "dwxz", ended=ENDED, renamed=KEPT)
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()
    heads = ["学号", "毕业去向代码", "单位性质代码"]

    def row(student, kind):
        return {"学号": student.student_no, "毕业去向代码": "76", "单位性质代码": kind}

    file = [
        row(cast.student, ENDED),
        row(later, "改名后"),
        row(cast.classmate, "改名后"),
        row(cast.neighbour, "其他企业（含民营企业等）"),
    ]
    found = bring(xlsx(file, heads), "方案.xlsx", "plan")
    said = "“改名后”不是 2027 届在该列可用的代码。"
    assert problems(found) == {4: [("employer_kind", said)]}
    apply(found, "write_good")
    kinds = {e.student_id: e.employer_kind for e in db.session.query(PlanEntry)}
    assert [kinds[s.id] for s in (cast.student, later, cast.neighbour)] == [ENDED, KEPT, KEPT]
    other = bring(xlsx([row(later, ENDED)], heads), "b.xlsx", "plan")
    assert problems(other) == {2: [("employer_kind", "“31”不是 2030 届在该列可用的代码。")]}
