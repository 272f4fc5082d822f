"""Any two dimensions against each other: the figures are those of the rate report (RPT-06, RPT-01)."""

from __future__ import annotations

import statistics

import pytest

from app.core import clock
from app.core.db import db
from app.plan.reports import pivots, queries
from app.plan.reports.cuts import BANDS, LABELS
from app.plan.reports.queries import Cut
from app.plan.rows import editions, reconciling
from app.plan.rows.models import PlanEntry
from tests import factories as make

SCOPES = (
    "officer",
    "college_officer",
    "other_college_officer",
    "province",
    "data",
    "other_officer",
)
SAME = {
    "school": "school",
    "college": "college",
    "major": "major",
    "level": "education",
    "sex": "sex",
}
PAYS = (3500, 5000, 5000, 9000, 21000)


@pytest.fixture
def year(cast):
    """Two schools with agreements, typed rows, study, nothing yet; some not approved, one outside the formula."""
    editions.load_shipped()
    for n, pay in enumerate(PAYS):
        student = make.make_student(cast.college if n % 2 else cast.other_college)
        make.attest(
            make.accept(make.invite(cast.employer, student, regular_pay=pay)[0]), cast.officer
        )
    make.attest(make.accept(make.invite(cast.rival, cast.stranger)[0]), cast.other_officer)
    for n, (code, level) in enumerate(
        (("801", "31"), ("271", "11"), ("zz", "31"), (None, "31"), ("70", "01"))
    ):
        student = make.make_student((cast.college, cast.far_college)[n % 2], education=level)
        reconciling.reconcile(student.school_id, None, clock.now())
        row = db.session.query(PlanEntry).filter_by(student_id=student.id).one()
        row.destination_code, row.location, row.state = code, "420111", "filled"
        row.sources = {"destination_code": "staff"}
    cast.classmate.origin_state = "entered"
    cast.neighbour.origin_state = "rejected"
    rate = editions.formula_of(editions.formula(cast.student.graduation_year))
    if rate.left_out:
        make.make_student(cast.college, education=rate.left_out[0])
    db.session.commit()
    return cast.student.graduation_year


@pytest.mark.rule("RPT-01", "RPT-06")
@pytest.mark.parametrize("scope", SCOPES)
def test_the_counts_of_every_dimension_are_those_of_the_rate_report(cast, year, scope):
    who = make.actor(getattr(cast, scope))
    for name, by in SAME.items():
        cut = Cut(year, by=by)
        rates = queries.live(who, cut)
        found = pivots.tuples(who, cut, [name, "part"])
        table = pivots.pivot(found, name, "part").counts
        assert [int(n) for n in table.iloc[:-1, -1]] == [
            rate.total for rate in rates if rate.total
        ], (scope, by)
        whole = queries.whole(rates)
        assert int(table.iloc[-1, -1]) == whole.total == found.base.inside
        assert found.base.outside == whole.outside
        parts = {str(head): int(n) for head, n in table.iloc[-1, :-1].items()}
        assert sorted(parts.values()) == sorted(n for n in whole.parts.values() if n), (scope, by)
    assert found.base.total == found.base.inside + found.base.out


@pytest.mark.rule("RPT-06")
@pytest.mark.parametrize("name", LABELS)
def test_every_pair_adds_up_and_says_who_is_outside(cast, year, name):
    who = make.actor(cast.officer)
    inside = queries.whole(queries.live(who, Cut(year, by="college"))).total
    other = "part" if name != "part" else "college"
    found = pivots.tuples(who, Cut(year), [name, other])
    result = pivots.pivot(found, name, other)
    counts = result.counts
    assert int(counts.iloc[-1, -1]) == inside
    assert (counts.iloc[:-1].sum() == counts.iloc[-1]).all()
    assert (counts.iloc[:, :-1].sum(axis=1) == counts.iloc[:, -1]).all()
    assert (result.shares.iloc[:, :-1].sum(axis=1).round(9) == 1).all()
    assert list(result.pay.columns) == list(counts.columns)
    assert list(result.pay.index) == list(counts.index)
    assert set(found.base.outside) >= {"entered", "rejected"}


