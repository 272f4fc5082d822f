"""Pages of two dimensions and of where graduates go: the figures of the rates, each with its names (RPT-03, RPT-06)."""

from __future__ import annotations

import html
import re

import pytest
from flask import request
from sqlalchemy import text

from app.core.db import db
from app.people.students.models import Student
from app.plan.reports import crossing, pivots, queries
from app.plan.reports.cuts import BANDS, LABELS
from app.plan.reports.graduate_views import GraduatesView
from app.plan.reports.queries import SETTLED, Cut
from app.plan.rows.editions import formula, formula_of
from tests.factories import actor
from tests.plan.reports.conftest import YEAR

SCOPES = ("officer", "college_officer", "data", "province", "other_officer")


@pytest.mark.rule("RPT-06", "RPT-01", "ACC-02")
@pytest.mark.parametrize("scope", SCOPES)
def test_every_dimension_counts_whom_the_rate_counts(filled, scope):
    who = actor(getattr(filled, scope))
    whole = queries.whole(queries.live(who, Cut(YEAR)))
    for name in LABELS:
        found = crossing.crossed(who, Cut(YEAR), name, "part" if name != "part" else "sex")
        assert (found.base.inside, found.base.outside) == (whole.total, whole.outside), name
        assert sum(found.counts.values()) == whole.total
        if name == "part":
            assert {row.value: found.of_row(row.value) for row in found.rows} == whole.parts


@pytest.mark.rule("RPT-06")
@pytest.mark.parametrize(
    ("down", "across"),
    [
        ("college", BANDS),
        ("industry", "region"),
        ("destination", "city"),
        ("source", "origin"),
        ("class", "nature"),
    ],
)
def test_the_page_and_the_workbook_say_the_same(filled, down, across):
    who = actor(filled.province)
    found = crossing.crossed(who, Cut(YEAR), down, across)
    names = {
        (row.name, column.name): found.counts.get((row.value, column.value), 0)
        for row in found.rows
        for column in found.columns
    }
    frame = pivots.pivot(pivots.tuples(who, Cut(YEAR), [down, across]), down, across).counts
    theirs = {
        (str(row), str(column)): int(frame.loc[row, column])
        for row in frame.index[:-1]
        for column in frame.columns[:-1]
    }
    assert {pair: n for pair, n in names.items() if n} == {p: n for p, n in theirs.items() if n}
    assert [row.name for row in found.rows] == [str(row) for row in frame.index[:-1]]


@pytest.mark.rule("RPT-03", "RPT-01")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("part", [SETTLED, "employed", "study", "seeking", "none"])
def test_where_graduates_go_is_of_those_who_count_so(filled, scope, part):
    who = actor(getattr(filled, scope))
    whole = queries.whole(queries.live(who, Cut(YEAR)))
    went = crossing.went(who, Cut(YEAR, "education"), part)
    rate = formula_of(formula(YEAR))
    count = whole.settled(rate) if part == SETTLED else whole.parts.get(part, 0)
    assert (went.rate.parts, went.rate.outside) == (whole.parts, whole.outside)
    assert {name: sum(groups.values()) for name, groups in went.counts.items()} == dict.fromkeys(
        (*crossing.WHERE, BANDS), count
    )


@pytest.mark.rule("RPT-03", "RPT-06", "RPT-05")
@pytest.mark.parametrize(
    "page",
    [
        "/reports/where?year=2027",
        "/reports/where?year=2027&part=none&province=44",
        "/reports/cross?year=2027&down=industry&across=region",
        "/reports/cross?year=2027&down=band&across=nature",
        "/reports/cross?year=2027&down=origin&across=city",
        "/reports/cross?year=2027&down=level&across=destination",
        "/reports/cross?year=2027&down=class&across=position",
        "/reports/cross?down=year&across=source",
    ],
)
def test_each_figure_leads_to_as_many_names(filled, visit, app, page):
    office = visit(filled.officer)
    links = re.findall(
        r'<a href="(/reports/graduates/list/[^"]*)">(\d+)</a>', office.get(page).text
    )
    assert len(links) > 3
    for url, count in dict.fromkeys(links):
        with app.test_request_context(html.unescape(url)):
            wanted = queries.graduates_for(actor(filled.officer)).where(queries.in_n())
            known = {f.name: f for f in GraduatesView.filters}
            for name, value in request.args.items():
                wanted = wanted.where(known[name.removeprefix("f_")].clause(value))
            found = db.session.scalars(wanted.with_only_columns(Student.id)).all()
        assert len(found) == int(count), (url, count)
    for url in [html.unescape(url) for url, _count in links][
        :6
    ]:  # the page narrows by each of them
        answer = office.get(url)
        assert answer.status_code == 200
        asked = [n for n in re.findall(r"f_(\w+)=", url) if n != "year"]
        assert all(f'name="f_{name}"' in answer.text for name in asked)


