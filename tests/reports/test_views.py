"""The pages and files of the reports: scope, odd addresses, no clear numbers (RPT-01…05)."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from app.plan import editions, snapshots
from tests.checks.test_rules import row_of
from tests.factories import accept, actor, attest, invite


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
    for query in ("by=rate", "year=x", "year=99999999999", "college=-1", "sex=%27", "snapshot=0",
                  "formula=%00", "sort=rate", "college=99999999999999"):  # fmt: skip
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