@pytest.mark.rule("RPT-03", "RPT-06")
def test_medians_and_bands_are_those_of_the_agreements_in_force(cast, year):
    who = make.actor(cast.officer)
    found = pivots.tuples(who, Cut(year), ["college", BANDS])
    result = pivots.pivot(found, "college", BANDS)
    assert result.pay.iloc[-1, -1] == statistics.median(PAYS)
    mine = [pay for n, pay in enumerate(PAYS) if n % 2]
    assert result.pay.loc[cast.college.name].iloc[-1] == statistics.median(mine)
    line = result.by_rows.loc[cast.college.name]
    assert (line["pay", "given"], line["pay", "sum"]) == (len(mine), sum(mine))
    bands = {str(name): int(n) for name, n in result.counts.iloc[-1, :-1].items()}
    assert bands["5,000–5,999"] == 2
    assert list(bands.values())[-2:-1] == [1]  # 20,000 and more
    assert sum(bands.values()) == found.base.inside


@pytest.mark.rule("RPT-06", "RPT-04")
def test_units_stand_in_the_order_of_their_codes_and_two_of_one_name_apart(cast, year):
    twin = make.make_college(cast.other_school, "02", cast.college.name)
    make.make_student(twin)
    db.session.commit()
    found = pivots.tuples(make.actor(cast.province), Cut(year), ["college", "sex"])
    names = list(pivots.pivot(found, "college", "sex").counts.index)
    assert len({name for name in names if name.startswith(cast.college.name)}) == 2
    mine = pivots.pivot(
        pivots.tuples(make.actor(cast.officer), Cut(year), ["college", "sex"]), "college", "sex"
    )
    assert list(mine.counts.index)[:-1] == [cast.college.name, cast.other_college.name]


@pytest.mark.rule("RPT-06", "ACC-02")
def test_of_nobody_there_is_an_empty_table(cast, year):
    who = make.actor(cast.officer)
    found = pivots.tuples(who, Cut(1999), ["college", "industry"])
    assert int(pivots.pivot(found, "college", "industry").counts.iloc[-1, -1]) == 0


@pytest.mark.rule("RPT-06", "RPT-05")
def test_the_workbook_is_asked_for_on_a_page_and_agrees_with_the_rate_report(cast, year, visit):
    import openpyxl

    from app.files.exports import tasks
    from app.files.exports.models import Export
    from tests.files.exports.conftest import kept
    from tests.files.exports.test_analysis import table_of

    for user in (cast.officer, cast.college_officer, cast.data, cast.province):
        browser = visit(user)
        assert "/reports/pivot/" in browser.get("/reports/cross").text
        assert browser.get(f"/reports/pivot/?year={year}").status_code == 200
        answer = browser.post(
            "/reports/pivot/",
            data={"year": year, "down": "college", "across": "part", "format": "xlsx-pivot"},
        )
        assert answer.status_code == 303, answer.text
        uid = answer.headers["Location"].rpartition("/")[2].partition("?")[0]
        record = db.session.query(Export).filter_by(uid=uid).one()
        tasks.make(record.id)
        record = db.session.get(Export, record.id, populate_existing=True)
        assert record.state == "ready", record.details
        book = openpyxl.load_workbook(kept(record))
        whole = queries.whole(queries.live(make.actor(user), Cut(year, by="college")))
        assert book["数据"].max_row - 1 == whole.total == record.done == record.counted
        across = table_of(book["透视表"], f"学院 × {LABELS['part']}")
        assert across["合计"]["合计"] == whole.total
        said = " ".join(
            str(row[1]) for row in book["透视表"].iter_rows(max_row=6, values_only=True)
        )
        assert "生源" in said or not whole.outside, said
        texts = {str(cell) for row in book["数据"].iter_rows(values_only=True) for cell in row}
        assert not texts & {cast.student.name, cast.student.student_no}
    same = visit(cast.officer).post(
        "/reports/pivot/",
        data={"year": year, "down": "sex", "across": "sex", "format": "xlsx-pivot"},
    )
    assert same.status_code == 422
    assert (
        visit(cast.officer)
        .post(
            "/reports/pivot/", data={"year": year, "down": "name", "across": "sex", "format": "csv"}
        )
        .status_code
        == 422
    )
