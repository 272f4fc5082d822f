"""The pages and files of the reports: scope, odd addresses, no clear numbers (RPT-01…05)."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from app.codes import queries as codes
from app.core.db import db
from app.people.schools.queries import major_choices
from app.plan.reports import queries
from app.plan.reports.queries import Cut
from app.plan.rows import editions
from app.plan.years import snapshots
from tests.factories import accept, actor, attest, invite
from tests.plan.checks.test_rules import row_of


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


@pytest.mark.rule("RPT-01")
def test_a_rate_stands_beside_its_formula_and_leads_to_names(cast, visit):
    row_of(cast.student, destination_code="76")
    office = visit(cast.officer)
    page = office.get("/reports/rate?year=2027").text
    assert "50.00%" in page
    assert "n(751, 752, 753)" in page
    assert "÷ N" in page
    link = (
        f"/reports/graduates/list/?f_year=2027&amp;f_college={cast.college.id}&amp;f_part=freelance"
    )
    assert link in page
    behind = office.get(link.replace("&amp;", "&")).text
    assert "黄河水" in behind
    assert "李静" not in behind


@pytest.mark.rule("RPT-01")
@pytest.mark.parametrize("by", ["school", "college", "major", "education", "sex", "year"])
def test_every_cut_has_its_page(cast, visit, by):
    row_of(cast.student, destination_code="801")
    for user in (cast.officer, cast.province, cast.college_officer):
        assert visit(user).get(f"/reports/rate?by={by}&year=2027&formula=2021").status_code == 200


@pytest.mark.rule("RPT-01", "PLN-08")
def test_a_snapshot_is_reported_and_a_foreign_one_is_not_there(cast, visit):
    row_of(cast.student, destination_code="801")
    kept = snapshots.take(actor(cast.officer), 2027, "11月报送")
    url = f"/reports/rate?snapshot={kept.id}"
    assert "11月报送" in visit(cast.officer).get(url).text
    assert visit(cast.other_officer).get(url).status_code == 404
    assert visit(cast.college_officer).get(url).status_code == 404


@pytest.mark.rule("RPT-05")
def test_no_clear_number_stands_in_a_report(cast, visit):
    row_of(cast.student)
    secret = (cast.student.id_number, cast.student.phone)
    for user in (cast.data, cast.officer):
        browser = visit(user)
        for url in (
            "/reports/rate",
            "/reports/flow",
            "/reports/graduates/list/",
            "/reports/rate.csv",
        ):
            text = browser.get(url).get_data(as_text=True)
            assert not [number for number in secret if number in text]


@pytest.mark.rule("RPT-01", "PLN-07")
def test_reports_go_out_as_files_without_formulas(cast, visit):
    row_of(cast.student)
    cast.college.name = "=HYPERLINK(1)"
    attest(accept(invite(cast.employer, cast.classmate)[0]), cast.officer)
    office = visit(cast.officer)
    text = office.get("/reports/rate.csv?year=2027").get_data().decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    book = load_workbook(io.BytesIO(office.get("/reports/rate.xlsx?year=2027").data))
    values = [c.value for row in book["1"].iter_rows() for c in row]
    assert "'=HYPERLINK(1)" in values
    assert 2 in values
    assert office.get("/reports/flow.xlsx").status_code == 200
    assert office.get("/reports/flow.csv").status_code == 200
    assert office.get("/reports/flow.exe").status_code == 404


def test_odd_addresses_do_no_harm(cast, visit):
    office = visit(cast.officer)
    for query in (
        "by=rate",
        "year=x",
        "year=99999999999",
        "college=-1",
        "sex=%27",
        "snapshot=0",
        "formula=%E2%80%8B",
        "sort=rate",
        "college=99999999999999",
    ):
        assert office.get(f"/reports/rate?{query}").status_code in (200, 404)
    for query in ("since=x", "since=0001-01-01", "until=9999-12-31", "school=7"):
        assert office.get(f"/reports/flow?{query}").status_code == 200
    assert office.get("/reports/graduates/list/?f_part=%27&f_major=x").status_code < 500


@pytest.mark.rule("RPT-02", "ACC-02")
def test_the_flow_is_ones_own(cast, visit):
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    assert "王老师</span>" in visit(cast.officer).get("/reports/flow").text
    other = visit(cast.other_officer).get(f"/reports/flow?school={cast.school.id}").text
    assert "王老师</span>" not in other
    assert "王老师" in visit(cast.province).get(f"/reports/flow?school={cast.school.id}").text
    assert "法学院" not in visit(cast.college_officer).get("/reports/flow").text


@pytest.mark.rule("RPT-01", "PLN-11")
def test_by_graduation_year_each_line_has_the_formula_of_its_year(cast, visit):
    cast.neighbour.graduation_year = 2023
    row_of(cast.student, destination_code="10")  # employed by an organisation since 2024
    row_of(cast.neighbour, destination_code="10")  # an agreement in 2021's edition
    db.session.commit()
    rates = {rate.key: rate for rate in queries.live(actor(cast.officer), Cut(2027, "year"))}
    assert (rates[2027].parts, rates[2023].parts) == ({"employed": 1, "none": 1}, {"agreement": 1})
    page = visit(cast.officer).get("/reports/rate?by=year").text
    for said in ("100.00%", "50.00%", "66.67%", "协议和合同就业", "单位就业"):
        assert said in page, said
    assert "f_year=2023&amp;f_part=agreement" in page
    assert "/reports/graduates/list/?f_part=settled" in page
    one = visit(cast.officer).get("/reports/rate?by=year&formula=2021").text
    assert "f_year=2023&amp;f_part=agreement" not in one


@pytest.mark.rule("RPT-01")
def test_what_is_not_filled_in_has_no_link_and_an_ended_code_or_any_major_has_one(cast, visit):
    cast.student.sex = ""
    db.session.execute(
        text("UPDATE code SET active = false WHERE \"table\" = 'xl' AND code = '31'")
    )
    db.session.commit()
    codes.forget()
    try:
        office = visit(cast.officer)
        page = office.get("/reports/rate?by=sex&year=2027").text
        assert "f_year=2027&amp;f_sex=" in page
        assert page.count('href="/reports/graduates/list/?f_year=2027"') == 1  # the foot
        link = "/reports/graduates/list/?f_year=2027&f_education=31"
        assert link.replace("&", "&amp;") in office.get("/reports/rate?by=education&year=2027").text
        assert office.get(link).status_code == 200
    finally:
        db.session.rollback()
        codes.forget()


@pytest.mark.rule("RPT-01", "ACC-02")
def test_a_major_that_is_asked_for_is_among_those_to_choose_from(cast):
    who, last = actor(cast.officer), cast.neighbour.major_id
    db.session.execute(
        text("""INSERT INTO major (id, school_id, college_id, code, name)
      SELECT -n, :school, :college, 'x' || n, '专业' FROM generate_series(1, 1000) n"""),
        {"school": cast.school.id, "college": cast.college.id},
    )
    assert str(last) not in dict(major_choices(who))
    assert str(last) in dict(major_choices(who, last))
    assert str(cast.stranger.major_id) not in dict(major_choices(who, cast.stranger.major_id))