@pytest.mark.rule("RPT-05")
def test_reports_and_their_lists_carry_no_clear_number(filled, visit):
    secret = [(s.id_number, s.phone) for s in (filled.student, filled.classmate)]
    for user in (filled.data, filled.college_officer):
        browser = visit(user)
        for url in ("where", "cross?down=class&across=band", "trend", "graduates/list/?f_band=1"):
            page = browser.get(f"/reports/{url}").text
            assert not [number for pair in secret for number in pair if number in page]


@pytest.mark.rule("RPT-04")
def test_no_address_orders_a_report_by_its_figures(filled, visit):
    office = visit(filled.officer)
    for url in ("rate?by=college", "cross?down=college", "flow"):
        plain = office.get(f"/reports/{url}").text
        names = [n for n in (filled.college.name, filled.other_college.name) if n in plain]
        assert re.findall("|".join(names), plain)[:2] == names
        sign = "&" if "?" in url else "?"
        for sort in ("sort=rate", "order=desc", "sort=settled&dir=desc"):
            sorted_ = office.get(f"/reports/{url}{sign}{sort}").text
            assert re.findall("|".join(names), sorted_) == re.findall("|".join(names), plain)
        assert "sort=" not in plain


@pytest.mark.rule("RPT-01", "RPT-03")
def test_names_in_pictures_are_text_whatever_they_are(filled, visit):
    filled.college.name = '<script>alert(1)</script>"&{{x}}' + "很长的学院名称" * 4
    db.session.commit()
    for url in ("rate", "cross", "flow", "trend", "where"):
        page = visit(filled.officer).get(f"/reports/{url}?year=2027").text
        assert "<script>alert" not in page
        assert url in ("trend", "where") or "&lt;script&gt;alert(1)" in page


@pytest.mark.rule("RPT-01")
def test_of_nobody_a_share_is_a_dash_and_no_page_fails(filled, visit):
    office = visit(filled.officer)
    for url in ("rate", "rate?by=major&", "where", "cross", "cross?down=band&across=year", "trend"):
        sign = "&" if "?" in url else "?"
        page = office.get(f"/reports/{url}{sign}year=2024")
        assert page.status_code == 200, url
        assert "0.00%" not in page.text or "band" in url
    db.session.execute(text("UPDATE student SET origin_state = 'entered'"))
    db.session.commit()
    page = office.get("/reports/rate?year=2027").text
    assert "—" in page
    assert "nan" not in page.lower()


@pytest.mark.rule("ACC-02", "RPT-06")
def test_another_schools_keys_show_nothing_of_it(filled, visit):
    office = visit(filled.officer)
    far = filled.other_school.id
    for url in ("rate", "where", "cross", "trend", "flow"):
        page = office.get(
            f"/reports/{url}?year=2027&school={far}&college={filled.far_college.id}"
        ).text
        assert filled.far_college.name not in page
        assert filled.other_school.name not in page
    college = visit(filled.college_officer).get("/reports/cross?down=college&across=sex").text
    assert filled.other_college.name not in college


def test_odd_addresses_of_the_new_pages_do_no_harm(filled, visit):
    office = visit(filled.province)
    for query in (
        "down=x&across=y",
        "down=sex&across=sex",
        "part=%27&province=zz",
        "province=%2e%2e&year=99999999999",
        "school=-1&college=99999999999",
        "_external=1&_anchor=x&_scheme=javascript",
        "days=0",
        "days=99999999&since=x",
    ):
        for page in ("where", "cross", "trend", "flow", "rate"):
            answer = office.get(f"/reports/{page}?{query}")
            assert answer.status_code == 200, (page, query)
            assert "javascript:" not in answer.text
    for name in ("band", "region", "city", "class", "changed", "industry"):
        assert office.get(f"/reports/graduates/list/?f_{name}=%27%00x").status_code < 500
