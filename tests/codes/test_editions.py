"""Code tables and formulas with editions: copied, changed, ended, never vanishing (PLN-11)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.codes import queries as codes
from app.codes.models import Code, CodeChange, CodeEdition
from app.codes.workflow import copy_edition
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.plan.rows import editions
from app.plan.rows.edition_models import CountsAs, RateFormula
from tests.factories import actor
from tests.plan.checks.test_rules import found, row_of

pytestmark = pytest.mark.rule("PLN-11")


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()
    yield
    codes.forget()


def code_of(table: str, edition: str, code: str) -> Code:
    return db.session.query(Code).filter_by(table=table, edition=edition, code=code).one()


def edited(office, row: Code, **changes):
    now = {"name": row.name, "sort": row.sort, "certain": "y", "active": "y", **changes}
    return office.post(f"/codes/edit/{row.id}", data={k: v for k, v in now.items() if v})


def test_two_and_three_digit_codes_live_side_by_side(session):
    assert (codes.edition("byqx", 2020), codes.edition("byqx", 2027)) == ("legacy", "2021")
    assert codes.name("byqx", "70", 2020) == "待就业"
    assert codes.name("byqx", "700", 2027) == "求职中"


def test_a_new_edition_has_the_codes_of_the_one_before_and_counts_from_its_year(cast):
    copy_edition(actor(cast.admin), "byqx", "2028", 2028)
    db.session.commit()
    assert codes.edition("byqx", 2027) == "2021"
    assert codes.edition("byqx", 2029) == "2028"
    assert codes.names("byqx", 2029) == codes.names("byqx", 2027)
    db.session.query(Code).filter_by(table="byqx", edition="2028", code="10").update({"name": "新"})
    codes.forget()
    assert (codes.name("byqx", "10", 2028), codes.name("byqx", "10", 2027)[:2]) == ("新", "签就")


@pytest.mark.parametrize(
    ("table", "name", "since"),
    [
        ("byqx", "2021", 2030),
        ("byqx", "2028", 2021),
        ("byqx", "新版", 2030),
        ("byqx", "", 2030),
        ("nichts", "2028", 2030),
        ("byqx", "2028", 1900),
        ("byqx", "a" * 13, 2030),
    ],
)
def test_what_makes_no_edition_is_refused_with_a_sentence(cast, table, name, since):
    with pytest.raises(Invalid):
        copy_edition(actor(cast.admin), table, name, since)


def test_only_administrators_change_codes(cast, visit):
    row = code_of("dwxz", "", "31")
    with pytest.raises(NotYours):
        copy_edition(actor(cast.officer), "byqx", "2028", 2028)
    for user in (cast.officer, cast.data, cast.province):
        browser = visit(user)
        assert edited(browser, row, name="x").status_code == 403
        assert browser.post("/codes/editions/", data={}).status_code == 403
        assert browser.post("/plan/formulas/add", data={}).status_code == 403
    assert code_of("dwxz", "", "31").name == "国有企业"


def test_a_code_that_ends_is_not_offered_and_keeps_its_name_in_rows(cast, visit):
    office = visit(cast.admin)
    row_of(cast.student, industry="80", employer_kind="40")
    row = code_of("dwhy", "", "80")
    assert edited(office, row, active="").status_code == 303
    assert "80" not in codes.names("dwhy")
    assert codes.name("dwhy", "80") == "军队"
    assert "codes" not in found(cast.school)
    assert office.post(f"/codes/delete/{row.id}").status_code in (404, 405)


def test_every_change_of_a_code_is_in_the_trail_and_the_trail_stays(cast, visit):
    office = visit(cast.admin)
    row = code_of("byqx", "2021", "751")
    edited(office, row, name="创立公司", certain="y")
    [change] = db.session.query(CodeChange)
    assert (change.by_name, change.code, change.old["name"][:2]) == ("管理员", "751", "创立")
    assert change.new["name"] == "创立公司"
    page = office.get("/codes/editions/").text
    assert "创立公司" in page
    assert "管理员" in page
    with pytest.raises(DBAPIError, match="never"):
        db.session.execute(text("DELETE FROM code_change"))


def test_a_code_is_added_to_an_edition_and_counts_where_it_is_told(cast, visit):
    office = visit(cast.admin)
    new = {
        "table": "byqx",
        "edition": "2021",
        "code": "273",
        "name": "新岗位",
        "sort": 1,
        "certain": "",
        "active": "y",
    }
    assert office.post("/codes/add", data=new).status_code == 303
    assert office.post("/codes/add", data=new).status_code == 422
    assert codes.name("byqx", "273", 2027) == "新岗位"
    assert not code_of("byqx", "2021", "273").certain
    assert editions.counts_as("273", 2027) == "none"
    counts = {"edition": "2024", "code": "273", "part": "employed", "needed": ["employer_name"]}
    assert office.post("/plan/codes/add", data=counts).status_code == 303
    assert editions.counts_as("273", 2027) == "employed"
    row_of(cast.student, destination_code="273", employer_name=None)
    assert cast.student.id in found(cast.school)["missing"]


def test_a_code_counts_only_as_a_part_of_its_formula(cast, visit):
    office = visit(cast.admin)
    row = db.session.query(CountsAs).filter_by(edition="2024", code="12").one()
    assert office.post(f"/plan/codes/edit/{row.id}", data={"part": "flexible"}).status_code == 422
    assert office.post(f"/plan/codes/edit/{row.id}", data={"part": "freelance"}).status_code == 303
    assert editions.counts_as("12", 2027) == "freelance"
    assert editions.counts_as("12", 2022) == "flexible"


def test_a_new_formula_takes_the_codes_it_has_parts_for(cast, visit):
    office = visit(cast.admin)
    data = {
        "edition": "2028",
        "since": 2028,
        "settled": ["employed", "startup", "freelance", "study"],
        "left_out": [],
        "note": "",
    }
    assert office.post("/plan/formulas/add", data=data).status_code == 303
    assert editions.formula(2028) == "2028"
    assert editions.formula(2027) == "2024"
    assert editions.parts_of("2028") == editions.parts_of("2024")
    assert office.post("/plan/formulas/add", data=data).status_code == 422
    page = office.get("/plan/formulas/edit/2028")
    assert page.status_code == 200
    less = {"settled": ["study"], "left_out": ["33"], "note": ""}
    assert office.post("/plan/formulas/edit/2028", data=less).status_code == 422
    del data["edition"], data["since"]
    data["left_out"] = ["33"]
    assert office.post("/plan/formulas/edit/2028", data=data).status_code == 303
    assert editions.formula_of("2028").left_out == ("33",)
    assert db.session.get_one(RateFormula, "2024").left_out != ["33"]


def test_the_pages_of_codes_and_editions_are_read_in_chinese(cast, visit):
    office = visit(cast.admin)
    for url in (
        "/codes/list/",
        "/codes/editions/",
        "/codes/add",
        "/plan/codes/list/",
        "/plan/codes/add",
        "/plan/formulas/list/",
        "/plan/formulas/add",
    ):
        assert office.get(url).status_code == 200, url
    posted = office.post(
        "/codes/editions/", data={"table": "dwxz", "edition": "2028", "since": "2028"}
    )
    assert posted.status_code == 303
    assert db.session.query(CodeEdition).filter_by(table="dwxz").count() == 2
    refused = office.post(
        "/codes/editions/", data={"table": "dwxz", "edition": "2028", "since": "2029"}
    ).text
    assert "有这个名称" in refused
    for kept in ('value="2028"', 'value="2029"', '<option value="dwxz" selected>'):
        assert kept in refused  # nothing has to be typed again
    for odd in ({}, {"since": "x"}, {"since": "99999999"}, {"table": "\x00", "since": "2030"}):
        assert office.post("/codes/editions/", data=odd).status_code in (400, 422)
